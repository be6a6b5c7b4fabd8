"""What a graph does with crops before the first layer.

The counterpart of `graphs.Images`. Windows and mirroring are drawn where
images are read, so that no other augmentation is left for the graph.
"""

import typing

from src.cifar10 import image_ops
from src.tf1 import tf


class Crops(typing.NamedTuple):
  """Batches of windows, float32 [N, size, size, 3] from 0 to 255.

  Attributes:
    size: int, side in pixels.
    scaling: 'raw', 'unit' or 'standardize', see `prepare`.
    windows: int, how many of each image an evaluation may have.
  """

  size: int
  scaling: str = 'raw'
  windows: int = 1
  dtype: str = 'float32'
  channels: int = 3

  def prepare(self, batch):
    """The values that the network is given.

    raw: as they are. unit: x / 255. standardize: (x - m) / max(s, 1 / sqrt(n))
    with the mean m, standard deviation s and number n of an image's values.
    """
    if self.scaling == 'raw':
      return batch
    if self.scaling == 'unit':
      return batch / 255.0
    mean, variance = tf.nn.moments(batch, [1, 2, 3], keep_dims=True)
    least = 1.0 / (self.size * self.size * self.channels)
    return (batch - mean) / tf.sqrt(tf.maximum(variance, least))

  def augment(self, value, key, cutout_size):
    """Cuts out a square, see `image_ops.cutout`; all else is done already."""
    return image_ops.random_cutout(value, key, cutout_size)
