"""Whether data are those that a run was trained on, wherever they lie now.

A checkpoint remembers a digest of each part of its data. A folder that moved
is no other data; changed files in the same folder are.
"""

import json
import os

from src.arc import text as text_lib
from src.run import checkpoints, directory
from src.run.errors import RunError

FILE = 'data.json'


def remembered(state):
  """What a checkpoint's state says of its data; empty if it is older."""
  return state.get('data', state.get('corpus', {}))


def of_run(path):
  """The same of the newest checkpoint in a run directory; empty without one."""
  found = checkpoints.find(path)
  return remembered(found[-1].state) if found else {}


def keep(found, path):
  """Checks data against those that a directory of many trainings has seen.

  Args:
    found: dict from part to digest, of the data that are there.
    path: str, the directory; what it has seen first is in its `data.json`.

  Raises:
    RunError: they are others, or the file cannot be read or written.
  """
  file_name = os.path.join(path, FILE)
  if not os.path.exists(file_name):
    text = json.dumps(found, indent=1, sort_keys=True)
    directory.write(path, FILE, text + '\n')
    return
  try:
    with text_lib.open_text(file_name) as file:
      known = dict(json.load(file))
  except (OSError, TypeError, ValueError) as error:
    raise RunError(
      '%s is damaged: %s; restore it from a copy, or start over with '
      '--reset_output_dir' % (file_name, error)
    ) from error
  check(found, known, 'what is in %s' % path)


def check(found, known, trained):
  """Raises RunError if a part is not what it was.

  Args:
    found: dict from part to digest, of the data that are there.
    known: the same of those that training began with, see `remembered`.
    trained: str, what was trained, for the message.
  """
  other = [
    name for name, digest in found.items() if known.get(name, digest) != digest
  ]
  if other:
    raise RunError(
      '--data_path holds other data than %s was trained on (other: %s): give '
      'the same' % (trained, ', '.join(other))
    )
