"""Efflorescence: white salts that water leaves, with a damp dark halo."""

import numpy as np

from src.AEROBI.synthetic import crack as cracks
from src.AEROBI.synthetic import draw


def paint(random, image, crack=None):
  """Deposits salts along a crack or as a curtain of drips, in place.

  Args:
    random: np.random.RandomState.
    image: float32 [H, W, 3].
    crack: crack.Crack, or None.

  Returns:
    float32 [H, W], where the salts are.
  """
  short = draw.short_side(image.shape)
  if crack is None:
    mask = _curtain(random, image.shape)
  else:
    mask = _ribbon(random, crack, short)
  halo = draw.blur(mask, 0.05 * short)
  halo = np.clip(1.6 * halo, 0, 1) * (1 - mask)
  draw.shade(image, 0.72, 0.45 * halo)
  crust = draw.noise(random, image.shape, cells=14, octaves=4, persistence=0.8)
  white = np.float32([226, 228, 224]) + (50 * (crust - 0.5))[:, :, None]
  alpha = np.float32(random.uniform(0.75, 0.95))
  draw.blend(image, white, mask * alpha * (0.5 + 0.6 * crust))
  if crack is not None:
    cracks.darken(random, image, crack)
  return mask


def _ribbon(random, crack, short):
  """Around a crack, wider here and narrower there, in places gone."""
  uneven = draw.noise(random, crack.core.shape, cells=4, octaves=5)
  wide = short * random.uniform(0.06, 0.13)
  reach = wide * (1.9 * uneven - 0.35)
  # Salts run down a little from where they come out.
  below = draw.shifted(draw.smooth_step(crack.distance, reach, 0.6 * reach - 1),
                       int(0.03 * short), 0)  # fmt: skip
  near = draw.smooth_step(crack.distance, reach, 0.6 * reach - 1)
  return np.clip(np.maximum(near, 0.7 * below), 0, 1) * (reach > 0)


def _curtain(random, shape):
  """Drips of different lengths from a line in the upper part."""
  height, width = shape[:2]
  top = random.uniform(0.02, 0.45) * height
  length = (height - top) * random.uniform(0.4, 1.0)
  wavy = draw.noise(random, (2, width), cells=0.02, octaves=1)[0]
  y = np.arange(height, dtype=np.float32)[:, None]
  start = np.float32(top) + (wavy - 0.5)[None] * np.float32(0.06 * height)
  drips = draw.noise(
    random, shape, cells=9, octaves=5, persistence=0.6, stretch=(9.0, 1.0)
  )
  broad = draw.noise(random, shape, cells=2, octaves=2, stretch=(4.0, 1.0))
  down = np.clip((y - start) / np.float32(length), 0, 2)
  level = 0.65 * drips + 0.35 * broad - 0.42 * down
  mask = draw.smooth_step(level, 0.22, 0.46)
  lip = 0.012 * draw.short_side(shape) + 0.5
  mask = mask * draw.smooth_step(y - start, -lip, lip)
  # A crust along the line where the water comes out.
  seam = draw.smooth_step(np.abs(y - start), 2.2 * lip, lip)
  seam = seam * draw.smooth_step(broad + 0.4 * drips, 0.35, 0.7)
  return np.maximum(mask, 0.8 * seam).astype(np.float32)
