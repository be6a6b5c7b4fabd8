"""Whole graphs: windows, child, controller, wired as the run needs them.

Windows are fed, int32 [B, length] of any length. In training the state is
carried in a variable from one run of `update` to the next. In use it is fed and
fetched, so that validation, test and reward windows of any batch size go
through one graph and never touch the state of training. Source of the wiring:
`search.py` and `fixed.py` of enas_lm.
"""

import typing

from src.nn import (
  averaging,
  baselines,
  optimizers,
  random_ops,
  reinforce,
  schedules,
  updates,
  variables,
)
from src.ptb import ptb_enas_child, ptb_ops, word_loss
from src.tf1 import tf


def reward(perplexity):
  """Of a cell, by its perplexity on a validation window."""
  return 80.0 / perplexity


class ChildTraining(typing.NamedTuple):
  """How a child is trained, by plain SGD; the flags `child_*` of these names.

  Attributes:
    schedule: one of `schedules`, the rate of a window of `bptt` words.
    bptt: int; the rate is scaled by a window's length.
    clip: one of `clipping`, or None.
    l2_form: 'quartic' or 'square'.
    averaging: bool, whether weights can be averaged, child_optim_algo=asgd.
  """

  batch_size: int
  schedule: typing.Any = schedules.Constant(20.0)
  bptt: int = 35
  clip: typing.Any = None
  l2_reg: float = 0.0
  l2_form: str = 'square'
  rnn_l2_reg: float = 0.0
  rnn_slowness_reg: float = 0.0
  averaging: bool = False


class ControllerTraining(typing.NamedTuple):
  """How a controller is trained; the flags `controller_*` of those names.

  Attributes:
    schedule: one of `schedules`.
    optimizer: one of `optimizers`.
    baseline: str, a name that `baselines.chosen` knows.
    num_reward_batches: int, how many windows there are to have a baseline each.
    reward: function of the perplexity of a validation window, both float32
      scalars.
  """

  schedule: typing.Any = schedules.Constant(5e-5)
  optimizer: typing.Any = optimizers.Adam(0.9, 0.999, 1e-8)
  bl_dec: float = 0.999
  entropy_weight: typing.Optional[float] = None
  l2_reg: float = 0.0
  num_aggregate: int = 1
  baseline: str = 'global'
  num_reward_batches: int = 1
  reward: typing.Callable = reward


class Train(typing.NamedTuple):
  """The child in training.

  Attributes:
    inputs, targets: int32 [B, length], the second one word later.
    draw: int32 scalar, the step in the keys of dropout; the update's number
      unless fed.
    loss: float32 scalar, mean cross entropy in nats.
    minimised: float32 scalar, with the regularisers that are differentiated in
      the graph.
    decay: float32 scalar, the sum that l2_reg multiplies; None where its
      gradient is added without it.
    train_ops: updates.TrainOps; do not fetch its update but this one.
    update: int64 scalar, moves weights and state on and is the number of
      updates then.
    reset_state: op, zeroes the state.
    averaging: averaging.Averaging or None.
    averaged_update: as update, and takes the new weights into the average; None
      without averaging.
  """

  inputs: typing.Any
  targets: typing.Any
  draw: typing.Any
  loss: typing.Any
  minimised: typing.Any
  decay: typing.Any
  train_ops: updates.TrainOps
  update: typing.Any
  reset_state: typing.Any
  averaging: typing.Optional[averaging.Averaging]
  averaged_update: typing.Any


class Infer(typing.NamedTuple):
  """The child in use, without dropout.

  Attributes:
    inputs, targets: int32 [B, length].
    state: float32 [B, H], before the window; zeros unless fed.
    loss: float32 scalar, sum of the cross entropy of the window's words, never
      clipped.
    perplexity: float32 scalar, exp of its mean.
    final: float32 [B, H], the state after the window.
  """

  inputs: typing.Any
  targets: typing.Any
  state: typing.Any
  loss: typing.Any
  perplexity: typing.Any
  final: typing.Any


class Graph(typing.NamedTuple):
  """Handles to everything a run fetches or feeds.

  Attributes:
    train: Train or None.
    infer: Infer.
    arc: int32 [2L], tokens of the child's space; feed it to choose an
      architecture, else it is sampled with the key fed to sample_key. None for
      fixed children, as the next two.
    sample: reinforce.Sample.
    sample_key: int32 [2].
    controller: reinforce.Trainer or None; its score is the reward of the window
      fed to `infer`.
    batch_index: int32 scalar, which reward window that is, to feed with
      baseline 'per_batch', else None.
    sample_number: int32 scalar, which sample of its update this is, to feed
      with 'per_update' and 'leave_one_out', else None.
  """

  train: typing.Optional[Train]
  infer: Infer
  arc: typing.Any
  sample: typing.Optional[reinforce.Sample]
  sample_key: typing.Any
  controller: typing.Optional[reinforce.Trainer]
  batch_index: typing.Any
  sample_number: typing.Any


