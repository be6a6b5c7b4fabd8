"""REINFORCE for a controller: reward, baseline, loss, update.

Source: ENAS section 2.2; `build_trainer` of melodyguan/enas's controllers.
"""

import typing

import numpy as np

from src.nn import updates, variables
from src.nn.baselines import LeaveOneOut, MovingMean
from src.nn.optimizers import Adam
from src.tf1 import tf


class Sample(typing.NamedTuple):
  """One sampled architecture, and how a controller came to it.

  D is the number of decisions. Whether a gradient flows through the entropies
  is decided by who uses them.

  Attributes:
    arc: int32 [number of tokens].
    nll: float32 scalar, negative log-likelihood of the sample.
    entropy: float32 scalar, sum of those of its decisions.
    log_probs: float32 [D], of what was decided; they sum to -nll.
    entropies: float32 [D].
    states: float32 [D, size], the state that each decision was taken in.
    metrics: dict from name to float32 scalar, what else may be told or
      penalised, such as skip_count and skip_penalty.
  """

  arc: typing.Any
  nll: typing.Any
  entropy: typing.Any
  log_probs: typing.Any = None
  entropies: typing.Any = None
  states: typing.Any = None
  metrics: typing.Mapping = {}


class Trainer(typing.NamedTuple):
  """Tensors of one controller step.

  Attributes:
    loss: float32 scalar.
    score: float32 scalar, what the child was measured to be worth.
    baseline: float32, after this sample.
    train_ops: updates.TrainOps.
    reward: float32 R.
    advantage: float32 R - b, which may be fed: then neither the score nor the
      baseline is computed.
  """

  loss: typing.Any
  score: typing.Any
  baseline: typing.Any
  train_ops: typing.Any
  reward: typing.Any
  advantage: typing.Any


def trainer(
  sample,
  score,
  schedule,
  optimizer=Adam(),
  entropy_weight=None,
  baseline=MovingMean(),
  penalties=(),
  per_decision=False,
  l2_reg=0.0,
  num_aggregate=1,
  synchronous=False,
  cost=None,
  clip=None,
  entropy_gradient=False,
  discount=None,
  taken=None,
):
  """Builds the controller's training step.

  R = score - cost + entropy_weight * entropy;
  loss = nll * (R - b) + sum of weight * penalty, with the updated baseline b.

  No gradient flows through the reward, unless asked for: the entropy makes a
  sample worth more, as in the reference. A controller whose entropy is a term
  of the loss passes it as a penalty.

  Args:
    sample: Sample whose arc the score was measured with.
    score: float32 scalar, the better the higher: an accuracy, or a constant
      over a perplexity.
    schedule: one of `schedules`, or a function like them.
    optimizer: one of `optimizers`.
    entropy_weight: float or None.
    baseline: one of `baselines`; `LeaveOneOut` needs num_aggregate above 1,
      and neither per_decision nor synchronous.
    penalties: list of (float weight, float32 scalar).
    per_decision: whether each decision has its own reward, with its own
      entropy in it, and its own baseline: reward, baseline and advantage are
      [D] then, and the loss is the sum over the decisions.
    l2_reg: float, on the controller's variables.
    num_aggregate: int, gradients averaged per update.
    synchronous: whether they are gradients of several workers of a cluster.
    cost: float32 scalar, what the architecture loses for its size, or None.
    clip: one of `clipping` for what an update applies, or None.
    entropy_gradient: bool, whether the entropy in R is differentiated too. As
      R stands beside the negative log-likelihood, that lowers the entropy
      (docs/FIDELITY.md, R3); not with per_decision or `LeaveOneOut`.
    discount: float or None, with per_decision: the reward of a decision is the
      sum of its own and all later ones, each times discount to the power of
      how much later it is.
    taken: float32 [D], with per_decision: 1 for decisions that there were, 0
      for others, which have no reward; None: there were all.

  Returns:
    Trainer.
  """
  nll, entropy, reward = sample.nll, sample.entropy, score
  if cost is not None:
    reward -= cost
  if per_decision:
    nll, entropy = -sample.log_probs, sample.entropies
    reward += tf.zeros_like(entropy)
  if entropy_weight is not None:
    reward += entropy_weight * entropy
  if taken is not None:
    reward *= taken
  if discount is not None:
    reward = _discounted(reward, discount)
  reward = tf.stop_gradient(reward)
  updated = baseline.build(reward)
  advantage = tf.placeholder_with_default(
    reward - updated, reward.shape, 'advantage'
  )
  loss, correction = nll * advantage, None
  if isinstance(baseline, LeaveOneOut):
    loss, correction = baseline.corrected(nll, advantage, num_aggregate)
  if per_decision:
    loss = tf.reduce_sum(loss)
  if entropy_gradient:
    moving = entropy - tf.stop_gradient(entropy)  # zero, with a gradient
    loss += nll * entropy_weight * moving
  for weight, penalty in penalties:
    loss += weight * penalty
  step = variables.create(
    'train_step', [], variables.zeros, trainable=False, dtype='int32'
  )
  train_ops = updates.train_ops(
    loss,
    tf.trainable_variables('controller'),
    step,
    schedule,
    optimizer,
    l2_reg=l2_reg,
    num_aggregate=num_aggregate,
    synchronous=synchronous,
    correction=correction,
    clip_mean=clip,
  )
  return Trainer(loss, score, updated, train_ops, reward, advantage)


def _discounted(rewards, discount):
  """Sums of rewards [D] from each decision on."""
  count = int(rewards.shape[0])
  places = np.arange(count)
  later = places - places[:, None]
  weights = np.where(later >= 0, float(discount) ** np.maximum(later, 0), 0.0)
  weights = tf.constant(weights, tf.float32)
  return tf.reduce_sum(weights * rewards, 1)
