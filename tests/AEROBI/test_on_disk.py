"""Batches of a tiny data set: whose, how many, and in which shape."""

import numpy as np
import pytest

from src.AEROBI import codebrim, on_disk
from src.files import png
from src.images import crop
from tests.AEROBI import made_codebrim

COUNTS = (11, 6, 7)


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  root = made_codebrim.write(tmp_path_factory.mktemp('data'), COUNTS)
  return codebrim.read(str(root), log=lambda line: None)


def _batches(data, **changes):
  return on_disk.OnDisk(data, 4, 8, 1, **changes)


def test_training_batches_are_full(data):
  batches = _batches(data)
  reader = batches.shuffled('train', 5, 'training')
  assert reader.num_batches == batches.num_train_batches == 3
  found, labels = reader.batch(2)
  assert (found.shape, found.dtype) == ((4, 8, 8, 3), np.float32)
  assert (labels.shape, labels.dtype) == ((4, 6), np.float32)
  again = _batches(data, threads=1).shuffled('train', 5, 'training')
  np.testing.assert_array_equal(again.batch(2)[0], found)
  reader.close()
  again.close()


def _rewards(data, seed):
  return on_disk.held_out(data, 'train', 5, seed, 'rewards')


def test_rewards_may_be_of_images_held_out_of_training(data):
  rest, taken = _rewards(data, 3)
  assert (rest.val, rest.test) == (data.val, data.test)
  assert len(taken.paths) == 5
  assert sorted(rest.train.paths + taken.paths) == sorted(data.train.paths)
  labels = dict(zip(data.train.paths, map(tuple, data.train.labels)))
  for part in (rest.train, taken):
    assert [labels[path] for path in part.paths] == [
      tuple(row) for row in part.labels
    ]
  assert _rewards(data, 3)[1].paths == taken.paths
  assert _rewards(data, 4)[1].paths != taken.paths
  batches = _batches(rest, reward=taken)
  assert batches.num_train_batches == 2
  for split, part in (('valid', taken), ('train', rest.train)):
    found = batches.shuffled(split, 5, 'x')
    alone = _batches(data._replace(train=part)).shuffled('train', 5, 'x')
    for one, other in zip(found.batch(0), alone.batch(0)):
      np.testing.assert_array_equal(one, other)
    found.close()
    alone.close()
  assert batches.evaluation('valid').num_counted == len(data.val.paths)


def test_architectures_may_be_ranked_on_images_of_their_own(data):
  rest, taken = on_disk.held_out(data, 'valid', 2, 3, 'ranking')
  assert sorted(rest.val.paths + taken.paths) == sorted(data.val.paths)
  batches = _batches(rest, derive=taken)
  reader = batches.evaluation('derive')
  assert reader.num_counted == 2
  np.testing.assert_array_equal(reader.batch(0)[1], taken.labels)
  reader.close()
  assert batches.num_batches('valid') == 1
  assert set(batches.fingerprint()) == {'train', 'valid', 'test', 'derive'}


@pytest.mark.parametrize('split', ['valid', 'test'])
def test_an_exact_evaluation_is_the_middle_of_each_image_once(data, split):
  reader = _batches(data).evaluation(split)
  found = [reader.batch(step) for step in range(reader.num_batches)]
  reader.close()
  of_split = data.val if split == 'valid' else data.test
  assert reader.num_counted == len(of_split.paths)
  np.testing.assert_array_equal(
    np.concatenate([labels for _, labels in found]), of_split.labels
  )
  expected = [crop.center_window(png.read(path), 8) for path in of_split.paths]
  np.testing.assert_array_equal(np.concatenate([x for x, _ in found]), expected)


def test_several_windows_lie_one_after_the_other(data):
  reader = _batches(data, windows=3).evaluation('test')
  found, labels = reader.batch(1)
  reader.close()
  assert (reader.num_batches, reader.num_counted) == (2, 7)
  assert (found.shape, labels.shape) == ((9, 8, 8, 3), (3, 6))
  expected = [
    crop.even_windows(png.read(path), 8, 3) for path in data.test.paths[4:]
  ]
  np.testing.assert_array_equal(found, np.concatenate(expected))


def test_the_references_evaluation_counts_full_batches(data):
  reader = _batches(data, protocol='reference').evaluation('valid')
  assert (reader.num_batches, reader.num_counted) == (2, 8)
  first, second = reader.batch(0)[0], reader.batch(2)[0]
  reader.close()
  assert first.shape == second.shape == (4, 8, 8, 3)
  assert not np.array_equal(first, second)  # an evaluation later
