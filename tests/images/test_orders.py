"""Orders: what is covered, what is repeated, and the divisors."""

import collections

import pytest

from src.images import orders


@pytest.mark.parametrize('count, batches', [(616, 39), (632, 40)])
def test_once_counts_each_example_once(count, batches):
  order = orders.Once(count, 16)
  assert (order.num_batches, order.num_counted) == (batches, count)
  seen = [e for step in range(batches) for e in order.examples(step)]
  assert seen == [(index, 0) for index in range(count)]
  assert order.examples(batches) == order.examples(0)


@pytest.mark.parametrize('count, counted', [(616, 624), (632, 640)])
def test_stream_counts_as_the_reference(count, counted):
  order = orders.Stream(count, 16, 1, 'val')
  assert order.num_counted == counted == order.num_batches * 16
  assert {len(order.examples(step)) for step in range(99)} == {16}


def test_stream_goes_on_where_the_evaluation_before_stopped():
  order = orders.Stream(10, 4, 1, 'val')
  seen = [e for step in range(15) for e in order.examples(step)]
  for epoch in range(6):
    part = seen[10 * epoch : 10 * epoch + 10]
    assert sorted(part) == [(index, epoch) for index in range(10)]
  # The first evaluation takes three batches, so two images count twice.
  times = collections.Counter(e.index for e in seen[:12])
  assert sorted(times.values()) in ([1] * 8 + [2] * 2,)
  assert seen[:10] != seen[10:20]
  again = orders.Stream(10, 4, 1, 'val')
  assert again.examples(7) == seen[28:32]


def test_shuffled_is_a_pass_of_the_training_set():
  order = orders.Shuffled(6481, 16, 1, 'train')
  assert order.num_batches == 406
  assert order.num_counted == 6496
  steps = [order.examples(step) for step in (0, 405, 406)]
  assert [len(step) for step in steps] == [16] * 3
  assert [step[0].epoch for step in steps] == [0, 0, 1]
  seen = {e.index for step in range(406) for e in order.examples(step)}
  assert seen == set(range(6481))
