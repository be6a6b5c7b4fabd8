"""Which image files there are, in which split and with which labels.

Folders of classes, or a CSV. Nothing is decoded here. Files are sorted by name
first and class last, so that files numbered in some order keep it.
"""

import collections
import csv
import hashlib
import io
import os
import re
import typing

import numpy as np

from src.arc import text as text_lib
from src.run import folders
from src.run.errors import RunError

ENDINGS = ('.bmp', '.gif', '.jpeg', '.jpg', '.png', '.tif', '.tiff', '.webp')
# What a run calls its splits -> names of folders and files.
SPLITS = collections.OrderedDict(
  [
    ('train', ('train', 'training')),
    ('valid', ('valid', 'val', 'validation', 'dev')),
    ('test', ('test', 'testing')),
  ]
)
_HEADER = ('path', 'label', 'split')


class Listing(typing.NamedTuple):
  """Image files and their labels.

  Attributes:
    classes: list of C str, the names of the labels.
    images: dict of some of `SPLITS` to a list of N str, the files; or, if they
      are decoded already, to uint8 [N, H, W, 3].
    labels: dict with the same keys to int32 [N], or, if an image may have any
      number of labels, float32 [N, C] of zeros and ones.
  """

  classes: list
  images: dict
  labels: dict

  def part(self, split):
    """A Listing of one split, without images if there is no such split."""
    return self._replace(
      images={s: v for s, v in self.images.items() if s == split},
      labels={s: v for s, v in self.labels.items() if s == split},
    )

  def moved(self, split, taken, name):
    """A Listing with some images of a split moved to another one.

    Args:
      split: str.
      taken: bool [N], which of its images.
      name: str, the split that is made of them.
    """
    images, labels = dict(self.images), dict(self.labels)
    for part, chosen in ((split, ~taken), (name, taken)):
      places = np.flatnonzero(chosen)
      images[part] = [self.images[split][place] for place in places]
      labels[part] = self.labels[split][places]
    return self._replace(images=images, labels=labels)


def is_image(name):
  """Whether a file is an image by the ending of its name."""
  return name.lower().endswith(ENDINGS)


def split_of(name):
  """The split that a folder or file of this name holds, or None."""
  return next((s for s, names in SPLITS.items() if name.lower() in names), None)


def has_images(folder):
  """Whether images lie in a folder or in one of those in it.

  Not deeper: the folder may be of anything, and large.
  """
  names = folders.listing(folder)
  inner = (folders.listing(os.path.join(folder, name)) for name in names)
  return any(map(is_image, names)) or any(
    is_image(name) for below in inner for name in below
  )


def images_below(folder):
  """The images in a folder and below it, a sorted list of paths."""
  below = sorted(_below(folder))
  return [os.path.join(place, name) for place, name in below if is_image(name)]


def from_folders(root):
  """Lists folders of classes.

  Args:
    root: str, a folder that holds `train`, `valid` or `val`, and `test` with a
      folder for each class in them, or such folders itself. What lies deeper
      in a class's folder belongs to the class.

  Returns:
    Listing; of one split, 'train', where the root holds the classes.

  Raises:
    RunError: a class is empty, a split has none or one that train lacks, or a
      folder cannot be listed.
  """
  parts = _part_folders(root)
  found = collections.OrderedDict()
  for split, folder in parts.items():
    found[split] = _classes(folder)
    if not found[split]:
      raise RunError(
        '%s holds no folders of classes: give each class a folder with its '
        'images' % folder
      )
  classes = _sorted(found['train'])
  for split, images in found.items():
    unknown = _sorted(set(images) - set(classes))
    if unknown:
      raise RunError(
        '%s has the classes %s, which %s lacks: no network could learn them'
        % (parts[split], folders.shortened(unknown), parts['train'])
      )
    for name, files in images.items():
      if not files:
        raise RunError(
          '%s holds no images (%s): each folder is a class and needs some; '
          'move others elsewhere'
          % (os.path.join(parts[split], name), ', '.join(ENDINGS))
        )
  paths, labels = {}, {}
  for split, images in found.items():
    rows = sorted(
      (os.path.basename(path), classes.index(name), path)
      for name, files in images.items()
      for path in files
    )
    paths[split] = [path for _, _, path in rows]
    labels[split] = np.array([label for _, label, _ in rows], np.int32)
  return Listing(classes, paths, labels)


def from_csv(path, multi_label=False):
  """Lists the rows of a CSV: path, label, and perhaps split.

  Args:
    path: str, a CSV whose paths are relative to its folder, with or without
      the line `path,label`; or a folder with such a file for each split, such
      as `train.csv`.
    multi_label: bool, whether an image may have any number of labels, none
      included, with semicolons between them.

  Returns:
    Listing, in the order of the rows.

  Raises:
    RunError: a row is not as above, or names a file that is not there.
  """
  if os.path.isdir(path):
    files = split_files(path, '.csv')
  else:
    files = {None: path}
  rows = collections.OrderedDict()
  for split, name in files.items():
    for where, row in _rows(name, multi_label):
      rows.setdefault(split or row.split or 'train', []).append((where, row))
  if 'train' not in rows:
    raise RunError('%s has no rows of the split train' % path)
  every = {label for _, row in rows['train'] for label in row.labels}
  classes = _sorted(every)
  index = {name: number for number, name in enumerate(classes)}
  paths, labels = {}, {}
  for split, entries in rows.items():
    made = np.zeros([len(entries), len(classes)], np.float32)
    for number, (where, row) in enumerate(entries):
      for label in row.labels:
        if label not in index:
          raise RunError(
            '%s: no training image has the label %r: no network could learn it'
            % (where, label)
          )
        made[number, index[label]] = 1
    paths[split] = [row.path for _, row in entries]
    if not multi_label:
      made = made.argmax(axis=1).astype(np.int32)
    labels[split] = made
  return Listing(classes, paths, labels)


