"""From a listing to data: splits, statistics, memory, and the same batches."""

import os

import numpy as np
import pytest

from src.images import arrays, from_disk, in_memory, listing, own, split, square
from src.run.errors import RunError
from tests.images import made

SIZE = 6


def _read(found, needs_valid=True, log=None, tell=None, **options):
  lines = [] if log is None else log
  return own.read(
    found,
    own.Options(size=SIZE, **options),
    needs_valid,
    lines.append,
    lines.append if tell is None else tell,
  )


@pytest.fixture(name='found')
def _found(tmp_path):
  made.folders(tmp_path, {'train/a': 9, 'train/b': 4, 'valid/b': 3})
  made.folders(tmp_path, {'test/a': 2})
  return listing.from_folders(str(tmp_path))


def test_data(found):
  lines = []
  data = _read(found, log=lines)
  train = np.stack([square.read(p, SIZE) for p in found.images['train']])
  np.testing.assert_array_equal(data.images['train'], train)
  assert data.images['train'].dtype == np.uint8
  np.testing.assert_array_equal(data.labels['train'], found.labels['train'])
  scaled = train / 255.0
  np.testing.assert_allclose(data.mean, scaled.mean((0, 1, 2)), rtol=1e-6)
  np.testing.assert_allclose(data.std, scaled.std((0, 1, 2)), rtol=1e-6)
  assert [line.split() for line in lines] == [
    ['split', 'train', 'valid', 'test'],
    ['images', '13', '3', '2'],
    ['a', '9', '0', '2'],
    ['b', '4', '3', '0'],
  ]


def test_the_same_batches_from_memory_and_from_disk(found):
  kept = _read(found)
  files = _read(found, most_bytes=0, threads=2)
  assert isinstance(files.images['train'][0], str)
  np.testing.assert_array_equal(files.mean, kept.mean)
  one = in_memory.InMemory(kept, 4)
  other = from_disk.FromDisk(files, 4, SIZE)
  assert one.num_train_batches == other.num_train_batches == 4
  for make in (
    lambda batches: batches.shuffled('train', 3, 'training'),
    lambda batches: batches.evaluation('valid'),
  ):
    readers = make(one), make(other)
    assert readers[0].num_counted == readers[1].num_counted
    for step in range(5):
      for left, right in zip(*[reader.batch(step) for reader in readers]):
        np.testing.assert_array_equal(left, right)
    readers[1].close()


def test_missing_splits_are_held_out(tmp_path):
  made.folders(tmp_path, {'a': 20, 'b': 10})
  found = listing.from_folders(str(tmp_path))
  lines = []
  data = _read(found, log=lines, fraction=0.2)
  assert [len(data.labels[s]) for s in ('train', 'valid', 'test')] == [19, 5, 6]
  assert 'there is no split test: 6 of 30 training images' in lines[0]
  everything = np.concatenate([data.images[s] for s in data.images])
  assert len(np.unique(everything.reshape(30, -1), axis=0)) == 30
  again = _read(found, fraction=0.2)
  np.testing.assert_array_equal(again.images['test'], data.images['test'])
  other = _read(found, fraction=0.2, split_seed=1)
  assert not np.array_equal(other.images['test'], data.images['test'])
  fixed = _read(found, needs_valid=False, fraction=0.2)
  assert sorted(fixed.images) == ['test', 'train']
  np.testing.assert_array_equal(fixed.images['test'], data.images['test'])


def test_each_class_keeps_its_share():
  labels = np.repeat([0, 1, 2], [100, 30, 2])
  taken = split.held_out(labels, 0.1, 0, 'test')
  assert np.bincount(labels[taken], minlength=3).tolist() == [10, 3, 0]
  several = np.eye(2)[np.repeat([0, 1], [50, 10])]
  taken = split.held_out(several, 0.1, 0, 'test')
  assert several[taken].sum(axis=0).tolist() == [5, 1]
  assert split.held_out(np.array([0, 1, 1]), 0.1, 0, 'test').sum() == 1
  with pytest.raises(RunError, match='too few images to hold any out for test'):
    split.held_out(np.array([0, 1]), 0.1, 0, 'test')


