"""The resize rule and the windows, against the reference's numbers."""

import numpy as np
import pytest

from src.images import crop
from src.tf1 import tf
from tests.AEROBI import made_codebrim


# What the reference's graph gave under TensorFlow 1.15.5.
@pytest.mark.parametrize(
  'old, new',
  [
    ((379, 513), (224, 303)),
    ((606, 745), (224, 275)),
    ((331, 223), (332, 224)),
    ((100, 100), (224, 224)),
    ((23, 500), (224, 4869)),
    ((500, 23), (4869, 224)),
    ((3999, 5998), (224, 335)),
    ((225, 226), (224, 224)),
    ((1073, 1837), (224, 383)),
  ],
)
def test_resized_shape(old, new):
  assert crop.resized_shape(*old, size=224) == new


def test_the_long_side_never_comes_out_short():
  for size in (32, 64, 224):
    for height in range(23, 4000, 131):
      for width in range(23, 4000, 97):
        shape = crop.resized_shape(height, width, size)
        assert min(shape) == size


def _slow_resize(image, height, width):
  """Bilinear by its definition, one output value at a time, float64."""
  result = np.zeros([height, width, image.shape[2]])
  for i in range(height):
    for j in range(width):
      y, x = i * image.shape[0] / height, j * image.shape[1] / width
      top, left = int(y), int(x)
      bottom = min(top + 1, image.shape[0] - 1)
      right = min(left + 1, image.shape[1] - 1)
      y, x = y - top, x - left
      corners = image[[top, top, bottom, bottom], [left, right, left, right]]
      weights = [(1 - y) * (1 - x), (1 - y) * x, y * (1 - x), y * x]
      result[i, j] = np.dot(weights, corners)
  return result


@pytest.mark.parametrize('height, width', [(7, 31), (50, 20), (16, 33), (9, 9)])
def test_resize_equals_slow_numpy(height, width):
  image = made_codebrim.picture(3, height, width)
  result = crop.resize(image, 16)
  assert result.dtype == np.float32
  shape = crop.resized_shape(height, width, 16)
  np.testing.assert_allclose(result, _slow_resize(image, *shape), atol=2e-3)


@pytest.mark.parametrize('height, width', [(40, 123), (500, 23), (224, 300)])
def test_resize_equals_tensorflow(height, width):
  image = made_codebrim.picture(4, height, width)
  shape = crop.resized_shape(height, width, 64)
  with tf.Graph().as_default(), tf.Session() as session:
    expected = session.run(
      tf.image.resize_bilinear(image[None].astype(np.float32), shape)
    )[0]
  np.testing.assert_allclose(crop.resize(image, 64), expected, atol=2e-3)


def test_any_window_is_part_of_the_resized_image():
  image = made_codebrim.picture(5, 60, 37)
  whole = crop.resize(image, 24)
  shape = whole.shape[:2]
  for row, column, height, width in [
    (0, 0, 24, 24),
    (9, 0, 5, 7),
    (13, 3, 9, 9),
  ]:
    np.testing.assert_array_equal(
      crop.window(image, shape, row, column, (height, width)),
      whole[row : row + height, column : column + width],
    )


def test_an_image_of_the_right_size_is_untouched():
  image = made_codebrim.picture(6, 24, 40)
  np.testing.assert_array_equal(crop.resize(image, 24), image)
  np.testing.assert_array_equal(
    crop.to_bytes(crop.center_window(image, 24)), image[:, 8:32]
  )


def test_random_windows_are_keyed_and_cover_all_places():
  image = np.zeros([4, 9, 3], np.uint8)
  image[:, :, 0] = np.arange(9)
  seen = set()
  for index in range(200):
    result = crop.random_window(image, 4, 1, 'a', 0, index)
    np.testing.assert_array_equal(
      result, crop.random_window(image, 4, 1, 'a', 0, index)
    )
    first, last = result[0, 0, 0], result[0, -1, 0]
    assert abs(first - last) == 3
    seen.add((min(first, last), first > last))
  assert seen == {(place, flip) for place in range(6) for flip in (False, True)}
  for other in [(2, 'a', 0, 5), (1, 'b', 0, 5), (1, 'a', 1, 5), (1, 'a', 0, 6)]:
    draws = [
      crop.random_window(made_codebrim.picture(1, 40, 400), 40, *key)
      for key in ((1, 'a', 0, 5), other)
    ]
    assert not np.array_equal(*draws)


def test_half_of_the_windows_are_mirrored():
  image = np.zeros([2, 2, 3], np.uint8)
  image[:, 1] = 9
  mirrored = sum(
    crop.random_window(image, 2, 0, 'a', 0, index)[0, 0, 0] > 0
    for index in range(1000)
  )
  assert 450 < mirrored < 550


@pytest.mark.parametrize('tall', [False, True])
def test_even_windows(tall):
  image = made_codebrim.picture(7, 10, 31)
  if tall:
    image = image.transpose(1, 0, 2)
  result = crop.even_windows(image, 10, 4)
  assert result.shape == (4, 10, 10, 3)
  for number, start in enumerate([0, 7, 14, 21]):
    part = slice(start, start + 10)
    expected = image[part] if tall else image[:, part]
    np.testing.assert_array_equal(result[number], expected)


def test_one_window_is_the_middle():
  image = made_codebrim.picture(8, 10, 31)
  (result,) = crop.even_windows(image, 10, 1)
  np.testing.assert_array_equal(result, image[:, 10:20])
  np.testing.assert_array_equal(result, crop.center_window(image, 10))


def test_values_stay_in_range_and_round_half_up():
  image = made_codebrim.picture(9, 100, 70)
  result = crop.resize(image, 33)
  assert result.min() >= 0 and result.max() <= 255
  assert crop.to_bytes(np.float32([0, 0.49, 0.5, 1.5, 255])).tolist() == [
    0,
    0,
    1,
    2,
    255,
  ]
