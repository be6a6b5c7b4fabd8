"""The names of the classes: what lies beside the batches says them.

Both official archives hold them, as text or pickled. Nothing else is known of
data than its labels, so that without names classes are numbered.
"""

import os

from src.cifar10 import unpickle


def read(folder, num_classes, tell=print, of_cifar100=False):
  """The names of the labels 0, 1, ..., a list of `num_classes` str.

  Args:
    folder: str, where the batches are.
    num_classes: int.
    tell: function of a str that prints one line: why names are not taken.
    of_cifar100: bool, whether the names lie in the files of CIFAR-100.
  """
  numbers = list(map(str, range(num_classes)))
  files = _FILES
  if of_cifar100:
    kind = 'coarse' if num_classes == 20 else 'fine'
    files = {kind + '_label_names.txt': _read_text}
  for name, reader in files.items():
    path = os.path.join(folder, name)
    if not os.path.exists(path):
      continue
    try:
      names = reader(path)
    except OSError as error:
      why = 'cannot read %s: %s' % (path, error.strerror)
    except ValueError as error:
      why = str(error)
    else:
      if len(names) == num_classes:
        return names
      why = '%s names %s classes, and --num_classes is %s' % (
        path,
        len(names),
        num_classes,
      )
    tell('warning: %s; classes are numbered' % why)
    break
  return numbers


def _read_text(path):
  """One name a line."""
  with open(path, 'rb') as source:
    lines = _decoded(source.read()).splitlines()
  return [line.strip() for line in lines if line.strip()]


def _read_pickled(path):
  return [
    name if isinstance(name, str) else _decoded(name)
    for name in unpickle.read_names(path)
  ]


def _decoded(content):
  """str of UTF-8, or else of Latin-1, in which every byte is legal."""
  try:
    return content.decode('utf-8-sig')
  except UnicodeDecodeError:
    return content.decode('latin-1')


_FILES = {
  'batches.meta.txt': _read_text,
  'batches.meta': _read_pickled,
}
