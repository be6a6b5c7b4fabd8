"""Plain concrete, the ground of every crop, and what a photo has in common."""

import math
import typing

import cv2
import numpy as np

from src.AEROBI.synthetic import draw


class Photo(typing.NamedTuple):
  """What all crops of a photo share.

  Attributes:
    colour: list of three floats, the mean colour of the concrete.
    contrast: float, strength of its clouds.
    grain: float, standard deviation of the sand.
    light: (angle, strength) of the light's fall-off.
    sharpness: float, sigma of the camera's blur in pixels.
  """

  colour: list
  contrast: float
  grain: float
  light: tuple
  sharpness: float


def photo(random):
  """Draws a `Photo` from a RandomState."""
  colour = np.array([142.0, 136.0, 127.0]) * math.exp(random.normal(0, 0.16))
  colour += random.normal() * np.array([6, 0, -6]) + random.normal(0, 2, 3)
  return Photo(
    colour=colour.tolist(),
    contrast=random.uniform(0.12, 0.35),
    grain=random.uniform(3, 8),
    light=(random.uniform(0, 2 * math.pi), random.uniform(0, 0.35)),
    sharpness=random.uniform(0, 1.2),
  )


def paint(random, shape, look):
  """Concrete without defects.

  Args:
    random: np.random.RandomState.
    shape: (H, W).
    look: `Photo`.

  Returns:
    float32 [H, W, 3].
  """
  clouds = 1 + look.contrast * (draw.noise(random, shape) - 0.5)
  image = clouds[:, :, None] * np.float32(look.colour)
  image += draw.grain(random, shape, look.grain)[:, :, None]
  image += draw.grain(random, (*shape, 3), 1.5)
  if random.random_sample() < 0.35:
    _boards(random, image)
  _air_holes(random, image)
  for _ in range(random.randint(0, 3)):
    _dirt(random, image)
  return image


def finish(random, image, look):
  """Light and camera: fall-off, blur, sensor noise.

  Returns:
    uint8 [H, W, 3].
  """
  height, width = image.shape[:2]
  angle, strength = look.light
  x = np.linspace(-0.5, 0.5, width, dtype=np.float32)[None]
  y = np.linspace(-0.5, 0.5, height, dtype=np.float32)[:, None]
  along = x * math.cos(angle) + y * math.sin(angle)
  image = image * (1 + np.float32(strength) * along)[:, :, None]
  # Small crops keep their detail: the blur was the camera's, before scaling.
  sigma = look.sharpness * min(1.0, draw.short_side(image.shape) / 200.0)
  image = draw.blur(image, sigma)
  image += draw.grain(random, image.shape, 2)
  return np.clip(np.round(image), 0, 255).astype(np.uint8)


def _boards(random, image):
  """Marks of the formwork: boards of slightly different grey, dark seams."""
  short = draw.short_side(image.shape)
  across = random.random_sample() < 0.5
  pixels = image.transpose(1, 0, 2) if across else image
  spacing = max(short * random.uniform(0.12, 0.4), 4)
  seam = max(1, int(round(0.006 * short)))
  place = -random.uniform(0, spacing)
  while place < len(pixels):
    first, last = max(int(place), 0), max(int(place + spacing), 0)
    pixels[first:last] += random.normal(0, 5)
    pixels[last : last + seam] -= 18
    place += spacing * random.uniform(0.9, 1.1)


def _air_holes(random, image):
  short = draw.short_side(image.shape)
  for _ in range(int(random.randint(0, 51) * min(1.0, short / 150.0))):
    center = random.random_sample(2) * image.shape[1::-1]
    radius = random.uniform(0.5, 2) * max(short / 200.0, 0.7)
    x, y = int(center[0]), int(center[1])
    reach = int(radius) + 3
    part = image[max(y - reach, 0) : y + reach, max(x - reach, 0) : x + reach]
    hole = np.zeros(part.shape[:2], np.float32)
    local = center - [max(x - reach, 0), max(y - reach, 0)]
    draw.ellipse(hole, local, (radius, radius * 0.8), 0, 1.0)
    draw.shade(part, random.uniform(0.45, 0.75), hole)


def _dirt(random, image):
  """A soft, slightly darker or lighter patch without an edge."""
  height, width = image.shape[:2]
  patch = np.zeros([height, width], np.float32)
  short = draw.short_side(image.shape)
  center = random.random_sample(2) * [width, height]
  axes = random.uniform(0.1, 0.4, 2) * short
  cv2.ellipse(
    patch,
    tuple(int(v) for v in center),
    tuple(max(int(v), 1) for v in axes),
    random.uniform(0, 180),
    0,
    360,
    1.0,
    -1,
  )
  patch = draw.blur(patch, 0.08 * short)
  patch *= draw.noise(random, image.shape, cells=6, octaves=3)
  draw.blend(
    image,
    np.float32(random.uniform(60, 120)) * np.float32([1, 0.95, 0.86]),
    patch * np.float32(random.uniform(0.2, 0.5)),
  )
