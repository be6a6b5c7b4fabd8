"""Gradients of several workers against plain numpy."""

import numpy as np
import pytest

from src.nn import accumulators, clipping, updates, variables
from src.tf1 import tf
from tests import graph_helpers

COUNT = 2


@pytest.fixture()
def built():
  """(session, accumulators, placeholders of two gradients)."""
  graph = tf.Graph()
  with graph.as_default():
    trained = [
      variables.create('first', [2, 3], variables.zeros),
      variables.create('second', [], variables.zeros),
    ]
    gradients = [tf.placeholder(tf.float32, v.shape) for v in trained]
    shared = accumulators.Accumulators(trained, gradients, COUNT)
    with graph_helpers.loaded_session() as session:
      shared.restart(session, 7)
      yield session, shared, gradients


def _drawn(seed):
  draw = np.random.RandomState(seed)
  return [draw.standard_normal(s).astype(np.float32) for s in ([2, 3], [])]


def _add(built, seed, step):
  session, shared, gradients = built
  feeds = dict(zip(gradients, _drawn(seed)))
  feeds[shared.local_step] = step
  session.run(shared.add, feeds)


def _ready(built):
  return built[0].run(built[1].ready)


def test_the_mean_of_count_gradients(built):
  for number, seed in enumerate((3, 4)):
    assert _ready(built) == number
    _add(built, seed, 7)
  means = built[0].run(built[1].means)
  for mean, one, other in zip(means, _drawn(3), _drawn(4)):
    np.testing.assert_array_equal(mean, (one + other) / np.float32(2))
  assert _ready(built) == 0


def test_gradients_for_an_older_update_are_dropped(built):
  _add(built, 1, 6)
  assert _ready(built) == 0
  for seed in (1, 2):
    _add(built, seed, 7)
  built[0].run(built[1].means)
  _add(built, 3, 7)
  assert _ready(built) == 0, 'the seventh update is made'
  _add(built, 3, 8)
  assert _ready(built) == 1


def test_restart_forgets(built):
  _add(built, 1, 7)
  built[1].restart(built[0], 3)
  assert _ready(built) == 0
  _add(built, 1, 2)
  assert _ready(built) == 0
  _add(built, 1, 3)
  assert _ready(built) == 1


def test_an_update_is_that_of_one_process_that_sums():
  """Momentum, L2 and clipping: the same variables, bit for bit."""

  def _train(synchronous):
    graph = tf.Graph()
    with graph.as_default():
      weights = variables.create('w', [4, 3], variables.uniform(1.0))
      step = variables.create(
        'step', [], variables.zeros, trainable=False, dtype='int32'
      )
      inputs = tf.placeholder(tf.float32, [5, 4])
      loss = tf.reduce_sum(tf.tanh(tf.matmul(inputs, weights)) ** 2)
      ops = updates.train_ops(
        loss,
        [weights],
        step,
        lambda step: tf.constant(0.1),
        l2_reg=0.01,
        clip=clipping.EachNorm(1.0),
        num_aggregate=COUNT,
        synchronous=synchronous,
      )
      draw = np.random.RandomState(5)
      with graph_helpers.loaded_session() as session:
        for number in range(3):
          for _ in range(COUNT):
            feeds = {inputs: draw.standard_normal([5, 4])}
            if synchronous:
              feeds[ops.shared.local_step] = number
            session.run(ops.accumulate, feeds)
          session.run(ops.update)
        return session.run([weights.value(), ops.step])

  one, shared = _train(False), _train(True)
  assert one[1] == shared[1] == 3
  np.testing.assert_array_equal(one[0], shared[0])
  start = variables.uniform(1.0)(np.random.RandomState(0), [4, 3])
  assert np.abs(one[0] - start).max() > 0.1
