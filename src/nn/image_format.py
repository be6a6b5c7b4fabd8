"""The one place that knows where the channels of an image tensor are.

Convolution kernels are [height, width, in, out] in both layouts, so a
checkpoint written in one can be read in the other.
"""

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

  def scale_channels(self, value, factors):
    """Multiplies each channel by its factor; factors [C]."""
    if self.name == 'NCHW':
      factors = tf.reshape(factors, [-1, 1, 1])
    return value * factors

  def conv2d(self, value, kernel, stride=1):
    """SAME convolution; kernel [k, k, C, F]."""
    return tf.nn.conv2d(
      value,
      kernel,
      strides=self._sizes(stride),
      padding='SAME',
      data_format=self.name,
    )

  def depthwise_conv2d(self, value, kernel, stride=1):
    """SAME depthwise convolution; kernel [k, k, C, 1]."""
    return tf.nn.depthwise_conv2d_native(
      value,
      kernel,
      strides=self._sizes(stride),
      padding='SAME',
      data_format=self.name,
    )

  def max_pool(self, value, size, stride=1):
    """SAME max pooling."""
    return tf.nn.max_pool(
      value,
      self._sizes(size),
      self._sizes(stride),
      'SAME',
      data_format=self.name,
    )

  def avg_pool(self, value, size, stride=1):
    """SAME average pooling; padding does not count in the divisor."""
    return tf.nn.avg_pool(
      value,
      self._sizes(size),
      self._sizes(stride),
      'SAME',
      data_format=self.name,
    )

  def global_avg_pool(self, value):
    """Mean over the image plane: [N, C]."""
    return tf.reduce_mean(value, self.space_axes)

  def _sizes(self, size):
    if self.name == 'NHWC':
      return [1, size, size, 1]
    return [1, 1, size, size]
