"""Whole graphs: windows, child, controller, wired as the run needs them.

As `src.ptb.graphs`, with what ENAS-pytorch does otherwise: any optimiser for
the child, penalties on its outputs and states, a reward for each decision, and
a state that is carried from one reward to the next. One graph serves searches,
single cells and studies: an architecture is fed, or it is the one that the
graph was built with. Source: `trainer.py` of ENAS-pytorch, `train_scripts` of
MENAS.
"""

import typing

from src.nn import (
  baselines,
  optimizers,
  random_ops,
  reinforce,
  schedules,
  variables,
)
from src.nn import updates as updates_lib
from src.ptb import graphs as ptb_graphs
from src.ptb import ptb_ops
from src.recurrent import child as child_lib
from src.recurrent import controller as controller_lib
from src.recurrent import regularisers
from src.tf1 import tf


class ChildTraining(typing.NamedTuple):
  """How a child is trained; the flags `shared_*` of these names.

  Attributes:
    batch_size: int.
    schedule: one of `schedules`.
    optimizer: one of `optimizers`.
    l2_reg: float, the decay of what is used, after clipping.
    clip: one of `clipping`, or None.
    activation: float, weight of the mean square of the dropped outputs.
    slowness: float, weight of the mean squared change of the outputs.
    stabiliser: float, weight of mean((||h|| - fixed_point)^2) of the states.
    fixed_point: float.
  """

  batch_size: int
  schedule: typing.Any = schedules.Constant(20.0)
  optimizer: typing.Any = optimizers.Sgd()
  l2_reg: float = 0.0
  clip: typing.Any = None
  activation: float = 0.0
  slowness: float = 0.0
  stabiliser: float = 0.0
  fixed_point: float = 5.0


class ControllerTraining(typing.NamedTuple):
  """How a controller is trained; the flags of these names.

  Attributes:
    batch_size: int, rows of a reward's window.
    schedule: one of `schedules`.
    optimizer: one of `optimizers`.
    decay: float, of the baseline (`ema_baseline_decay`).
    entropy_weight: float (`entropy_coeff`).
    entropy_in_reward: bool (`entropy_mode`); else its negative is a penalty.
    discount: float or None.
    clip: one of `clipping`, or None.
    num_aggregate: int, rewards an update.
    reward: function of a perplexity, R (`reward_c`, `ppl_square`).
    noisy: bool, whether a reward is measured as the reference did, on a child
      in training: dropped features, statistics of the batch, which are folded
      into the moving ones (`noisy_reward`).
    extra: str, a name of `regularisers.EXTRAS`, or None.
    extra_weight: float (`controller_reg_weight`).
  """

  batch_size: int
  schedule: typing.Any = schedules.Constant(3.5e-4)
  optimizer: typing.Any = optimizers.Adam(0.9, 0.999, 1e-8)
  decay: float = 0.95
  entropy_weight: float = 1e-4
  entropy_in_reward: bool = True
  discount: typing.Optional[float] = None
  clip: typing.Any = None
  num_aggregate: int = 1
  reward: typing.Callable = ptb_graphs.reward
  noisy: bool = False
  extra: typing.Optional[str] = None
  extra_weight: float = 1.0


class Graph(typing.NamedTuple):
  """Handles to everything a run fetches or feeds; as `src.ptb.graphs.Graph`.

  Attributes:
    train: ptb.graphs.Train or None.
    infer: ptb.graphs.Infer.
    arc: int32 [D], see `Graph` there.
    sample: reinforce.Sample, None for the training of one cell.
    sample_key: int32 [2], or None likewise.
    trace: controller.Trace of the sample, or None likewise.
    controller: reinforce.Trainer or None.
    batch_index, sample_number: None, see `Graph` there.
    draw: int32 scalar, the number of the reward in the keys of its dropout;
      None where there is none.
    first: bool scalar, to feed: whether the reward is a phase's first one, with
      which the baseline begins anew; None without a controller in training.
    carry: bool scalar, to feed: whether its window goes on with the state of
      the one before; None likewise.
    store: op to run before a phase of the controller, or None.
    extra_on: float32 scalar, to feed: what the weight of such a controller's
      extra loss is multiplied by; None for others.
    child: child.ChildConfig.
  """

  train: typing.Any
  infer: typing.Any
  arc: typing.Any
  sample: typing.Any
  sample_key: typing.Any
  trace: typing.Any
  controller: typing.Any
  batch_index: typing.Any
  sample_number: typing.Any
  draw: typing.Any
  first: typing.Any
  carry: typing.Any
  store: typing.Any
  extra_on: typing.Any
  child: typing.Any


