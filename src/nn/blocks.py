"""Convolutions and reduction, as melodyguan/enas has them.

Convolutions have no bias and `context.filters` output channels. Every function
reads its variables through `lazy.read`, so that it may stand in a branch that
does not run.
"""

from src.arc.operations import live_taps
from src.nn import batch_norm, lazy, variables
from src.tf1 import tf


def conv(context, value, size, stride=1, dilation=1):
  """[.., C] -> [.., filters] with a kernel `w`.

  Of a dilated kernel the taps that see some of the map are used, which gives
  the same; where there are none, the result is zero.

  Args:
    context: Context.
    value: image tensor with C channels.
    size: int, taps of the kernel in each direction; or (rows, columns), without
      a dilation.
    stride: int, 1 with a dilation.
    dilation: int, pixels between two taps; (size - 1) * dilation is even.
  """
  fmt = context.fmt
  sides = list(size) if isinstance(size, tuple) else [size, size]
  shape = sides + [fmt.channels(value), context.filters]
  kernel = lazy.read(variables.create('w', shape, context.initial))
  if dilation == 1:
    return fmt.conv2d(value, kernel, stride)
  image = max(int(value.shape[axis]) for axis in fmt.space_axes)
  live = live_taps(size, dilation, image)
  if not live:
    return fmt.conv2d(value, 0.0 * kernel[:1, :1])
  first = (size - live) // 2
  if live < size:
    kernel = kernel[first : first + live, first : first + live]
  if live == 1:
    return fmt.conv2d(value, kernel)
  return fmt.dilated_conv2d(value, kernel, dilation)


def transposed_conv(context, value, size):
  """Transposed convolution of stride 1, with a kernel `w` and nothing else.

  First values are uniform up to one over the root of the fan-in (PyTorch's
  default for it). It is a convolution with the kernel turned round.

  Args:
    context: Context.
    value: image tensor with C channels.
    size: int, side of the kernel [size, size, filters, C]; odd.
  """
  channels = context.fmt.channels(value)
  initial = variables.uniform(1.0 / (size * channels**0.5))
  shape = [size, size, context.filters, channels]
  kernel = lazy.read(variables.create('w', shape, initial))
  turned = tf.transpose(tf.reverse(kernel, [0, 1]), [0, 1, 3, 2])
  return context.fmt.conv2d(value, turned)


def separable_conv(context, value, size, stride=1, rows=False, mixes=True):
  """Depthwise `w_depth` [k, k, C, 1], then pointwise `w_point`.

  Args:
    context: Context.
    value: image tensor with C channels.
    size: int, side of the depthwise kernel.
    stride: int.
    rows: whether `w_point` is stored [filters, C] as in the macro search
      model, instead of [1, 1, C, filters].
    mixes: whether the second step mixes channels; else it scales each by one
      weight of `w_point` [C], and C are the filters.
  """
  fmt, filters = context.fmt, context.filters
  channels = fmt.channels(value)
  depth = variables.create(
    'w_depth', [size, size, channels, 1], context.initial
  )
  if not mixes:
    initial = variables.uniform(6.0**0.5)  # He's, for a fan-in of one
    point = lazy.read(variables.create('w_point', [channels], initial))
    value = fmt.depthwise_conv2d(value, lazy.read(depth), stride)
    return fmt.scale_channels(value, point)
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
