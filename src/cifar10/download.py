"""Fetches the official CIFAR-10 archive and checks every byte of it."""

import hashlib
import http.client
import os
import tempfile
import urllib.request

import tqdm

from src.cifar10 import data_utils
from src.files import archives

URL = 'https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz'
SHA256 = 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd'
# Every file in the archive; None where its sum is all there is to check.
MEMBERS = {
  data_utils.BINARY_FOLDER + '/' + name: digest
  for name, digest in {
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
  }.items()
}
_BLOCK = 1 << 20
_TIMEOUT = 60  # seconds without a byte


def download(data_path, log=print, url=URL, sha256=SHA256, members=MEMBERS):
  """Puts the official binary batches below `data_path`.

  Does nothing when they are there already. Files arrive and are checked in a
  temporary folder, which is removed whatever happens, and are then moved into
  place whole.

  Args:
    data_path: str, made when it does not exist.
    log: function of a str that prints one line.
    url: str, where a tar archive with exactly `members` lies.
    sha256: str, the hexadecimal SHA-256 of the archive.
    members: dict of each file's path in the archive, kept below `data_path`,
      to its SHA-256 or None.

  Raises:
    DataError: the archive cannot be had or written, is not the right one, or
      `data_path` itself holds another set, which would go on being read.
  """
  at_top = {os.path.basename(name): sum_ for name, sum_ in members.items()}
  try:
    if _all_right(data_path, members) or _all_right(data_path, at_top):
      log(f'CIFAR-10 is already in {data_path}, and every file is right')
      return
    for name in data_utils.batch_names(data_path, '.bin').values():
      raise data_utils.DataError(
        f'{os.path.join(data_path, name)} belongs to another or an incomplete '
        f'set and would hide the downloaded one; give another --data_path'
      )
    os.makedirs(os.path.realpath(data_path), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.fetch-', dir=data_path) as folder:
      archive = os.path.join(folder, os.path.basename(url))
      log(f'Downloading {url}')
      _fetch(url, archive)
      _check(archive, sha256)
      archives.extract_tar(archive, folder, members)
      for name, digest in members.items():
        _check(os.path.join(folder, name), digest)
      for name in members:
        target = os.path.join(data_path, name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.replace(os.path.join(folder, name), target)
  except archives.ArchiveError as error:
    raise data_utils.DataError(f'{error} (from {url})') from error
  except (OSError, http.client.HTTPException) as error:
    raise data_utils.DataError(
      f'could not download {url} to {data_path}: {error}; this needs a network '
      f'connection and 400 MB of free space'
    ) from error
  log(f'CIFAR-10 is now in {data_path}')


def _fetch(url, path):
  """Copies what `url` gives to a file, with a progress bar on a terminal."""
  with urllib.request.urlopen(url, timeout=_TIMEOUT) as response:
    length = response.headers['Content-Length']
    total = int(length) if length else None
    bar = tqdm.tqdm(total=total, unit='B', unit_scale=True, disable=None)
    with bar, open(path, 'wb') as sink:
      received = 0
      for block in iter(lambda: response.read(_BLOCK), b''):
        sink.write(block)
        received += len(block)
        bar.update(len(block))
  if total is not None and received < total:
    raise OSError(f'the connection broke after {received} of {total} bytes')


def _digest(path):
  sha256 = hashlib.sha256()
  with open(path, 'rb') as source:
    for block in iter(lambda: source.read(_BLOCK), b''):
      sha256.update(block)
  return sha256.hexdigest()


def _check(path, sha256):
  found = _digest(path)
  if sha256 not in (None, found):
    raise archives.ArchiveError(
      f'{os.path.basename(path)} has the SHA-256 {found} instead of {sha256}; '
      f'it is not the official file, try again later'
    )


def _all_right(folder, digests):
  """Whether all files with a sum are there and have that sum."""
  paths = {
    os.path.join(folder, name): digest
    for name, digest in digests.items()
    if digest is not None
  }
  return all(map(os.path.isfile, paths)) and all(
    _digest(path) == digest for path, digest in paths.items()
  )
