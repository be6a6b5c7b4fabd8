"""Cracks: random walks that keep a direction, dark, thin and uneven."""

import math
import typing

import numpy as np

from src.AEROBI.synthetic import draw

_STEP = 0.02  # of the short side
_VISIBLE = 0.6  # of the long side, at least
_TRIES = 40


class Crack(typing.NamedTuple):
  """One crack.

  Attributes:
    core: float32 [H, W], where it is dark.
    distance: float32 [H, W], pixels to its middle line.
  """

  core: np.ndarray
  distance: np.ndarray


def paint(random, image):
  """Draws one or two cracks, in place.

  Args:
    random: np.random.RandomState.
    image: float32 [H, W, 3].

  Returns:
    `Crack`, of all of them together.
  """
  short = draw.short_side(image.shape)
  paths = []
  for _ in range(2 if random.random_sample() < 0.3 else 1):
    path = _walk(random, image.shape)
    paths.append(path)
    if random.random_sample() < 0.45:
      paths.append(_branch(random, path, image.shape))
  width = max(short * random.choice([0.006, 0.01, 0.02]), 1.2)
  jitter = draw.noise(random, image.shape, cells=12, octaves=3) + 0.5
  faint = draw.noise(random, image.shape, cells=5, octaves=3)
  core = np.zeros(image.shape[:2], np.float32)
  nearest = np.full(image.shape[:2], np.inf, np.float32)
  for number, path in enumerate(paths):
    path = _jagged(random, path, short)
    apart = draw.distance(path, image.shape)
    half = 0.5 * width * jitter * (1 if number == 0 else 0.75)
    half = np.maximum(half, 0.6)
    core = np.maximum(core, np.clip(half + 0.5 - apart, 0, 1))
    nearest = np.minimum(nearest, apart)
  core *= np.clip(0.55 + 0.9 * faint, 0, 1)
  lip = draw.shifted(core, max(1, int(width / 2)), 1) * (1 - core)
  draw.shade(image, 1.22, 0.35 * lip)
  result = Crack(core, nearest)
  darken(random, image, result)
  return result


def darken(random, image, crack):
  """Draws the dark core alone, as again over efflorescence, in place."""
  alpha = random.uniform(0.65, 0.95)
  draw.blend(image, image * np.float32(0.28), crack.core * np.float32(alpha))


def _walk(random, shape):
  """Points [N, 2] of (x, y) that cross most of the image."""
  height, width = shape[:2]
  short, long = min(height, width), max(height, width)
  best, best_length = None, -1
  for _ in range(_TRIES):
    if long > 2 * short:
      main = (math.pi / 2 if height > width else 0) + random.normal(0, 0.08)
    else:
      main = random.uniform(0, math.pi)
    heading = main + random.normal(0, 0.3)
    direction = np.array([math.cos(main), math.sin(main)])
    aside = np.array([-direction[1], direction[0]])
    center = np.array([width, height]) / 2.0
    start = center + aside * random.uniform(-0.22, 0.22) * short
    reach = 0.5 * long * random.uniform(0.75, 1.1)
    points = [start - direction * reach]
    for _ in range(int(2 * reach / (_STEP * short))):
      heading = main + 0.85 * (heading - main) + random.normal(0, 0.3)
      move = np.array([math.cos(heading), math.sin(heading)])
      points.append(points[-1] + move * _STEP * short)
    points = np.array(points)
    inside = ((points >= 0) & (points < [width, height])).all(axis=1)
    length = inside.sum() * _STEP * short
    if length > best_length:
      best, best_length = points, length
    if length >= _VISIBLE * long:
      break
  return best


def _jagged(random, path, short):
  """Twice the points, each a little aside, as grains of sand would have it."""
  points = np.repeat(path, 2, axis=0)[:-1].copy()
  points[1::2] += 0.5 * (path[1:] - path[:-1])
  return points + random.normal(0, 0.0035 * short, points.shape)


def _branch(random, path, shape):
  """A side crack of a third of the length from somewhere on a path."""
  step = _STEP * draw.short_side(shape)
  start = random.randint(len(path) // 4, max(3 * len(path) // 4, 2))
  before = path[max(start - 5, 0)]
  ahead = path[start] - before
  main = math.atan2(ahead[1], ahead[0])
  main += random.choice([-1, 1]) * random.uniform(0.4, 1.0)
  heading, points = main, [path[start]]
  for _ in range(max(len(path) // 3, 3)):
    heading = main + 0.85 * (heading - main) + random.normal(0, 0.35)
    move = np.array([math.cos(heading), math.sin(heading)])
    points.append(points[-1] + move * step)
  return np.array(points)
