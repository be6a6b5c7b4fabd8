"""Batch norm of a sequence, step by step (`BatchNorm1d` of ENAS-pytorch).

In training, each step of a window is normalised by its own batch, and its
statistics are folded into the moving ones, one step after another: m <- 0.9 m +
0.1 of the step, the variance unbiased. So those are of the last dozen steps of
the last cell alone. In use, either serves.
"""

import typing

from src.nn import variables
from src.tf1 import tf

FOLD, BATCH, MOVING = 'fold', 'batch', 'moving'
EPSILON = 1e-5
MOMENTUM = 0.1


class Norm(typing.NamedTuple):
  """One of H features.

  Attributes:
    scale, offset: float32 [H].
    mean, variance: variables [H], the moving ones.
    trained: list of the variables that scale and offset are the values of.
  """

  scale: typing.Any
  offset: typing.Any
  mean: typing.Any
  variance: typing.Any
  trained: typing.Sequence

  def of(self, values, statistics):
    """The normalised values.

    Args:
      values: float32 [T, B, H].
      statistics: FOLD, those of the batch, which are folded in; BATCH, those of
        the batch alone; or MOVING.
    """
    if statistics == MOVING:
      mean, variance = self.mean.value(), self.variance.value()
      return self._scaled(values, mean, variance)
    mean, variance = tf.nn.moments(values, [1], keepdims=True)
    if statistics == BATCH:
      return self._scaled(values, mean, variance)
    rows = tf.cast(tf.shape(values)[1], tf.float32)
    unbiased = variance * rows / tf.maximum(rows - 1.0, 1.0)
    updates = [
      tf.assign(moving, _folded(moving.value(), found[:, 0]))
      for moving, found in ((self.mean, mean), (self.variance, unbiased))
    ]
    with tf.control_dependencies(updates):
      return self._scaled(values, mean, variance)

  def _scaled(self, values, mean, variance):
    scale = self.scale * tf.rsqrt(variance + EPSILON)
    return (values - mean) * scale + self.offset


def _folded(moving, found):
  """The moving value [H] after the steps' values [T, H]."""
  steps = tf.range(tf.shape(found)[0] - 1, -1, -1)
  kept = tf.pow(1.0 - MOMENTUM, tf.cast(steps, tf.float32))
  before = moving * (1.0 - MOMENTUM) * kept[0]
  return before + tf.reduce_sum(MOMENTUM * kept[:, None] * found, 0)


def create(size, scale, offset):
  """Norm of H = size features; scale and offset: initial values."""
  with tf.variable_scope('norm'):
    trained = [
      variables.create('scale', [size], scale),
      variables.create('offset', [size], offset),
    ]
    return Norm(
      trained[0].value(),
      trained[1].value(),
      variables.create('mean', [size], variables.zeros, trainable=False),
      variables.create('variance', [size], variables.ones, trainable=False),
      trained,
    )
