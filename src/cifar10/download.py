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
      log(
        '%s is already in %s, and every file is right'
        % (archive.title, data_path)
      )
      return
    for name in layout.batch_names(data_path, '.bin').values():
      raise RunError(
        '%s belongs to another or an incomplete set and would hide the '
        'downloaded one; give another --data_path'
        % os.path.join(data_path, name)
      )
    if layout.archives_at(data_path):
      return
    os.makedirs(os.path.realpath(data_path), exist_ok=True)
    with tempfile.TemporaryDirectory(prefix='.fetch-', dir=data_path) as folder:
      path = os.path.join(folder, os.path.basename(url))
      log('Downloading %s' % url)
      _fetch(url, path)
      official.install(path, archive, data_path)
  except archives.ArchiveError as error:
    raise RunError('%s (from %s); try again later' % (error, url)) from error
  except (OSError, http.client.HTTPException) as error:
    raise RunError(
      'could not download %s to %s: %s; this needs a network connection and '
      '400 MB of free space; %s carried there by hand is unpacked without '
      '--download' % (url, data_path, error, archive.name)
    ) from error
  log('%s is now in %s' % (archive.title, data_path))


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
    raise OSError(
      'the connection broke after %s of %s bytes' % (received, total)
    )
