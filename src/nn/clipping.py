"""Bounds on the norm of gradients, as values.

Source: `get_train_ops` of melodyguan/enas, which has both.
"""

import typing

from src.tf1 import tf


class EachNorm(typing.NamedTuple):
  """Each variable's gradient is scaled to a norm of at most `bound`."""

  bound: float

  def __call__(self, gradients, norm):
    """The bounded gradients.

    Args:
      gradients: list of float32 tensors.
      norm: float32 scalar, that of all of them together.

    Returns:
      list of float32 tensors.
    """
    del norm
    return [tf.clip_by_norm(gradient, self.bound) for gradient in gradients]


class GlobalNorm(typing.NamedTuple):
  """All are scaled alike, to a common norm of at most `bound`."""

  bound: float

  def __call__(self, gradients, norm):
    """See `EachNorm`."""
    return tf.clip_by_global_norm(gradients, self.bound, use_norm=norm)[0]


class FiniteGlobalNorm(typing.NamedTuple):
  """`GlobalNorm`, and zeros where the common norm is not finite.

  So a step that overflows changes nothing by itself.
  """

  bound: float

  def __call__(self, gradients, norm):
    """See `EachNorm`."""
    scale = self.bound / tf.maximum(norm, self.bound)
    scale = tf.where(tf.math.is_finite(norm), scale, tf.zeros_like(scale))
    return [tf.math.multiply_no_nan(gradient, scale) for gradient in gradients]
