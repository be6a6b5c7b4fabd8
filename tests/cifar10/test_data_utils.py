"""Reading CIFAR-10: layouts, the split, statistics, and every refusal."""

import os
import pickle  # noqa: TID251 (to write batches)

import numpy as np
import pytest

from src.cifar10 import data_utils
from src.run.errors import RunError

MINI = os.path.join(
  os.path.dirname(__file__), '..', '..', 'data', 'cifar10_mini'
)


def _records(count, first=0, classes=10):
  """Records whose label and pixels say which image, channel and place."""
  rows = np.zeros([count, 3073], np.uint8)
  for index in range(count):
    number = first + index
    rows[index, 0] = number % classes
    for channel in range(3):
      plane = np.arange(1024) * 7 + 50 * channel + 11 * number
      rows[index, 1 + 1024 * channel : 1 + 1024 * (channel + 1)] = plane % 256
  return rows


def _write_binary(folder, counts=(3, 4), test=2):
  folder.mkdir(parents=True, exist_ok=True)
  first = 0
  for number, count in enumerate(counts, 1):
    _records(count, first).tofile(str(folder / f'data_batch_{number}.bin'))
    first += count
  _records(test, 100).tofile(str(folder / 'test_batch.bin'))
  return str(folder)


def _write_python(folder, counts=(3, 4), test=2):
  folder.mkdir(parents=True, exist_ok=True)
  parts = [(f'data_batch_{i}', n) for i, n in enumerate(counts, 1)]
  first = 0
  for name, count in parts + [('test_batch', test)]:
    rows = _records(count, 100 if name == 'test_batch' else first)
    first += count
    batch = {b'data': rows[:, 1:], b'labels': rows[:, 0].tolist()}
    (folder / name).write_bytes(pickle.dumps(batch, 2))
  return str(folder)


def _read(path, num_valids=2, **kwargs):
  return data_utils.read_data(
    str(path), num_valids, log=lambda line: None, **kwargs
  )


def _error(path, **kwargs):
  with pytest.raises(RunError) as caught:
    _read(path, **kwargs)
  assert '\n' not in str(caught.value)
  return str(caught.value)


def _slow_images(records):
  """NHWC by one assignment a pixel row, straight from the format's text."""
  images = np.zeros([len(records), 32, 32, 3], np.uint8)
  for index, record in enumerate(records):
    for channel in range(3):
      for row in range(32):
        start = 1 + 1024 * channel + 32 * row
        images[index, row, :, channel] = record[start : start + 32]
  return images


@pytest.mark.parametrize('write', [_write_binary, _write_python])
@pytest.mark.parametrize(
  'below', ['', 'cifar-10-batches-bin', 'cifar-10-batches-py']
)
def test_reads_both_formats_wherever_they_lie(tmp_path, write, below):
  write(tmp_path / below)
  data = _read(tmp_path)
  expected = _slow_images(_records(7))
  np.testing.assert_array_equal(data.images['train'], expected[:5])
  np.testing.assert_array_equal(data.images['valid'], expected[5:])
  np.testing.assert_array_equal(
    data.images['test'], _slow_images(_records(2, 100))
  )
  assert data.labels['train'].tolist() == [0, 1, 2, 3, 4]
  assert data.labels['valid'].tolist() == [5, 6]
  assert data.labels['test'].tolist() == [0, 1]
  for part in ('train', 'valid', 'test'):
    assert data.images[part].dtype == np.uint8
    assert data.images[part].flags.c_contiguous
    assert data.labels[part].dtype == np.int32


def test_binary_is_preferred(tmp_path):
  _write_python(tmp_path, counts=(3,))
  _write_binary(tmp_path / 'cifar-10-batches-bin', counts=(4, 4))
  assert len(_read(tmp_path).images['train']) == 6


def test_without_a_valid_set_all_images_train(tmp_path):
  data = _read(_write_binary(tmp_path), num_valids=0)
  assert sorted(data.images) == sorted(data.labels) == ['test', 'train']
  assert len(data.images['train']) == 7


def test_log_lines(tmp_path):
  lines = []
  data_utils.read_data(_write_binary(tmp_path), 2, log=lines.append)
  assert lines[:-2] == [
    '-' * 80,
    'Reading data',
    'data_batch_1.bin',
    'data_batch_2.bin',
    'test_batch.bin',
    'Prepropcess: [subtract mean], [divide std]',
  ]
  pixels = _slow_images(_records(5)).astype(np.float64)
  for line, name, expected in [
    (lines[-2], 'mean', pixels.mean(axis=(0, 1, 2))),
    (lines[-1], 'std', pixels.std(axis=(0, 1, 2))),
  ]:
    assert line.startswith(name + ': [') and line.endswith(']')
    values = [float(v) for v in line[len(name) + 3 : -1].split()]
    np.testing.assert_allclose(values, expected, atol=1e-4)


