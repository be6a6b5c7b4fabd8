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


def test_digests_of_images(tmp_path):
  images = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
  labels = np.array([0, 1])

  def _of(images=images, labels=labels, classes=('a', 'b')):
    return of_images.of({'train': images}, {'train': labels}, classes)

  assert _of() == _of(images.copy())
  others = [_of(images[::-1]), _of(labels=labels[::-1]), _of(classes=('a',))]
  files = []
  for place, size in (('x', 3), ('y', 3), ('z', 4)):
    path = tmp_path / place / '1.png'
    path.parent.mkdir()
    path.write_bytes(b'p' * size)
    files.append([str(path)] * 2)
  assert _of(files[0]) == _of(files[1]), 'the folder does not matter'
  others += [_of(files[0]), _of(files[2])]
  digests = [found['train'] for found in others + [_of()]]
  assert len(set(digests)) == len(digests)
