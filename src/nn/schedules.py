"""Learning-rate schedules: tensors that follow from the step count.

Source: `get_train_ops` of melodyguan/enas; cosine restarts are Loshchilov and
Hutter's SGDR (arXiv 1608.03983) at the granularity of epochs.
"""

from src.nn import variables
from src.tf1 import tf

# Upstream's pi; three more digits would change learning rates in the last bit.
_PI = 3.1415926


def cosine_restarts(step, lr_max, lr_min, period, period_mul, num_batches):
  """Cosine annealing from lr_max to lr_min, again and again.

  With e = step // num_batches and T = e - last_reset, the rate is
  lr_min + (lr_max - lr_min) (1 + cos(pi T / T_i)) / 2. When T reaches T_i,
  last_reset becomes e and T_i is multiplied. As upstream, the very step at
  which that happens still uses the old T with the new T_i
  (docs/FIDELITY.md, D19).

  Args:
    step: int32 scalar tensor, updates done so far.
    lr_max, lr_min: floats.
    period: int, first T_i in epochs.
    period_mul: int, what T_i is multiplied by at a restart.
    num_batches: int, steps an epoch.

  Returns:
    float32 scalar; reading it moves `last_reset` and `T_i` on.
  """
  last_reset = variables.create(
    'last_reset', [], variables.zeros, trainable=False, dtype='int32'
  )
  t_i = variables.create(
    'T_i', [], variables.constant(period), trainable=False, dtype='int32'
  )
  epoch = step // num_batches
  since_reset = epoch - last_reset.value()
  restart = since_reset >= t_i.value()
  new_reset = tf.where(restart, epoch, last_reset.value())
  new_t_i = tf.where(restart, t_i.value() * period_mul, t_i.value())
  angle = _PI * tf.cast(since_reset, tf.float32) / tf.cast(new_t_i, tf.float32)
  rate = lr_min + 0.5 * (lr_max - lr_min) * (1.0 + tf.cos(angle))
  updates = [tf.assign(last_reset, new_reset), tf.assign(t_i, new_t_i)]
  with tf.control_dependencies(updates):
    return tf.identity(rate)


def exponential_decay(step, lr, decay_rate, decay_every, start=0, lr_min=None):
  """lr * decay_rate ^ floor(max(step - start, 0) / decay_every).

  Args:
    step: int32 scalar tensor.
    lr: float, the initial rate.
    decay_rate: float.
    decay_every: int, steps between two decays.
    start: int, the step from which decays count.
    lr_min: float, optional lower bound.
  """
  decays = tf.maximum(step - start, 0) // decay_every
  rate = lr * tf.pow(decay_rate, tf.cast(decays, tf.float32))
  if lr_min is not None:
    rate = tf.maximum(rate, lr_min)
  return rate


def warm_up(rate, step, warm_up_rate, warm_up_steps=100):
  """`warm_up_rate` for the first steps, then `rate`."""
  return tf.where(step < warm_up_steps, tf.constant(warm_up_rate), rate)
