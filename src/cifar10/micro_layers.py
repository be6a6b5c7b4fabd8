"""Pieces that the layers of all micro networks share (ENAS section 2.4)."""

import typing

from src.nn import blocks
from src.nn.image_format import ImageFormat
from src.tf1 import tf


class Mode(typing.NamedTuple):
  """How layers are built."""

  fmt: ImageFormat
  training: bool


def norm(mode, value):
  """Batch norm in scope `bn`."""
  return blocks.batch_norm(mode.fmt, value, mode.training)


def pointwise(mode, value, filters):
  """ReLU, 1x1 convolution, batch norm."""
  value = blocks.conv(mode.fmt, tf.nn.relu(value), filters, 1)
  return norm(mode, value)


def reduce(mode, value, filters):
  """Halves height and width."""
  return blocks.factorized_reduction(mode.fmt, value, filters, mode.training)


def height(mode, value):
  """int, rows of an image tensor."""
  return int(value.shape[mode.fmt.space_axes[0]])


def calibrate(mode, older, newer, filters):
  """Brings the outputs of the two layers before to one size, in scope.

  Args:
    mode: Mode.
    older, newer: image tensors; the older one may be twice as high and wide.
    filters: int, the number of channels that both shall have.

  Returns:
    (older, newer), image tensors [N, H, W, filters].
  """
  with tf.variable_scope('calibrate'):
    with tf.variable_scope('pool_x'):
      if height(mode, older) != height(mode, newer):
        older = reduce(mode, tf.nn.relu(older), filters)
      elif mode.fmt.channels(older) != filters:
        older = pointwise(mode, older, filters)
    with tf.variable_scope('pool_y'):
      if mode.fmt.channels(newer) != filters:
        newer = pointwise(mode, newer, filters)
  return older, newer
