"""Corrosion stains: rust that runs down from bars or out of the concrete."""

import numpy as np

from src.AEROBI.synthetic import draw

_LIGHT_RUST = np.float32([168, 98, 44])
_DARK_RUST = np.float32([96, 52, 30])


def paint(random, image, bars=None):
  """Stains the concrete, in place.

  Args:
    random: np.random.RandomState.
    image: float32 [H, W, 3].
    bars: float32 [H, W], the mask of exposed steel, or None.

  Returns:
    float32 [H, W], how much rust lies where.
  """
  if bars is None:
    alpha = _blob(random, image.shape)
  else:
    alpha = _from_bars(random, bars)
  mix = draw.noise(random, image.shape, cells=7, octaves=5)[:, :, None]
  colour = _DARK_RUST + (_LIGHT_RUST - _DARK_RUST) * mix
  texture = image / np.maximum(draw.blur(image, 3), 1)  # concrete shows through
  draw.blend(image, colour * texture, alpha * np.float32(0.92))
  return alpha


def _from_bars(random, bars):
  short = draw.short_side(bars.shape)
  near = draw.blur(bars, 0.035 * short)
  alpha = near / max(float(near.max()), 1e-6)
  run = alpha
  streaks = draw.noise(
    random, bars.shape, cells=10, octaves=4, stretch=(8.0, 1.0)
  )
  streaks = draw.smooth_step(streaks, 0.3, 0.7)
  for fade in (0.75, 0.6, 0.45, 0.3, 0.2):
    run = draw.shifted(run, max(1, int(0.05 * short)), 0)
    alpha = np.maximum(alpha, run * streaks * np.float32(fade))
  patchy = draw.noise(random, bars.shape, cells=6, octaves=5)
  return np.clip(alpha * (0.45 + 0.9 * patchy), 0, 1)


def _blob(random, shape):
  """A stain of 12 to 35 percent of the crop that has run downwards."""
  height, width = shape[:2]
  center = random.uniform([0.15, 0.3], [0.5, 0.7]) * [height, width]
  y = (np.arange(height, dtype=np.float32) - center[0])[:, None] / height
  x = (np.arange(width, dtype=np.float32) - center[1])[None] / width
  y = np.where(y > 0, 0.6 * y, 1.5 * y)  # longer below
  level = 0.6 * draw.noise(random, shape, cells=3, octaves=5)
  streaks = draw.noise(random, shape, cells=9, octaves=4, stretch=(7.0, 1.0))
  level += 0.55 * streaks
  level -= 2 * np.sqrt(x * x + y * y).astype(np.float32)
  area = random.uniform(0.12, 0.35)
  edge, inner = np.percentile(level, [100 * (1 - area), 100 * (1 - area / 4)])
  alpha = draw.smooth_step(level, edge - 0.25 * (inner - edge), inner)
  return np.clip(alpha * (0.55 + 0.6 * streaks), 0, 1).astype(np.float32)
