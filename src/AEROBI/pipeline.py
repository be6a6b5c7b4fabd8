"""Batches of crops, decoded ahead by several threads.

The step alone decides what a batch holds; threads only decide how soon it is
there. Decoding and interpolation release Python's lock, so that threads help.
"""

import collections
import concurrent.futures

import numpy as np

from src.AEROBI import images, orders
from src.files import png


class Reader:
  """Gives the batch of any step; fastest when steps are asked for in order.

  Attributes:
    num_batches: int, batches in a pass or in an evaluation.
    num_counted: int, examples in them: the divisor of an accuracy.
  """

  def __init__(self, split, order, view, threads=4, ahead=2):
    """Starts no work before the first `batch`.

    Args:
      split: codebrim.Split.
      order: one of `src.AEROBI.orders`.
      view: function of (uint8 [H, W, 3], orders.Example) that returns what the
        batch shall hold of an image, always of one shape and type, such as
        those of `training_view`.
      threads: int > 0, how many images are decoded at a time.
      ahead: int >= 0, how many batches are made before they are asked for,
        which bounds the memory: (ahead + 1) batches and `threads` crops.
    """
    self._split = split
    self._order = order
    self._view = view
    self._ahead = ahead
    self._pool = concurrent.futures.ThreadPoolExecutor(threads)
    self._pending = collections.OrderedDict()
    self.num_batches = order.num_batches
    self.num_counted = order.num_counted

  def batch(self, step):
    """Returns (images [B, ...], labels float32 [B, 6]) of a step >= 0.

    Raises:
      png.ImageError: an image of this very step is unreadable. Other steps
        can still be asked for.
    """
    if step not in self._pending:
      self._forget()
    for later in range(step, step + self._ahead + 1):
      if later not in self._pending:
        self._pending[later] = self._start(later)
    for earlier in [key for key in self._pending if key < step]:
      self._cancel(self._pending.pop(earlier))
    examples, futures = self._pending.pop(step)
    try:
      views = [future.result() for future in futures]
    except BaseException:
      self._cancel((examples, futures))
      raise
    indices = [example.index for example in examples]
    return np.stack(views), self._split.labels[indices]

  def close(self):
    """Ends the threads; what is being decoded is waited for."""
    self._forget()
    self._pool.shutdown()

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.close()

  def _start(self, step):
    examples = self._order.examples(step)
    return examples, [self._pool.submit(self._load, e) for e in examples]

  def _load(self, example):
    return self._view(png.read(self._split.paths[example.index]), example)

  def _forget(self):
    while self._pending:
      self._cancel(self._pending.popitem()[1])

  @staticmethod
  def _cancel(entry):
    for future in entry[1]:
      future.cancel()


def training_view(size, seed, purpose, dtype=np.float32):
  """A random window per pass and image, mirrored half of the time.

  Args:
    size: int, side of the window.
    seed: int, the seed of the run.
    purpose: str, tells apart the windows of one run.
    dtype: np.float32 for the reference's values in [0, 255], or np.uint8 for
      the nearest bytes, which are four times cheaper to hand over.

  Returns:
    A view for `Reader`: [size, size, 3].
  """

  def view(image, example):
    window = images.random_window(
      image, size, seed, purpose, example.epoch, example.index
    )
    return _typed(window, dtype)

  return view


def evaluation_view(size, windows=None, dtype=np.float32):
  """The middle of each image, or several windows along its long side.

  Args:
    size: int, side of a window.
    windows: int, how many evenly spaced ones; None for one without an axis.
    dtype: see `training_view`.

  Returns:
    A view for `Reader`: [size, size, 3], or [windows, size, size, 3].
  """

  def view(image, example):
    del example  # the same whenever it is looked at
    if windows is None:
      return _typed(images.center_window(image, size), dtype)
    return _typed(images.even_windows(image, size, windows), dtype)

  return view


def shuffled(split, batch_size, size, seed, purpose, **kwargs):
  """A `Reader` for training or rewards: new order and windows each pass."""
  order = orders.Shuffled(len(split.paths), batch_size, seed, purpose)
  return Reader(split, order, training_view(size, seed, purpose), **kwargs)


def evaluation(split, batch_size, size, windows=None, **kwargs):
  """A `Reader` of each image exactly once, the same each time."""
  order = orders.Once(len(split.paths), batch_size)
  return Reader(split, order, evaluation_view(size, windows), **kwargs)


def reference_evaluation(split, batch_size, size, seed, purpose, **kwargs):
  """A `Reader` for evaluation as the reference does it, see `orders.Stream`.

  The evaluation number k of a run asks for the steps k * num_batches and on.
  """
  order = orders.Stream(len(split.paths), batch_size, seed, purpose)
  return Reader(split, order, training_view(size, seed, purpose), **kwargs)


def _typed(window, dtype):
  return images.to_bytes(window) if dtype == np.uint8 else window
