"""Learning-rate schedules: values that turn the step count into a rate.

Source: `get_train_ops` of melodyguan/enas; cosine restarts are Loshchilov and
Hutter's SGDR (arXiv 1608.03983) at the granularity of epochs.
"""

import math
import typing

from src.nn import variables
from src.tf1 import tf

# Upstream's pi; three more digits would change learning rates in the last bit.
_PI = 3.1415926


class Constant(typing.NamedTuple):
  """The same rate at every step."""

  lr: float

  def __call__(self, step):
    """The rate at `step`, an int32 scalar tensor; a float32 scalar."""
    del step
    return tf.constant(self.lr)


class Exponential(typing.NamedTuple):
  """lr * decay_rate ^ floor(max(step - start, 0) / decay_every).

  Attributes:
    lr: float, the initial rate.
    decay_rate: float.
    decay_every: int, steps between two decays.
    start: int, the step from which decays count.
    lr_min: float, a lower bound, or None.
  """

  lr: float
  decay_rate: float = 1.0
  decay_every: int = 1
  start: int = 0
  lr_min: typing.Optional[float] = None

  def __call__(self, step):
    """See `Constant`."""
    decays = tf.maximum(step - self.start, 0) // self.decay_every
    rate = self.lr * tf.pow(self.decay_rate, tf.cast(decays, tf.float32))
    if self.lr_min is not None:
      rate = tf.maximum(rate, self.lr_min)
    return rate


class Cosine(typing.NamedTuple):
  """A cosine from lr_max down to lr_min and up again, without restarts.

  lr_min + (lr_max - lr_min) (1 + cos(pi e / half_period)) / 2 with
  e = step // num_batches.

  Attributes:
    lr_max, lr_min: floats.
    half_period: int, epochs from the highest rate to the lowest.
    num_batches: int, steps an epoch.
    start: int, the step from which epochs count.
  """

  lr_max: float
  lr_min: float
  half_period: int
  num_batches: int
  start: int = 0

  def __call__(self, step):
    """See `Constant`."""
    if self.start:
      step = tf.maximum(step - self.start, 0)
    epoch = (step // self.num_batches) % (2 * self.half_period)
    angle = math.pi / self.half_period * tf.cast(epoch, tf.float32)
    scale = 0.5 * (self.lr_max - self.lr_min)
    return self.lr_min + scale * (1.0 + tf.cos(angle))


class CosineRestarts(typing.NamedTuple):
  """Cosine annealing from lr_max to lr_min, again and again.

  With e = step // num_batches and T = e - last_reset, the rate is
  lr_min + (lr_max - lr_min) (1 + cos(pi T / T_i)) / 2. When T reaches T_i,
  last_reset becomes e and T_i is multiplied. As upstream, the very step at
  which that happens still uses the old T with the new T_i
  (docs/FIDELITY.md, D19).

  Attributes:
    lr_max, lr_min: floats.
    period: int, first T_i in epochs.
    period_mul: int, what T_i is multiplied by at a restart.
    num_batches: int, steps an epoch.
  """

  lr_max: float
  lr_min: float
  period: int
  period_mul: int
  num_batches: int

  def __call__(self, step):
    """See `Constant`; reading the rate moves `last_reset` and `T_i` on."""
    last_reset = variables.create(
      'last_reset', [], variables.zeros, trainable=False, dtype='int32'
    )
    t_i = variables.create(
      'T_i',
      [],
      variables.constant(self.period),
      trainable=False,
      dtype='int32',
    )
    epoch = step // self.num_batches
    since_reset = epoch - last_reset.value()
    restart = since_reset >= t_i.value()
    new_reset = tf.where(restart, epoch, last_reset.value())
    new_t_i = tf.where(restart, t_i.value() * self.period_mul, t_i.value())
    angle = (
      _PI * tf.cast(since_reset, tf.float32) / tf.cast(new_t_i, tf.float32)
    )
    rate = self.lr_min + 0.5 * (self.lr_max - self.lr_min) * (
      1.0 + tf.cos(angle)
    )
    updates = [tf.assign(last_reset, new_reset), tf.assign(t_i, new_t_i)]
    with tf.control_dependencies(updates):
      return tf.identity(rate)


class WarmUp(typing.NamedTuple):
  """`rate` for the first `steps` steps, then that of `schedule`."""

  schedule: typing.Any
  rate: float
  steps: int = 100

  def __call__(self, step):
    """See `Constant`."""
    return tf.where(
      step < self.steps, tf.constant(self.rate), self.schedule(step)
    )