def build(
  child, seed, training=None, controller=None, reinforcement=None, arc=None
):
  """Builds the graph of a search, or of one cell.

  Args:
    child: child.ChildConfig.
    seed: int, the run's seed.
    training: ChildTraining, or None if the child is only evaluated.
    controller: controller.ControllerConfig; None for one cell.
    reinforcement: ControllerTraining, or None if the controller only samples.
    arc: RecurrentArc, the one cell; None for a search.

  Returns:
    Graph.
  """
  key = trace = sample = None
  if controller is None:
    tokens = tf.constant(child.space.tokens(arc), tf.int32)
  else:
    key = tf.placeholder(tf.int32, [2], 'sample_key')
    drawn = controller_lib.noise(controller.space, key)
    trace = controller_lib.walk(controller, drawn)
    sample = controller_lib.sample_of(trace)
    tokens = sample.arc
  fed = tf.placeholder_with_default(tokens, tokens.shape, 'arc')
  weights = child_lib.weights(child, fed)
  train = None
  if training is not None:
    train = _train_child(child, training, weights, seed)
  carry = state = None
  if reinforcement is not None:
    carry = tf.placeholder_with_default(False, [], 'carry')
    state = child_lib.state(child, reinforcement.batch_size, 'reward_state')
  infer = infer_child(child, weights, 'infer', carry, state)
  trained = _Trained(sample)
  if reinforcement is not None:
    trained = _train_controller(
      child, weights, seed, controller, reinforcement, trace, infer, key, state
    )
  return Graph(
    train=train,
    infer=infer,
    arc=fed,
    sample=trained.sample,
    sample_key=key,
    trace=trace,
    controller=trained.trainer,
    batch_index=None,
    sample_number=None,
    draw=trained.draw,
    first=trained.first,
    carry=carry,
    store=trained.store,
    extra_on=trained.extra_on,
    child=child,
  )


def _train_child(child, training, weights, seed):
  global_step = variables.create(
    'global_step', [], variables.zeros, trainable=False, dtype='int64'
  )
  inputs, targets = ptb_graphs.windows('train')
  draw = tf.placeholder_with_default(
    tf.cast(global_step.value(), tf.int32), [], 'draw'
  )
  state = child_lib.state(child, training.batch_size)
  outputs = child_lib.run(
    child,
    weights,
    inputs,
    state.value(),
    lambda purpose: random_ops.key(seed, purpose, draw),
  )
  loss = child_lib.mean_loss(weights, outputs, targets)
  minimised = loss + _penalties(training, outputs)
  with tf.variable_scope('child_training'):
    train_ops = updates_lib.train_ops(
      minimised,
      weights.trained,
      global_step,
      training.schedule,
      training.optimizer,
      clip=training.clip,
      decay=training.l2_reg,
    )
  with tf.control_dependencies([train_ops.update]):
    with tf.control_dependencies([tf.assign(state, outputs.states[-1])]):
      update = tf.identity(train_ops.update)
  return ptb_graphs.Train(
    inputs=inputs,
    targets=targets,
    draw=draw,
    loss=loss,
    minimised=minimised,
    decay=None,
    train_ops=train_ops,
    update=update,
    reset_state=tf.assign(state, tf.zeros_like(state)).op,
    averaging=None,
    averaged_update=None,
  )


def _penalties(training, outputs):
  """float32 scalar, what is added to the loss."""
  total = tf.zeros([])
  if training.activation:
    total += training.activation * ptb_ops.activation(outputs.dropped)
  if training.slowness:
    total += training.slowness * ptb_ops.slowness(outputs.outputs)
  if training.stabiliser:
    norms = tf.norm(outputs.states, axis=2)
    change = tf.square(norms - training.fixed_point)
    total += training.stabiliser * tf.reduce_mean(change)
  return total


