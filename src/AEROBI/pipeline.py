"""Batches of windows of the images of CODEBRIM, read while a run goes on."""

import numpy as np

from src.files import png
from src.images import crop, orders
from src.images.reader import Reader


def training_view(size, seed, purpose, dtype=np.float32):
  """A random window per pass and image, mirrored half of the time.

  Args:
    size: int, side of the window.
    seed: int, the seed of the run.
    purpose: str, tells apart the windows of one run.
    dtype: np.float32 for the reference's values in [0, 255], or np.uint8 for
      the nearest bytes, which are four times cheaper to hand over.

  Returns:
    Function of (uint8 [H, W, 3], orders.Example) that returns [size, size, 3].
  """

  def view(image, example):
    window = crop.random_window(
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
    Function of (uint8 [H, W, 3], orders.Example) that returns [size, size, 3],
    or [windows, size, size, 3].
  """

  def view(image, example):
    del example  # the same whenever it is looked at
    if windows is None:
      return _typed(crop.center_window(image, size), dtype)
    return _typed(crop.even_windows(image, size, windows), dtype)

  return view


def shuffled(split, batch_size, size, seed, purpose, stay=False, **kwargs):
  """A `Reader` for training or rewards: new windows, and order, each pass."""
  order = orders.Shuffled(len(split.paths), batch_size, seed, purpose, stay)
  return reader(split, order, training_view(size, seed, purpose), **kwargs)


def evaluation(split, batch_size, size, windows=None, **kwargs):
  """A `Reader` of each image exactly once, the same each time."""
  order = orders.Once(len(split.paths), batch_size)
  return reader(split, order, evaluation_view(size, windows), **kwargs)


def reference_evaluation(split, batch_size, size, seed, purpose, **kwargs):
  """A `Reader` for evaluation as the reference does it, see `orders.Stream`.

  The evaluation number k of a run asks for the steps k * num_batches and on.
  """
  order = orders.Stream(len(split.paths), batch_size, seed, purpose)
  return reader(split, order, training_view(size, seed, purpose), **kwargs)


def reader(split, order, view, **kwargs):
  """A `Reader` of views of a split's images.

  Args:
    split: codebrim.Split.
    order: one of `src.images.orders`.
    view: function of (uint8 [H, W, 3], orders.Example) that returns what the
      batch shall hold of an image.
    **kwargs: of `Reader`.
  """

  def _load(example):
    return view(png.read(split.paths[example.index]), example)

  return Reader(_load, split.labels, order, **kwargs)


def _typed(window, dtype):
  return crop.to_bytes(window) if dtype == np.uint8 else window
