"""The unpickler reads what the official batches hold, and runs nothing."""

import io
import os
import pickle  # noqa: TID251 (to write batches)

import numpy as np
import pytest

from src.cifar10 import unpickle
from tests.files import python2

ROWS = np.arange(2 * 3072).reshape(2, 3072).astype(np.uint8)


class _Call:
  """Pickles as the wish to have `function(*args)` called on loading."""

  def __init__(self, function, *args):
    self._call = (function, args)

  def __reduce__(self):
    return self._call


def _python2_batch(rows, labels):
  """What Python 2 writes."""
  fields = {
    b'batch_label': python2.text(b'training batch 1 of 5'),
    b'labels': b'](' + b''.join(map(python2.number, labels)) + b'e',
    b'data': python2.array(rows, b'u1', b'|'),
  }
  listed = [python2.text(name) + value for name, value in fields.items()]
  return b'\x80\x02}(' + b''.join(listed) + b'u.'


def _write(folder, content):
  path = str(folder / 'data_batch_1')
  with open(path, 'wb') as batch_file:
    batch_file.write(content)
  return path


def _refusal(folder, content):
  path = _write(folder, content)
  with pytest.raises(ValueError) as caught:
    unpickle.read_batch(path)
  message = str(caught.value)
  assert message.startswith(path + ' is no CIFAR-10 python batch: ')
  assert '\n' not in message
  return message


def test_reads_what_python_2_wrote(tmp_path):
  rows, labels = unpickle.read_batch(
    _write(tmp_path, _python2_batch(ROWS, [6, 9]))
  )
  assert rows.dtype == np.uint8
  np.testing.assert_array_equal(rows, ROWS)
  assert labels == [6, 9]


@pytest.mark.parametrize('key', [str, str.encode])
@pytest.mark.parametrize('protocol', range(5))
def test_reads_what_python_3_wrote(tmp_path, protocol, key):
  batch = {key('data'): ROWS, key('labels'): [6, 9], key('filenames'): []}
  rows, labels = unpickle.read_batch(
    _write(tmp_path, pickle.dumps(batch, protocol))
  )
  np.testing.assert_array_equal(rows, ROWS)
  assert labels == [6, 9]


def test_reads_the_batches_of_numpy_2(tmp_path):
  content = _python2_batch(ROWS, [6, 9])
  assert content.count(b'cnumpy.core.') == 1
  content = content.replace(b'numpy.core', b'numpy._core')
  rows, _ = unpickle.read_batch(_write(tmp_path, content))
  np.testing.assert_array_equal(rows, ROWS)


def test_reads_column_major_arrays(tmp_path):
  batch = {'data': np.asfortranarray(ROWS), 'labels': [6, 9]}
  rows, _ = unpickle.read_batch(_write(tmp_path, pickle.dumps(batch, 2)))
  np.testing.assert_array_equal(rows, ROWS)


@pytest.mark.parametrize('protocol', [0, 2, 4])
@pytest.mark.parametrize(
  'function, name',
  [(os.system, os.system.__module__ + '.system'), (eval, '.eval')],
)
def test_refuses_gadgets_without_running_them(
  tmp_path, protocol, function, name
):
  marker = str(tmp_path / 'ran')
  code = (
    f'echo > {marker}' if function is os.system else (f'open({marker!r}, "w")')
  )
  gadget = pickle.dumps(
    {'data': ROWS, 'labels': [6, 9], 'x': _Call(function, code)}, protocol
  )
  pickle.loads(gadget)  # it does run where nobody looks
  assert os.path.exists(marker)
  os.remove(marker)
  message = _refusal(tmp_path, gadget)
  assert name + "', which no CIFAR-10 python batch needs; refused" in message
  assert not os.path.exists(marker)


@pytest.mark.parametrize(
  'name',
  [
    'numpy.load',
    'numpy.core.multiarray.scalar',
    'numpy.core.multiarray.fromfile',
    'numpy.ndarray.tofile',
    'numpy.dtype.type',
    '_codecs.decode',
    'codecs.encode',
    'builtins.bytes',
    'copyreg._reconstructor',
  ],
)
def test_refuses_neighbours_of_the_admitted_names(tmp_path, name):
  module, _, attribute = name.rpartition('.')
  content = f'c{module}\n{attribute}\n.'.encode()
  assert f'asks for {name!r}, which' in _refusal(tmp_path, content)


