"""The LSTM against its equations."""

import numpy as np

from src.nn import lstm
from src.tf1 import tf
from tests import graph_helpers


def _sigmoid(x):
  return 1 / (1 + np.exp(-x))


def _slow_step(x, state, weights):
  new_state = []
  for (c, h), w in zip(state, weights):
    size = len(x)
    z = np.concatenate([x, h]).dot(w)
    i, f, o, g = (z[k * size : (k + 1) * size] for k in range(4))
    c = _sigmoid(i) * np.tanh(g) + _sigmoid(f) * c
    x = _sigmoid(o) * np.tanh(c)
    new_state.append((c, x))
  return x, new_state


def test_weights_are_named_and_spread_as_upstream():
  with tf.variable_scope('controller'):
    lstm.weights(64, 2)
  assert graph_helpers.variable_shapes() == {
    'controller/lstm/layer_0/w': (128, 256),
    'controller/lstm/layer_1/w': (128, 256),
  }
  assert len(tf.trainable_variables()) == 2
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
  for value in values.values():
    assert -0.1 <= value.min() < -0.0999 and 0.0999 < value.max() <= 0.1
    np.testing.assert_allclose(value.std(), 0.2 / 12**0.5, rtol=0.02)


def test_limit_is_the_callers():
  lstm.weights(8, 1, limit=0.5)
  with graph_helpers.loaded_session() as session:
    (value,) = graph_helpers.read_all(session).values()
  assert 0.45 < np.abs(value).max() <= 0.5


def test_three_steps_of_two_layers():
  size, num_layers = 5, 2
  draw = np.random.RandomState(0)
  weights = [draw.standard_normal([10, 20]) for _ in range(num_layers)]
  inputs = draw.standard_normal([3, size])

  layer_weights = lstm.weights(size, num_layers)
  state = lstm.zero_state(size, num_layers)
  fetches = []
  for x in inputs:
    x = tf.constant(x[None], tf.float32)
    value, state = lstm.step(x, state, layer_weights)
    fetches.append((value, state))
  loaded = {'lstm/layer_%d/w' % k: w for k, w in enumerate(weights)}
  with graph_helpers.loaded_session(loaded) as session:
    found = session.run(fetches)

  slow_state = [(np.zeros(size), np.zeros(size))] * num_layers
  for x, (value, state) in zip(inputs, found):
    slow_value, slow_state = _slow_step(x, slow_state, weights)
    assert value.shape == (1, size)
    np.testing.assert_allclose(value[0], slow_value, rtol=1e-5, atol=1e-6)
    for pair, slow_pair in zip(state, slow_state):
      for part, slow_part in zip(pair, slow_pair):
        np.testing.assert_allclose(part[0], slow_part, rtol=1e-5, atol=1e-6)


def test_zero_state():
  state = lstm.zero_state(4, 3)
  with graph_helpers.loaded_session() as session:
    state = session.run(state)
  assert np.array(state).shape == (3, 2, 1, 4) and not np.any(state)


def test_the_scope_is_the_callers():
  lstm.weights(4, 1, scope='lstm')
  assert graph_helpers.variable_shapes() == {'lstm/w': (8, 16)}


def test_gradients_of_steps_are_summed_in_one_order():
  """AddN begins with an input that nothing else reads: here none does.

  Where others read some, which one is free first is chance, and sums of three
  or more depend on it in their last bit.
  """
  layers = lstm.weights(3, 1, bias_limit=0.1)
  value, state = tf.ones([1, 3]), lstm.zero_state(3, 1)
  for _ in range(4):
    value, state = lstm.step(value, state, layers)
  assert all(
    gradient is not None
    for gradient in tf.gradients(value, tf.trainable_variables())
  )
  sums = [
    op
    for op in tf.get_default_graph().get_operations()
    if op.type == 'AddN' and len(op.inputs) > 2
  ]
  assert sums
  for op in sums:
    assert [len(each.consumers()) for each in op.inputs] == [1] * len(op.inputs)
