"""What all drawings share: noise, blending, strokes, strewn ellipses.

Images are float32 [H, W, 3], RGB in [0, 255], masks float32 [H, W] in [0, 1].
Sizes are in parts of the short side, so that a drawing looks the same at any
scale. Random numbers come from the `RandomState` that is handed in.
"""

import math

import cv2
import numpy as np


def short_side(shape):
  return min(shape[:2])


def noise(random, shape, cells=3, octaves=6, persistence=0.55, stretch=(1, 1)):
  """Value noise: random grids, each finer and weaker than the one before.

  Args:
    random: np.random.RandomState.
    shape: (H, W, ...).
    cells: float, cells of the coarsest grid along the short side.
    octaves: int, number of grids; those finer than a pixel are left out.
    persistence: float, strength of a grid relative to the one before.
    stretch: (down, across), how much longer the cells are.

  Returns:
    float32 [H, W], from 0 to 1.
  """
  height, width = shape[:2]
  total = np.zeros([height, width], np.float32)
  for octave in range(octaves):
    cell = short_side(shape) / (cells * 2.0**octave)
    if cell < 1:
      break
    rows = min(height, int(math.ceil(height / (cell * stretch[0]))) + 1)
    columns = min(width, int(math.ceil(width / (cell * stretch[1]))) + 1)
    grid = random.random_sample((max(rows, 2), max(columns, 2)))
    total += np.float32(persistence**octave) * cv2.resize(
      grid.astype(np.float32), (width, height), interpolation=cv2.INTER_CUBIC
    )
  low, high = float(total.min()), float(total.max())
  return (total - low) / max(high - low, 1e-6)


def grain(random, shape, sigma):
  """Normal noise of a given standard deviation, float32 of that shape."""
  return (random.standard_normal(shape) * sigma).astype(np.float32)


def blend(image, colour, alpha):
  """Moves an image towards a colour, in place.

  Args:
    image: float32 [H, W, 3].
    colour: three numbers, or float32 [H, W, 3].
    alpha: float32 [H, W].
  """
  image += (np.asarray(colour, np.float32) - image) * alpha[:, :, None]


def shade(image, factor, alpha):
  """Multiplies an image by a factor where alpha is 1, in place."""
  image *= (1 + (factor - 1) * alpha)[:, :, None].astype(np.float32)


def blur(mask, sigma):
  """A Gaussian blur; `sigma` in pixels, may be 0."""
  if sigma < 0.2:
    return mask
  return cv2.GaussianBlur(mask, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)


def shifted(mask, down, right):
  """A mask moved by whole pixels; what enters is 0."""
  matrix = np.float32([[1, 0, right], [0, 1, down]])
  return cv2.warpAffine(mask, matrix, mask.shape[::-1], flags=cv2.INTER_NEAREST)


def distance(points, shape):
  """Distance of each pixel to a polyline, float32 [H, W], in pixels.

  Args:
    points: float [N, 2] of (x, y), may leave the image.
    shape: (H, W, ...).
  """
  factor = 1 + (short_side(shape) < 320) + (short_side(shape) < 160)
  canvas = np.full([factor * side for side in shape[:2]], 255, np.uint8)
  cv2.polylines(canvas, [np.int32(np.round(points * factor))], False, 0)
  if canvas.all():
    return np.full(shape[:2], np.float32(sum(shape[:2])))
  apart = cv2.distanceTransform(canvas, cv2.DIST_L2, 5) / np.float32(factor)
  return cv2.resize(apart, shape[1::-1], interpolation=cv2.INTER_AREA)


def ellipse(canvas, center, axes, angle, value):
  """A filled, smooth ellipse; centre and axes in pixels, with fractions."""
  cv2.ellipse(
    canvas,
    tuple(int(16 * v) for v in center),
    tuple(max(int(16 * v), 8) for v in axes),
    angle,
    0,
    360,
    value,
    -1,
    cv2.LINE_AA,
    4,
  )


def smooth_step(values, start, end):
  """0 at `start`, 1 at `end` (which may be smaller), smooth in between."""
  t = np.clip((values - start) / (end - start), 0, 1)
  return (t * t * (3 - 2 * t)).astype(np.float32)
