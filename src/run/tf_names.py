"""Folders as TensorFlow can say them, whose names of files are UTF-8."""

import contextlib
import os


@contextlib.contextmanager
def sayable(directory):
  """Yields a path of a folder that TensorFlow takes, whatever its name is.

  A name that is no UTF-8 is reached through the open folder, on Linux.

  Args:
    directory: str, a folder that is there.
  """
  try:
    directory.encode('utf-8')
  except UnicodeEncodeError:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
      yield '/proc/self/fd/%d' % descriptor
    finally:
      os.close(descriptor)
  else:
    yield directory