def infer_child(
  child, weights, name, carry=None, carried=None, cell=child_lib.Highway
):
  """The child in use, without dropout.

  Args:
    child: child.ChildConfig.
    weights: child.Weights.
    name: str, of its placeholders.
    carry: bool scalar, whether the state is `carried`, a variable; or None.
    cell: see `child.run`.

  Returns:
    ptb.graphs.Infer.
  """
  inputs, targets = ptb_graphs.windows(name)
  size = child.hidden_size
  zeros = tf.zeros([tf.shape(inputs)[0], size])
  if carry is not None:
    zeros = tf.cond(carry, carried.value, lambda: tf.identity(zeros))
  state = tf.placeholder_with_default(zeros, [None, size], name + '_state')
  outputs = child_lib.run(child, weights, inputs, state, cell=cell)
  loss = child_lib.total_loss(weights, outputs, targets)
  number = tf.cast(tf.size(targets), tf.float32)
  return ptb_graphs.Infer(
    inputs, targets, state, loss, tf.exp(loss / number), outputs.states[-1]
  )


class _Trained(typing.NamedTuple):
  """Fields of `Graph`."""

  sample: typing.Any
  trainer: typing.Any = None
  draw: typing.Any = None
  first: typing.Any = None
  store: typing.Any = None
  extra_on: typing.Any = None


def _train_controller(
  child, weights, seed, config, reinforcement, trace, infer, key, carried
):
  draw, perplexity, final = None, infer.perplexity, infer.final
  if reinforcement.noisy:
    draw = tf.placeholder(tf.int32, [], 'reward_draw')
    perplexity, final = _noisy(child, weights, seed, infer, draw)
  first = tf.placeholder_with_default(False, [], 'first_reward')
  extra, extra_on, penalties = None, None, []
  if reinforcement.extra is not None:
    extra = regularisers.EXTRAS[reinforcement.extra](
      regularisers.Setting(config, trace, perplexity, key)
    )
    weight = reinforcement.extra_weight
    if extra.store is not None:
      extra_on = tf.placeholder(tf.float32, [], 'extra_on')
      weight *= extra_on
    penalties.append((weight, extra.penalty))
  sample = controller_lib.sample_of(trace)
  entropy_weight = reinforcement.entropy_weight
  if not reinforcement.entropy_in_reward:
    penalties.append((-entropy_weight, sample.entropy))
    entropy_weight = None
  trainer = reinforce.trainer(
    sample,
    reinforcement.reward(perplexity),
    reinforcement.schedule,
    reinforcement.optimizer,
    entropy_weight=entropy_weight,
    baseline=baselines.FromFirst(reinforcement.decay, first, trace.taken[0]),
    penalties=penalties,
    per_decision=True,
    num_aggregate=reinforcement.num_aggregate,
    clip=reinforcement.clip,
    discount=reinforcement.discount,
    taken=trace.taken[0],
  )
  ops = trainer.train_ops
  used = ops.update if ops.accumulate is None else ops.accumulate
  with tf.control_dependencies([used]):
    after = [tf.assign(carried, final).op]
    if extra is not None and extra.remember is not None:
      after.append(extra.remember())
    with tf.control_dependencies(after):
      if ops.accumulate is None:
        ops = ops._replace(update=tf.identity(ops.update))
      else:
        ops = ops._replace(accumulate=tf.no_op())
  taken = tf.reduce_sum(trace.taken)
  metrics = {
    'mean_reward': tf.reduce_sum(trainer.reward * trace.taken[0]) / taken,
    'adv': tf.reduce_sum(trainer.advantage * trace.taken[0]) / taken,
    'mean_entropy': sample.entropy / taken,
    'perplexity': perplexity,
  }
  if extra is not None:
    metrics[extra.name] = extra.penalty
  return _Trained(
    sample._replace(metrics=metrics),
    trainer._replace(train_ops=ops),
    draw,
    first,
    None if extra is None else extra.store,
    extra_on,
  )


def _noisy(child, weights, seed, infer, draw):
  """(perplexity, state after) of the window fed to infer, as in training."""
  outputs = child_lib.run(
    child,
    weights,
    infer.inputs,
    infer.state,
    lambda purpose: random_ops.key(seed, 'reward ' + purpose, draw),
  )
  loss = child_lib.total_loss(weights, outputs, infer.targets)
  number = tf.cast(tf.size(infer.targets), tf.float32)
  return tf.exp(loss / number), outputs.states[-1]
