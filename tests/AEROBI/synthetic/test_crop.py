"""Crops: a function of seed and number, with defects that can be seen."""

import numpy as np
import pytest

from src.AEROBI.metadata import CLASSES
from src.AEROBI.synthetic import crop, distractors, labels

SMALL = crop.Size(0.3, 64, 120, limit=240)


def test_equal_keys_give_equal_pixels():
  first = crop.make(1, 5, 2, '011011', SMALL)
  again = crop.make(1, 5, 2, '011011', SMALL)
  np.testing.assert_array_equal(first.image, again.image)
  for key in [(2, 5, 2), (1, 6, 2)]:
    other = crop.make(*key, label='011011', size=SMALL).image
    assert other.shape != first.image.shape or (other != first.image).any()


@pytest.mark.parametrize('label', sorted(labels.COMBINATIONS))
def test_every_defect_of_every_combination_is_seen(label):
  drawn = crop.make(3, int(label, 2), 1, label, SMALL)
  names = {name for name, digit in zip(CLASSES, label) if digit == '1'}
  assert set(drawn.changed) == names - {'Background'}
  for name, part in drawn.changed.items():
    assert part >= crop.LEAST[name], name
  assert drawn.image.dtype == np.uint8
  assert drawn.image.std() > 2


@pytest.mark.parametrize('name', sorted(crop.LEAST))
def test_single_defects_are_seen_at_many_sizes(name):
  label = ''.join('1' if name == other else '0' for other in CLASSES)
  for index in range(12):
    size = crop.Size(0.35, 48, 160)
    drawn = crop.make(7, index, index, label, size)
    assert drawn.changed[name] >= crop.LEAST[name]


def test_crops_of_a_photo_share_their_colour():
  means = [
    [crop.make(1, 10 * photo + n, photo, '100000', SMALL).image.mean()
     for n in range(4)]
    for photo in range(8)
  ]  # fmt: skip
  within = np.std(means, axis=1).mean()
  assert within < 0.6 * np.std(np.mean(means, axis=1))


def test_sizes_follow_the_real_ones():
  random = np.random.RandomState(1)
  shapes = [
    crop.shape_of(random, crop.Size(1.0, 1, 10**6), False) for _ in range(4000)
  ]
  shapes = np.sort(np.array(shapes, float), axis=1)
  # The boxes of CODEBRIM: median short side 314, ratio 2.24.
  assert 290 < np.median(shapes[:, 0]) < 360
  assert 2.0 < np.median(shapes[:, 1] / shapes[:, 0]) < 2.6
  # Both sides are rounded to whole pixels.
  assert (shapes[:, 1] <= 8 * (shapes[:, 0] + 0.5) + 0.5).all()


def test_limits_and_square():
  random = np.random.RandomState(1)
  for _ in range(200):
    height, width = crop.shape_of(random, crop.Size(0.2, 48, 96, 96), True)
    assert 48 <= min(height, width) and max(height, width) <= 96
    height, width = crop.shape_of(
      random, crop.Size(0.2, 48, 96, square=True), True
    )
    assert height == width


def test_cracks_have_longer_crops():
  random = np.random.RandomState(1)
  ratios = [
    np.median([max(s) / min(s) for s in (
      crop.shape_of(random, crop.Size(1.0), has_crack) for _ in range(500)
    )])
    for has_crack in (False, True)
  ]  # fmt: skip
  assert ratios[1] > 1.2 * ratios[0]


def test_distractors_do_not_depend_on_defects():
  found = []
  for seed in range(400):
    random = np.random.RandomState(seed)
    image = np.full([48, 48, 3], 120, np.float32)
    found.append(distractors.paint(random, image))
  for name, chance in [
    ('joint', 0.15),
    ('graffiti', 0.10),
    ('shadow', 0.12),
    ('strip', 0.06),
  ]:
    share = np.mean([name in drawn for drawn in found])
    assert abs(share - chance) < 3 * np.sqrt(chance / 400), name
  for index in range(10):
    plain = crop.make(1, index, 1, '100000', SMALL)
    stained = crop.make(1, index, 1, '000001', SMALL)
    assert plain.distractors == stained.distractors


def test_background_is_not_told_by_brightness():
  means = [
    [crop.make(1, n, n, label, SMALL).image.mean() for n in range(30)]
    for label in ('100000', '010000')
  ]
  difference = abs(np.mean(means[0]) - np.mean(means[1]))
  assert difference < np.std(means)
