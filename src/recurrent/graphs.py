"""Whole graphs: windows, child, controller, wired as the run needs them.

As `src.ptb.graphs`, with what ENAS-pytorch does otherwise: any optimiser for
the child, penalties on its outputs and states, a reward for each decision, and
a state that is carried from one reward to the next. One graph serves searches,
single cells and studies: an architecture is fed, or it is the one that the
graph was built with. Source: `trainer.py` of ENAS-pytorch, `train_scripts` of
MENAS.
"""

import typing

from src.arc.dag_space import DagSpace
from src.arc.hadamard_space import HadamardSpace
from src.nn import optimizers, random_ops, schedules, variables
from src.nn import updates as updates_lib
from src.ptb import graphs as ptb_graphs
from src.ptb import ptb_ops
from src.recurrent import child as child_lib
from src.recurrent import controller as controller_lib
from src.recurrent import hadamard, in_use, rewards, types
from src.tf1 import tf

_TINY = 1e-30
# By the type of a search space: its weights of an architecture.
_WEIGHTS = {
  DagSpace.type: child_lib.weights,
  HadamardSpace.type: hadamard.weights,
}


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
    rate: float (`shared_lr`), what the schedule begins with: a rate that is
      chosen along with a cell takes its place.
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
  rate: float = 20.0


class Graph(typing.NamedTuple):
  """Handles to everything a run fetches or feeds; as `src.ptb.graphs.Graph`.

  Attributes:
    train: ptb.graphs.Train or None.
    infer: ptb.graphs.Infer.
    rewarded: ptb.graphs.Infer, what rewards are measured with.
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
    bonus: float32 scalar, 0 unless fed: what is added to the reward; or None.
    entropy_weight: float32 scalar, to feed, where it changes; None else.
    lookahead: lookahead.Lookahead or None.
    toward: op, see `lookahead.Lookahead.toward`, or None.
    score_gradient: float32 [P], the gradient of the sample's log-likelihood by
      all of the controller's variables; None unless look-ahead is diagnosed.
    child: child.ChildConfig.
  """

  train: typing.Any = None
  infer: typing.Any = None
  rewarded: typing.Any = None
  arc: typing.Any = None
  sample: typing.Any = None
  sample_key: typing.Any = None
  trace: typing.Any = None
  controller: typing.Any = None
  batch_index: typing.Any = None
  sample_number: typing.Any = None
  draw: typing.Any = None
  first: typing.Any = None
  carry: typing.Any = None
  store: typing.Any = None
  extra_on: typing.Any = None
  child: typing.Any = None
  bonus: typing.Any = None
  entropy_weight: typing.Any = None
  lookahead: typing.Any = None
  toward: typing.Any = None
  score_gradient: typing.Any = None


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
    arc: a cell of the space, the one that is trained; None for a search.

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
  weights = _WEIGHTS[child.cells.type](child, fed)
  train = None
  if training is not None:
    training = _chosen_training(child.space, fed, training)
    train = _train_child(child, training, weights, seed)
  graph = Graph(
    train=train,
    arc=fed,
    sample=sample,
    sample_key=key,
    trace=trace,
    child=child,
  )
  if reinforcement is None:
    return graph._replace(infer=in_use.infer(child, weights, 'infer'))
  state = child_lib.state(child, reinforcement.batch_size, 'reward_state')
  graph = rewards.rewarded(graph, weights, seed, training, reinforcement, state)
  return rewards.train_controller(graph, controller, reinforcement, state)


def _chosen_training(space, tokens, training):
  """The ChildTraining with the settings that an architecture has of it."""

  def _setting(name):
    place = space.place(name)
    if place is None:
      return None
    return tf.gather(tf.constant(space.values(name)), tokens[place])

  rate, decay, schedule = (
    _setting(types.RATE),
    _setting(types.DECAY),
    training.schedule,
  )
  if decay is not None:
    training = training._replace(l2_reg=decay)
  if rate is None:
    return training
  share = rate / training.rate
  return training._replace(schedule=lambda step: schedule(step) * share)


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
    # A state of zeros has a gradient too: none.
    squares = tf.reduce_sum(tf.square(outputs.hidden), 2)
    norms = tf.sqrt(tf.maximum(squares, _TINY))
    change = tf.square(norms - training.fixed_point)
    total += training.stabiliser * tf.reduce_mean(change)
  return total
