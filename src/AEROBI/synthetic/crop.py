"""One synthetic crop: size, concrete, defects in their order, light."""

import math
import typing

import numpy as np

from src.AEROBI.metadata import CLASSES
from src.AEROBI.synthetic import (
  bars,
  concrete,
  crack,
  distractors,
  efflorescence,
  spallation,
  stain,
)
from src.nn import keyed

LONGEST = 8.0  # long side in short sides
_TRIES = 20
_VISIBLE = 8.0  # levels by which a changed pixel differs in some channel
# The part of the crop that each defect has to change.
LEAST = {
  'Crack': 0.0015,
  'Spallation': 0.015,
  'Efflorescence': 0.015,
  'ExposedBars': 0.015,
  'CorrosionStain': 0.015,
}


class Size(typing.NamedTuple):
  """How large crops become.

  Attributes:
    scale: float, relative to the real ones.
    shortest: int, least short side in pixels.
    longest: int, greatest short side in pixels.
    limit: int or None, greatest long side in pixels.
    square: bool, whether all are square.
  """

  scale: float
  shortest: int = 48
  longest: int = 900
  limit: typing.Optional[int] = None
  square: bool = False


class Crop(typing.NamedTuple):
  """A drawn crop.

  Attributes:
    image: uint8 [H, W, 3], RGB.
    changed: dict of each defect's name to the part of the pixels it changed.
    distractors: list of str.
  """

  image: np.ndarray
  changed: dict
  distractors: list


def make(seed, index, photo, label, size):
  """Draws a crop, a pure function of its arguments.

  Args:
    seed: int, the seed of the data set.
    index: int, the number of the crop.
    photo: int, the number of the photo it belongs to.
    label: str, six digits in the order of `CLASSES`.
    size: `Size`.

  Returns:
    `Crop`.
  """
  has = {name: digit == '1' for name, digit in zip(CLASSES, label)}
  look = concrete.photo(keyed.generator(seed, 'photo', photo))
  shape = shape_of(_random(seed, index, 'size'), size, has['Crack'])
  image = concrete.paint(_random(seed, index, 'concrete'), shape, look)
  marks = dict.fromkeys(CLASSES)
  changed = {}
  for name, draw_defect in (
    ('Spallation', lambda r, i: spallation.paint(r, i)),
    ('ExposedBars', lambda r, i: bars.paint(r, i, marks['Spallation'])),
    ('CorrosionStain', lambda r, i: stain.paint(r, i, marks['ExposedBars'])),
    ('Crack', lambda r, i: crack.paint(r, i)),
    ('Efflorescence', lambda r, i: efflorescence.paint(r, i, marks['Crack'])),
  ):
    if has[name]:
      image, marks[name], changed[name] = _until_seen(
        draw_defect, image, seed, index, name
      )
  drawn = distractors.paint(_random(seed, index, 'distractors'), image)
  image = concrete.finish(_random(seed, index, 'camera'), image, look)
  return Crop(image, changed, drawn)


def shape_of(random, size, has_crack):
  """(height, width) with the real crops' distribution; cracks are longer."""
  short = math.exp(random.normal(5.79, 0.80)) * size.scale
  ratios = np.exp(np.abs(random.normal(0.89, 0.61, 2)))
  portrait = random.random_sample() < 0.5
  short = min(max(short, size.shortest), size.longest)
  ratio = min(ratios.max() if has_crack else ratios[0], LONGEST)
  long = short if size.square else short * ratio
  if size.limit is not None:
    long = min(long, size.limit)
  short, long = int(round(short)), int(round(long))
  return (long, short) if portrait else (short, long)


def _until_seen(draw_defect, image, seed, index, name):
  """Draws a defect anew until it changes enough of the crop."""
  best, most = None, -1.0
  for attempt in range(_TRIES):
    trial = image.copy()
    mark = draw_defect(_random(seed, index, name, attempt), trial)
    differs = np.abs(trial - image).max(axis=2) > _VISIBLE
    part = float(differs.mean())
    if part > most:
      best, most = (trial, mark), part
    if part >= LEAST[name]:
      break
  return best[0], best[1], most


def _random(seed, index, purpose, attempt=0):
  return keyed.generator(seed, 'crop %d: %s' % (index, purpose), attempt)