def build(child, seed, training=None, controller=None, reinforcement=None):
  """Builds the graph of a search or of a fixed child.

  Args:
    child: ptb_enas_child.ChildConfig.
    seed: int, the run's seed.
    training: ChildTraining, or None if the child is only evaluated.
    controller: ptb_enas_controller.ControllerConfig, or None for a fixed child.
    reinforcement: ControllerTraining, or None if the controller only samples.

  Returns:
    Graph.

  Raises:
    ValueError: unknown form of L2.
  """
  sample = sample_key = arc = None
  if controller is not None:
    sample_key = tf.placeholder(tf.int32, [2], 'sample_key')
    sample = controller.build(sample_key)
    arc = tf.placeholder_with_default(sample.arc, sample.arc.shape, 'arc')
  weights = ptb_enas_child.weights(child, arc)
  train = None
  if training is not None:
    train = _train_child(child, training, weights, seed)
  infer = _infer_child(child, weights)
  trained = (None, None, None)
  if reinforcement is not None:
    trained = _train_controller(reinforcement, sample, infer)
  return Graph(train, infer, arc, sample, sample_key, *trained)


def _train_child(child, training, weights, seed):
  global_step = variables.create(
    'global_step', [], variables.zeros, trainable=False, dtype='int64'
  )
  inputs, targets = windows('train')
  draw = tf.placeholder_with_default(
    tf.cast(global_step.value(), tf.int32), [], 'draw'
  )
  state = ptb_enas_child.state(child, training.batch_size)
  outputs = ptb_enas_child.run(
    child,
    weights,
    inputs,
    state.value(),
    lambda purpose: random_ops.key(seed, purpose, draw),
  )
  loss = word_loss.mean(outputs.tops, weights.embedding, _flat(targets))
  minimised, decay, l2_reg = _regularised(child, training, weights, loss)
  if training.rnn_l2_reg:
    minimised += training.rnn_l2_reg * ptb_ops.activation(outputs.outputs)
  if training.rnn_slowness_reg:
    minimised += training.rnn_slowness_reg * ptb_ops.slowness(outputs.outputs)
  length = tf.cast(tf.shape(inputs)[1], tf.float32)
  train_ops = updates.train_ops(
    minimised,
    weights.trained,
    global_step,
    lambda step: training.schedule(step) * length / training.bptt,
    optimizers.Sgd(),
    l2_reg=l2_reg,
    clip=training.clip,
  )
  with tf.control_dependencies([train_ops.update]):
    with tf.control_dependencies([tf.assign(state, outputs.final)]):
      update = tf.identity(train_ops.update)
  mean = averaged_update = None
  if training.averaging:
    mean = averaging.create(weights.trained, update)
    with tf.control_dependencies([mean.update]):
      averaged_update = tf.identity(update)
  return Train(
    inputs,
    targets,
    draw,
    loss,
    minimised,
    decay,
    train_ops,
    update,
    tf.assign(state, tf.zeros_like(state)).op,
    mean,
    averaged_update,
  )


def _regularised(child, training, weights, loss):
  """(loss with decay, the decayed sum or None, l2_reg left to the optimiser).

  Of a search child W_prev and the matrices of nodes 2 to L decay, of a fixed
  one everything, but for the quartic form (docs/FIDELITY.md).
  """
  if training.l2_form not in ('quartic', 'square'):
    raise ValueError(
      'child_l2_form is %r: expected quartic or square' % training.l2_form
    )
  if training.l2_form == 'square' and child.arc is not None:
    return loss, None, training.l2_reg
  form = getattr(ptb_ops, training.l2_form)
  decay = form([weights.w_prev] + weights.layers[1:])
  if training.l2_reg:
    loss += training.l2_reg * decay
  return loss, decay, 0.0


def _infer_child(child, weights):
  inputs, targets = windows('infer')
  size = child.hidden_size
  state = tf.placeholder_with_default(
    tf.zeros([tf.shape(inputs)[0], size]), [None, size], 'infer_state'
  )
  outputs = ptb_enas_child.run(child, weights, inputs, state)
  loss = word_loss.total(outputs.tops, weights.embedding, _flat(targets))
  number = tf.cast(tf.size(targets), tf.float32)
  return Infer(
    inputs, targets, state, loss, tf.exp(loss / number), outputs.final
  )


def _train_controller(reinforcement, sample, infer):
  """The fields of Graph from `controller` on."""
  baseline, batch_index, sample_number = baselines.chosen(
    reinforcement.baseline,
    reinforcement.bl_dec,
    reinforcement.num_reward_batches,
  )
  trainer = reinforce.trainer(
    sample,
    reinforcement.reward(infer.perplexity),
    reinforcement.schedule,
    reinforcement.optimizer,
    entropy_weight=reinforcement.entropy_weight,
    baseline=baseline,
    l2_reg=reinforcement.l2_reg,
    num_aggregate=reinforcement.num_aggregate,
  )
  return trainer, batch_index, sample_number


def windows(name):
  """(inputs, targets), int32 [B, length] placeholders."""
  return tuple(
    tf.placeholder(tf.int32, [None, None], '%s_%s' % (name, kind))
    for kind in ('inputs', 'targets')
  )


def _flat(targets):
  """Targets in the order of `Outputs.tops`, int32 [T * B]."""
  return tf.reshape(tf.transpose(targets), [-1])
