"""Whether data are those that a run was trained on, wherever they lie now.

A checkpoint remembers a digest of each part of its data. A folder that moved
is no other data; changed files in the same folder are.
"""

from src.run import checkpoints
from src.run.errors import RunError


def remembered(state):
  """What a checkpoint's state says of its data; empty if it is older."""
  return state.get('data', state.get('corpus', {}))


def of_run(path):
  """The same of the newest checkpoint in a run directory; empty without one."""
  found = checkpoints.find(path)
  return remembered(found[-1].state) if found else {}


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
