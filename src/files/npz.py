"""Arrays in an .npz file: read without running anything that lies in it."""

import zipfile

import numpy as np

from src.files.errors import FileError, reason


def read(path, names, optional=()):
  """Reads some arrays of a file.

  Args:
    path: str.
    names: those that must be there.
    optional: those that may be there.

  Returns:
    dict from name to array, of those that are there.

  Raises:
    FileError: the file cannot be read, is damaged, holds pickled objects, or
      lacks an array.
  """
  try:
    with open(path, 'rb') as file:
      _look_at(file)
      archive = np.load(file, allow_pickle=False)
      if not isinstance(archive, np.lib.npyio.NpzFile):
        raise ValueError('it is no archive of arrays')
      missing = [name for name in names if name not in archive.files]
      if missing:
        raise ValueError('it has no array ' + missing[0])
      return {
        name: archive[name]
        for name in tuple(names) + tuple(optional)
        if name in archive.files
      }
  except OSError as error:
    raise FileError('cannot read %s: %s' % (path, error.strerror)) from error
  # A damaged archive can make NumPy and zipfile raise nearly anything.
  except Exception as error:
    raise FileError('%s: %s' % (path, reason(error))) from error


def _look_at(file):
  """Raises what zipfile raises, before NumPy has an archive half made.

  NumPy 1.18 complains on stderr, at any later time, when it forgets one.
  """
  if file.read(2) == b'PK':
    zipfile.ZipFile(file).close()
  file.seek(0)
