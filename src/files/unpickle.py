"""Reads arrays, dicts and lists from a pickle without trusting it.

A pickle names the callables it wants to have called. This reader knows the few
names a pickled array of numbers needs, by exact module and name, and gives a
stand-in of its own for each: not even NumPy's or Python's own functions are
called on behalf of a file. Every other name is refused before anything runs.
"""

import pickle  # noqa: TID251 (this is the restricted reader)

import numpy as np

_BYTE_ORDERS = ('<', '>', '=', '|')


class _Type:
  """Stands in for `numpy.dtype`; knows plain numbers of admitted types."""

  def __init__(self, name):
    self.name = name
    self.byte_order = '='

  def __setstate__(self, state):
    order = _text(state[1])
    if order not in _BYTE_ORDERS:
      raise pickle.UnpicklingError(
        'it holds an array of the byte order %r' % (order,)
      )
    self.byte_order = order


class Array:
  """Stands in for `numpy.ndarray`; can only be a view of the file's bytes.

  Attributes:
    values: the read-only NumPy array, absent if the file never filled it.
  """

  def __setstate__(self, state):
    _, shape, dtype, is_fortran, data = state
    if not isinstance(dtype, _Type):
      raise pickle.UnpicklingError('it holds an array without a type')
    values = np.frombuffer(data, dtype.byte_order + dtype.name)
    self.values = values.reshape(shape, order='F' if is_fortran else 'C')


def _text(value):
  """str of what Python 2 wrote as bytes and Python 3 as str."""
  return value.decode('latin1') if isinstance(value, bytes) else value


def _reconstruct(subtype, shape, type_code):
  """Stands in for NumPy's maker of empty arrays, whatever it is asked for."""
  del subtype, shape, type_code
  return Array()


def _encode(text, encoding):
  """Stands in for `_codecs.encode`: how Python 3 writes bytes for Python 2."""
  if encoding not in ('latin1', b'latin1'):
    raise pickle.UnpicklingError(
      'it asks for the encoding %r; only latin1 is allowed' % encoding
    )
  return text.encode('latin1')


class _Unpickler(pickle.Unpickler):
  def __init__(self, file, dtype, what):
    super().__init__(file, encoding='bytes')
    allowed = np.dtype(dtype)
    code = allowed.str[1:]

    def make_type(name, align=False, copy=True):
      del align, copy
      if _text(name) != code:
        raise pickle.UnpicklingError(
          'it holds an array of type %r; only %s (%s) is allowed'
          % (name, allowed.name, code)
        )
      return _Type(code)

    self._what = what
    self._stand_ins = {
      ('numpy.core.multiarray', '_reconstruct'): _reconstruct,  # NumPy 1
      ('numpy._core.multiarray', '_reconstruct'): _reconstruct,  # NumPy 2
      ('numpy', 'ndarray'): Array,
      ('numpy', 'dtype'): make_type,
      ('_codecs', 'encode'): _encode,
    }

  def find_class(self, module, name):
    try:
      return self._stand_ins[module, name]
    except KeyError:
      wanted = '%s.%s' % (module, name)
      raise pickle.UnpicklingError(
        'it asks for %r, which no %s needs; refused' % (wanted, self._what)
      ) from None


def load(file, dtype, what):
  """Reads one object written by Python 2 or 3, with NumPy 1 or 2.

  Args:
    file: file opened in binary mode.
    dtype: the only NumPy type that arrays may have, such as 'uint8'; any byte
      order.
    what: str, what the file should be, such as 'CIFAR-10 batch'.

  Returns:
    Whatever it holds, of Python's own plain types and `Array`. What Python 2
    wrote as str is bytes.

  Raises:
    Exception: nearly any kind, as a damaged file makes the unpickler raise.
      `pickle.UnpicklingError` says what was refused.
  """
  return _Unpickler(file, dtype, what).load()
