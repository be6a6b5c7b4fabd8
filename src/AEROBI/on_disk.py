"""Batches of CODEBRIM for runs and evaluations, read while they go on.

The counterpart of `src.images.in_memory` for images that do not fit there.
"""

from src.AEROBI import pipeline
from src.images import fingerprint
from src.images import split as split_lib

# Runs and their flags call the validation split so.
NAMES = {'train': 'train', 'valid': 'val', 'test': 'test'}


def held_out(data, split, count, seed, purpose):
  """Takes images away from a split.

  Args:
    data: codebrim.Codebrim.
    split: 'train' or 'valid'.
    count: int, how many, fewer than there are.
    seed: int, the run's; the same seed takes the same.
    purpose: str, see `split.parted`.

  Returns:
    (Codebrim without them, Split of them).
  """
  whole = getattr(data, NAMES[split])
  rest, taken = (
    whole._replace(
      paths=[whole.paths[place] for place in places],
      labels=whole.labels[places],
    )
    for places in split_lib.parted(len(whole.paths), count, seed, purpose)
  )
  return data._replace(**{NAMES[split]: rest}), taken


class OnDisk:
  """Batches of crops; see `in_memory.InMemory` for the methods.

  Attributes:
    num_train_batches: int, training batches in an epoch.
  """

  def __init__(
    self,
    data,
    batch_size,
    size,
    seed,
    protocol='exact',
    windows=1,
    threads=4,
    reward=None,
    derive=None,
  ):
    """
    Args:
      data: codebrim.Codebrim.
      batch_size: int, of all batches: training, reward and evaluation.
      size: int, side of the windows in pixels.
      seed: int, the run's; of the reference's evaluation.
      protocol: 'exact' or 'reference', how splits are evaluated.
      windows: int, of each image in an exact evaluation. More than one lie
        one after the other in a batch: images [N * windows, size, size, 3].
      threads: int, images decoded at a time.
      reward: codebrim.Split that `shuffled` takes for 'valid', as it does for
        the controller's rewards; None for the validation split itself.
      derive: codebrim.Split that architectures are ranked on, or None.
    """
    self._data = data
    self._batch_size = batch_size
    self._size = size
    self._seed = seed
    self._protocol = protocol
    self._windows = windows
    self._threads = threads
    self._reward = reward
    self._derive = derive
    self.num_train_batches = -(-len(data.train.paths) // batch_size)

  def fingerprint(self):
    """Digests of the data, see `fingerprint.of_files`."""
    splits = {name: self._split(name) for name in NAMES}
    if self._derive is not None:
      splits['derive'] = self._derive
    return {
      name: fingerprint.of_files(split.paths, split.labels)
      for name, split in splits.items()
    }

  def _drawn(self, split):
    """The images that `shuffled` takes for a split."""
    if split == 'valid' and self._reward is not None:
      return self._reward
    return self._split(split)

  def num_batches(self, split, batch_size=None):
    """int, full batches in a pass of `shuffled`."""
    return -(-len(self._drawn(split).paths) // (batch_size or self._batch_size))

  def shuffled(self, split, seed, purpose, batch_size=None, stay=False):
    """A `pipeline.Reader`, new windows each pass; see `InMemory`."""
    return pipeline.shuffled(
      self._drawn(split),
      batch_size or self._batch_size,
      self._size,
      seed,
      purpose,
      stay,
      threads=self._threads,
    )

  def evaluation(self, split):
    """A reader of a split as the protocol wants it."""
    if self._protocol == 'reference':
      return pipeline.reference_evaluation(
        self._split(split),
        self._batch_size,
        self._size,
        self._seed,
        'evaluation of ' + split,
        threads=self._threads,
      )
    several = self._windows > 1
    reader = pipeline.evaluation(
      self._split(split),
      self._batch_size,
      self._size,
      windows=self._windows if several else None,
      threads=self._threads,
    )
    return _Flat(reader) if several else reader

  def _split(self, name):
    if name == 'derive':
      return self._derive
    return getattr(self._data, NAMES[name])


class _Flat:
  """A reader whose windows are images of their own."""

  def __init__(self, reader):
    self._reader = reader
    self.num_batches = reader.num_batches
    self.num_counted = reader.num_counted
    self.close = reader.close

  def batch(self, step):
    images, labels = self._reader.batch(step)
    return images.reshape((-1,) + images.shape[2:]), labels
