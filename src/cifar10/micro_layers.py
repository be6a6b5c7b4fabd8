"""Pieces that the layers of all micro networks share (ENAS section 2.4)."""

from src.nn import batch_norm, blocks
from src.tf1 import tf


def pointwise(context, value):
  """ReLU, 1x1 convolution, batch norm."""
  value = blocks.conv(context, tf.nn.relu(value), 1)
  return batch_norm.plain(context, value)


def height(context, value):
  """int, rows of an image tensor."""
  return int(value.shape[context.fmt.space_axes[0]])


def calibrate(context, older, newer):
  """Brings the outputs of the two layers before to one size, in scope.

  Args:
    context: Context.
    older, newer: image tensors; the older one may be twice as high and wide.

  Returns:
    (older, newer), image tensors with `context.filters` channels.
  """
  fmt, filters = context.fmt, context.filters
  with tf.variable_scope('calibrate'):
    with tf.variable_scope('pool_x'):
      if height(context, older) != height(context, newer):
        older = blocks.factorized_reduction(context, tf.nn.relu(older))
      elif fmt.channels(older) != filters:
        older = pointwise(context, older)
    with tf.variable_scope('pool_y'):
      if fmt.channels(newer) != filters:
        newer = pointwise(context, newer)
  return older, newer
