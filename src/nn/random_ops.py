"""Random tensors as a function of a key: `keyed`, inside graphs.

Everything stands on stateless operations: the same key gives the same numbers,
whatever ran before.
"""

import numpy as np

from src.nn import keyed
from src.tf1 import tf

_TINY = float(np.finfo(np.float32).tiny)


def key(seed, purpose, step):
  """int32 [2] tensor for (run seed, purpose, step).

  Args:
    seed: int, the run's seed.
    purpose: str, what the numbers are for.
    step: int32 scalar tensor, which draw of that purpose.
  """
  return tf.stack([tf.constant(keyed.seed_for(seed, purpose)), step])


def uniform(shape, key):
  """float32 tensor, uniform in (0, 1); shape is ints or an int32 tensor."""
  return tf.random.stateless_uniform(shape, seed=key, minval=_TINY)


def normal(shape, key):
  """float32 tensor of standard normal noise; shape as of `uniform`."""
  return tf.random.stateless_normal(shape, seed=key)


def gumbel(shape, key):
  """float32 tensor of standard Gumbel noise: argmax(logits + it) samples."""
  return -tf.log(-tf.log(uniform(shape, key)))


def dropout(value, keep_prob, key):
  """Zeroes entries with probability 1 - keep_prob, scales up the others."""
  if keep_prob >= 1.0:
    return value
  noise = uniform(tf.shape(value), key)
  return value / keep_prob * tf.cast(noise < keep_prob, value.dtype)


def dropout_mask(shape, keep_prob, key):
  """What dropout multiplies by: 1 / keep_prob with that probability, else 0.

  For a mask that several tensors share.

  Args:
    shape: ints or an int32 tensor.
    keep_prob: float.
    key: int32 [2].

  Returns:
    float32 tensor, floor(u + keep_prob) / keep_prob; None if all is kept.
  """
  if keep_prob >= 1.0:
    return None
  return tf.floor(uniform(shape, key) + keep_prob) / keep_prob


def drop_path(value, keep_prob, noise):
  """Zeroes whole examples with probability 1 - keep_prob, scales up the others.

  Args:
    value: [N, ...].
    keep_prob: float32 scalar.
    noise: float32 [N], uniform in (0, 1).
  """
  kept = tf.floor(keep_prob + noise)
  shape = [-1] + [1] * (value.shape.ndims - 1)
  return value / keep_prob * tf.reshape(kept, shape)
