"""Random tensors: functions of their key, and of the right distribution."""

import numpy as np
import pytest

from src.nn import keyed, random_ops
from src.tf1 import tf
from tests import graph_helpers


def _key(purpose='test', step=0, seed=1):
  return random_ops.key(seed, purpose, tf.constant(step))


def _run(fetches, feeds=None):
  with graph_helpers.loaded_session() as session:
    return session.run(fetches, feeds)


def test_key_is_the_seed_of_the_purpose_and_the_step():
  step = tf.placeholder(tf.int32, [])
  found = _run(random_ops.key(7, 'dropout', step), {step: 42})
  assert found.tolist() == list(keyed.pair(7, 'dropout', 42))


def test_same_key_same_numbers_whatever_ran_before():
  step = tf.placeholder(tf.int32, [])
  numbers = random_ops.uniform([50], random_ops.key(1, 'arc', step))
  with graph_helpers.loaded_session() as session:
    first = [session.run(numbers, {step: k}) for k in range(3)]
  with graph_helpers.loaded_session() as session:
    again = [session.run(numbers, {step: k}) for k in (2, 1, 0)]
  np.testing.assert_array_equal(first, again[::-1])


@pytest.mark.parametrize(
  'other', [{'seed': 2}, {'purpose': 'arc'}, {'step': 1}]
)
def test_another_key_other_numbers(other):
  one = random_ops.uniform([200], _key())
  two = random_ops.uniform([200], _key(**other))
  one, two = _run([one, two])
  assert np.mean(one == two) < 0.01
  assert abs(np.corrcoef(one, two)[0, 1]) < 0.25


def test_uniform_lies_strictly_between_zero_and_one():
  numbers = _run(random_ops.uniform([1000, 1000], _key()))
  assert numbers.dtype == np.float32 and numbers.shape == (1000, 1000)
  assert 0 < numbers.min() < 1e-5 and 1 - 1e-5 < numbers.max() < 1
  np.testing.assert_allclose(numbers.mean(), 0.5, atol=2e-3)
  np.testing.assert_allclose(numbers.var(), 1 / 12, atol=5e-4)


def test_gumbel_is_made_of_the_uniform_numbers():
  uniform, gumbel = _run(
    [random_ops.uniform([1000], _key()), random_ops.gumbel([1000], _key())]
  )
  np.testing.assert_allclose(
    gumbel, -np.log(-np.log(uniform.astype(np.float64))), rtol=1e-4, atol=1e-5
  )


def test_gumbel_moments():
  numbers = _run(random_ops.gumbel([1000000], _key()))
  assert np.isfinite(numbers).all()
  np.testing.assert_allclose(numbers.mean(), np.euler_gamma, atol=0.007)
  np.testing.assert_allclose(numbers.var(), np.pi**2 / 6, rtol=0.02)


def test_argmax_of_logits_plus_gumbel_samples_the_softmax():
  logits = np.array([1.0, 0.0, -1.0, 0.5, 0.5], np.float32)
  draws = 20000
  chosen = _run(tf.argmax(random_ops.gumbel([draws, 5], _key()) + logits, 1))
  expected = draws * np.exp(logits) / np.exp(logits).sum()
  found = np.bincount(chosen, minlength=5)
  # 18.5 is exceeded by one seed in a thousand at 4 degrees of freedom.
  assert ((found - expected) ** 2 / expected).sum() < 18.5


def test_dropout_scales_what_it_keeps():
  value = np.random.RandomState(0).uniform(1, 2, [200, 200])
  value = tf.constant(value, tf.float32)
  dropped, value = _run([random_ops.dropout(value, 0.8, _key()), value])
  kept = dropped != 0
  np.testing.assert_allclose(dropped[kept], value[kept] / 0.8, rtol=1e-6)
  # Five standard deviations of the mean of 40,000 coins.
  np.testing.assert_allclose(kept.mean(), 0.8, atol=5 * 0.4 / 200)


def test_dropout_draws_anew_for_each_entry_and_key():
  ones = tf.ones([100, 100])
  first, again, later = _run(
    [
      random_ops.dropout(ones, 0.5, _key()),
      random_ops.dropout(ones, 0.5, _key()),
      random_ops.dropout(ones, 0.5, _key(step=1)),
    ]
  )
  np.testing.assert_array_equal(first, again)
  np.testing.assert_allclose(np.mean(first == later), 0.5, atol=0.03)
  # Neither rows nor columns share their fate.
  assert 0.3 < (first != 0).mean(axis=0).min()
  assert (first != 0).mean(axis=0).max() < 0.7
  assert 0.3 < (first != 0).mean(axis=1).min()
  assert (first != 0).mean(axis=1).max() < 0.7


def test_dropout_passes_gradients_where_it_kept():
  value = tf.ones([100])
  dropped = random_ops.dropout(value, 0.5, _key())
  (gradient,) = tf.gradients(tf.reduce_sum(3 * dropped), [value])
  dropped, gradient = _run([dropped, gradient])
  np.testing.assert_allclose(gradient, 3 * dropped)
  assert set(np.unique(gradient)) == {0, 6}


def test_keep_probability_one_builds_nothing(graph):
  value = tf.ones([3])
  key = _key()
  before = len(graph.get_operations())
  assert random_ops.dropout(value, 1.0, key) is value
  assert len(graph.get_operations()) == before


def test_drop_path_drops_whole_examples():
  value = np.arange(1.0, 25.0, dtype=np.float32).reshape([4, 3, 2, 1])
  noise = tf.constant([0.1, 0.39, 0.41, 0.9])
  dropped = _run(random_ops.drop_path(tf.constant(value), 0.6, noise))
  expected = value / 0.6
  expected[:2] = 0
  np.testing.assert_allclose(dropped, expected, rtol=1e-6)


def test_a_dropout_mask_is_its_formula():
  noise = random_ops.uniform([50, 40], _key())
  mask, noise = _run([random_ops.dropout_mask([50, 40], 0.3, _key()), noise])
  np.testing.assert_allclose(mask, np.floor(noise + 0.3) / 0.3, rtol=1e-6)
  assert abs((mask > 0).mean() - 0.3) < 0.04
  assert random_ops.dropout_mask([2], 1.0, _key()) is None
