"""Batches as rhubarbwu/ENAS-Experiments has them.

Validation images are cropped and mirrored at random, for rewards and
evaluations; evaluations are in batches of training's size, and of the
validation images only full ones count.
"""

import numpy as np

from src.images import batches, in_memory
from src.nn import keyed

_PADDING = 4  # pixels at each border


class AugmentedValid(in_memory.InMemory):
  """Batches of arrays; see `in_memory.InMemory`."""

  def __init__(self, data, batch_size, seed):
    """
    Args:
      data: images.data.Data.
      batch_size: int.
      seed: int, of crops.
    """
    super().__init__(data, batch_size)
    self._seed = seed

  def shuffled(self, split, seed, purpose, batch_size=None, stay=False):
    reader = super().shuffled(split, seed, purpose, batch_size, stay)
    if split == 'valid':
      return _Augmented(reader, seed, purpose, self._data.mean)
    return reader

  def evaluation(self, split):
    count, size = len(self._data.labels[split]), self._batch_size
    if split == 'valid' and count > size:
      count -= count % size
    ranges = list(batches.sequential(count, size))
    reader = in_memory.Reader(
      self._data,
      split,
      lambda step: ranges[step % len(ranges)],
      len(ranges),
      count,
    )
    if split == 'valid':
      return _Augmented(reader, self._seed, 'evaluation', self._data.mean)
    return reader


class _Augmented:
  """A reader whose images are cropped and mirrored, by step."""

  def __init__(self, reader, seed, purpose, mean):
    self._reader = reader
    self._key = seed, 'crops of ' + purpose
    self._colour = np.round(np.asarray(mean) * 255).astype(np.uint8)
    self.num_batches = reader.num_batches
    self.num_counted = reader.num_counted

  def batch(self, step):
    """(images, labels) of a step >= 0."""
    images, labels = self._reader.batch(step)
    return augmented(images, keyed.generator(*self._key, step), self._colour), (
      labels
    )

  def close(self):
    self._reader.close()


def augmented(images, generator, colour=0):
  """Pads by 4, crops at random to the old size, mirrors every other one.

  Args:
    images: uint8 [N, H, W, C].
    generator: `numpy.random.RandomState`.
    colour: uint8 [C], of the padding.

  Returns:
    uint8 [N, H, W, C].
  """
  count, height, width, channels = images.shape
  shape = [count, height + 2 * _PADDING, width + 2 * _PADDING, channels]
  padded = np.empty(shape, np.uint8)
  padded[:] = colour
  padded[:, _PADDING:-_PADDING, _PADDING:-_PADDING] = images
  corners = generator.randint(0, 2 * _PADDING + 1, [count, 2])
  mirrored = generator.randint(0, 2, count)
  result = np.empty_like(images)
  for number, ((y, x), flip) in enumerate(zip(corners, mirrored)):
    crop = padded[number, y : y + height, x : x + width]
    result[number] = crop[:, ::-1] if flip else crop
  return result
