"""The order of examples: full coverage, full batches, no memory."""

import numpy as np
import pytest

from src.images import batches


def _pass(order, number):
  first = number * order.num_batches
  steps = range(first, first + order.num_batches)
  return np.concatenate([order.indices(step) for step in steps])


@pytest.mark.parametrize(
  'num_examples, batch_size, num_batches',
  [
    (45000, 128, 352),
    (50000, 100, 500),
    (45000, 160, 282),
    (50000, 144, 348),
    (128, 128, 1),
    (129, 128, 2),
    (5, 128, 1),
  ],
)
def test_number_of_batches(num_examples, batch_size, num_batches):
  order = batches.ShuffledBatches(num_examples, batch_size, 1, 'train')
  assert order.num_batches == num_batches


@pytest.mark.parametrize('num_examples, batch_size', [(10, 4), (12, 4), (3, 8)])
def test_each_pass_is_one_permutation_filled_from_its_start(
  num_examples, batch_size
):
  order = batches.ShuffledBatches(num_examples, batch_size, 1, 'train')
  for number in range(3):
    drawn = _pass(order, number)
    assert drawn.shape == (order.num_batches * batch_size,)
    permutation = drawn[:num_examples]
    assert sorted(permutation) == list(range(num_examples))
    np.testing.assert_array_equal(drawn, np.resize(permutation, drawn.shape))


def test_every_batch_is_full():
  order = batches.ShuffledBatches(10, 4, 1, 'train')
  assert [order.indices(step).shape for step in range(6)] == [(4,)] * 6


def test_a_step_does_not_depend_on_the_steps_before():
  straight = batches.ShuffledBatches(10, 4, 7, 'train')
  expected = [straight.indices(step) for step in range(9)]
  jumping = batches.ShuffledBatches(10, 4, 7, 'train')
  for step in (8, 0, 5, 5, 3, 7, 1):
    np.testing.assert_array_equal(jumping.indices(step), expected[step])


def test_changing_a_returned_batch_changes_no_later_one():
  order = batches.ShuffledBatches(10, 4, 7, 'train')
  before = order.indices(0).copy()
  order.indices(0)[:] = 0
  np.testing.assert_array_equal(order.indices(0), before)


def test_order_differs_by_pass_seed_and_purpose():
  order = batches.ShuffledBatches(50, 50, 1, 'train')
  others = [
    order.indices(1),
    batches.ShuffledBatches(50, 50, 2, 'train').indices(0),
    batches.ShuffledBatches(50, 50, 1, 'reward').indices(0),
  ]
  for other in others:
    assert (order.indices(0) != other).any()


def test_order_is_the_same_on_every_machine():
  order = batches.ShuffledBatches(10, 4, 1, 'train')
  drawn = [order.indices(step).tolist() for step in range(3)]
  assert drawn == [[5, 2, 9, 6], [8, 0, 7, 3], [4, 1, 5, 2]]


@pytest.mark.parametrize(
  'num_examples, batch_size, stops',
  [(10, 4, [4, 8, 10]), (8, 4, [4, 8]), (3, 100, [3]), (0, 4, [])],
)
def test_sequential_covers_each_example_once(num_examples, batch_size, stops):
  ranges = list(batches.sequential(num_examples, batch_size))
  assert [part.stop for part in ranges] == stops
  assert [i for part in ranges for i in part] == list(range(num_examples))
