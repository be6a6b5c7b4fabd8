"""Batches of images that are decoded ahead by several threads.

The step alone decides what a batch holds; threads only decide how soon it is
there. Decoding and interpolation release Python's lock, so that threads help.
"""

import collections
import concurrent.futures

import numpy as np


class Reader:
  """Gives the batch of any step; fastest when steps are asked for in order.

  Attributes:
    num_batches: int, batches in a pass or in an evaluation.
    num_counted: int, examples in them: the divisor of an accuracy.
  """

  def __init__(self, load, labels, order, threads=4, ahead=2):
    """Starts no work before the first `batch`.

    Args:
      load: function of an orders.Example that returns what the batch shall
        hold of an image, always of one shape and type. Threads call it.
      labels: array [N, ...] of the split.
      order: one of `src.images.orders`.
      threads: int > 0, how many images are decoded at a time.
      ahead: int >= 0, how many batches are made before they are asked for,
        which bounds the memory: (ahead + 1) batches and `threads` images.
    """
    self._load = load
    self._labels = labels
    self._order = order
    self._ahead = ahead
    self._pool = concurrent.futures.ThreadPoolExecutor(threads)
    self._pending = collections.OrderedDict()
    self.num_batches = order.num_batches
    self.num_counted = order.num_counted

  def batch(self, step):
    """Returns (images [B, ...], labels [B, ...]) of a step >= 0.

    Raises:
      What `load` raises for an image of this very step, such as
        png.ImageError. Other steps can still be asked for.
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
    return np.stack(views), self._labels[indices]

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

  def _forget(self):
    while self._pending:
      self._cancel(self._pending.popitem()[1])

  @staticmethod
  def _cancel(entry):
    for future in entry[1]:
      future.cancel()
