"""Fetches an official archive of CIFAR and checks every byte of it."""

import http.client
import os
import tempfile
import urllib.request

import tqdm

from src.cifar10 import layout, official
from src.files import archives
from src.run.errors import RunError

URL = 'https://www.cs.toronto.edu/~kriz/'
_BLOCK = 1 << 20
_TIMEOUT = 60  # seconds without a byte


def download(data_path, log=print, archive=official.BINARY, url=None):
  """Puts the official binary batches below `data_path`.

  Does nothing when they, or an official archive, are there already.

  Args:
    data_path: str, made when it does not exist.
    log: function of a str that prints one line.
    archive: official.Archive.
    url: str, where it lies; that of its page unless given.

  Raises:
    RunError: the archive cannot be had or written, is not the right one, or
      `data_path` itself holds another set, which would go on being read.
  """
  url = url or URL + archive.name
  try:
    if official.is_installed(archive, data_path):
      log(f'{archive.title} is already in {data_path}, and every file is right')
      return
    for name in layout.batch_names(data_path, '.bin').values():
      raise RunError(
        f'{os.path.join(data_path, name)} belongs to another or an incomplete '
        f'set and would hide the downloaded one; give another --data_path'
      )
    if layout.archives_at(data_path):
      return
    os.makedirs(os.path.realpath(data_path), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.fetch-', dir=data_path) as folder:
      path = os.path.join(folder, os.path.basename(url))
      log(f'Downloading {url}')
      _fetch(url, path)
      official.install(path, archive, data_path)
  except archives.ArchiveError as error:
    raise RunError(f'{error} (from {url}); try again later') from error
  except (OSError, http.client.HTTPException) as error:
    raise RunError(
      f'could not download {url} to {data_path}: {error}; this needs a network '
      f'connection and 400 MB of free space; {archive.name} carried there by '
      f'hand is unpacked without --download'
    ) from error
  log(f'{archive.title} is now in {data_path}')


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
