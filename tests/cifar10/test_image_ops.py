"""Image preparation against slow NumPy and its stated ranges."""

import collections
import io

import numpy as np
import pytest
from PIL import Image

from src.cifar10 import image_ops
from src.images import crop
from src.nn import random_ops
from src.run import session as sessions
from src.tf1 import tf

MEAN, STD = [0.4, 0.5, 0.3], [0.2, 0.25, 0.5]


def _run(build, *arrays):
  """build(placeholders...) -> tensor; evaluates it on the arrays."""
  with tf.Graph().as_default() as graph:
    inputs = [
      tf.placeholder(array.dtype, [None] * (array.ndim > 1) + list(sizes))
      for array, sizes in ((a, a.shape[a.ndim > 1 :]) for a in arrays)
    ]
    result = build(*inputs)
    with sessions.open_session(graph) as session:
      return session.run(result, dict(zip(inputs, arrays)))


def test_standardize():
  images = np.arange(256, dtype=np.uint8)
  images = np.stack([images, images[::-1], images], 1).reshape(4, 8, 8, 3)
  result = _run(lambda x: image_ops.standardize(x, MEAN, STD), images)
  assert result.dtype == np.float32
  for channel in range(3):
    expected = (images[..., channel] / 255 - MEAN[channel]) / STD[channel]
    np.testing.assert_allclose(
      result[..., channel], expected, rtol=1e-6, atol=1e-6
    )


def _numbered(count, height=6, width=5):
  """Images no two pixels of which are alike, none of them zero."""
  numbers = 1.0 + np.arange(count * height * width * 3)
  return numbers.reshape(count, height, width, 3).astype(np.float32)


def _augment(images, step, seed=1, cutout_size=None):
  return _run(
    lambda x, step: image_ops.augment(
      x, lambda purpose: random_ops.key(seed, purpose, step), cutout_size
    ),
    images,
    np.array(step, np.int32),
  )


def _identify(image, result):
  """The one (row, column, flipped) whose crop of the image is the result."""
  height, width = image.shape[:2]
  padded = np.zeros([height + 8, width + 8, 3], np.float32)
  padded[4:-4, 4:-4] = image
  found = []
  for row in range(9):
    for column in range(9):
      crop = padded[row : row + height, column : column + width]
      for flipped in (False, True):
        wanted = crop[:, ::-1] if flipped else crop
        if np.array_equal(wanted, result):
          found.append((row, column, flipped))
  assert len(found) == 1
  return found[0]


def test_augment_crops_the_padded_image_and_flips_half():
  images = _numbered(900)
  results = _augment(images, step=3)
  assert results.shape == images.shape
  # A crop that reaches 4 beyond the edge still holds a row and a column.
  draws = [_identify(*pair) for pair in zip(images, results)]
  rows, columns, flips = (collections.Counter(x) for x in zip(*draws))
  assert set(rows) == set(columns) == set(range(9))
  assert set(flips) == {False, True}
  for count in list(rows.values()) + list(columns.values()):
    assert 60 < count < 140
  assert 400 < flips[True] < 500
  # Row, column and flip are drawn independently of each other.
  assert len(set(draws)) > 155
  shifts = np.array(draws, float)
  assert np.abs(np.corrcoef(shifts.T) - np.eye(3)).max() < 0.1


def test_augmentation_follows_from_seed_and_step():
  images = _numbered(20)
  first = _augment(images, step=3)
  np.testing.assert_array_equal(_augment(images, step=3), first)
  assert (_augment(images, step=4) != first).any()
  assert (_augment(images, step=3, seed=2) != first).any()


def _slow_cutout(image, row, column, size):
  image = image.copy()
  for y in range(image.shape[0]):
    for x in range(image.shape[1]):
      if row <= y < row + size and column <= x < column + size:
        image[y, x] = 0
  return image


@pytest.mark.parametrize('size', [1, 3, 6, 9])
def test_cutout_is_cut_off_at_the_right_and_bottom_only(size):
  """Every corner of a 6x5 image, the draw in the middle of its interval."""
  corners = [(row, column) for row in range(6) for column in range(5)]
  images = _numbered(len(corners))
  draws = (np.array(corners) + 0.5) / [6, 5]
  results = _run(
    lambda x, d: image_ops.cutout(x, d, size), images, draws.astype(np.float32)
  )
  for image, result, (row, column) in zip(images, results, corners):
    np.testing.assert_array_equal(
      result, _slow_cutout(image, row, column, size)
    )
    removed = (result == 0).sum()
    assert removed == 3 * min(size, 6 - row) * min(size, 5 - column)


def test_cutout_of_augmented_images_begins_anywhere():
  """The padding's zeros apart, one square a picture differs by the cut."""
  images = _numbered(900)
  plain = _augment(images, step=3)
  cut = _augment(images, step=3, cutout_size=1)
  corners = collections.Counter()
  shown = np.zeros([6, 5], int)
  for before, after in zip(plain, cut):
    shown += (before != 0).all(2)
    changed = np.argwhere((before != after).all(2))
    assert len(changed) <= 1
    for corner in changed:
      corners[tuple(corner)] += 1
      assert not after[tuple(corner)].any()
  assert set(corners) == {
    (row, column) for row in range(6) for column in range(5)
  }
  # One in 30 of the images that show a pixel there, not padding.
  for corner, count in corners.items():
    assert abs(count - shown[corner] / 30) < 4 * np.sqrt(shown[corner] / 30)


def _area(old, new):
  """Weights [new, old]: each output is the mean of what it covers."""
  edges = np.arange(new + 1) * old / float(new)
  weights = np.zeros([new, old])
  for row in range(new):
    for place in range(old):
      shared = min(edges[row + 1], place + 1) - max(edges[row], place)
      weights[row, place] = max(shared, 0)
  return weights / weights.sum(axis=1, keepdims=True)


@pytest.mark.parametrize('smooth', [False, True])
def test_decoded_squares(smooth):
  pixels = np.random.RandomState(4).randint(0, 256, [8, 13, 3], np.uint8)
  strings = []
  for image in (pixels, pixels[:4, :4]):
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, 'PNG')
    strings.append(stream.getvalue())
  with tf.Graph().as_default() as graph:
    value = image_ops.decode(tf.constant(strings), 4, smooth)
    with sessions.open_session(graph) as session:
      wide, same = session.run(value)
  np.testing.assert_array_equal(same, pixels[:4, :4])
  if smooth:
    wanted = np.einsum('ab,bdc,ed->aec', _area(8, 4), pixels, _area(13, 6))
    np.testing.assert_allclose(wide, wanted[:, 1:5], atol=1e-3)
  else:
    np.testing.assert_allclose(wide, crop.center_window(pixels, 4), atol=1e-3)