def test_the_embedded_set():
  data = _read(MINI, num_valids=500)
  assert data.images['train'].shape == (1500, 32, 32, 3)
  assert data.images['valid'].shape == (500, 32, 32, 3)
  assert data.images['test'].shape == (500, 32, 32, 3)
  for part in ('train', 'valid', 'test'):
    assert set(data.labels[part]) == set(range(10))
  records = np.fromfile(os.path.join(MINI, 'data_batch_1.bin'), np.uint8)
  pixels = _slow_images(records.reshape(-1, 3073)[:1500]) / 255.0
  np.testing.assert_allclose(data.mean, pixels.mean(axis=(0, 1, 2)), rtol=1e-6)
  np.testing.assert_allclose(data.std, pixels.std(axis=(0, 1, 2)), rtol=1e-6)


def test_truncated_file(tmp_path):
  _write_binary(tmp_path)
  path = tmp_path / 'data_batch_2.bin'
  path.write_bytes(path.read_bytes()[:-1])
  message = _error(tmp_path)
  assert f'{path} has 12291 bytes: 3 records' in message
  assert 'and 3072 bytes more' in message


def test_records_of_cifar_100_under_these_names(tmp_path):
  _write_binary(tmp_path)
  path = tmp_path / 'test_batch.bin'
  path.write_bytes(bytes(2 * 3074))
  assert 'records with two labels' in _error(tmp_path)


def test_a_set_copied_in_part_is_told(tmp_path, monkeypatch):
  monkeypatch.setattr(data_utils, '_BATCH_SIZE', 4)
  told = []
  for counts in ((4, 4, 4), (4, 4, 4, 4, 4), (3, 4, 4)):
    _read(_write_binary(tmp_path, counts), tell=told.append)
    for path in tmp_path.glob('data_batch_*'):
      path.unlink()
  (line,) = told
  assert 'has 12 training images' in line and 'of 20' in line
  assert 'data_batch_4.bin, data_batch_5.bin missing' in line


def test_empty_file(tmp_path):
  _write_binary(tmp_path)
  (tmp_path / 'test_batch.bin').write_bytes(b'')
  path = tmp_path / 'test_batch.bin'
  assert _error(tmp_path).startswith(f'{path} holds no images')


@pytest.mark.parametrize(
  'write, name',
  [
    (_write_binary, 'data_batch_2.bin'),
    (_write_python, 'data_batch_2'),
  ],
)
def test_label_out_of_range(tmp_path, write, name):
  write(tmp_path)
  message = _error(tmp_path, num_classes=6)
  assert f'{tmp_path / name}: record 3 has the label 6;' in message
  assert '--num_classes=6' in message and '0..5' in message
  assert len(_read(tmp_path, num_classes=7).labels['train']) == 5


def test_negative_label_in_a_python_batch(tmp_path):
  _write_python(tmp_path)
  batch = {'data': _records(2)[:, 1:], 'labels': [3, -1]}
  (tmp_path / 'data_batch_1').write_bytes(pickle.dumps(batch, 2))
  assert 'record 1 has the label -1' in _error(tmp_path)


def test_a_forbidden_name_in_a_python_batch_is_a_data_error(tmp_path):
  _write_python(tmp_path)
  (tmp_path / 'data_batch_1').write_bytes(b"cos\nsystem\n(S'true'\ntR.")
  message = _error(tmp_path)
  assert str(tmp_path / 'data_batch_1') in message
  assert 'os.system' in message and 'refused' in message


def test_a_folder_in_place_of_a_batch(tmp_path):
  _write_binary(tmp_path)
  os.remove(str(tmp_path / 'data_batch_2.bin'))
  (tmp_path / 'data_batch_2.bin').mkdir()
  path = tmp_path / 'data_batch_2.bin'
  assert _error(tmp_path).startswith(f'cannot read {path}: ')


@pytest.mark.parametrize('num_valids', [7, 8])
def test_num_valids_must_leave_training_images(tmp_path, num_valids):
  message = _error(_write_binary(tmp_path), num_valids=num_valids)
  assert f'--num_valids={num_valids}: ' in message
  assert 'only 7 training images' in message
  assert len(_read(tmp_path, num_valids=6).images['train']) == 1


def test_num_valids_must_not_be_negative(tmp_path):
  message = _error(_write_binary(tmp_path), num_valids=-1)
  assert message == '--num_valids=-1: expected at least 0'
