"""Which synthetic crops there are: names, labels, photos, all from the seed."""

import typing

from src.AEROBI.codebrim import SPLITS
from src.AEROBI.synthetic import crop, labels
from src.nn import keyed

VARIANTS = ('plain', 'balanced', 'suffix')
ASPECTS = ('real', 'square')
_CROPS_PER_PHOTO = 5  # on average
_SUFFIXED = 0.25  # part of the training crops that get a mirrored twin


class Settings(typing.NamedTuple):
  """What decides the bytes of a synthetic data set.

  Attributes:
    train: int, crops in train, without copies and mirrored twins.
    val: int, crops in val.
    test: int, crops in test.
    scale: float, size relative to the real crops.
    seed: int.
    variant: one of `VARIANTS`.
    aspect: one of `ASPECTS`.
    with_unlabelled: bool, whether some crops have no label.
    shortest: int, least short side in pixels.
    longest: int, greatest short side in pixels.
    limit: int, greatest long side in pixels, or None.
  """

  train: int = 1200
  val: int = 160
  test: int = 160
  scale: float = 0.35
  seed: int = 1
  variant: str = 'plain'
  aspect: str = 'real'
  with_unlabelled: bool = False
  shortest: int = 48
  longest: int = 900
  limit: typing.Optional[int] = None


PRESETS = {
  'tiny': Settings(24, 8, 8, scale=0.2, longest=96, limit=96),
  'demo': Settings(600, 120, 120),
  'full': Settings(6481, 616, 632),
}


class File(typing.NamedTuple):
  """One PNG to be written.

  Attributes:
    path: str, relative to the root, with slashes.
    index: int, the number of the crop; copies have that of their parent.
    photo: int.
    label: str, six digits.
    mirrored: bool, a twin of the crop of that index.
    has_row: bool, whether the metadata name it.
  """

  path: str
  index: int
  photo: int
  label: str
  mirrored: bool = False
  has_row: bool = True


def files(settings):
  """All files of a data set, a list of `File`, sorted by split and index."""
  found, index, photo = [], 0, 0
  for split in SPLITS:
    own = labels.of_split(
      split, getattr(settings, split), settings.with_unlabelled
    )
    random = keyed.generator(settings.seed, 'photos of ' + split)
    random.shuffle(own)
    crops, left = [], 0
    for label in own:
      if not left:
        left = random.geometric(1.0 / _CROPS_PER_PHOTO)
        photo += 1
      left -= 1
      index += 1
      crops.append(File(_path(split, photo, index, label), index, photo, label))
    found += crops
    if split == 'train':
      found += _extra(crops, settings, random)
  return found


def size_of(settings):
  """The `crop.Size` that settings ask for."""
  return crop.Size(
    settings.scale,
    settings.shortest,
    settings.longest,
    settings.limit,
    settings.aspect == 'square',
  )


def _path(split, photo, index, label):
  kind = 'background' if label[0] == '1' else 'defects'
  name = 'image_%07d_crop_%07d.png' % (photo, index)
  return '/'.join((split, kind, name))


def _extra(crops, settings, random):
  """Copies or mirrored twins of training crops, as the variant has them."""
  if settings.variant == 'balanced':
    return [
      _renamed(crops[place], '_copy%02d' % number)
      for place, number in labels.copies([file.label for file in crops])
    ]
  if settings.variant == 'suffix':
    return [
      _renamed(file, '_-_%02d' % 1)._replace(mirrored=True, has_row=False)
      for file in crops
      if random.random_sample() < _SUFFIXED
    ]
  return []


def _renamed(file, ending):
  return file._replace(path=file.path.replace('.png', ending + '.png'))
