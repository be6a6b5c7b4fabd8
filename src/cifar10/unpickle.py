"""Reads the official CIFAR-10 python batches without trusting them."""

import numpy as np

from src.files import unpickle
from src.files.errors import reason

ROW_BYTES = 3072  # 3 planes of 32x32: red, green, blue


def read_batch(path):
  """Reads one batch written by Python 2 or 3, with NumPy 1 or 2.

  Args:
    path: str, a pickled dict with `data` (uint8 [N, 3072]) and `labels` (list
      of N ints), its keys str or bytes.

  Returns:
    (rows, labels): uint8 [N, 3072], each row 3 planes of 32x32, and a list of
    N ints of any value.

  Raises:
    ValueError: the file is damaged, asks for a name it may not have, or does
      not hold what a batch holds.
    OSError: the file cannot be opened.
  """
  return _read(path, 'CIFAR-10 python batch', _batch)


def read_names(path):
  """Reads the names of the classes from `batches.meta`.

  Returns:
    list of str, or bytes where Python 2 wrote them.

  Raises:
    ValueError, OSError: see `read_batch`.
  """
  return _read(path, 'batches.meta of the python version', _names)


def _read(path, what, take):
  """take(function from a field's name to its value) of a pickled dict."""

  def field(key):
    value = content.get(key, content.get(key.encode()))
    if value is None:
      raise ValueError('it has no field %s' % key)
    return value

  with open(path, 'rb') as file:
    try:
      content = unpickle.load(file, np.uint8, what)
      if not isinstance(content, dict):
        raise ValueError('it holds no dict')
      return take(field)
    # A damaged pickle can make the unpickler raise nearly anything.
    except Exception as error:
      raise ValueError(
        '%s is no %s: %s' % (path, what, reason(error))
      ) from error


def _names(field):
  names = field('label_names')
  if not isinstance(names, list) or any(
    type(name) not in (bytes, str) for name in names
  ):
    raise ValueError('its label_names are no list of text')
  return names


def _batch(field):
  data, labels = field('data'), field('labels')
  if not isinstance(data, unpickle.Array):
    raise ValueError('its data is no uint8 array')
  rows = data.values
  if rows.ndim != 2 or rows.shape[1] != ROW_BYTES:
    raise ValueError(
      'its data has shape %s instead of [N, %s]' % (list(rows.shape), ROW_BYTES)
    )
  if not isinstance(labels, list) or any(type(v) is not int for v in labels):
    raise ValueError('its labels are no list of ints')
  if len(labels) != len(rows):
    raise ValueError(
      'it has %s images but %s labels' % (len(rows), len(labels))
    )
  return rows, labels
