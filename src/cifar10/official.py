"""The official archives of CIFAR-10 and CIFAR-100: known, checked, unpacked."""

import hashlib
import os
import re
import tempfile
import typing

from src.files import archives
from src.run.errors import RunError

PAGE = 'https://www.cs.toronto.edu/~kriz/cifar.html'
_BLOCK = 1 << 20


class Archive(typing.NamedTuple):
  """What is known of an archive.

  Attributes:
    name: str, of its file.
    size: int, its bytes.
    sha256: str, its hexadecimal SHA-256.
    folder: str, the one folder in it.
    members: dict of the path of every file in it to its SHA-256, or None
      where that of the archive is all there is to check.
    title: str, what people call the data set.
    skips_others: bool, whether files may lie in it that `members` lacks.
  """

  name: str
  size: int
  sha256: str
  folder: str
  members: dict
  title: str = 'CIFAR-10'
  skips_others: bool = False


def _members(folder, digests):
  return {folder + '/' + name: digest for name, digest in digests.items()}


_BINARY_FOLDER = 'cifar-10-batches-bin'
_PYTHON_FOLDER = 'cifar-10-batches-py'
BINARY = Archive(
  'cifar-10-binary.tar.gz',
  170052171,
  'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd',
  _BINARY_FOLDER,
  _members(
    _BINARY_FOLDER,
    {
      'data_batch_1.bin': (
        'cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5'
      ),
      'data_batch_2.bin': (
        'a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed'
      ),
      'data_batch_3.bin': (
        'bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67'
      ),
      'data_batch_4.bin': (
        '014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48'
      ),
      'data_batch_5.bin': (
        '755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add'
      ),
      'test_batch.bin': (
        '8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b'
      ),
      'batches.meta.txt': None,
      'readme.html': None,
    },
  ),
)
PYTHON = Archive(
  'cifar-10-python.tar.gz',
  170498071,
  '6d958be074577803d12ecdefd02955f39262c83c16fe9348329d7fe0b5c001ce',
  _PYTHON_FOLDER,
  _members(
    _PYTHON_FOLDER,
    dict.fromkeys(
      ['data_batch_%d' % number for number in range(1, 6)]
      + ['test_batch', 'batches.meta', 'readme.html']
    ),
  ),
)

_FOLDER_100 = 'cifar-100-binary'
BINARY_100 = Archive(
  'cifar-100-binary.tar.gz',
  168513733,
  '58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec',
  _FOLDER_100,
  _members(
    _FOLDER_100,
    {
      'train.bin': (
        'f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29'
      ),
      'test.bin': (
        'd8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a'
      ),
      'coarse_label_names.txt': None,
      'fine_label_names.txt': None,
    },
  ),
  'CIFAR-100',
  skips_others=True,
)


def named(file_name):
  """The `Archive` that a file is by its name, or None.

  Browsers write ` (1)` into the name of a second download.
  """
  match = re.fullmatch(
    r'cifar-(10-binary|10-python|100-binary)[^.]*\.(tar\.gz|tgz)', file_name
  )
  known = {'10-binary': BINARY, '10-python': PYTHON, '100-binary': BINARY_100}
  return match and known[match.group(1)]


def unpack(path, archive, log):
  """Unpacks an archive that lies on the disk, beside it.

  Args:
    path: str, the file.
    archive: Archive, what it should be.
    log: function of a str that prints one line.

  Returns:
    str, the folder with the batches.

  Raises:
    RunError: it is cut short, not the official one, or cannot be unpacked.
  """
  beside = os.path.dirname(path)
  target = os.path.join(beside, archive.folder)
  try:
    size = os.path.getsize(path)
    if size < archive.size:
      raise RunError(
        '%s is cut short: it has %s of the %s bytes of the official archive; '
        'copy it again' % (path, size, archive.size)
      )
    log('Checking %s and unpacking it to %s' % (path, target))
    install(path, archive, beside or os.curdir)
  except archives.ArchiveError as error:
    raise RunError(
      '%s; %s is unpacked if it is the %s of %s: get it from there again, or '
      'unpack another set yourself and give its folder'
      % (error, path, archive.name, PAGE)
    ) from error
  except OSError as error:
    raise RunError(
      'cannot unpack %s beside itself: %s; this needs a folder that can be '
      'written and 400 MB of free space: move the archive to one'
      % (path, error.strerror or error)
    ) from error
  return target


def install(path, archive, folder):
  """Checks an archive and puts its files below a folder.

  They are unpacked and checked in a temporary folder, which is removed
  whatever happens, and then moved into place whole.

  Args:
    path: str, the file.
    archive: Archive.
    folder: str, which exists.

  Raises:
    archives.ArchiveError: it is damaged or not the right one.
    OSError: reading or writing failed.
  """
  _check(path, archive.sha256)
  with tempfile.TemporaryDirectory(prefix='.unpack-', dir=folder) as part:
    archives.extract_tar(path, part, archive.members, archive.skips_others)
    for name, digest in archive.members.items():
      _check(os.path.join(part, name), digest)
    for name in archive.members:
      target = os.path.join(folder, name)
      os.makedirs(os.path.dirname(target), exist_ok=True)
      os.replace(os.path.join(part, name), target)


def is_installed(archive, folder):
  """Whether the archive's files with a sum are there, below or in a folder."""
  return any(
    _all_right(os.path.join(folder, below), archive)
    for below in (archive.folder, os.curdir)
  )


def _all_right(folder, archive):
  paths = {
    os.path.join(folder, os.path.basename(name)): digest
    for name, digest in archive.members.items()
    if digest is not None
  }
  return all(map(os.path.isfile, paths)) and all(
    _digest(path) == digest for path, digest in paths.items()
  )


def _check(path, sha256):
  found = _digest(path)
  if sha256 not in (None, found):
    raise archives.ArchiveError(
      '%s has the SHA-256 %s instead of %s; it is not the official file'
      % (os.path.basename(path), found, sha256)
    )


def _digest(path):
  sha256 = hashlib.sha256()
  with open(path, 'rb') as source:
    for block in iter(lambda: source.read(_BLOCK), b''):
      sha256.update(block)
  return sha256.hexdigest()