def test_refuses_dotted_names_below_an_admitted_one(tmp_path):
  stream = b'\x80\x04\x8c\x05numpy\x8c\x0endarray.tofile\x93.'
  assert "asks for 'numpy.ndarray.tofile'" in _refusal(tmp_path, stream)


def test_a_name_cannot_break_the_line(tmp_path):
  stream = b'\x80\x04\x8c\x02o\n\x8c\x02s\n\x93.'
  assert r"asks for 'o\n.s\n'" in _refusal(tmp_path, stream)


@pytest.mark.parametrize('dtype', ['O', 'i8', 'f4', 'S3', 'i1', 'b1'])
def test_refuses_arrays_that_are_not_uint8(tmp_path, dtype):
  batch = {'data': np.zeros([2, 3072], dtype), 'labels': [6, 9]}
  message = _refusal(tmp_path, pickle.dumps(batch, 2))
  assert np.dtype(dtype).str[1:] in message
  assert 'only uint8 (u1) is allowed' in message


def test_refuses_encodings_but_latin1(tmp_path):
  stream = b'c_codecs\nencode\n(Vtext\nVrot13\ntR.'
  assert "encoding 'rot13'; only latin1" in _refusal(tmp_path, stream)


def test_admitted_names_never_reach_numpy(tmp_path):
  # Really calling `ndarray` with this shape would ask for 2^40 bytes.
  stream = (
    b'cnumpy.core.multiarray\n_reconstruct\n'
    b'(cnumpy\nndarray\n(L1099511627776L\ntVb\ntR.'
  )
  assert 'it holds no dict' in _refusal(tmp_path, stream)


def test_names_what_is_wrong_with_the_content(tmp_path):
  cases = [
    ({'labels': [1]}, 'it has no field data'),
    ({'data': ROWS}, 'it has no field labels'),
    ({'data': [1], 'labels': [1]}, 'its data is no uint8 array'),
    (
      {'data': ROWS[:, :3071], 'labels': [6, 9]},
      'its data has shape [2, 3071] instead of [N, 3072]',
    ),
    ({'data': ROWS, 'labels': [6]}, 'it has 2 images but 1 labels'),
    ({'data': ROWS, 'labels': [6, 'x']}, 'its labels are no list of ints'),
    ({'data': ROWS, 'labels': (6, 9)}, 'its labels are no list of ints'),
    ([1], 'it holds no dict'),
  ]
  for batch, problem in cases:
    assert _refusal(tmp_path, pickle.dumps(batch, 2)).endswith(problem)


def test_damaged_files_are_one_line(tmp_path):
  whole = _python2_batch(ROWS, [6, 9])
  for size in (0, 1, 20, len(whole) // 2, len(whole) - 1):
    _refusal(tmp_path, whole[:size])
  _refusal(tmp_path, b'\x1f\x8b not a pickle')
  too_short = _python2_batch(ROWS, [6, 9]).replace(b'M\x02\x00', b'M\x03\x00')
  assert 'reshape' in _refusal(tmp_path, too_short)


def test_an_error_without_text_has_a_reason(tmp_path, monkeypatch):
  def _load(*unused):
    raise MemoryError

  monkeypatch.setattr(unpickle.unpickle, 'load', _load)
  assert _refusal(tmp_path, b'').endswith(' python batch: MemoryError')


def test_agrees_with_the_real_unpickler(tmp_path):
  for content in (
    _python2_batch(ROWS, [6, 9]),
    pickle.dumps({b'data': ROWS, b'labels': [6, 9]}, 2),
  ):
    trusted = pickle.load(io.BytesIO(content), encoding='bytes')
    rows, labels = unpickle.read_batch(_write(tmp_path, content))
    np.testing.assert_array_equal(rows, trusted[b'data'])
    assert labels == trusted[b'labels']
