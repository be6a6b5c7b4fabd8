"""Bad files are named and counted, and refused or left out."""

import pytest

from src.AEROBI import codebrim, unreadable
from src.run.errors import RunError
from tests.AEROBI import made_codebrim


def _data(tmp_path, bad=()):
  root = made_codebrim.write(tmp_path, counts=(4, 2, 2))
  data = codebrim.read(str(root), log=lambda line: None)
  for path in bad:
    (root / path).write_bytes(b'')
  return data


TRAIN = 'train/defects/image_0000002_crop_0000002.png'
VAL = 'val/background/image_0000004_crop_0000004.png'


def test_a_good_set_stays_as_it_is(tmp_path):
  data = _data(tmp_path)
  assert unreadable.refuse_or_skip(data) is data


def test_bad_files_are_refused(tmp_path):
  data = _data(tmp_path, [TRAIN, VAL])
  with pytest.raises(RunError) as caught:
    unreadable.refuse_or_skip(data)
  assert str(caught.value) == (
    '2 unreadable images: %s is empty (0 bytes), %s is empty (0 bytes); get '
    'them again or add --skip_unreadable_images'
    % (tmp_path / TRAIN, tmp_path / VAL)
  )


def test_bad_files_are_skipped_and_said(tmp_path):
  data = _data(tmp_path, [TRAIN, VAL])
  lines = []
  left = unreadable.refuse_or_skip(data, skip=True, log=lines.append)
  assert left.train.paths == data.train.paths[:2] + data.train.paths[3:]
  assert left.train.labels.tolist() == data.train.labels[[0, 1, 3]].tolist()
  assert len(left.val.paths) == 1 and left.test.paths == data.test.paths
  assert lines[0].startswith('skipped 2 unreadable images: ')


def test_only_the_splits_asked_for_are_read(tmp_path):
  data = _data(tmp_path, [TRAIN])
  assert unreadable.refuse_or_skip(data, names=['val', 'test']) is data


def test_nothing_left(tmp_path):
  names = ['val/defects/image_0000005_crop_0000005.png', VAL]
  data = _data(tmp_path, names)
  with pytest.raises(RunError) as caught:
    unreadable.refuse_or_skip(data, skip=True, log=lambda line: None)
  assert str(caught.value) == 'no image of val is readable: get them again'
