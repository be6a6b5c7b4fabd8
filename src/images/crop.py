"""A crop becomes a square: resize by the short side, then a window of it.

Crops come in all sizes and shapes. The reference resizes the short side to
224 and keeps the aspect, then cuts a 224 x 224 window. Here only the window is
interpolated, to the same numbers, so that a crop of 23 x 500 costs no more
than another. Source: `src/AEROBI/data_utils.py` of the reference.
"""

import numpy as np

from src.nn import keyed


def resized_shape(height, width, size):
  """The size after resizing, in the float32 arithmetic of the reference.

  Args:
    height: int > 0.
    width: int > 0.
    size: int > 0, what the short side becomes.

  Returns:
    (height, width), ints; the long side is truncated, never below `size`.
  """
  if height == width:
    return size, size
  short, long = sorted((height, width))
  scale = np.float32(short) / np.float32(size)
  resized = max(int(np.float32(long) / scale), size)
  return (resized, size) if height > width else (size, resized)


def window(image, shape, row, column, size):
  """Interpolates a window of the resized image.

  Bilinear as TensorFlow 1 does it without aligned corners: output pixel i
  reads at i * (old / new), with no shift by half a pixel and no smoothing.

  Args:
    image: uint8 [H, W, C].
    shape: (height, width) that the whole image is resized to.
    row: int, the window's first row in the resized image.
    column: int, its first column.
    size: (height, width) of the window.

  Returns:
    float32 [height, width, C] in [0, 255].
  """
  upper, lower, down = _neighbours(image.shape[0], shape[0], row, size[0])
  left, right, across = _neighbours(image.shape[1], shape[1], column, size[1])
  down, across = down[:, None, None], across[None, :, None]
  first, last = int(left[0]), int(right[-1]) + 1
  rows = []
  for places in (upper, lower):
    strip = image[places, first:last]
    start = strip[:, left - first].astype(np.float32)
    step = strip[:, right - first].astype(np.float32)
    step -= start
    step *= across
    step += start
    rows.append(step)
  top, bottom = rows
  bottom -= top
  bottom *= down
  bottom += top
  return bottom


def resize(image, size):
  """The whole image with its short side resized, float32 [H, W, C]."""
  shape = resized_shape(image.shape[0], image.shape[1], size)
  return window(image, shape, 0, 0, shape)


def random_window(image, size, seed, purpose, epoch, index):
  """A training example: a random window, mirrored half of the time.

  Args:
    image: uint8 [H, W, 3].
    size: int, side of the window and short side of the resized image.
    seed: int, the seed of the run.
    purpose: str, tells apart the windows of one run.
    epoch: int, which pass over the data.
    index: int, which image of the split.

  Returns:
    float32 [size, size, 3], a pure function of the arguments.
  """
  key = '%s, window of image %d' % (purpose, index)
  draws = keyed.generator(seed, key, epoch).random_sample(3)
  shape = resized_shape(image.shape[0], image.shape[1], size)
  row = int(draws[0] * (shape[0] - size + 1))
  column = int(draws[1] * (shape[1] - size + 1))
  result = window(image, shape, row, column, (size, size))
  return result[:, ::-1] if draws[2] < 0.5 else result


def center_window(image, size):
  """The middle of the resized image, float32 [size, size, 3]."""
  shape = resized_shape(image.shape[0], image.shape[1], size)
  row, column = (shape[0] - size) // 2, (shape[1] - size) // 2
  return window(image, shape, row, column, (size, size))


def even_windows(image, size, count):
  """Windows evenly spaced along the long side, for averaged predictions.

  Args:
    image: uint8 [H, W, 3].
    size: int, side of a window.
    count: int > 0; one window is the middle, two are the ends.

  Returns:
    float32 [count, size, size, 3].
  """
  if count == 1:
    return center_window(image, size)[None]
  shape = resized_shape(image.shape[0], image.shape[1], size)
  room = shape[0] - size, shape[1] - size
  return np.stack(
    [
      window(
        image,
        shape,
        room[0] * number // (count - 1),
        room[1] * number // (count - 1),
        (size, size),
      )
      for number in range(count)
    ]
  )


def to_bytes(images):
  """float32 in [0, 255] -> uint8, rounded half up."""
  return np.floor(images + np.float32(0.5)).astype(np.uint8)


def _neighbours(old, new, start, count):
  """For output places start, start + 1, ...: two inputs and the weight."""
  if old == new:
    places = np.arange(start, start + count)
    return places, places, np.zeros(count, np.float32)
  scale = np.float32(old) / np.float32(new)
  where = np.arange(start, start + count, dtype=np.float32) * scale
  low = np.floor(where)
  first = np.minimum(low.astype(np.int64), old - 1)
  return first, np.minimum(first + 1, old - 1), where - low
