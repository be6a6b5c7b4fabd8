"""A controller in training: what it is rewarded with, and its updates.

Rewards are measured on the child in use, with its weights as they are or a step
on, with words as they are or with noise; to each something may be added.
Source: `trainer.py` of ENAS-pytorch, the open goals of MENAS.
"""

import typing

from src.nn import baselines, optimizers, random_ops, reinforce, schedules
from src.nn import updates as updates_lib
from src.ptb import graphs as ptb_graphs
from src.recurrent import child as child_lib
from src.recurrent import in_use, regularisers
from src.recurrent import lookahead as lookahead_lib
from src.tf1 import tf


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


def rewarded(graph, weights, seed, training, reinforcement, state):
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
    infer = rewarded = in_use.infer(child, weights, 'infer', carry, state)
  else:
    infer = in_use.infer(child, weights, 'infer')
    weights = weights if ahead is None else ahead.weights
    rewarded = in_use.infer(
      child, weights, 'rewarded', carry, state, noise=noise
    )
  if reinforcement.noisy:
    rewarded = _noisy(child, weights, seed, rewarded, draw, noise)
  return graph._replace(
    infer=infer, rewarded=rewarded, draw=draw, carry=carry, lookahead=ahead
  )


def train_controller(graph, config, reinforcement, state):
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
