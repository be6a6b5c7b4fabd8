"""Tiles cover a photo whole, and are what the network sees of a crop."""

import tracemalloc

import numpy as np
import pytest

from src.images import crop
from src.use import tiles
from tests.AEROBI import made_codebrim


@pytest.mark.parametrize('overlap', [0, 0.25, 0.5, 0.9])
def test_starts_cover_a_length_evenly(overlap):
  for size in (1, 5, 32):
    for length in range(size, 6 * size + 7):
      found = tiles.starts(length, size, overlap)
      covered = np.zeros(length, int)
      for start in found:
        assert 0 <= start <= length - size
        covered[start : start + size] += 1
      assert covered.all()
      steps = np.diff(found)
      if len(found) > 1:
        assert steps.max() - steps.min() <= 1
        assert steps.max() <= max(np.ceil(size * (1 - overlap)), 1)
      # One fewer would overlap less than asked for.
      if len(found) > 2:
        step = max(size * (1 - overlap), 1)
        assert (length - size) / (len(found) - 2) > step


def test_whole_is_what_evaluation_sees():
  for height, width in ((30, 95), (70, 31), (20, 20), (9, 24)):
    photo = made_codebrim.picture(1, height, width)
    found = tiles.whole(height, width, 16)
    assert found.resized == crop.resized_shape(height, width, 16)
    (windows,) = tiles.batches(photo, found, 100)
    wanted = crop.even_windows(photo, 16, len(found.places))
    if len(found.places) > 1:
      np.testing.assert_array_equal(windows, wanted)
    short = min(height, width)
    assert found.boxes[0, :2].tolist() == [0, 0]
    np.testing.assert_allclose(found.boxes[-1, 2:], [height, width])
    side = found.boxes[:, 2:] - found.boxes[:, :2]
    assert side.min() >= short * 0.99 and side.max() <= short * 1.1


def test_cut_covers_every_pixel():
  for height, width, side in ((100, 173, 32), (64, 64, 63), (97, 40, 40)):
    found = tiles.cut(height, width, 16, side)
    boxes = found.boxes
    assert boxes[:, :2].min() == 0
    np.testing.assert_allclose(boxes[:, 2:].max(axis=0), [height, width])
    seen = np.zeros([height, width], int)
    for top, left, bottom, right in boxes:
      seen[
        int(np.floor(top)) : int(np.ceil(bottom)),
        int(np.floor(left)) : int(np.ceil(right)),
      ] += 1
    assert seen.min() >= 1
    sides = boxes[:, 2:] - boxes[:, :2]
    np.testing.assert_allclose(sides, side, rtol=0.04)


def test_cut_pixels_are_those_of_the_box():
  # At a tile side of twice the size, every second pixel is read.
  photo = made_codebrim.picture(2, 64, 96)
  found = tiles.cut(64, 96, 16, side=32, overlap=0.5)
  assert found.resized == (32, 48) and len(found.places) == 3 * 5
  windows = np.concatenate(list(tiles.batches(photo, found, 4)))
  for window, (top, left, bottom, right) in zip(windows, found.boxes):
    box = photo[int(top) : int(bottom) : 2, int(left) : int(right) : 2]
    np.testing.assert_array_equal(window, box)


def test_batches():
  photo = made_codebrim.picture(3, 50, 80)
  found = tiles.cut(50, 80, 8, side=20)
  parts = list(tiles.batches(photo, found, 7))
  assert [len(part) for part in parts[:-1]] == [7] * (len(parts) - 1)
  assert sum(map(len, parts)) == len(found.places)
  assert parts[0].dtype == np.float32 and parts[0].shape[1:] == (8, 8, 3)
  (whole,) = tiles.batches(photo, found, 1000)
  np.testing.assert_array_equal(np.concatenate(parts), whole)


def test_a_tile_larger_than_the_photo_is_the_photo():
  found, wanted = tiles.cut(50, 80, 16, side=448), tiles.whole(50, 80, 16)
  np.testing.assert_array_equal(found.places, wanted.places)
  assert found.resized == wanted.resized


def test_too_many_windows_are_refused_by_the_flag():
  for make, message in (
    (lambda: tiles.cut(4000, 6000, 224, 8, 0.5),
     '--tile_side=8 gives 1497501 windows of 6000 x 4000 pixels; at most '
     '100000 are looked at'),
    (lambda: tiles.cut(4000, 10**9, 224, 8, 0.5), '--tile_side=8 gives'),
    (lambda: tiles.whole(3, 10**6, 224, 0.9), '--overlap=0.9 gives 33333'),
    (lambda: tiles.cut(3, 10**6, 224, 8, 0.9), '--overlap=0.9 gives 33333'),
  ):  # fmt: skip
    with pytest.raises(tiles.TooManyWindows) as caught:
      make()
    assert str(caught.value).startswith(message)


def test_memory_is_bounded_for_a_large_photo():
  photo = np.zeros([4000, 6000, 3], np.uint8)
  found = tiles.cut(4000, 6000, 224)
  assert len(found.places) == 17 * 26
  tracemalloc.start()
  try:
    number = 0
    for batch in tiles.batches(photo, found, 16):
      number += len(batch)
      if number > 64:
        break
    _, peak = tracemalloc.get_traced_memory()
  finally:
    tracemalloc.stop()
  # A batch is 9.6 MB and is stacked from its windows; the photo has 72 MB.
  assert peak < 40e6
