"""Channel means and deviations: exact, and whatever comes in which order."""

import numpy as np

from src.images import statistics


def test_statistics_equal_float64_ones_across_chunks():
  images = np.random.RandomState(1).randint(0, 256, [99, 200, 210, 3], np.uint8)
  images[..., 1] //= 3
  mean, std = statistics.of(images)
  assert mean.dtype == std.dtype == np.float32
  scaled = images / 255.0
  np.testing.assert_allclose(mean, scaled.mean(axis=(0, 1, 2)), rtol=1e-7)
  np.testing.assert_allclose(std, scaled.std(axis=(0, 1, 2)), rtol=1e-7)


def test_statistics_do_not_overflow_on_many_bright_images():
  # 300 x 1024 pixels of 255: squares sum to 2e10, past 32 bits, and the
  # variance formula reaches 6e15 and must cancel to exactly zero.
  images = np.full([300, 32, 32, 3], 255, np.uint8)
  mean, std = statistics.of(images)
  assert mean.tolist() == [1, 1, 1]
  assert std.tolist() == [0, 0, 0]
