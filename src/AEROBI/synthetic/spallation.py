"""Spallation: concrete broken away, rough inside, aggregate laid bare."""

import cv2
import numpy as np

from src.AEROBI.synthetic import draw


def paint(random, image):
  """Breaks a piece out of the concrete, in place.

  Args:
    random: np.random.RandomState.
    image: float32 [H, W, 3].

  Returns:
    float32 [H, W], the mask of the hole.
  """
  short = draw.short_side(image.shape)
  mask = _outline(random, image.shape)
  inside = image.mean(axis=(0, 1)) * np.float32([1.06, 1.02, 0.97])
  rough = draw.noise(random, image.shape, cells=5, octaves=5, persistence=0.6)
  floor = inside * (0.94 + 0.7 * (rough - 0.5))[:, :, None]
  _relief(floor, rough, short)
  _aggregate(random, floor, mask)
  floor += draw.grain(random, image.shape[:2], 6)[:, :, None]
  draw.blend(image, floor, mask)
  # Light falls from the upper left: the rim there casts a shadow inwards.
  reach = max(1, int(round(0.03 * short)))
  soft = draw.blur(mask, 0.35 * reach)
  shadow = np.clip(mask - draw.shifted(soft, reach, reach), 0, 1)
  draw.shade(image, 0.36, 0.85 * shadow)
  bright = np.clip(mask - draw.shifted(soft, -reach, -reach), 0, 1)
  draw.blend(image, np.float32([226, 220, 208]), 0.4 * bright)
  return mask


def _outline(random, shape):
  """One ragged blob that takes 20 to 55 percent of the crop."""
  height, width = shape[:2]
  center = random.uniform(0.35, 0.65, 2) * [height, width]
  y = (np.arange(height, dtype=np.float32) - center[0])[:, None] / height
  x = (np.arange(width, dtype=np.float32) - center[1])[None] / width
  level = 0.55 * draw.noise(random, shape, cells=2.5, octaves=6)
  level -= 2 * np.sqrt(x * x + y * y).astype(np.float32)
  area = random.uniform(0.2, 0.55)
  inside = level > np.percentile(level, 100 * (1 - area))
  count, names, stats, _ = cv2.connectedComponentsWithStats(
    inside.astype(np.uint8), connectivity=4
  )
  least = 0.1 * stats[1:, cv2.CC_STAT_AREA].max() if count > 1 else 0
  keep = stats[:, cv2.CC_STAT_AREA] >= least
  keep[0] = False
  return draw.blur(keep[names].astype(np.float32), 0.5)


def _relief(floor, rough, short):
  """Shades the rough floor as light from the upper left would."""
  slope = rough - draw.shifted(rough, 1, 1)
  slope[0], slope[:, 0] = 0, 0
  floor *= (1 + np.clip(slope * short * 0.03, -0.22, 0.22))[:, :, None]


def _aggregate(random, floor, mask):
  """Pebbles of many greys, each a little lighter at its upper left."""
  height, width = mask.shape
  short = min(height, width)
  count = int(random.uniform(200, 500) * max(height, width) / short)
  for _ in range(count):
    x, y = random.random_sample(2) * [width, height]
    radius = short * 0.008 * 5 ** (random.random_sample() ** 2)
    axes = radius, radius * random.uniform(0.55, 1)
    angle = random.uniform(0, 180)
    grey = random.uniform(70, 215)
    warm = random.uniform(0.9, 1.02)
    if mask[int(y), int(x)] < 0.5:
      continue
    tint = np.float32([1.02, 1, warm]) * grey
    lift = 0.18 * radius
    draw.ellipse(floor, (x + lift, y + lift), axes, angle, _rgb(tint * 0.5))
    draw.ellipse(floor, (x, y), axes, angle, _rgb(tint))
    if radius > 1.5:
      smaller = axes[0] * 0.55, axes[1] * 0.55
      draw.ellipse(
        floor, (x - lift, y - lift), smaller, angle, _rgb(tint * 1.12)
      )


def _rgb(colour):
  return tuple(float(min(value, 255)) for value in colour)
