"""Arrays of one type come out of a pickle, and nothing else does.

What it refuses is tested on CIFAR-10 batches, tests/cifar10/test_unpickle.py.
"""

import io
import pickle  # noqa: TID251 (to write pickles)

import numpy as np
import pytest

from src.files import unpickle

IDS = np.array([3, -1, 2**31 - 1], np.int32)


def _load(content, dtype=np.int32):
  return unpickle.load(io.BytesIO(content), dtype, 'ptb.pkl')


@pytest.mark.parametrize('protocol', range(5))
@pytest.mark.parametrize('order', ['<', '>'])
def test_arrays_of_either_byte_order(protocol, order):
  found = _load(pickle.dumps({'a': [IDS.astype(order + 'i4')]}, protocol))
  values = found['a'][0].values
  assert values.tolist() == IDS.tolist()
  assert values.dtype.itemsize == 4
  assert not values.flags.writeable


def test_python_2_text_is_bytes():
  assert _load(b'\x80\x02}U\x03catK\x07s.') == {b'cat': 7}


@pytest.mark.parametrize('dtype', ['i8', 'u4', 'f4', 'U1'])
def test_only_the_asked_for_type(dtype):
  with pytest.raises(pickle.UnpicklingError) as caught:
    _load(pickle.dumps(np.zeros(2, dtype), 2))
  code = np.dtype(dtype).str[1:]
  assert str(caught.value) == (
    'it holds an array of type %r; only int32 (i4) is allowed' % code
  )


def test_byte_orders_are_words_it_knows():
  content = pickle.dumps(IDS, 2).replace(b'X\x01\x00\x00\x00<', b'U\x01?')
  with pytest.raises(pickle.UnpicklingError) as caught:
    _load(content)
  assert str(caught.value) == "it holds an array of the byte order '?'"


def test_refusal_names_what_the_file_should_be():
  with pytest.raises(pickle.UnpicklingError) as caught:
    _load(b'cos\nsystem\n.')
  assert str(caught.value) == (
    "it asks for 'os.system', which no ptb.pkl needs; refused"
  )
