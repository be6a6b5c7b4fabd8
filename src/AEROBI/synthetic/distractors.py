"""Things that are no defects: graffiti, joints, shadows, a strip of sky.

They come as often with defects as without, so that "a dark line" or "a bright
patch" does not tell a defect.
"""

import cv2
import numpy as np

from src.AEROBI.synthetic import draw

_PAINTS = ((170, 40, 45), (45, 70, 150), (35, 35, 38))


def paint(random, image):
  """Maybe draws some of them, in place.

  Returns:
    list of str, the names of what was drawn.
  """
  drawn = []
  for chance, function in (
    (0.15, _joint),
    (0.10, _graffiti),
    (0.12, _shadow),
    (0.06, _strip),
  ):
    if random.random_sample() < chance:
      function(random, image)
      drawn.append(function.__name__[1:])
  return drawn


def _joint(random, image):
  """A construction joint: a straight dark groove from side to side."""
  height, width = image.shape[:2]
  short = min(height, width)
  y, x = np.mgrid[:height, :width].astype(np.float32)
  place, tilt = random.uniform(0.15, 0.85), np.float32(random.normal(0, 0.03))
  if random.random_sample() < 0.5:
    apart = y - height * np.float32(place) - tilt * (x - width / 2)
  else:
    apart = x - width * np.float32(place) - tilt * (y - height / 2)
  half = max(short * random.uniform(0.004, 0.012), 0.7)
  groove = draw.smooth_step(np.abs(apart), half + 0.7, half - 0.7)
  draw.shade(image, random.uniform(0.35, 0.6), groove)
  lip = draw.smooth_step(np.abs(apart - 2 * half), half + 0.7, half - 0.7)
  draw.shade(image, 1.12, lip * (1 - groove))


def _graffiti(random, image):
  """An arc of spray paint."""
  height, width = image.shape[:2]
  short = min(height, width)
  line = np.zeros([height, width], np.float32)
  cv2.ellipse(
    line,
    tuple(int(v) for v in random.random_sample(2) * [width, height]),
    tuple(int(v) for v in random.uniform(0.2, 0.6, 2) * short + 2),
    random.uniform(0, 360),
    0,
    random.uniform(90, 300),
    1.0,
    max(1, int(short * random.uniform(0.02, 0.05))),
    cv2.LINE_AA,
  )
  line = draw.blur(line, 0.006 * short)
  colour = _PAINTS[random.randint(len(_PAINTS))]
  worn = 0.6 + 0.4 * draw.noise(random, image.shape, cells=8, octaves=4)
  draw.blend(image, colour, line * worn * np.float32(0.85))


def _shadow(random, image):
  """The shadow of something outside the picture, with a soft straight edge."""
  height, width = image.shape[:2]
  short = min(height, width)
  angle = random.uniform(0, 2 * np.pi)
  y, x = np.mgrid[:height, :width].astype(np.float32)
  side = (x - width / 2) * np.float32(np.cos(angle)) + (
    y - height / 2
  ) * np.float32(np.sin(angle))
  start = short * random.uniform(-0.2, 0.4)
  soft = short * random.uniform(0.01, 0.06) + 1
  shade = draw.smooth_step(side, start - soft, start + soft)
  draw.shade(image, random.uniform(0.45, 0.7), shade)


def _strip(random, image):
  """Sky or leaves along one edge: the crop reaches past the concrete."""
  height, width = image.shape[:2]
  pixels = image
  if random.random_sample() < 0.5:
    pixels = image.transpose(1, 0, 2)
  if random.random_sample() < 0.5:
    pixels = pixels[::-1]
  rows = max(2, int(len(pixels) * random.uniform(0.06, 0.18)))
  part = pixels[:rows]
  rough = draw.noise(random, part.shape, cells=3, octaves=5)[:, :, None]
  if random.random_sample() < 0.5:
    part[:] = np.float32([196, 212, 228]) + 18 * (rough - 0.5)
  else:
    part[:] = np.float32([78, 98, 52]) * (0.4 + 1.2 * rough)
