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
  """

  decay: float = 0.95
  restart: typing.Any = None

  def build(self, reward):
    """See `MovingMean`."""
    shape = reward.shape.as_list()
    mean = variables.create(
      'first_baseline/mean', shape, variables.zeros, trainable=False
    )
    begun = variables.create(
      'first_baseline/begun', [], variables.zeros, trainable=False
    )
    share = tf.where(begun.value() > 0, 1 - self.decay, 1.0)
    if self.restart is not None:
      share = tf.where(self.restart, tf.ones_like(share), share)
    with tf.control_dependencies([share]):
      mark = tf.assign(begun, 1.0)
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
