"""Archives carried by hand: checked, unpacked beside themselves, or refused."""

import hashlib
import io
import os
import pickle  # noqa: TID251 (to write batches)
import tarfile

import numpy as np
import pytest

from src.cifar10 import data_utils, official
from src.run.errors import RunError


def _record(label):
  return bytes([label]) + bytes(3072)


def _batch(label):
  rows = np.zeros([1, 3072], np.uint8)
  return pickle.dumps({'data': rows, 'labels': [label]}, 2)


_FILES = {
  'BINARY': {
    'data_batch_1.bin': _record(1),
    'test_batch.bin': _record(0),
    'batches.meta.txt': b'cat\ndog\n',
  },
  'PYTHON': {
    'data_batch_1': _batch(1),
    'test_batch': _batch(0),
    'batches.meta': pickle.dumps({'label_names': ['cat', 'dog']}),
  },
}


@pytest.fixture(params=sorted(_FILES))
def carried(request, tmp_path, monkeypatch):
  """The path of a small archive that stands for an official one."""
  real = getattr(official, request.param)
  stream = io.BytesIO()
  with tarfile.open(fileobj=stream, mode='w:gz') as archive:
    for name, content in _FILES[request.param].items():
      member = tarfile.TarInfo(real.folder + '/' + name)
      member.size = len(content)
      archive.addfile(member, io.BytesIO(content))
  content = stream.getvalue()
  small = real._replace(
    size=len(content),
    sha256=hashlib.sha256(content).hexdigest(),
    members={real.folder + '/' + name: None for name in _FILES[request.param]},
  )
  monkeypatch.setattr(official, request.param, small)
  path = tmp_path / real.name
  path.write_bytes(content)
  return path


def _read(path):
  told = []
  data = data_utils.read_data(
    str(path), 0, 2, log=lambda line: None, tell=told.append
  )
  return data, told


def test_it_is_unpacked_once_wherever_it_is_named(carried):
  before = carried.read_bytes()
  for path, lines in ((carried, 1), (carried.parent, 0), (carried, 0)):
    data, told = _read(path)
    assert data.labels['train'].tolist() == [1]
    assert data.classes == ['cat', 'dog']
    assert len(told) == lines
    assert all('unpacking it to %s' % carried.parent in line for line in told)
  assert carried.read_bytes() == before
  assert len(os.listdir(str(carried.parent))) == 2


def test_in_the_current_folder(carried, monkeypatch):
  monkeypatch.chdir(str(carried.parent))
  assert _read(carried.name)[0].classes == ['cat', 'dog']


@pytest.mark.parametrize(
  'change, parts',
  [
    (lambda whole: whole[:-9], ['is cut short: it has', 'copy it again']),
    (lambda whole: whole[:-1] + b'?',
     ['instead of', 'not the official file', official.PAGE]),
  ],
)  # fmt: skip
def test_a_wrong_archive_leaves_nothing(carried, change, parts):
  carried.write_bytes(change(carried.read_bytes()))
  with pytest.raises(RunError) as caught:
    _read(carried.parent)
  for part in [str(carried)] + parts:
    assert part in str(caught.value)
  assert os.listdir(str(carried.parent)) == [carried.name]


def test_a_folder_that_cannot_be_written(carried, monkeypatch):
  def refuse(**kwargs):
    raise PermissionError(13, 'Permission denied', kwargs['dir'])

  monkeypatch.setattr(official.tempfile, 'TemporaryDirectory', refuse)
  with pytest.raises(RunError) as caught:
    _read(carried)
  assert 'beside itself: Permission denied' in str(caught.value)
  assert 'move the archive' in str(caught.value)


def test_official_sums():
  assert len(set(official.BINARY.members.values())) == 7  # and None
  assert len(official.PYTHON.members) == len(official.BINARY.members) == 8
  digests = list(filter(None, official.BINARY.members.values()))
  for digest in digests + [official.BINARY.sha256, official.PYTHON.sha256]:
    assert len(bytes.fromhex(digest)) == 32
