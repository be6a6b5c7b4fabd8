"""Cropped and mirrored validation images."""

import numpy as np

from src.images.data import Data
from src.robustness import batches


def _images(count):
  random = np.random.RandomState(0)
  return random.randint(0, 256, [count, 8, 8, 3]).astype(np.uint8)


def test_crops_and_mirrors():
  images = _images(200)
  found = batches.augmented(images, np.random.RandomState(1), [7, 8, 9])
  seen = set()
  for image, crop in zip(images, found):
    padded = np.empty([16, 16, 3], np.uint8)
    padded[:] = [7, 8, 9]
    padded[4:12, 4:12] = image
    places = [
      (y, x, flip)
      for y in range(9)
      for x in range(9)
      for flip in (1, -1)
      if (padded[y : y + 8, x : x + 8][:, ::flip] == crop).all()
    ]
    assert places
    seen.add(places[0])
  assert len({y for y, _, _ in seen}) == len({x for _, x, _ in seen}) == 9
  assert {flip for _, _, flip in seen} == {1, -1}


def test_what_is_evaluated():
  """A18: full batches of validation images only, all test images."""
  counts = {'train': 9, 'valid': 21, 'test': 21}
  images = {split: _images(count) for split, count in counts.items()}
  labels = {split: np.arange(count) for split, count in counts.items()}
  mean = np.array([0.5, 0.5, 0.5], np.float32)
  data = Data(images, labels, mean, mean, ['a'])
  made = batches.AugmentedValid(data, 8, 3)
  valid, test = made.evaluation('valid'), made.evaluation('test')
  assert (valid.num_batches, valid.num_counted) == (2, 16)
  assert (test.num_batches, test.num_counted) == (3, 21)
  np.testing.assert_array_equal(test.batch(2)[0], images['test'][16:])
  first, of_first = valid.batch(0)
  again, other = valid.batch(0)[0], valid.batch(2)[0]
  np.testing.assert_array_equal(of_first, np.arange(8))
  np.testing.assert_array_equal(first, again)
  assert (first != images['valid'][:8]).any() and (first != other).any()
  shuffled = made.shuffled('valid', 3, 'rewards')
  assert shuffled.num_batches == 3
  pictures, numbers = shuffled.batch(0)
  assert (pictures != images['valid'][numbers]).any()
  plain, numbers = made.shuffled('train', 3, 'steps').batch(0)
  np.testing.assert_array_equal(plain, images['train'][numbers])
  full = {'valid': 5000, 'test': 10000}
  blank = {split: np.zeros([count, 1, 1, 3]) for split, count in full.items()}
  made = batches.AugmentedValid(Data(blank, blank, mean, mean, ['a']), 128, 3)
  assert made.evaluation('valid').num_counted == 4992
  assert made.evaluation('test').num_counted == 10000
  few = Data(images, {**labels, 'valid': np.arange(5)}, mean, mean, ['a'])
  reader = batches.AugmentedValid(few, 8, 3).evaluation('valid')
  assert (reader.num_batches, reader.num_counted) == (1, 5)
