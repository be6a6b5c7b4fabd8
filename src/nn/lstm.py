"""The controllers' LSTM cell: one weight matrix, no bias unless asked for.

Source: `src/common_ops.py` of melodyguan/enas; gate order i, f, o, g.
"""

import numpy as np

from src.nn import variables
from src.tf1 import tf


def weights(
  size,
  num_layers,
  limit=0.1,
  scope='lstm/layer_%d',
  bias_limit=None,
  forget_bias=None,
):
  """Creates `lstm/layer_i/w` [2 * size, 4 * size], uniform in +-limit.

  Args:
    size: int.
    num_layers: int.
    limit: float.
    scope: str, where a layer's weights are; %d stands for its number.
    bias_limit: float; None for no bias, else `b` [2, 4 * size], uniform in its
      +-, is created too: one bias with the input and one with h, which are
      added, as PyTorch's cell has them.
    forget_bias: float, what those of the gate f begin with; None for no
      difference.

  Returns:
    list of (rows that multiply the input, rows that multiply h) per layer, with
    the sum of the biases as a third where there are any.
  """
  created = []
  for layer in range(num_layers):
    with tf.variable_scope(scope.replace('%d', str(layer))):
      w = variables.create('w', [2 * size, 4 * size], variables.uniform(limit))
      parts = tf.split(w.value(), 2)
      if bias_limit is not None:
        initial = _biases(size, variables.uniform(bias_limit), forget_bias)
        b = variables.create('b', [2, 4 * size], initial)
        parts.append(tf.reduce_sum(b.value(), 0))
      created.append(parts)
  return created


def _biases(size, initial, forget_bias):
  if forget_bias is None:
    return initial

  def _value(generator, shape):
    value = np.array(initial(generator, shape))
    value[:, size : 2 * size] = forget_bias
    return value

  return _value


def zero_state(size, num_layers, batch_size=1):
  """The state before the first step: a list of (c, h), each [B, size]."""
  zero = tf.zeros([batch_size, size])
  return [(zero, zero)] * num_layers


def step(value, state, layer_weights):
  """One step of the stacked cell.

  z = [x, h] w (+ b), split into i, f, o, g;
  c' = sigmoid(i) tanh(g) + sigmoid(f) c; h' = sigmoid(o) tanh(c').

  Args:
    value: [B, size], the input x.
    state: list of (c, h) per layer.
    layer_weights: what `weights` returned.

  Returns:
    (h of the last layer, new state)
  """
  new_state = []
  for (c, h), (w_x, w_h, *bias) in zip(state, layer_weights):
    z = tf.matmul(value, w_x) + tf.matmul(h, w_h)
    if bias:
      # Of each step its gradient is a tensor of its own. That of a plain sum is
      # read by others too; AddN begins with one that none reads any more, and
      # so which one, and with it the order of the sum, would be chance.
      z = tf.nn.bias_add(z, bias[0])
    i, f, o, g = tf.split(z, 4, axis=1)
    c = tf.sigmoid(i) * tf.tanh(g) + tf.sigmoid(f) * c
    value = tf.sigmoid(o) * tf.tanh(c)
    new_state.append((c, value))
  return value, new_state
