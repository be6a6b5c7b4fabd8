"""Reads the official CIFAR-10 python batches without trusting them."""

import numpy as np

from src.files import unpickle
from src.run import errors

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
  with open(path, 'rb') as batch_file:
    try:
      batch = unpickle.load(batch_file, np.uint8, 'CIFAR-10 batch')
      if not isinstance(batch, dict):
        raise ValueError('it holds no dict')
      fields = []
      for key in ('data', 'labels'):
        fields.append(batch.get(key, batch.get(key.encode())))
        if fields[-1] is None:
          raise ValueError(f'it has no field {key}')
      return _checked(*fields)
    # A damaged pickle can make the unpickler raise nearly anything.
    except Exception as error:
      raise ValueError(
        f'{path} is no CIFAR-10 python batch: {errors.reason(error)}'
      ) from error


def _checked(data, labels):
  if not isinstance(data, unpickle.Array):
    raise ValueError('its data is no uint8 array')
  rows = data.values
  if rows.ndim != 2 or rows.shape[1] != ROW_BYTES:
    raise ValueError(
      f'its data has shape {list(rows.shape)} instead of [N, {ROW_BYTES}]'
    )
  if not isinstance(labels, list) or any(type(v) is not int for v in labels):
    raise ValueError('its labels are no list of ints')
  if len(labels) != len(rows):
    raise ValueError(f'it has {len(rows)} images but {len(labels)} labels')
  return rows, labels
