"""What a path that should hold images really holds.

`find` asks the functions of `_KINDS` in turn. Each knows one kind of thing by
the names of files: it returns what can be read, or a clause that says what was
found and what would be right. A new kind of data set is one function more.
"""

import itertools
import os
import re
import shlex
import typing

from src.cifar10 import foreign, official
from src.images import arrays, listing
from src.run import folders
from src.run.errors import RunError

_ADVICE = (
  'run again with --download to get CIFAR-10, or give '
  '--data_path=data/cifar10_mini for the small set of the project'
)
_SHOWN = 5  # missing batches in an error
_PACKED = re.compile(r'.*\.(7z|bz2|gz|rar|tar|tgz|xz|zip)', re.IGNORECASE)


class Batches(typing.NamedTuple):
  """A whole set of batches.

  Attributes:
    folder: str.
    suffix: str, '.bin' for binary batches, '' for python ones.
    train: list of the training batches' file names, in order.
    test: str, the test batch's.
    label_bytes: int, labels of an image in binary batches: CIFAR-100 has two,
      the coarse one and the fine one.
  """

  folder: str
  suffix: str
  train: list
  test: str
  label_bytes: int = 1


class Own(typing.NamedTuple):
  """Images of one's own.

  Attributes:
    path: str.
    list: function of (path, whether images may have any number of labels) that
      returns a `src.images.listing.Listing`.
  """

  path: str
  list: typing.Callable


class Packed(typing.NamedTuple):
  """An archive to unpack.

  Attributes:
    path: str.
    archive: official.Archive, what it is by its name.
  """

  path: str
  archive: official.Archive


def find(path):
  """Recognises what there is to read.

  Args:
    path: str, a folder, a CSV, an .npz file or an official archive.

  Returns:
    `Batches`, binary ones where both kinds are there, or `Packed`, or `Own`.

  Raises:
    RunError: there is nothing to read; the line says what there is.
  """
  try:
    if not os.path.isdir(path):
      return _no_folder(path)
    names = sorted(n for n in os.listdir(path) if not folders.ignored(n))
    for kind in _KINDS:
      found = kind(path, names)
      if isinstance(found, str):
        raise RunError('%s %s' % (path, found))
      if found is not None:
        return found
  except OSError as error:
    raise RunError(
      'cannot list %s: %s' % (error.filename, error.strerror)
    ) from error
  raise RunError(
    '%s has no CIFAR-10 batches: it holds %s; %s'
    % (path, folders.shortened(names), _ADVICE)
  )


def batch_names(folder, suffix):
  """The training batches in a folder, by number.

  Args:
    folder: str, need not exist.
    suffix: str, '.bin' for binary batches, '' for python ones.

  Returns:
    dict of int to file name.

  Raises:
    OSError: the folder is there but cannot be listed.
  """
  pattern = re.compile(r'data_batch_([1-9]\d*)' + re.escape(suffix))
  names = os.listdir(folder) if os.path.isdir(folder) else []
  matches = [pattern.fullmatch(name) for name in names]
  return {int(match.group(1)): match.group() for match in matches if match}


def archives_at(path):
  """`Packed` of the official archives a path is or holds, by their names."""
  if os.path.isfile(path):
    paths = [path]
  else:
    paths = [os.path.join(path, n) for n in sorted(folders.listing(path))]
  known = [(p, official.named(os.path.basename(p))) for p in paths]
  return [
    Packed(*pair) for pair in known if pair[1] and os.path.isfile(pair[0])
  ]


def _no_folder(path):
  """What `find` returns or raises for anything but a folder."""
  if os.path.isfile(path):
    return _file(path, os.path.basename(path))
  above = _option_above(path)
  if os.path.islink(path):
    why = 'it is a link to %s, which is not there' % os.readlink(path)
  elif path.startswith('~'):
    why = 'shells leave ~ as it is behind a =; write $HOME'
  elif above:
    why = 'the folder above has a set: give %s' % above
  else:
    why = _ADVICE
  raise RunError('there is no data folder %r; %s' % (path, why))


