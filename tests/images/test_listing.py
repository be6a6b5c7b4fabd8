"""What folders and CSVs list, and every line about what they should not."""

import os
import shutil

import numpy as np
import pytest

from src.images import listing
from src.run.errors import RunError
from tests.images import made


def _error(call, *args, **kwargs):
  with pytest.raises(RunError) as caught:
    call(*args, **kwargs)
  assert '\n' not in str(caught.value)
  return str(caught.value)


def test_folders_of_splits(tmp_path):
  made.folders(
    tmp_path,
    {'train/10': 2, 'train/9': 1, 'Val/9': 1, 'test/10': 1, 'train/9/deep': 1},
  )
  (tmp_path / 'train' / '9' / 'notes.txt').write_text('no image')
  (tmp_path / 'train' / '.DS_Store').write_text('litter')
  found = listing.from_folders(str(tmp_path))
  assert found.classes == ['9', '10'], 'numbers by value'
  names = [os.path.relpath(p, str(tmp_path)) for p in found.images['train']]
  # By the name of the file first, as they are numbered.
  assert names == [
    'train/10/000.png', 'train/10/001.png', 'train/9/002.png',
    'train/9/deep/005.png',
  ]  # fmt: skip
  assert found.labels['train'].tolist() == [1, 1, 0, 0]
  assert found.labels['train'].dtype == np.int32
  assert found.labels['valid'].tolist() == [0]
  assert found.labels['test'].tolist() == [1]


def test_folders_without_splits(tmp_path):
  made.folders(tmp_path, {'cat': 2, 'dog': 1})
  found = listing.from_folders(str(tmp_path))
  assert list(found.images) == ['train'] and found.classes == ['cat', 'dog']


def test_bad_folders(tmp_path):
  root = str(tmp_path)
  made.folders(tmp_path, {'train/cat': 1, 'valid/cat': 1, 'test/cat': 1})
  made.folders(tmp_path, {'valid/cow': 1})
  assert 'valid has the classes cow, which %s/train lacks' % root in _error(
    listing.from_folders, root
  )
  shutil.rmtree(str(tmp_path / 'valid' / 'cow'))
  made.folders(tmp_path, {'train/dog': 0})
  assert 'train/dog holds no images' in _error(listing.from_folders, root)
  made.folders(tmp_path, {'val/cat': 1})
  assert 'are the same split' in _error(listing.from_folders, root)
  shutil.rmtree(str(tmp_path / 'val'))
  shutil.rmtree(str(tmp_path / 'test' / 'cat'))
  assert 'test holds no folders of classes' in _error(
    listing.from_folders, root
  )


def test_splits_without_training_images(tmp_path):
  made.folders(tmp_path, {'trian/cat': 1, 'valid/cat': 1, 'test/cat': 1})
  assert 'has valid and test, but no folder train' in _error(
    listing.from_folders, str(tmp_path)
  )


def test_two_files_of_one_split(tmp_path):
  for name in ('train.csv', 'val.csv', 'valid.CSV', 'notes.csv'):
    (tmp_path / name).write_text('')
  assert 'are the same split' in _error(
    listing.split_files, str(tmp_path), '.csv'
  )


def test_images_are_looked_for_nearby(tmp_path):
  made.folders(tmp_path, {'near/cat': 1, 'far/away/deep': 1})
  assert listing.has_images(str(tmp_path / 'near'))
  assert not listing.has_images(str(tmp_path / 'far'))


def test_a_folder_that_cannot_be_listed(tmp_path, monkeypatch):
  made.folders(tmp_path, {'cat': 1})

  def _walk(top, onerror):
    onerror(PermissionError(13, 'Permission denied', top))
    return iter([])

  monkeypatch.setattr(os, 'walk', _walk)
  assert _error(listing.from_folders, str(tmp_path)) == (
    'cannot list %s: Permission denied' % (tmp_path / 'cat')
  )


@pytest.fixture(name='csv_of')
def _csv_of(tmp_path):
  for number in range(4):
    made.write(tmp_path, 'pictures/%d.png' % number, number)

  def _write(text, name='set.csv'):
    (tmp_path / name).write_bytes(text.encode('utf-8'))
    return str(tmp_path / name)

  return _write


def test_csv_with_one_label(csv_of, tmp_path):
  path = csv_of(
    '\ufeffpath,label,split\npictures/2.png, b,\npictures/0.png,ä,train\n\n'
    '"pictures/1.png",b,TEST\n'
  )
  found = listing.from_csv(path)
  assert found.classes == ['b', 'ä']
  assert [os.path.basename(p) for p in found.images['train']] == [
    '2.png', '0.png',
  ]  # fmt: skip
  assert found.labels['train'].tolist() == [0, 1]
  assert found.labels['test'].tolist() == [0]
  csv_of('pictures/3.png,ä\n', 'val.csv')
  csv_of('pictures/0.png,b\npictures/1.png,ä\n', 'train.csv')
  found = listing.from_csv(str(tmp_path))
  assert found.labels['valid'].tolist() == [1], 'by the names of the files'


def test_csv_with_any_number_of_labels(csv_of):
  path = csv_of('pictures/0.png,b;a\npictures/1.png,\npictures/2.png,a\n')
  found = listing.from_csv(path, multi_label=True)
  assert found.classes == ['a', 'b']
  assert found.labels['train'].tolist() == [[1, 1], [0, 0], [1, 0]]
  assert found.labels['train'].dtype == np.float32


@pytest.mark.parametrize(
  ('text', 'why'),
  [
    ('pictures/0.png\n', 'row 1: expected path,label'),
    ('path,label\npictures/0.png,a,b,c\n', 'row 2: expected path,label'),
    ('pictures/0.png,a;b\n', 'has 2 labels: expected one; --multi_label'),
    ('pictures/0.png,\n', 'has 0 labels'),
    ('pictures/9.png,a\n', 'row 1: there is no file '),
    ('pictures/0.png,a\npictures/0.png,b\n', 'row 2: pictures/0.png is in row'),
    ('pictures/0.png,a,tset\n', "'tset' is no split"),
    ('pictures/0.png,a,test\n', 'has no rows of the split train'),
    ('pictures/0.png,a\npictures/1.png,b,test\n', "has the label 'b'"),
    ('"pictures/0.png,a\n', 'is no CSV in UTF-8'),
  ],
)
def test_bad_csv(csv_of, text, why):
  assert why in _error(listing.from_csv, csv_of(text))


def test_missing_csv(tmp_path):
  path = str(tmp_path / 'no.csv')
  assert _error(listing.from_csv, path) == (
    'cannot read %s: No such file or directory' % path
  )


def test_the_same_image_in_two_splits(tmp_path):
  made.folders(tmp_path, {'train/a': 3, 'test/a': 2})
  shutil.copy(
    str(tmp_path / 'train' / 'a' / '001.png'),
    str(tmp_path / 'test' / 'a' / 'copy.png'),
  )
  shutil.copy(
    str(tmp_path / 'train' / 'a' / '002.png'),
    str(tmp_path / 'train' / 'a' / 'copy.png'),
  )
  found = listing.from_folders(str(tmp_path))
  ((first, second),) = listing.in_two_splits(found)
  assert first.endswith('train/a/001.png') and second.endswith('copy.png')
