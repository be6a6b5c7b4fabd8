"""One process per run directory.

The lock is the operating system's, on an open file: it ends with the process
however that ends, so what a killed run left behind locks nobody out. The file
says who holds it.
"""

import contextlib
import fcntl
import json
import os
import socket

from src.arc import text as text_lib
from src.run.errors import InUse, RunError

LOCK_FILE = 'lock'


@contextlib.contextmanager
def held(directory):
  """Holds the directory's lock inside.

  Raises:
    InUse: another process holds it, named by pid and host.
    RunError: the file cannot be written.
  """
  path = os.path.join(directory, LOCK_FILE)
  try:
    file = text_lib.open_text(path, 'a+')
  except OSError as error:
    raise RunError('cannot write %s: %s' % (path, error.strerror)) from error
  with file:
    try:
      fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
      raise InUse(
        '%s is in use by %s: wait for it, stop it, or choose another '
        '--output_dir' % (directory, _holder(path))
      ) from error
    holder = json.dumps({'pid': os.getpid(), 'host': socket.gethostname()})
    try:
      file.truncate(0)
      os.write(file.fileno(), holder.encode('utf-8'))
    except OSError as error:
      raise RunError('cannot write %s: %s' % (path, error.strerror)) from error
    yield


def _holder(path):
  try:
    with text_lib.open_text(path) as file:
      holder = json.load(file)
    return 'process %d on %s' % (holder['pid'], holder['host'])
  except (OSError, ValueError, KeyError, TypeError):
    return 'another process'
