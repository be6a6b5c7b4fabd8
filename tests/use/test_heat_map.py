"""The map over a photo, against a slow average over all tiles."""

import numpy as np
import pytest

from src.use import heat_map, tiles


def _slow(found, values, shape):
  """The weighted mean at each cell's centre, cell by cell."""
  height, width = found.shape
  result = np.zeros([*shape, values.shape[1]])
  for row in range(shape[0]):
    for column in range(shape[1]):
      y = (row + 0.5) * height / shape[0]
      x = (column + 0.5) * width / shape[1]
      total, weights = 0.0, 0.0
      for (top, left, bottom, right), value in zip(found.boxes, values):
        if top <= y <= bottom and left <= x <= right:
          down = 1 - abs(y - (top + bottom) / 2) / ((bottom - top) / 2)
          across = 1 - abs(x - (left + right) / 2) / ((right - left) / 2)
          weight = max(down, 1e-3) * max(across, 1e-3)
          total, weights = total + weight * value, weights + weight
      result[row, column] = total / weights
  return result


@pytest.mark.parametrize(
  'found',
  [
    tiles.cut(60, 90, 8, side=24),
    tiles.cut(61, 83, 8, side=20, overlap=0),
    tiles.whole(20, 95, 16),
    tiles.whole(40, 40, 16),
  ],
)
@pytest.mark.parametrize('shape', [(12, 19), (61, 83), (1, 1)])
def test_equals_slow_numpy(found, shape):
  values = np.random.RandomState(0).random_sample([len(found.places), 2])
  result = heat_map.heat_map(found, values, shape)
  assert result.shape == (*shape, 2)
  np.testing.assert_allclose(result, _slow(found, values, shape), atol=1e-9)
  assert result.min() >= values.min() - 1e-12
  assert result.max() <= values.max() + 1e-12


def test_at_the_centre_of_a_tile_it_is_what_the_tile_says():
  found = tiles.cut(90, 90, 10, side=30)  # at 0, 15, 30, 45, 60
  values = np.arange(25.0)[:, None] / 25
  result = heat_map.heat_map(found, values, (90, 90))
  # Between two cells: the four around it.
  near = result[29:31, 29:31, 0].mean()
  assert near == pytest.approx(values[6, 0], abs=1e-3)


def test_no_edge_of_a_tile_is_seen():
  found = tiles.cut(120, 180, 10, side=60)
  values = np.zeros([len(found.places), 1])
  values[len(values) // 2] = 1
  result = heat_map.heat_map(found, values, (120, 180))[:, :, 0]
  assert result.max() > 0.9
  for axis in (0, 1):
    assert np.abs(np.diff(result, axis=axis)).max() < 0.05
