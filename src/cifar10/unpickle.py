"""Reads the official CIFAR-10 python batches without trusting them.

A pickle names the callables it wants to have called. This reader knows the few
names a pickled uint8 array needs, by exact module and name, and gives a
stand-in of its own for each: not even NumPy's or Python's own functions are
called on behalf of a file. Every other name is refused before anything runs.
"""

import pickle  # noqa: TID251 (this is the restricted reader)

import numpy as np

ROW_BYTES = 3072  # 3 planes of 32x32: red, green, blue


class _Uint8:
  """Stands in for `numpy.dtype`; knows single unsigned bytes only."""

  def __init__(self, name, align=False, copy=True):
    del align, copy
    if name not in ('u1', b'u1'):
      raise pickle.UnpicklingError(
        f'it holds an array of type {name!r}; only uint8 (u1) is allowed'
      )

  def __setstate__(self, state):
    """Drops byte order and alignment: single bytes have neither."""


class _Array:
  """Stands in for `numpy.ndarray`; can only be a view of the file's bytes."""

  def __setstate__(self, state):
    _, shape, dtype, is_fortran, data = state
    if not isinstance(dtype, _Uint8):
      raise pickle.UnpicklingError('it holds an array that is not uint8')
    order = 'F' if is_fortran else 'C'
    self.values = np.frombuffer(data, np.uint8).reshape(shape, order=order)


def _reconstruct(subtype, shape, type_code):
  """Stands in for NumPy's maker of empty arrays, whatever it is asked for."""
  del subtype, shape, type_code
  return _Array()


def _encode(text, encoding):
  """Stands in for `_codecs.encode`: how Python 3 writes bytes for Python 2."""
  if encoding not in ('latin1', b'latin1'):
    raise pickle.UnpicklingError(
      f'it asks for the encoding {encoding!r}; only latin1 is allowed'
    )
  return text.encode('latin1')


_STAND_INS = {
  ('numpy.core.multiarray', '_reconstruct'): _reconstruct,  # NumPy 1
  ('numpy._core.multiarray', '_reconstruct'): _reconstruct,  # NumPy 2
  ('numpy', 'ndarray'): _Array,
  ('numpy', 'dtype'): _Uint8,
  ('_codecs', 'encode'): _encode,
}


class _Unpickler(pickle.Unpickler):
  def find_class(self, module, name):
    try:
      return _STAND_INS[module, name]
    except KeyError:
      wanted = f'{module}.{name}'
      raise pickle.UnpicklingError(
        f'it asks for {wanted!r}, which no CIFAR-10 batch needs; refused'
      ) from None


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
      batch = _Unpickler(batch_file, encoding='bytes').load()
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
        f'{path} is no CIFAR-10 python batch: {error or type(error).__name__}'
      ) from error


def _checked(data, labels):
  if not isinstance(data, _Array):
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
