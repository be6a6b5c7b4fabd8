"""The probabilities of overlapping tiles as smooth maps over the photo."""

import numpy as np

# The weight of a tile at its very edge, relative to its centre: not zero, as
# the border of the photo lies in no other tile.
_EDGE = 1e-3


def heat_map(tiles, values, shape):
  """Averages what overlapping tiles say about each place.

  A tile counts most at its centre and linearly less towards its edges, so that
  the map is continuous and no tile's square is seen in it.

  Args:
    tiles: tiles.Tiles.
    values: float [T, C], of each tile.
    shape: (height, width) of the map, whose cells divide the photo evenly.

  Returns:
    float64 [height, width, C], between the least and the greatest value.
  """
  total = np.zeros((*shape, np.shape(values)[1]))
  weights = np.zeros(shape)
  for (top, left, bottom, right), value in zip(tiles.boxes, values):
    rows, down = _weights(top, bottom, tiles.shape[0], shape[0])
    columns, across = _weights(left, right, tiles.shape[1], shape[1])
    weight = down[:, None] * across
    weights[rows, columns] += weight
    total[rows, columns] += weight[:, :, None] * np.asarray(value, float)
  return total / weights[:, :, None]


def _weights(first, last, length, cells):
  """(slice of the cells with their centres in a tile, their weights)."""
  scale = cells / float(length)
  start = int(np.ceil(first * scale - 0.5 - 1e-9))
  stop = int(np.floor(last * scale - 0.5 + 1e-9)) + 1
  centres = (np.arange(start, stop) + 0.5) / scale
  middle, half = (first + last) / 2, (last - first) / 2
  return slice(start, stop), np.maximum(
    1 - np.abs(centres - middle) / half, _EDGE
  )
