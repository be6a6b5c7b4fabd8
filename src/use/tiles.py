"""A large photograph becomes squares of the size that the network knows.

A photo is seen as a crop is ("whole": its short side becomes the network's
size), or finer, in tiles of some side in pixels. Both are windows of the photo
resized once, by the rule of `crop`; only the windows are interpolated, so
that memory is bounded by a batch and the photo itself.
"""

import math
import typing

import numpy as np

from src.images import crop
from src.run.errors import UsageError

TILE_SIDE = 448  # pixels of the photo; half the network's resolution
OVERLAP = 0.5  # of neighbouring tiles, at least
MAX_WINDOWS = 100 * 1000  # of one photo


class TooManyWindows(UsageError):
  """One line: which flag asks for how many windows of a photo."""


class Tiles(typing.NamedTuple):
  """Where the windows of a photo lie.

  Attributes:
    shape: (height, width) of the photo in pixels.
    resized: (height, width) that it is resized to.
    size: int, side of a window in the resized photo.
    places: int [T, 2], first row and column of each window in it, row by row.
  """

  shape: tuple
  resized: tuple
  size: int
  places: np.ndarray

  @property
  def boxes(self):
    """float64 [T, 4]: top, left, bottom, right in pixels of the photo."""
    scale = np.array(self.shape, float) / self.resized
    corners = np.concatenate([self.places, self.places + self.size], axis=1)
    return corners * np.concatenate([scale, scale])


def whole(height, width, size, overlap=OVERLAP):
  """The photo seen as one crop: windows along its long side.

  Args:
    height: int > 0, of the photo in pixels.
    width: int > 0.
    size: int > 0, what the network takes.
    overlap: float in [0, 1), the least that neighbours share of their side.

  Returns:
    `Tiles`, which cover the whole photo.

  Raises:
    TooManyWindows: there would be more than `MAX_WINDOWS`.
  """
  shape = crop.resized_shape(height, width, size)
  flag = '--overlap=%g' % overlap
  return _tiles((height, width), shape, size, overlap, flag)


def cut(height, width, size, side=TILE_SIDE, overlap=OVERLAP):
  """Tiles of a given side in the photo.

  Args: as `whole`, and
    side: int > 0, pixels of the photo; no more than its short side is taken.

  Returns and raises: as `whole`.
  """
  if side >= min(height, width):
    return whole(height, width, size, overlap)
  scale = size / float(side)
  shape = tuple(max(int(round(old * scale)), size) for old in (height, width))
  flag = '--tile_side=%d' % side
  return _tiles((height, width), shape, size, overlap, flag)


def batches(photo, tiles, batch_size, window=crop.window):
  """Yields the windows, float32 [B, size, size, 3] in [0, 255], in order.

  Args:
    photo: uint8 [H, W, 3], RGB.
    tiles: `Tiles` of its shape.
    batch_size: int > 0; the last batch may be smaller.
    window: `crop.window`, or another function with its arguments.
  """
  square = tiles.size, tiles.size
  for start in range(0, len(tiles.places), batch_size):
    yield np.stack(
      [
        window(photo, tiles.resized, row, column, square)
        for row, column in tiles.places[start : start + batch_size].tolist()
      ]
    )


def starts(length, size, overlap=OVERLAP):
  """First places of windows that cover a length evenly, end to end.

  Args:
    length: int >= size.
    size: int > 0, of a window.
    overlap: float in [0, 1), the least that neighbours share.

  Returns:
    list of int, from 0 to length - size.
  """
  room, count = length - size, _count(length, size, overlap)
  return [room * number // max(count - 1, 1) for number in range(count)]


def _count(length, size, overlap):
  step = max(size * (1 - overlap), 1.0)
  return int(math.ceil((length - size) / step)) + 1


def _tiles(shape, resized, size, overlap, flag):
  down, across = (_count(length, size, overlap) for length in resized)
  if down * across > MAX_WINDOWS:
    raise TooManyWindows(
      '%s gives %d windows of %d x %d pixels; at most %d are looked at: '
      'a smaller --overlap or a larger --tile_side gives fewer'
      % (flag, down * across, shape[1], shape[0], MAX_WINDOWS)
    )
  rows, columns = (starts(length, size, overlap) for length in resized)
  places = [(row, column) for row in rows for column in columns]
  return Tiles(shape, resized, size, np.array(places))
