"""Names of classes come from what lies beside the batches, or are numbers."""

import pickle  # noqa: TID251 (to write name files)

import pytest

from src.cifar10 import class_names, unpickle


def _read(folder, num_classes=3):
  told = []
  return class_names.read(str(folder), num_classes, told.append), told


@pytest.mark.parametrize(
  'content',
  [
    'Läufer\n crack \nno rust\n\n'.encode(),
    '\ufeffLäufer\r\ncrack\r\nno rust'.encode(),
    'Läufer\ncrack\nno rust\n'.encode('latin-1'),
  ],
)
def test_one_name_a_line(tmp_path, content):
  (tmp_path / 'batches.meta.txt').write_bytes(content)
  assert _read(tmp_path) == (['Läufer', 'crack', 'no rust'], [])


@pytest.mark.parametrize('names', [[b'a', 'ä'.encode(), b'c'], ['a', 'ä', 'c']])
def test_names_of_the_python_version(tmp_path, names):
  meta = {b'label_names' if names[0] == b'a' else 'label_names': names}
  (tmp_path / 'batches.meta').write_bytes(pickle.dumps(meta, 2))
  assert _read(tmp_path) == (['a', 'ä', 'c'], [])


def test_without_a_name_file_classes_are_numbered(tmp_path):
  assert _read(tmp_path, 10)[0] == list('0123456789')


def test_names_that_do_not_fit_are_not_taken_and_it_is_said(tmp_path):
  (tmp_path / 'batches.meta.txt').write_text('cat\ndog\n')
  names, (line,) = _read(tmp_path)
  assert names == ['0', '1', '2']
  assert 'batches.meta.txt names 2 classes, and --num_classes is 3' in line


@pytest.mark.parametrize(
  'content, why',
  [
    (b"cos\nsystem\n(S'true'\ntR.", 'os.system'),
    (pickle.dumps({'label_names': 'abc'}), 'no list of text'),
    (pickle.dumps({'names': []}), 'no field label_names'),
  ],
)
def test_a_pickle_that_is_not_to_be_trusted_names_nothing(
  tmp_path, content, why
):
  path = tmp_path / 'batches.meta'
  path.write_bytes(content)
  with pytest.raises(ValueError, match=why):
    unpickle.read_names(str(path))
  names, (line,) = _read(tmp_path)
  assert names == ['0', '1', '2'] and why in line and str(path) in line


def test_a_name_file_that_cannot_be_read(tmp_path):
  (tmp_path / 'batches.meta.txt').mkdir()
  assert 'cannot read' in _read(tmp_path)[1][0]