def _file(path, name):
  for packed in archives_at(path):
    unpacked = os.path.join(os.path.dirname(path), packed.archive.folder)
    return _complete(unpacked) or packed
  ending = os.path.splitext(name)[1].lower()
  if ending in _FILES:
    return Own(path, _FILES[ending])
  why = foreign.cifar100(path, [name])
  if why:
    pass
  elif re.fullmatch(r'(data_batch_\d+|test_batch)(\.bin)?', name):
    folder = os.path.dirname(path) or os.curdir
    why = 'is one batch: give its folder, %s' % _option(folder)
  elif _PACKED.fullmatch(name):
    why = (
      'is an archive, but neither %s nor %s, which are checked and unpacked; '
      'unpack it yourself and give the folder with %s'
      % (official.BINARY.name, official.PYTHON.name, foreign.NAMES)
    )
  else:
    why = (
      'is a file; give a folder of folders of images, one for each class, a '
      'CSV of path,label, an .npz file, the folder with %s, or %s itself'
      % (foreign.NAMES, official.BINARY.name)
    )
  raise RunError('%s %s' % (path, why))


def _batches(path, names):
  del names
  for suffix in ('.bin', ''):
    for below in ('', official.BINARY.folder, official.PYTHON.folder):
      folder = os.path.join(path, below) if below else path
      numbers = batch_names(folder, suffix)
      test = 'test_batch' + suffix
      if not numbers and not os.path.exists(os.path.join(folder, test)):
        continue
      wanted = range(1, max(numbers, default=1) + 1)
      gaps = (number for number in wanted if number not in numbers)
      missing = [
        'data_batch_%s%s' % (number, suffix)
        for number in itertools.islice(gaps, _SHOWN)
      ]
      if not os.path.exists(os.path.join(folder, test)):
        missing.append(test)
      if not missing:
        return Batches(
          folder, suffix, [numbers[n] for n in sorted(numbers)], test
        )
      whole = ''.join(
        ', or give %s, which is unpacked' % _option(packed.path)
        for packed in archives_at(path)[:1]
      )
      raise RunError(
        '%s lacks %s: a set has training batches numbered from 1 without a '
        'gap, and a test batch; copy all of them%s'
        % (folder, ', '.join(missing), whole)
      )
  return None


def _cifar100(path, names):
  """CIFAR-100's binary batches, in the folder or in the archive's below it."""
  del names
  wanted = ('train.bin', 'test.bin')
  for folder in (path, os.path.join(path, official.BINARY_100.folder)):
    there = [os.path.isfile(os.path.join(folder, name)) for name in wanted]
    if all(there):
      return Batches(folder, '.bin', ['train.bin'], 'test.bin', 2)
    if any(there):
      raise RunError(
        '%s lacks %s: the binary version of CIFAR-100 has train.bin and '
        'test.bin' % (folder, wanted[there.index(False)])
      )
  return None


def _own(path, names):
  """Files for each split, or folders of classes."""
  for ending, lists in _FILES.items():
    if listing.split_files(path, ending):
      return Own(path, lists)
  inner = [os.path.join(path, name) for name in names]
  folders_of = [folder for folder in inner if os.path.isdir(folder)]
  if any(map(listing.has_images, folders_of)):
    return Own(path, lambda path, _: listing.from_folders(path))
  return None


def _archive(path, names):
  del names
  for packed in archives_at(path):
    return packed
  return None


def _further_down(path, names):
  inner = [os.path.join(path, name) for name in names]
  inner = [folder for folder in inner if os.path.isdir(folder)]
  found = [folder for folder in inner if _has_any(folder)]
  if not found:
    return None
  options = ' or '.join(map(_option, found))
  return 'has no batches itself, but a folder in it has: give %s' % options


def _above(path, names):
  del names
  above = _option_above(path)
  return above and 'has no batches, but the folder above has: give %s' % above


def _empty(path, names):
  del path
  return None if names else 'is an empty folder; %s' % _ADVICE


_FILES = {'.csv': listing.from_csv, '.npz': arrays.from_arrays}
_KINDS = (
  _batches,
  _cifar100,
  _archive,
  _further_down,
  _own,
  *foreign.KINDS,
  _above,
  _empty,
)


def _complete(folder):
  """`Batches` of a folder, or None if it has none or not all."""
  try:
    return _batches(folder, ()) or _cifar100(folder, ())
  except (OSError, RunError):
    return None


def _has_any(folder):
  """Whether `find` would return a set, or tell what it lacks."""
  try:
    return bool(
      _batches(folder, ()) or _cifar100(folder, ()) or archives_at(folder)
    )
  except OSError:
    return False
  except RunError:
    return True


def _option_above(path):
  above = os.path.normpath(os.path.join(path, os.pardir))
  return _option(above) if _has_any(above) else None


def _option(path):
  return '--data_path=' + shlex.quote(path)
