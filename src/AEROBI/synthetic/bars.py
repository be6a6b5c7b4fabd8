"""Exposed bars: ribbed steel, parallel, brown, in a dark gap."""

import math

import numpy as np

from src.AEROBI.synthetic import draw


def paint(random, image, hole=None):
  """Draws one to three bars and maybe stirrups across them, in place.

  Args:
    random: np.random.RandomState.
    image: float32 [H, W, 3].
    hole: float32 [H, W], the mask of a spallation that lays them bare, or
      None: then the concrete has come off along each bar.

  Returns:
    float32 [H, W], the mask of the steel that is seen.
  """
  height, width = image.shape[:2]
  short, long = min(height, width), max(height, width)
  along = math.pi / 2 if height > width else 0
  if long < 1.5 * short and random.random_sample() < 0.5:
    along += math.pi / 2
  angle = along + random.normal(0, 0.12)
  center = _center(random, image.shape, hole)
  thick = short * random.uniform(0.035, 0.08)
  spacing = short * random.uniform(0.22, 0.35)
  length = long * random.uniform(0.5, 1.3)
  number = random.randint(1, 4)
  if hole is None:
    seen = np.ones([height, width], np.float32)
  else:
    seen = np.clip(2 * draw.blur(hole, max(0.012 * short, 0.5)), 0, 1)
  total = np.zeros([height, width], np.float32)
  if random.random_sample() < 0.35:
    for place in range(random.randint(1, 4)):
      away = (place - 1) * spacing * random.uniform(1.0, 1.4)
      where = center + away * _direction(angle)
      across = angle + math.pi / 2
      _bar(random, image, total, seen, hole is None, where, across,
           0.6 * thick, short * 0.9)  # fmt: skip
  for place in range(number):
    away = (place - (number - 1) / 2.0) * spacing
    where = center + away * _direction(angle + math.pi / 2)
    _bar(random, image, total, seen, hole is None, where, angle, thick, length)
  return total


def _direction(angle):
  return np.array([math.cos(angle), math.sin(angle)])


def _center(random, shape, hole):
  if hole is not None and hole.max() > 0:
    rows, columns = np.nonzero(hole > 0.5)
    return np.array([columns.mean(), rows.mean()])
  return random.uniform(0.35, 0.65, 2) * [shape[1], shape[0]]


def _bar(random, image, total, seen, alone, center, angle, thick, length):
  """One bar: `u` runs along it in pixels, `v` across in half widths."""
  height, width = image.shape[:2]
  half = max(thick / 2, 1.0)
  direction = _direction(angle)
  x = np.arange(width, dtype=np.float32)[None] - np.float32(center[0])
  y = np.arange(height, dtype=np.float32)[:, None] - np.float32(center[1])
  u = x * np.float32(direction[0]) + y * np.float32(direction[1])
  v = (y * np.float32(direction[0]) - x * np.float32(direction[1])) / half
  # Bars are seldom quite straight.
  v = v + np.float32(random.normal(0, 0.5)) * np.cos(
    u * np.float32(2.2 / length)
  )
  uneven = draw.noise(random, image.shape, cells=7, octaves=4)
  ends = draw.smooth_step(
    np.abs(u) + (uneven - 0.5) * 4 * half, length / 2, length / 2 - half
  )
  edge = np.float32(1 / half)
  if alone:  # concrete has come off in an uneven strip
    gap = draw.smooth_step(np.abs(v), 1.4 + 1.8 * uneven, 1.2 + 1.5 * uneven)
    ground = image.mean(axis=(0, 1)) * np.float32([0.88, 0.82, 0.74])
    rough = 0.65 + 0.6 * draw.noise(random, image.shape, cells=20, octaves=4)
    draw.blend(image, ground * rough[:, :, None], 0.9 * gap * ends)
  dark = draw.smooth_step(np.abs(v + 0.25), 1.75, 1.15)
  draw.shade(image, 0.4, 0.8 * dark * ends * seen)
  steel = draw.smooth_step(np.abs(v), 1 + edge / 2, 1 - edge / 2) * ends * seen
  round_ = np.sqrt(np.clip(1 - v * v, 0, 1))
  # The light comes from above, so the upper flank is brighter.
  shading = 0.45 + 0.75 * round_ - 0.22 * v
  period = np.float32(0.9 * 2 * half)
  ribs = np.sin(2 * math.pi * (u / period + 0.22 * v * np.abs(v)))
  if period > 2.5:
    shading = shading * (1 + 0.34 * draw.smooth_step(ribs, 0.1, 0.8) - 0.12)
  colour = np.float32([92, 58, 42]) + (60 * (uneven - 0.5))[:, :, None]
  draw.blend(image, colour * shading[:, :, None], steel)
  np.maximum(total, steel, out=total)
