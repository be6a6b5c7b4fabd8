"""Data that moved are taken, others refused."""

import numpy as np
import pytest

from src.images import fingerprint as of_images
from src.run import fingerprint
from src.run.errors import RunError


def test_check():
  found = {'train': 'a', 'test': 'b'}
  for known in (found, {}, {'train': 'a'}):
    assert fingerprint.check(found, known, 'it') is None
  with pytest.raises(RunError) as caught:
    fingerprint.check(found, {'train': '', 'test': ''}, 'it')
  assert str(caught.value) == (
    '--data_path holds other data than it was trained on (other: train, '
    'test): give the same'
  )
  assert fingerprint.remembered({'corpus': found}) == found
  assert fingerprint.remembered({}) == {}


def test_a_directory_keeps_what_it_has_seen_first(tmp_path):
  for _ in range(2):
    fingerprint.keep({'train': 'a'}, str(tmp_path))
  with pytest.raises(RunError, match='other: train'):
    fingerprint.keep({'train': 'b'}, str(tmp_path))
  for damaged in ('7', '{'):
    (tmp_path / fingerprint.FILE).write_text(damaged)
    with pytest.raises(RunError, match='data.json is damaged'):
      fingerprint.keep({'train': 'a'}, str(tmp_path))


def test_digests_of_images():
  images = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
  labels = np.array([0, 1])

  def _of(images=images, labels=labels, classes=('a', 'b')):
    found = of_images.of({'train': images}, {'train': labels}, classes)
    return found['train']

  in_parts = of_images.Digest(['a', 'b'])
  in_parts.add(images[:1])
  in_parts.add(images[1:])
  assert in_parts.result(labels) == _of() == _of(images.copy())
  others = [_of(images[::-1]), _of(labels=labels[::-1]), _of(classes=('a',))]
  assert len(set(others + [_of()])) == 4


def test_digests_of_files(tmp_path):
  files = []
  for name, size in (('x/1', 3), ('y/1', 3), ('z/1', 4), ('z/2', 3)):
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b'p' * size)
    files.append(of_images.of_files([str(path)], np.array([1])))
  assert files[0] == files[1], 'the folder does not matter'
  files.append(of_images.of_files([str(tmp_path / 'x' / '1')], np.array([0])))
  assert len(set(files)) == 4
