"""Batches of images too many to keep decoded: read while a run goes on.

The counterpart of `in_memory`, with the same batches.
"""

from src.images import in_memory, orders, square
from src.images.reader import Reader


class FromDisk(in_memory.InMemory):
  """Batches of files."""

  def __init__(self, data, batch_size, size, threads=4):
    """
    Args:
      data: data.Data whose images are files.
      batch_size: int, of training and reward batches.
      size: int, side of the images in pixels.
      threads: int, images decoded at a time.
    """
    super().__init__(data, batch_size)
    self._size = size
    self._threads = threads

  def shuffled(self, split, seed, purpose, batch_size=None, stay=False):
    count, size = len(self._data.labels[split]), batch_size or self._batch_size
    return self._reader(
      split, orders.Shuffled(count, size, seed, purpose, stay)
    )

  def evaluation(self, split):
    """A `Reader` of each image once, the same each time."""
    count = len(self._data.labels[split])
    return self._reader(split, orders.Once(count, in_memory.EVAL_BATCH_SIZE))

  def _reader(self, split, order):
    images = self._data.images[split]
    return Reader(
      lambda example: square.load(images[example.index], self._size),
      self._data.labels[split],
      order,
      threads=self._threads,
    )
