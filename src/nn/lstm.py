"""The controllers' LSTM cell: one weight matrix, no bias.

Source: `src/common_ops.py` of melodyguan/enas; gate order i, f, o, g.
"""

from src.nn import variables
from src.tf1 import tf


def weights(size, num_layers, limit=0.1, scope='lstm/layer_%d'):
  """Creates `lstm/layer_i/w` [2 * size, 4 * size], uniform in +-limit.

  Args:
    size: int.
    num_layers: int.
    limit: float.
    scope: str, where a layer's weights are; %d stands for its number.

  Returns:
    list of (rows that multiply the input, rows that multiply h) per layer.
  """
  created = []
  for layer in range(num_layers):
    with tf.variable_scope(scope.replace('%d', str(layer))):
      w = variables.create('w', [2 * size, 4 * size], variables.uniform(limit))
      created.append(tf.split(w.value(), 2))
  return created


def zero_state(size, num_layers):
  """The state before the first step: a list of (c, h), each [1, size]."""
  zero = tf.zeros([1, size])
  return [(zero, zero)] * num_layers


def step(value, state, layer_weights):
  """One step of the stacked cell.

  z = [x, h] w, split into i, f, o, g; c' = sigmoid(i) tanh(g) + sigmoid(f) c;
  h' = sigmoid(o) tanh(c').

  Args:
    value: [1, size], the input x.
    state: list of (c, h) per layer.
    layer_weights: what `weights` returned.

  Returns:
    (h of the last layer, new state)
  """
  new_state = []
  for (c, h), (w_x, w_h) in zip(state, layer_weights):
    z = tf.matmul(value, w_x) + tf.matmul(h, w_h)
    i, f, o, g = tf.split(z, 4, axis=1)
    c = tf.sigmoid(i) * tf.tanh(g) + tf.sigmoid(f) * c
    value = tf.sigmoid(o) * tf.tanh(c)
    new_state.append((c, value))
  return value, new_state
