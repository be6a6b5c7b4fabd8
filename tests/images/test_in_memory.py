"""Batches of arrays: full ones in training, each example once in evaluation."""

import numpy as np

from src.cifar10 import data_utils
from src.images import in_memory


def _batches(train=10, valid=250):
  sizes = {'train': train, 'valid': valid}
  data = data_utils.Data(
    {split: np.arange(size) for split, size in sizes.items()},
    {split: np.arange(size) % 10 for split, size in sizes.items()},
    None,
    None,
    None,
  )
  return in_memory.InMemory(data, 4)


def test_a_pass_of_training_is_full_batches_of_all_examples():
  batches = _batches()
  reader = batches.shuffled('train', 3, 'training')
  assert reader.num_batches == batches.num_train_batches == 3
  assert reader.num_counted == 12
  found = [reader.batch(step) for step in range(6)]
  for start in (0, 3):
    images = np.concatenate([found[start + k][0] for k in range(3)])
    assert sorted(images[:10]) == list(range(10))
    np.testing.assert_array_equal(images[10:], images[:2])
  for images, labels in found:
    assert len(images) == 4
    np.testing.assert_array_equal(labels, images % 10)
  assert not np.array_equal(found[0][0], found[3][0])


def test_order_depends_on_seed_and_purpose_alone():
  def _first(*key):
    return list(_batches().shuffled('train', *key).batch(5)[0])

  assert _first(1, 'a') == _first(1, 'a')
  assert (
    len({tuple(_first(*key)) for key in [(1, 'a'), (2, 'a'), (1, 'b')]}) > 1
  )


def test_evaluation_is_each_example_once_and_again_the_same():
  reader = _batches().evaluation('valid')
  assert (reader.num_batches, reader.num_counted) == (3, 250)
  images = [reader.batch(step)[0] for step in range(6)]
  assert [len(batch) for batch in images] == [100, 100, 50] * 2
  np.testing.assert_array_equal(np.concatenate(images[:3]), np.arange(250))
  np.testing.assert_array_equal(images[4], images[1])
