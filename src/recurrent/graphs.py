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
from src.recurrent import hadamard, regularisers
from src.recurrent import lookahead as lookahead_lib
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
    entropy_weight: float (`entropy_coeff`); None where it is fed.
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
    perturbed: float, standard deviation of noise that is added to the vectors
      of words when a reward is measured (`perturb_eval`).
    bonus: bool, whether something may be fed that is added to rewards.
    lookahead: lookahead.Setting, or None.
  """

  batch_size: int
  schedule: typing.Any = schedules.Constant(3.5e-4)
  optimizer: typing.Any = optimizers.Adam(0.9, 0.999, 1e-8)
  decay: float = 0.95
  entropy_weight: typing.Optional[float] = 1e-4
  entropy_in_reward: bool = True
  discount: typing.Optional[float] = None
  clip: typing.Any = None
  num_aggregate: int = 1
  reward: typing.Callable = ptb_graphs.reward
  noisy: bool = False
  extra: typing.Optional[str] = None
  extra_weight: float = 1.0
  perturbed: float = 0.0
  bonus: bool = False
  lookahead: typing.Optional[lookahead_lib.Setting] = None


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
  weights = _WEIGHTS[child.space.type](child, fed)
  train = None
  if training is not None:
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
    return graph._replace(infer=infer_child(child, weights, 'infer'))
  state = child_lib.state(child, reinforcement.batch_size, 'reward_state')
  graph = _rewarded(graph, weights, seed, training, reinforcement, state)
  return _train_controller(graph, controller, reinforcement, state)


def _rewarded(graph, weights, seed, training, reinforcement, state):
  """The Graph with all that a reward is measured with."""
  child, draw, ahead, noise = graph.child, None, None, None
  carry = tf.placeholder_with_default(False, [], 'carry')
  if reinforcement.noisy or reinforcement.perturbed:
    draw = tf.placeholder(tf.int32, [], 'reward_draw')
  if reinforcement.lookahead is not None:
    ahead = lookahead_lib.Lookahead(
      reinforcement.lookahead, weights, training, graph.train
    )
    with tf.control_dependencies([graph.train.update]):
      with tf.control_dependencies(ahead.remember(graph.train.train_ops)):
        update = tf.identity(graph.train.update)
    graph = graph._replace(train=graph.train._replace(update=update))
  if reinforcement.perturbed:
    drawn = random_ops.key(seed, 'noise of words', draw)
    noise = lambda shape: (  # noqa: E731
      reinforcement.perturbed * random_ops.normal(shape, drawn)
    )
  if ahead is None and noise is None:
    infer = rewarded = infer_child(child, weights, 'infer', carry, state)
  else:
    infer = infer_child(child, weights, 'infer')
    weights = weights if ahead is None else ahead.weights
    rewarded = infer_child(
      child, weights, 'rewarded', carry, state, noise=noise
    )
  if reinforcement.noisy:
    rewarded = _noisy(child, weights, seed, rewarded, draw, noise)
  return graph._replace(
    infer=infer, rewarded=rewarded, draw=draw, carry=carry, lookahead=ahead
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
    # A state of zeros has a gradient too: none.
    squares = tf.reduce_sum(tf.square(outputs.hidden), 2)
    norms = tf.sqrt(tf.maximum(squares, _TINY))
    change = tf.square(norms - training.fixed_point)
    total += training.stabiliser * tf.reduce_mean(change)
  return total


def infer_child(
  child,
  weights,
  name,
  carry=None,
  carried=None,
  cell=child_lib.Highway,
  noise=None,
):
  """The child in use, without dropout.

  Args:
    child: child.ChildConfig.
    weights: child.Weights.
    name: str, of its placeholders.
    carry: bool scalar, whether the state is `carried`, a variable; or None.
    cell, noise: see `child.run`.

  Returns:
    ptb.graphs.Infer.
  """
  inputs, targets = ptb_graphs.windows(name)
  size = child.state_size
  zeros = tf.zeros([tf.shape(inputs)[0], size])
  if carry is not None:
    zeros = tf.cond(carry, carried.value, lambda: tf.identity(zeros))
  state = tf.placeholder_with_default(zeros, [None, size], name + '_state')
  outputs = child_lib.run(child, weights, inputs, state, cell=cell, noise=noise)
  loss = child_lib.total_loss(weights, outputs, targets)
  number = tf.cast(tf.size(targets), tf.float32)
  return ptb_graphs.Infer(
    inputs, targets, state, loss, tf.exp(loss / number), outputs.states[-1]
  )


def _train_controller(graph, config, reinforcement, state):
  """The Graph with a controller in training.

  Args:
    graph: Graph, with `rewarded`.
    config: controller.ControllerConfig.
    reinforcement: ControllerTraining.
    state: variable, which the state after each reward is kept in.
  """
  trace, rewarded, ahead = graph.trace, graph.rewarded, graph.lookahead
  first = tf.placeholder_with_default(False, [], 'first_reward')
  extra, extra_on, penalties = None, None, []
  if reinforcement.extra is not None:
    extra = regularisers.EXTRAS[reinforcement.extra](
      regularisers.Setting(config, trace, rewarded.perplexity, graph.sample_key)
    )
    weight = reinforcement.extra_weight
    if extra.store is not None:
      extra_on = tf.placeholder(tf.float32, [], 'extra_on')
      weight *= extra_on
    penalties.append((weight, extra.penalty))
  entropy_weight, fed_weight = reinforcement.entropy_weight, None
  if entropy_weight is None:
    fed_weight = tf.placeholder(tf.float32, [], 'entropy_weight')
    entropy_weight = fed_weight
  if not reinforcement.entropy_in_reward:
    penalties.append((-entropy_weight, graph.sample.entropy))
    entropy_weight = None
  reward, bonus = reinforcement.reward(rewarded.perplexity), None
  toward = score_gradient = None
  if ahead is not None and ahead.direction_norm is not None:
    toward = ahead.toward(reward)
  if ahead is not None and ahead.setting.diagnosed:
    score_gradient = _flat_gradient(-graph.sample.nll)
  if reinforcement.bonus:
    bonus = tf.placeholder_with_default(0.0, [], 'bonus')
    reward += bonus
  trainer = reinforce.trainer(
    graph.sample,
    reward,
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
  ops = _followed(trainer.train_ops, state, rewarded.final, extra)
  taken = tf.reduce_sum(trace.taken)
  metrics = {
    'mean_reward': tf.reduce_sum(trainer.reward * trace.taken[0]) / taken,
    'adv': tf.reduce_sum(trainer.advantage * trace.taken[0]) / taken,
    'mean_entropy': graph.sample.entropy / taken,
    'perplexity': rewarded.perplexity,
  }
  if extra is not None:
    metrics[extra.name] = extra.penalty
  return graph._replace(
    sample=graph.sample._replace(metrics=metrics),
    controller=trainer._replace(train_ops=ops),
    first=first,
    store=None if extra is None else extra.store,
    extra_on=extra_on,
    bonus=bonus,
    entropy_weight=fed_weight,
    toward=toward,
    score_gradient=score_gradient,
  )


def _followed(ops, state, final, extra):
  """TrainOps of a controller that keep the state after each reward too.

  And what an extra loss remembers.
  """
  used = ops.update if ops.accumulate is None else ops.accumulate
  with tf.control_dependencies([used]):
    after = [tf.assign(state, final).op]
    if extra is not None and extra.remember is not None:
      after.append(extra.remember())
  with tf.control_dependencies(after):
    if ops.accumulate is None:
      return ops._replace(update=tf.identity(ops.update))
    return ops._replace(accumulate=tf.no_op())


def _flat_gradient(value):
  """float32 [P], of a scalar by all variables of the controller."""
  trained = tf.trainable_variables('controller')
  gradients = updates_lib.gradients_of(value, trained)
  return tf.concat([tf.reshape(gradient, [-1]) for gradient in gradients], 0)


def _noisy(child, weights, seed, rewarded, draw, noise):
  """The Infer with a window measured as in training."""
  outputs = child_lib.run(
    child,
    weights,
    rewarded.inputs,
    rewarded.state,
    lambda purpose: random_ops.key(seed, 'reward ' + purpose, draw),
    noise=noise,
  )
  loss = child_lib.total_loss(weights, outputs, rewarded.targets)
  number = tf.cast(tf.size(rewarded.targets), tf.float32)
  return rewarded._replace(
    loss=loss, perplexity=tf.exp(loss / number), final=outputs.states[-1]
  )
