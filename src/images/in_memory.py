"""Batches of a data set that is held in memory.

What runs and evaluations know of data is this interface; others implement it
too, see `src.AEROBI.on_disk`.
"""

from src.images import batches, fingerprint

EVAL_BATCH_SIZE = 100


class InMemory:
  """Batches of arrays."""

  def __init__(self, data, batch_size, fill=True):
    """
    Args:
      data: data_utils.Data.
      batch_size: int, of training and reward batches.
      fill: see `batches.ShuffledBatches`.
    """
    self._data, self._fill = data, fill
    self._batch_size = batch_size

  @property
  def num_train_batches(self):
    """Training batches in an epoch."""
    return self.num_batches('train')

  def fingerprint(self):
    """Digests of the data, see `fingerprint.of`."""
    data = self._data
    if data.digests is not None:
      return data.digests
    return fingerprint.of(data.images, data.labels, data.classes or ())

  def num_batches(self, split, batch_size=None):
    """int, full batches in a pass of `shuffled`."""
    size = batch_size or self._batch_size
    return -(-len(self._data.labels[split]) // size)

  def shuffled(self, split, seed, purpose, batch_size=None, stay=False):
    """A `Reader` of full batches in a new order each pass.

    Args:
      split: str.
      seed: int, the run's.
      purpose: str, what the batches are for.
      batch_size: int, that of training unless given.
      stay: bool, whether each pass has the order of the first.
    """
    size = batch_size or self._batch_size
    order = batches.ShuffledBatches(
      len(self._data.labels[split]), size, seed, purpose, stay, self._fill
    )
    return Reader(
      self._data,
      split,
      order.indices,
      order.num_batches,
      order.num_batches * size,
    )

  def evaluation(self, split):
    """A `Reader` of each example once, the same each time."""
    size = len(self._data.labels[split])
    ranges = list(batches.sequential(size, EVAL_BATCH_SIZE))
    return Reader(
      self._data,
      split,
      lambda step: ranges[step % len(ranges)],
      len(ranges),
      size,
    )


class Reader:
  """Gives the batch of any step.

  Attributes:
    num_batches: int, batches in a pass or in an evaluation.
    num_counted: int, examples in an evaluation: the divisor of an accuracy.
  """

  def __init__(self, data, split, indices, num_batches, num_counted):
    self._images = data.images[split]
    self._labels = data.labels[split]
    self._indices = indices
    self.num_batches = num_batches
    self.num_counted = num_counted

  def batch(self, step):
    """(images, labels) of a step >= 0."""
    indices = self._indices(step)
    return self._images[indices], self._labels[indices]

  def close(self):
    """Nothing is held open."""
