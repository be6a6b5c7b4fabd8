"""Mean and standard deviation of each channel, exactly.

Sums and sums of squares are integers, so nothing is lost before the last
division, and the order of the images does not matter.
"""

import math

import numpy as np

_CHUNK = 3 << 20  # values summed at once: about 6 MB of temporary memory


class Sums:
  """What is known of the images seen so far."""

  def __init__(self):
    self._sums = self._squares = 0
    self._values = 0  # of one channel

  def add(self, images):
    """Takes images in, uint8 [N, H, W, C]."""
    count = max(1, _CHUNK // images[0].size)
    for start in range(0, len(images), count):
      rows = images[start : start + count].reshape(-1, images[0].size)
      shape = [-1, images.shape[-1]]
      self._sums = self._sums + _exact(rows.sum(axis=0, dtype=np.int64), shape)
      squares = np.square(rows, dtype=np.uint16).sum(axis=0, dtype=np.int64)
      self._squares = self._squares + _exact(squares, shape)
      self._values += rows.size // images.shape[-1]

  def result(self):
    """(mean, std): float32 [C] each, of the values scaled to 0..1.

    std is the population standard deviation. (None, None) if no image was
    added.
    """
    if not self._values:
      return None, None
    count, mean, std = self._values, [], []
    for total, square in zip(self._sums, self._squares):
      mean.append(total / count / 255)
      std.append(math.sqrt(count * square - total**2) / count / 255)
    return np.array(mean, np.float32), np.array(std, np.float32)


def of(images):
  """`Sums.result` of uint8 [N, H, W, C], N > 0."""
  sums = Sums()
  sums.add(images)
  return sums.result()


def _exact(values, shape):
  """Sums over all but channels, as Python's ints: 64 bits would not do."""
  return values.reshape(shape).sum(axis=0).astype(object)
