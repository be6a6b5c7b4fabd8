"""What the drawings are made of."""

import numpy as np

from src.AEROBI.synthetic import draw


def test_noise_fills_the_range_and_stretches():
  random = np.random.RandomState(1)
  noise = draw.noise(random, (90, 140))
  assert noise.shape == (90, 140) and noise.dtype == np.float32
  assert noise.min() == 0 and abs(noise.max() - 1) < 1e-6
  long = draw.noise(random, (120, 120), stretch=(8.0, 1.0))
  down, across = (np.abs(np.diff(long, axis=axis)).mean() for axis in (0, 1))
  assert across > 3 * down


def test_distance_to_a_line():
  apart = draw.distance(np.array([[-5.0, 20], [100, 20]]), (50, 60, 3))
  rows = np.abs(np.arange(50) - 20)
  assert np.abs(apart - rows[:, None]).max() < 0.9
  far = draw.distance(np.array([[-9.0, -9], [-5, -5]]), (50, 60))
  assert far.min() >= 100


def test_blend_and_shade_are_in_place():
  image = np.full([2, 2, 3], 100, np.float32)
  alpha = np.float32([[0, 1], [0.5, 0]])
  draw.blend(image, (200, 0, 100), alpha)
  assert image[0, 1].tolist() == [200, 0, 100]
  assert image[1, 0].tolist() == [150, 50, 100]
  draw.shade(image, 0.5, alpha)
  assert image[0, 1].tolist() == [100, 0, 50]
  assert image[0, 0].tolist() == [100, 100, 100]


def test_shifting_brings_in_nothing():
  mask = np.ones([3, 3], np.float32)
  assert draw.shifted(mask, 1, 1).tolist() == [[0, 0, 0], [0, 1, 1], [0, 1, 1]]


def test_smooth_step_runs_either_way():
  values = np.float32([0, 1, 2, 3, 4])
  assert draw.smooth_step(values, 1, 3).tolist() == [0, 0, 0.5, 1, 1]
  assert draw.smooth_step(values, 3, 1).tolist() == [1, 1, 0.5, 0, 0]
