"""What is recognised: sets, archives, and everything that is none of them."""

import os

import pytest

from src.cifar10 import layout, official
from src.images import arrays, listing
from src.run.errors import RunError

_SET = ['data_batch_1.bin', 'data_batch_2.bin', 'test_batch.bin']
_BELOW = 'cifar-10-batches-bin/'
_ADVICE = ['--download', '--data_path=data/cifar10_mini']


def _make(folder, names):
  """Empty files; folders where a name ends so. Paths are relative to it."""
  for name in names:
    path = folder / name
    if name.endswith('/'):
      path.mkdir(parents=True, exist_ok=True)
    else:
      path.parent.mkdir(parents=True, exist_ok=True)
      path.write_bytes(b'')


@pytest.fixture
def data(tmp_path, monkeypatch):
  """A folder below the current one."""
  monkeypatch.chdir(str(tmp_path))
  (tmp_path / 'data').mkdir()
  return tmp_path / 'data'


def test_numbers_sort_batches(data):
  _make(data, ['data_batch_%d' % n for n in range(1, 12)] + ['test_batch'])
  found = layout.find('data')
  assert found[:2] == ('data', '') and found.test == 'test_batch'
  assert found.train[1] == 'data_batch_2' and found.train[10] == 'data_batch_11'


@pytest.mark.parametrize(
  'name, archive',
  [
    ('cifar-10-binary.tar.gz', official.BINARY),
    ('cifar-10-binary (1).tar.gz', official.BINARY),
    ('cifar-10-python.tar.gz', official.PYTHON),
    ('cifar-100-binary.tar.gz', official.BINARY_100),
  ],
)
def test_archives_in_the_folder_or_named(data, name, archive):
  _make(data, [name])
  packed = layout.Packed(os.path.join('data', name), archive)
  assert layout.find('data') == layout.find(packed.path) == packed
  _make(data, [_BELOW + 'data_batch_1.bin'])  # unpacking was cut short
  assert layout.find(packed.path) == packed


def test_what_is_unpacked_is_not_unpacked_again(data):
  _make(data, ['cifar-10-binary.tar.gz'] + [_BELOW + name for name in _SET])
  for path in ('data', 'data/cifar-10-binary.tar.gz'):
    assert layout.find(path)[:3] == (
      'data/cifar-10-batches-bin', '.bin', _SET[:2],
    )  # fmt: skip


@pytest.mark.parametrize(
  'files, path, parts',
  [
    ([], 'data', ['data is an empty folder'] + _ADVICE),
    (['.DS_Store'], 'data/', ['data/ is an empty folder']),
    ([], 'no/where', ["there is no data folder 'no/where'"] + _ADVICE),
    ([], '~/data', ['no data folder', '$HOME']),
    (_SET, 'data/cifar10',
     ['no data folder', 'above has a set: give --data_path=data']),
    (_SET + ['logs/a.log'], 'data/logs',
     ['no batches, but the folder above has: give --data_path=data']),
    (['my c/' + name for name in _SET] + ['d/cifar-10-python.tar.gz', 'e/x'],
     'data',
     ["a folder in it has: give --data_path=data/d or --data_path='data/my c'"
      ]),
    (['data_batch_3.bin'], 'data',
     ['data lacks data_batch_1.bin, data_batch_2.bin, test_batch.bin']),
    (['test_batch'], 'data', ['data lacks data_batch_1: ']),
    (['data_batch_99999999999'], 'data', ['data_batch_5, test_batch: ']),
    ([_BELOW + 'data_batch_1.bin', 'cifar-10-binary.tar.gz'], 'data',
     [_BELOW[:-1] + ' lacks test_batch.bin',
      'or give --data_path=data/cifar-10-binary.tar.gz, which is unpacked']),
    (_SET, 'data/test_batch.bin',
     ['is one batch: give its folder, --data_path=data']),
    (['meta', 'train', 'test'], 'data',
     ['python version of CIFAR-100 (test, train)', '--num_classes=100']),
    (['cifar-100-binary/train.bin'], 'data',
     ['data/cifar-100-binary lacks test.bin']),
    (['cifar-100-python.tar.gz'], 'data/cifar-100-python.tar.gz',
     ['CIFAR-100 (cifar-100-python.tar.gz)', 'cifar-100-binary.tar.gz']),
    (['data_batch_1.pkl', 'batches.meta', 'readme.html'], 'data',
     ['holds data_batch_1.pkl, but batches are called data_batch_1.bin',
      'rename them']),
    (['DATA_BATCH_1.BIN'], 'data', ['holds DATA_BATCH_1.BIN, but']),
    (['1.png', '2.png'], 'data',
     ['image files (1.png, 2.png) of no class', 'path,label']),
    (['a.npz', 'b.csv', 'pictures/1.txt'], 'data',
     ['no CIFAR-10 batches: it holds a.npz, b.csv, pictures; '] + _ADVICE),
    (['a.zip'], 'data/a.zip',
     ['is an archive, but neither cifar-10-binary.tar.gz nor', 'unpack it']),
    (['a.doc'], 'data/a.doc', ['is a file; give a folder of folders of']),
  ],
)  # fmt: skip
def test_everything_else_is_told_apart(data, files, path, parts):
  _make(data, files)
  with pytest.raises(RunError) as caught:
    layout.find(path)
  assert '\n' not in str(caught.value)
  for part in parts:
    assert part in str(caught.value)


@pytest.mark.parametrize(
  ('files', 'path', 'lists'),
  [
    (['cat/1.png', 'dog/2.JPG', 'list.txt'], 'data', None),
    (['train/cat/1.png', 'train/dog/2.png'], 'data', None),
    (['train.csv', 'train/1.png'], 'data', listing.from_csv),
    (['train.npz', 'test.npz'], 'data', arrays.from_arrays),
    (['a.CSV'], 'data/a.CSV', listing.from_csv),
    (['a.npz'], 'data/a.npz', arrays.from_arrays),
  ],
)
def test_own_images(data, files, path, lists):
  _make(data, files)
  found = layout.find(path)
  assert found.path == path and lists in (None, found.list)
  if lists is None:
    assert found.list(path, False).classes == ['cat', 'dog']


def test_cifar100(data):
  _make(data, ['cifar-100-binary/train.bin', 'cifar-100-binary/test.bin'])
  assert layout.find('data') == (
    'data/cifar-100-binary', '.bin', ['train.bin'], 'test.bin', 2,
  )  # fmt: skip


def test_a_broken_link(data):
  (data / 'link').symlink_to('/no/disk')
  with pytest.raises(RunError, match='a link to /no/disk, which is not there'):
    layout.find('data/link')


def test_a_folder_that_cannot_be_listed(data, monkeypatch):
  def refuse(folder):
    raise PermissionError(13, 'Permission denied', folder)

  monkeypatch.setattr(os, 'listdir', refuse)
  with pytest.raises(RunError, match='cannot list data: Permission denied'):
    layout.find('data')