def test_unreadable_images(found):
  bad = found.images['train'][3]
  with open(bad, 'wb') as file:
    file.write(b'x')
  with pytest.raises(RunError) as caught:
    _read(found)
  assert '1 unreadable images: %s' % bad in str(caught.value)
  assert '--skip_unreadable_images' in str(caught.value)
  lines = []
  data = _read(found, log=lines, skip_unreadable=True)
  assert len(data.images['train']) == len(data.labels['train']) == 12
  assert lines[0].startswith('skipped 1 unreadable')
  for path in found.images['test']:
    os.truncate(path, 5)
  with pytest.raises(RunError, match='no image of test is readable'):
    _read(found, skip_unreadable=True)


def test_one_class_is_nothing_to_learn(tmp_path):
  made.folders(tmp_path, {'cat': 3})
  with pytest.raises(RunError, match='all images are of one class, cat: '):
    _read(listing.from_folders(str(tmp_path)))


def test_twins_are_told(found):
  found.images['test'][0] = found.images['train'][0]
  told = []
  _read(found, tell=told.append)
  assert len(told) == 1 and '1 images lie in two splits' in told[0]


def _save(path, **values):
  np.savez(str(path), **values)
  return str(path)


def test_arrays(tmp_path):
  grey = made.picture(1, 10, 36, 1).reshape(10, 6, 6)
  labels = np.arange(10) % 3
  path = _save(tmp_path / 'digits.npz', images=grey, labels=labels)
  found = arrays.from_arrays(path)
  assert found.classes == ['0', '1', '2']
  data = _read(found)
  assert sum(map(len, data.images.values())) == 10
  assert data.images['train'].shape[1:] == (6, 6, 3)
  for split_name, images in data.images.items():
    for image, label in zip(images, data.labels[split_name]):
      place = [np.array_equal(image[..., 2], g) for g in grey].index(True)
      assert labels[place] == label
  each_time = _read(found, most_bytes=0)
  one = in_memory.InMemory(data, 3).shuffled('train', 1, 'x').batch(2)
  other = from_disk.FromDisk(each_time, 3, SIZE)
  for left, right in zip(one, other.shuffled('train', 1, 'x').batch(2)):
    np.testing.assert_array_equal(left, right)
  assert other.fingerprint() == in_memory.InMemory(data, 3).fingerprint()
  folder = tmp_path / 'parts'
  folder.mkdir()
  for name in ('train', 'val', 'test'):
    _save(
      folder / (name + '.npz'),
      images=made.picture(2, 6, 24).reshape(4, 6, 6, 3),
      labels=np.eye(2)[[0, 1, 1, 0]],
      classes=np.array(['x', 'y']),
    )
  found = arrays.from_arrays(str(folder), multi_label=True)
  assert found.classes == ['x', 'y'] and found.labels['valid'].shape == (4, 2)


@pytest.mark.parametrize(
  ('values', 'why'),
  [
    ({'images': np.zeros([2, 4, 4], 'u1')}, 'it has no array labels'),
    ({'images': np.zeros([2, 4, 4]), 'labels': [0, 1]}, 'expected uint8 [N, H'),
    ({'images': np.zeros([2, 4, 4], 'u1'), 'labels': [0]}, 'for 2 images'),
    ({'images': np.zeros([1, 4, 4], 'u1'), 'labels': [0.5]}, 'whole numbers'),
    (
      {
        'images': np.zeros([1, 4, 4], 'u1'),
        'labels': [3],
        'classes': np.array(['a']),
      },
      'has the label 3, but there are 1 classes',
    ),
    (
      {'images': np.array([print], object), 'labels': [0]},
      'allow_pickle',
    ),
  ],
)
def test_bad_arrays(tmp_path, values, why):
  path = _save(tmp_path / 'x.npz', **values)
  with pytest.raises(RunError) as caught:
    arrays.from_arrays(path)
  assert why in str(caught.value) and '\n' not in str(caught.value)
