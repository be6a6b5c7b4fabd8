"""What lies in a folder, as far as it matters, and how an error shows it."""

import os

_SHOWN = 10  # names in an error


def ignored(name):
  """Whether a file or folder name is litter of an operating system.

  The official archives of CODEBRIM hold `.DS_Store` files and a `__MACOSX`
  folder.
  """
  return name.startswith('.') or name in ('__MACOSX', 'Thumbs.db')


def listing(folder):
  """The names in a folder, none where it is no folder or cannot be read."""
  try:
    return os.listdir(folder)
  except OSError:
    return []


def shortened(names):
  """The first ten names as text, and how many more there are."""
  more = len(names) - _SHOWN
  text = ', '.join(names[:_SHOWN])
  return text + (' and %d more' % more if more > 0 else '')
