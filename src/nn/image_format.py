"""The one place that knows where the channels of an image tensor are.

Convolution kernels are [height, width, in, out] in both layouts, so a
checkpoint written in one can be read in the other.
"""

from src.nn import cpu_gradients, variables
from src.tf1 import tf


class ImageFormat:
  """Layout-aware versions of the few image operations the networks use."""

  def __init__(self, name):
    """name: 'NHWC' or 'NCHW'."""
    if name not in ('NHWC', 'NCHW'):
      raise ValueError('data format %r: expected NHWC or NCHW' % (name,))
    self.name = name
    self.channel_axis = 3 if name == 'NHWC' else 1
    self.space_axes = [1, 2] if name == 'NHWC' else [2, 3]

  def from_nhwc(self, images):
    """[N, H, W, C] -> this layout."""
    if self.name == 'NHWC':
      return images
    return tf.transpose(images, [0, 3, 1, 2])

  def channels(self, value):
    """Number of channels, an int."""
    return int(value.shape[self.channel_axis])

  def add_to_channels(self, value, terms):
    """Adds to each channel its term; terms [C]."""
    return tf.nn.bias_add(value, terms, data_format=self.name)

  def scale_channels(self, value, factors):
    """Multiplies each channel by its factor; factors [C]."""
    if self.name == 'NCHW':
      factors = tf.reshape(factors, [-1, 1, 1])
    return value * factors

  def conv2d(self, value, kernel, stride=1):
    """SAME convolution; kernel [rows, columns, C, F]."""
    sides = [int(side) for side in kernel.shape[:2]]
    override = cpu_gradients.of_convolution(sides, stride, self.name)
    with tf.get_default_graph().gradient_override_map(override):
      return tf.nn.conv2d(
        value,
        kernel,
        strides=self._sizes(stride),
        padding='SAME',
        data_format=self.name,
      )

  def dilated_conv2d(self, value, kernel, dilation):
    """SAME convolution whose taps are `dilation` pixels apart.

    A convolution with dilations has no gradient on a CPU, so images are taken
    apart into those that the taps see, and put together again.

    Args:
      value: image tensor.
      kernel: [k, k, C, F].
      dilation: int; (k - 1) * dilation is even.
    """
    height, width = (int(value.shape[axis]) for axis in self.space_axes)
    edge = (int(kernel.shape[0]) - 1) * dilation // 2
    sizes = [size + 2 * edge for size in (height, width)]
    more = [-size % dilation for size in sizes]
    paddings, crops = [[edge, edge + m] for m in more], [[0, m] for m in more]
    steps = [dilation, dilation]
    if self.name == 'NCHW':
      paddings, crops = [[0, 0]] + paddings, [[0, 0]] + crops
      steps = [1] + steps
    apart = tf.space_to_batch_nd(value, steps, paddings)
    result = tf.batch_to_space_nd(
      tf.nn.conv2d(
        apart,
        kernel,
        strides=self._sizes(1),
        padding='VALID',
        data_format=self.name,
      ),
      steps,
      crops,
    )
    shape = value.shape.as_list()
    shape[self.channel_axis] = int(kernel.shape[3])
    result.set_shape(shape)
    return result

  def depthwise_conv2d(self, value, kernel, stride=1):
    """SAME depthwise convolution; kernel [k, k, C, 1]."""
    return tf.nn.depthwise_conv2d_native(
      value,
      kernel,
      strides=self._sizes(stride),
      padding='SAME',
      data_format=self.name,
    )

  def pointwise_conv2d(self, value, kernel, filters, gradients):
    """1x1 convolution.

    Args:
      value: image tensor with C channels.
      kernel: [C * filters], row by row.
      filters: int.
      gradients: whether any will be asked for, see `diagonal_conv2d`.

    Returns:
      image tensor with `filters` channels.
    """
    channels = self.channels(value)
    if not gradients or self.name == 'NCHW':
      return self.conv2d(value, reshape(kernel, (1, 1, channels, filters)))
    height, width = (int(value.shape[axis]) for axis in self.space_axes)
    pixels = reshape(value, (-1, channels))
    mixed = tf.matmul(pixels, reshape(kernel, (channels, filters)))
    return reshape(mixed, (-1, height, width, filters))

  def diagonal_conv2d(self, value, first, second, gradients):
    """Two 1x1 convolutions of stride 2, half of the output channels each.

    One sees the pixels at even rows and columns, the other those one down and
    one to the right of them, zero beyond the edge. Kernels are padded with
    zeros instead of cutting pixels out of images: slicing and its gradient
    would cost more than the convolutions.

    Args:
      value: image tensor [N, H, W, C] or [N, C, H, W].
      first, second: kernels [1, 1, C, F / 2].
      gradients: whether any will be asked for. On a CPU, those of matrix
        products are quicker than those of a convolution.

    Returns:
      image tensor with F channels, height and width halved (rounded up).
    """
    height, width = (int(value.shape[axis]) for axis in self.space_axes)
    half = int(first.shape[3])
    if not gradients or self.name == 'NCHW' or height % 2 or width % 2:
      kernel = tf.pad(first, _ints(((0, 1), (0, 1), (0, 0), (0, half))))
      kernel += tf.pad(second, _ints(((1, 0), (1, 0), (0, 0), (half, 0))))
      return self.conv2d(value, kernel, stride=2)
    channels = self.channels(value)
    # Rows in pairs, then pixels in pairs: each half is one matrix product.
    pairs = tf.reshape(value, _ints((-1, 2, width * channels)))
    rows = tf.unstack(pairs, axis=1)
    halves = []
    for row, kernel, pad in zip(rows, (first, second), ((0, 1), (1, 0))):
      kernel = tf.pad(kernel, _ints(((0, 0), pad, (0, 0), (0, 0))))
      kernel = tf.reshape(kernel, _ints((2 * channels, half)))
      pixels = tf.reshape(row, _ints((-1, 2 * channels)))
      halves.append(tf.matmul(pixels, kernel))
    shape = _ints((-1, height // 2, width // 2, 2 * half))
    return tf.reshape(tf.concat(halves, 1), shape)

  def max_pool(self, value, size, stride=1):
    """SAME max pooling."""
    return tf.nn.max_pool(
      value,
      self._sizes(size),
      self._sizes(stride),
      'SAME',
      data_format=self.name,
    )

  def avg_pool(self, value, size, stride=1, padding='SAME', count_pad=False):
    """Average pooling.

    Args:
      value: image tensor.
      size: int, of the window; odd with count_pad.
      stride: int.
      padding: 'SAME' or 'VALID'.
      count_pad: bool, whether the padding of SAME counts in the divisor, as
        zeros.
    """
    if count_pad:
      edges = [[0, 0]] * 4
      for axis in self.space_axes:
        edges[axis] = [size // 2, size // 2]
      value, padding = tf.pad(value, edges), 'VALID'
    return tf.nn.avg_pool(
      value,
      self._sizes(size),
      self._sizes(stride),
      padding,
      data_format=self.name,
    )

  def global_avg_pool(self, value):
    """Mean over the image plane: [N, C]."""
    return tf.reduce_mean(value, self.space_axes)

  def _sizes(self, size):
    if self.name == 'NHWC':
      return [1, size, size, 1]
    return [1, 1, size, size]


@tf.RegisterGradient('EnasReshape')
def _reshape_gradient(op, grad):
  shape = [
    -1 if size is None else size for size in op.inputs[0].shape.as_list()
  ]
  return tf.reshape(grad, _ints(tuple(shape))), None


def reshape(value, shape):
  """tf.reshape with fewer nodes: shapes are constants that a graph shares.

  Args:
    value: tensor of which at most one size is unknown.
    shape: tuple of ints, at most one of them -1.
  """
  override = {'Reshape': 'EnasReshape'}
  with tf.get_default_graph().gradient_override_map(override):
    return tf.reshape(value, _ints(shape))


def _ints(value):
  return variables.shared_constant(value, 'int32')
