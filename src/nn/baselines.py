"""What a reward is compared with, as values (ENAS section 2.2).

A baseline turns the reward of a sample into the tensor that is taken off it.
Rewards may be scalars, or vectors with an entry for each decision: then so is
the baseline.
"""

import typing

from src.nn import variables
from src.tf1 import tf


class MovingMean(typing.NamedTuple):
  """b <- b - (1 - decay) (b - R) over all rewards, from zero; this one is in.

  Source: melodyguan/enas, whose checkpoints know it as `Variable`.
  """

  decay: float = 0.99

  def build(self, reward):
    """The baseline after this reward, of the reward's shape.

    Args:
      reward: float32, a scalar or a vector.
    """
    shape = reward.shape.as_list()
    baseline = variables.create(
      'Variable', shape, variables.zeros, trainable=False
    )
    return tf.assign_sub(
      baseline, (1 - self.decay) * (baseline.value() - reward)
    )


class FromFirst(typing.NamedTuple):
  """The moving mean that begins with the first reward, not with zero.

  Source: ENAS-pytorch (carpedm20), whose baseline begins again with each phase
  of the controller.

  Attributes:
    decay: float.
    restart: bool scalar tensor, whether this reward is the first one again;
      None: never.
    taken: float32 of the reward's shape, 1 for the decisions that there were
      and 0 for others, whose mean stays; None: there were all.
  """

  decay: float = 0.95
  restart: typing.Any = None
  taken: typing.Any = None

  def build(self, reward):
    """See `MovingMean`."""
    mean, begun = (
      variables.create(
        'first_baseline/' + name,
        reward.shape.as_list(),
        variables.zeros,
        trainable=False,
      )
      for name in ('mean', 'begun')
    )
    before = begun.value()
    if self.restart is not None:
      before *= 1.0 - tf.cast(self.restart, tf.float32)
    share = 1.0 - self.decay * before
    now = tf.ones_like(reward)
    if self.taken is not None:
      now = tf.maximum(before, self.taken)
      share *= self.taken
    with tf.control_dependencies([share]):
      mark = tf.assign(begun, now)
    with tf.control_dependencies([mark]):
      return tf.assign_sub(mean, share * (mean.value() - reward))


class PerBatch(typing.NamedTuple):
  """A moving mean for each reward batch, this reward in it.

  With n rewards seen on the batch, b <- b - max(1 - decay ** count, 1 / n)
  (b - R): the plain mean at first, where one that begins at zero would need
  thousands of epochs. As the batch comes up once in `count` steps, it looks as
  many steps back as the common baseline does.

  Attributes:
    decay: float; 1 for the plain mean.
    count: int, how many batches there are.
    index: int32 scalar, which of them this is.
    restart: bool scalar tensor, whether to forget what was seen on it before;
      None: never.
  """

  decay: float
  count: int
  index: typing.Any
  restart: typing.Any = None

  def build(self, reward):
    """See `MovingMean`."""
    means, seen = (
      variables.create(name, [self.count], variables.zeros, trainable=False)
      for name in ('batch_baseline/mean', 'batch_baseline/count')
    )
    before = seen.value()[self.index]
    if self.restart is not None:
      before = tf.where(self.restart, tf.zeros_like(before), before)
    number = tf.scatter_update(seen, self.index, before + 1.0)[self.index]
    share = tf.maximum(1.0 - self.decay**self.count, 1.0 / number)
    change = share * (reward - means.value()[self.index])
    return tf.scatter_add(means, self.index, change)[self.index]


class Chosen(typing.NamedTuple):
  """A baseline, and what a step feeds for it.

  Attributes:
    baseline: one of this module's.
    batch_index: int32 placeholder, which reward batch the reward is measured
      on; None where the baseline does not ask.
    sample_number: int32 placeholder, which sample of its update this is; None
      likewise.
  """

  baseline: typing.Any
  batch_index: typing.Any = None
  sample_number: typing.Any = None


def chosen(name, decay, num_batches=1):
  """The baseline of a name; adds its placeholders to the graph.

  Args:
    name: 'global', the moving mean from zero; 'from_first', the one that
      begins with the first reward; 'debiased', the moving mean that is the
      plain one at first; 'per_batch', one for each reward batch;
      'per_update', the mean of the update's rewards so far; 'leave_one_out',
      that of its other rewards.
    decay: float, of moving means.
    num_batches: int, reward batches, of 'per_batch'.

  Returns:
    Chosen.
  """
  if name == 'global':
    return Chosen(MovingMean(decay))
  if name == 'from_first':
    return Chosen(FromFirst(decay))
  if name == 'debiased':
    return Chosen(PerBatch(decay, 1, 0))
  if name == 'per_batch':
    index = tf.placeholder(tf.int32, [], 'batch_index')
    return Chosen(PerBatch(decay, num_batches, index), batch_index=index)
  number = tf.placeholder(tf.int32, [], 'sample_number')
  if name == 'leave_one_out':
    return Chosen(LeaveOneOut(number), sample_number=number)
  if name != 'per_update':
    raise ValueError('there is no baseline %r' % (name,))
  mean = PerBatch(1.0, 1, 0, tf.equal(number, 0))
  return Chosen(mean, sample_number=number)


class LeaveOneOut(typing.NamedTuple):
  """The mean of the other rewards of the same update; scalar rewards only.

  With n rewards R_i of mean M, and g_i the gradients of the samples' negative
  log-likelihoods, an update moves along

    1/n sum_i (R_i - mean of the others) g_i = 1/(n - 1) sum_i (R_i - M) g_i.

  M is not known before all rewards are. So gradients are summed with another
  number C in its place, the mean M of the update before (zero at first), and
  what they lack, -1/(n - 1) (M - C) sum_i g_i, is added when they are applied:
  the same update, with two sums instead of all gradients.

  Source: Kool, van Hoof and Welling, "Buy 4 REINFORCE samples, get a baseline
  for free!", 2019.

  Attributes:
    number: int32 scalar in [0, n), which sample of its update this is.
  """

  number: typing.Any

  def build(self, reward):
    """C; the reward is taken into M. See `MovingMean`."""
    mean, before = self._means()
    first = tf.equal(self.number, 0)
    kept = tf.assign(before, tf.where(first, mean.value(), before.value()))
    share = 1.0 / tf.cast(self.number + 1, tf.float32)
    with tf.control_dependencies([kept.op]):
      moved = tf.assign_sub(mean, share * (mean.value() - reward))
    with tf.control_dependencies([moved.op]):
      return tf.identity(kept)

  def corrected(self, nll, advantage, count):
    """What an update takes beside the gradients of penalties.

    Args:
      nll: float32 scalar.
      advantage: float32 scalar, the reward less C.
      count: int n, at least 2.

    Returns:
      (loss, correction): a float32 scalar, and the pair that
      `updates.train_ops` takes.
    """
    mean, before = self._means()
    scale = count / (count - 1.0)
    weight = scale * (before.value() - mean.value())
    return nll * scale * advantage, (nll, weight)

  @staticmethod
  def _means():
    with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
      return [
        variables.create(name, [], variables.zeros, trainable=False)
        for name in ('leave_one_out/mean', 'leave_one_out/before')
      ]
