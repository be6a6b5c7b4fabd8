"""Each defect looks as its name says, in numbers."""

import numpy as np

from src.AEROBI.synthetic import (
  bars,
  concrete,
  crack,
  efflorescence,
  spallation,
  stain,
)

SHAPE = (160, 240)


def _ground(seed):
  random = np.random.RandomState(seed)
  look = concrete.photo(random)._replace(colour=[142, 136, 127])
  return random, concrete.paint(random, SHAPE, look)


def test_concrete_is_grey_and_finished_to_bytes():
  random, image = _ground(0)
  assert np.abs(image.mean(axis=(0, 1)) - [142, 136, 127]).max() < 15
  done = concrete.finish(random, image, concrete.photo(random))
  assert done.dtype == np.uint8 and done.shape == (*SHAPE, 3)


def test_a_crack_is_dark_thin_and_long():
  for seed in range(8):
    random, image = _ground(seed)
    before = image.mean(axis=2)
    found = crack.paint(random, image)
    core = found.core > 0.5
    assert 0.001 < core.mean() < 0.12
    columns, rows = core.any(axis=0).sum(), core.any(axis=1).sum()
    assert max(columns, rows) > 0.3 * max(SHAPE)
    assert image.mean(axis=2)[core].mean() < 0.7 * before[core].mean()
    assert (found.distance[core] < 6).all()


def test_a_spallation_is_one_rough_hole():
  for seed in range(6):
    random, image = _ground(seed)
    before = image.copy()
    hole = spallation.paint(random, image)
    inside = hole > 0.5
    assert 0.15 < inside.mean() < 0.56
    assert image[inside].std() > 1.8 * before[inside].std()
    np.testing.assert_array_equal(image[hole == 0], before[hole == 0])


def test_bars_are_brown_and_lie_in_the_hole():
  for seed in range(6):
    random, image = _ground(seed)
    hole = spallation.paint(random, image)
    steel = bars.paint(random, image, hole) > 0.6
    assert steel.mean() > 0.01
    assert (hole[steel] > 0).mean() > 0.8
    red, _, blue = image[steel].mean(axis=0)
    assert red > 1.4 * blue


def test_bars_alone_are_parallel_stripes():
  random, image = _ground(3)
  steel = bars.paint(random, image)
  assert 0.01 < (steel > 0.6).mean() < 0.6


def test_rust_is_orange_and_lies_below_bars():
  random, image = _ground(1)
  steel = bars.paint(random, image)
  rust = stain.paint(random, image, steel)
  assert (rust[steel > 0.9] > 0.2).mean() > 0.5
  random, image = _ground(2)
  rust = stain.paint(random, image)
  assert 0.08 < (rust > 0.1).mean() < 0.45
  red, green, blue = image[rust > 0.6].mean(axis=0)
  assert red > 1.25 * green > 1.25 * 1.2 * blue


def test_efflorescence_is_white_and_leaves_the_crack_in_sight():
  random, image = _ground(4)
  before = image.mean()
  salts = efflorescence.paint(random, image) > 0.8
  assert image[salts].mean() > before + 30
  random, image = _ground(5)
  found = crack.paint(random, image)
  salts = efflorescence.paint(random, image, found)
  core = found.core > 0.9
  around = (salts > 0.8) & (found.core < 0.05)
  assert image[around].mean() > image[core].mean() + 60
