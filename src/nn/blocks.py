"""Convolutions and reduction, as melodyguan/enas has them.

Convolutions have no bias and `context.filters` output channels. Every function
reads its variables through `lazy.read`, so that it may stand in a branch that
does not run.
"""

from src.nn import batch_norm, lazy, variables
from src.tf1 import tf


def conv(context, value, size, stride=1):
  """[.., C] -> [.., filters] with a size x size kernel `w`."""
  fmt = context.fmt
  shape = [size, size, fmt.channels(value), context.filters]
  kernel = variables.create('w', shape, context.initial)
  return fmt.conv2d(value, lazy.read(kernel), stride)


def separable_conv(context, value, size, stride=1, rows=False):
  """Depthwise `w_depth` [k, k, C, 1], then pointwise `w_point`.

  Args:
    context: Context.
    value: image tensor with C channels.
    size: int, side of the depthwise kernel.
    stride: int.
    rows: whether `w_point` is stored [filters, C] as in the macro search
      model, instead of [1, 1, C, filters].
  """
  fmt, filters = context.fmt, context.filters
  channels = fmt.channels(value)
  depth = variables.create(
    'w_depth', [size, size, channels, 1], context.initial
  )
  shape = [filters, channels] if rows else [1, 1, channels, filters]
  point = lazy.read(variables.create('w_point', shape, context.initial))
  if rows:
    point = tf.reshape(tf.transpose(point), [1, 1, channels, filters])
  value = fmt.depthwise_conv2d(value, lazy.read(depth), stride)
  return fmt.conv2d(value, point)


def factorized_reduction(context, value):
  """Halves height and width, then batch norm.

  Half of the filters see the pixels at even rows and columns (`path1_conv`),
  half those one down and one to the right (`path2_conv`, zero beyond the
  edge).

  Args:
    context: Context.
    value: image tensor with C channels.

  Raises:
    ValueError: if the number of filters is odd.
  """
  fmt, filters = context.fmt, context.filters
  if filters % 2:
    raise ValueError(
      'a factorized reduction needs an even number of filters, not %d' % filters
    )
  shape = [1, 1, fmt.channels(value), filters // 2]
  with tf.variable_scope('path1_conv'):
    path1 = lazy.read(variables.create('w', shape, context.initial))
  with tf.variable_scope('path2_conv'):
    path2 = lazy.read(variables.create('w', shape, context.initial))
  value = fmt.diagonal_conv2d(value, path1, path2, context.use.gradients)
  return batch_norm.plain(context, value)