def split_files(folder, ending):
  """Dict of split to the file in a folder that is called so.

  Args:
    folder: str.
    ending: str, such as '.csv', in lower case.

  Raises:
    RunError: two files are the same split.
  """
  parts = [os.path.splitext(name) for name in folders.listing(folder)]
  return _by_split(
    folder, {base + end: base for base, end in parts if end.lower() == ending}
  )


def in_two_splits(listing):
  """Pairs of names of images that are the same and lie in different splits.

  Only files of one size are read.
  """
  by_size = collections.defaultdict(list)
  for split, images in listing.images.items():
    for number, image in enumerate(images):
      if isinstance(image, str):
        entry = os.path.getsize(image), image, _file_digest
      else:
        entry = image.nbytes, '%s image %d' % (split, number), _array_digest
      by_size[entry[0]].append((split, image) + entry[1:])
  pairs = []
  for entries in by_size.values():
    if len({split for split, *_ in entries}) < 2:
      continue
    first = {}
    for split, image, name, digest in entries:
      other = first.setdefault(digest(image), (split, name))
      if other[0] != split:
        pairs.append((other[1], name))
  return pairs


def _file_digest(path):
  with open(path, 'rb') as file:
    return hashlib.sha256(file.read()).digest()


def _array_digest(image):
  return hashlib.sha256(image.tobytes()).digest()


class _Row(typing.NamedTuple):
  path: str
  labels: list
  split: typing.Optional[str]


def _rows(path, multi_label):
  """Yields ('FILE row N', _Row) of a CSV."""
  folder, seen = os.path.dirname(path), {}
  try:
    with open(path, 'rb') as file:
      text = file.read().decode('utf-8-sig')
    table = list(csv.reader(io.StringIO(text), strict=True))
  except OSError as error:
    raise RunError('cannot read %s: %s' % (path, error.strerror)) from error
  except (UnicodeDecodeError, csv.Error) as error:
    raise RunError('%s is no CSV in UTF-8: %s' % (path, error)) from error
  for number, cells in enumerate(table, 1):
    cells = [cell.strip() for cell in cells]
    if not any(cells) or (number == 1 and cells[0].lower() == _HEADER[0]):
      continue
    where = '%s row %d' % (path, number)
    if len(cells) not in (2, 3) or not cells[0]:
      raise RunError(
        '%s: expected path,label or path,label,split, not %r'
        % (where, ','.join(cells))
      )
    split = split_of(cells[2]) if cells[2:] and cells[2] else None
    if cells[2:] and cells[2] and split is None:
      raise RunError(
        '%s: %r is no split: expected train, valid or test' % (where, cells[2])
      )
    labels = [label.strip() for label in cells[1].split(';') if label.strip()]
    if not multi_label and len(labels) != 1:
      raise RunError(
        '%s: %s has %d labels: expected one; --multi_label lets images have '
        'any number' % (where, cells[0], len(labels))
      )
    full = os.path.join(folder, cells[0])
    if not os.path.isfile(full):
      raise RunError('%s: there is no file %s' % (where, full))
    if full in seen:
      raise RunError(
        '%s: %s is in row %d already' % (where, cells[0], seen[full])
      )
    seen[full] = number
    yield where, _Row(full, labels, split)


def _part_folders(root):
  """Dict of split to folder; the root alone, as 'train', has none."""
  names = folders.listing(root)
  named = _by_split(
    root, {n: n for n in names if os.path.isdir(os.path.join(root, n))}
  )
  if named and 'train' not in named:
    raise RunError(
      '%s has %s, but no folder train with what networks learn from'
      % (root, ' and '.join(map(os.path.basename, named.values())))
    )
  return named or {'train': root}


def _by_split(folder, bases):
  """Dict of split to path, in the order of `SPLITS`.

  Args:
    folder: str.
    bases: dict from names in the folder to what may be the name of a split.
  """
  named = {}
  for name, base in sorted(bases.items()):
    split, path = split_of(base), os.path.join(folder, name)
    if split in named:
      raise RunError(
        '%s and %s are the same split: keep one' % (named[split], path)
      )
    if split:
      named[split] = path
  return collections.OrderedDict((s, named[s]) for s in SPLITS if s in named)


def _classes(folder):
  """Dict of the name of each class's folder to its images' paths."""
  try:
    names = sorted(n for n in os.listdir(folder) if not folders.ignored(n))
  except OSError as error:
    raise RunError('cannot list %s: %s' % (folder, error.strerror)) from error
  below = [(name, os.path.join(folder, name)) for name in names]
  return collections.OrderedDict(
    (
      text_lib.printable(name),
      [os.path.join(p, n) for p, n in _below(path, fail=True) if is_image(n)],
    )
    for name, path in below
    if os.path.isdir(path)
  )


def _below(folder, fail=False):
  """Yields (folder, name) of the files in a folder and below it, sorted."""

  def _failed(error):
    if fail:
      raise RunError(
        'cannot list %s: %s' % (error.filename, error.strerror)
      ) from error

  for place, inner, names in os.walk(folder, onerror=_failed):
    inner[:] = sorted(name for name in inner if not folders.ignored(name))
    for name in sorted(names):
      if not folders.ignored(name):
        yield place, name


def _sorted(names):
  """Sorted; numbers by their value."""
  return sorted(
    names,
    key=lambda name: [
      (0, int(part), '') if part.isdigit() else (1, 0, part)
      for part in re.findall(r'\d+|\D+', name)
    ],
  )
