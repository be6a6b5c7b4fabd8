"""Cells of any kind over a window."""

import numpy as np

from src.ptb.cells.unroll import unroll
from src.tf1 import tf
from tests.ptb.slow_cell import sigmoid


class _Lstm:
  """Two states, of which one is the output; inputs are a nest."""

  def __init__(self, weight):
    self.weight = weight

  def step(self, inputs, states):
    x, scale = inputs
    c, h = states
    product = tf.matmul(tf.concat([x * scale, h], 1), self.weight)
    i, f, o, g = tf.split(product, 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    h = tf.sigmoid(o) * tf.tanh(c)
    return h, (c, h)


def _slow(xs, scales, weight, c, h):
  outputs = []
  for x, scale in zip(xs, scales):
    i, f, o, g = np.split(np.hstack([x * scale, h]).dot(weight), 4, axis=1)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    h = sigmoid(o) * np.tanh(c)
    outputs.append(h)
  return np.array(outputs), c


def test_a_cell_with_two_states():
  draw = np.random.RandomState(0)
  xs, weight = draw.standard_normal([5, 2, 3]), draw.standard_normal([6, 12])
  scales, c, h = np.arange(5.0), *draw.standard_normal([2, 2, 3])
  of_weight = tf.constant(weight, tf.float32)
  outputs, states = unroll(
    _Lstm(of_weight),
    (tf.constant(xs, tf.float32), tf.constant(scales, tf.float32)),
    (tf.constant(c, tf.float32), tf.constant(h, tf.float32)),
  )
  loss = tf.reduce_sum(outputs[-1])
  with tf.Session() as session:
    found, (of_c, of_h), gradient = session.run(
      [outputs, states, tf.gradients(loss, of_weight)[0]]
    )
  expected, last = _slow(xs, scales, weight, c, h)
  np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)
  np.testing.assert_array_equal(of_h, found)
  np.testing.assert_allclose(of_c[-1], last, rtol=1e-4, atol=1e-6)
  way = draw.standard_normal(weight.shape)
  sums = [
    _slow(xs, scales, weight + size * way, c, h)[0][-1].sum()
    for size in (1e-5, -1e-5)
  ]
  np.testing.assert_allclose(
    (gradient * way).sum(), (sums[0] - sums[1]) / 2e-5, rtol=1e-3
  )
