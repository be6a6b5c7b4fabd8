"""The language model of lstm_style cells: two states, sums and products.

A node is f(W_a s_a + W_b s_b + b), f_a(s_a) + f_b(s_b) or f_a(s_a) * f_b(s_b)
of two of x_t, h_{t-1}, c_{t-1} and earlier nodes; two nodes are h_t and c_t.
There is a matrix for each node, side and input, and a bias for each node; of
these only what `lin` nodes of the cell use is read, differentiated and changed.
The output is h_t, or the mean of the nodes that no other reads; its norm,
dropout and words are those of `child`. The state that is carried is [h, c].
"""

import typing

from src.arc.hadamard import FUNCTIONS, OPS, SOURCES
from src.arc.hadamard_space import PER_NODE
from src.nn import optimizers, variables
from src.ptb import ptb_ops
from src.ptb.cells import highway
from src.ptb.cells.activations import applied
from src.ptb.cells.unroll import unroll
from src.recurrent import words
from src.tf1 import tf

_H = SOURCES.index('h')


class Wiring(typing.NamedTuple):
  """What a cell of N nodes says.

  Attributes:
    ops: list of N int32 scalars, which of OPS each is.
    inputs: list of N pairs of int32 scalars, numbers of SOURCES and, after
      these, of nodes.
    functions: list of N pairs of `activations.Applied`, of a and b.
    states: pair of int32 scalars, the nodes that are h_t and c_t.
    shares: float32 [N], what each node counts in the output; None where that is
      h_t.
  """

  ops: typing.Sequence
  inputs: typing.Sequence
  functions: typing.Sequence
  states: typing.Sequence
  shares: typing.Any


class Weights(typing.NamedTuple):
  """The weights of a cell; as `child.Weights`, but for these.

  Attributes:
    matrices: list of N float32 [n, H, H], of the sides of a node: n is 2 if it
      is `lin`, else 0.
    biases: list of N float32 [n, H]; n is 1 if it is `lin`, else 0.
    wiring: Wiring.
  """

  embedding: typing.Any
  decoder: typing.Any
  bias: typing.Any
  norm: typing.Any
  trained: typing.Sequence
  matrices: typing.Sequence
  biases: typing.Sequence
  wiring: typing.Any

  def unrolled(self, config, value, state, mask, cell):
    """See `child.Weights`."""
    del cell
    matrices = [
      ptb_ops.times(matrix, self._dropped(node, matrix, mask))
      for node, matrix in enumerate(self.matrices)
    ]
    built = Cell(matrices, self.biases, self.wiring, config.state_bound)
    outputs, states = unroll(built, value, tuple(tf.split(state, 2, axis=1)))
    return outputs, tf.concat(states, 2)

  def _dropped(self, node, matrix, mask):
    """What a node's matrices are multiplied by: a mask where they read h."""
    drawn = mask('weights', tf.shape(matrix), ' of node %d' % node)
    if drawn is None:
      return None
    sides = tf.equal(tf.stack(self.wiring.inputs[node]), _H)
    sides = tf.cast(sides[: tf.shape(matrix)[0]], tf.float32)[:, None, None]
    return 1.0 + sides * (drawn - 1.0)


def weights(config, tokens):
  """Creates the variables, or finds them, and takes a cell's out.

  Args:
    config: child.ChildConfig of a `HadamardSpace`; its E is H.
    tokens: int32 [D], the cell as the space numbers it.

  Returns:
    Weights.
  """
  wiring, size = _wiring(config, tokens), config.hidden_size
  found = words.weights(config)
  matrices, biases = [], []
  with tf.variable_scope('child/lstm_style', reuse=tf.AUTO_REUSE):
    for node, (op, inputs) in enumerate(zip(wiring.ops, wiring.inputs)):
      is_lin = tf.cast(tf.equal(op, OPS.index('lin')), tf.int32)
      matrix = variables.create(
        'node_%d/w' % node,
        [2, len(SOURCES) + node, size, size],
        variables.uniform(config.init_range),
      )
      places = tf.stack([tf.range(2), tf.stack(inputs)], 1)
      matrices.append(_part(matrix, places[: 2 * is_lin]))
      bias = variables.create('node_%d/b' % node, [1, size], variables.zeros)
      biases.append(_part(bias, tf.zeros([is_lin, 1], tf.int32)))
  return Weights(
    matrices=[part.value for part in matrices],
    biases=[part.value for part in biases],
    wiring=wiring,
    **found.around(matrices + biases),
  )


def _part(variable, index):
  value = tf.gather_nd(variable.value(), index)
  return optimizers.Slice(variable, index, value)


def _wiring(config, tokens):
  """Wiring of tokens."""
  count = config.num_nodes
  rows = tf.reshape(tokens[: PER_NODE * count], [count, PER_NODE])
  rows = [tf.unstack(row, PER_NODE) for row in tf.unstack(rows, count)]
  c, h = tf.unstack(tokens[PER_NODE * count :], 2)
  shares = None
  if config.mean_of_ends:
    sources = tf.stack([row[1:3] for row in rows])
    read = tf.one_hot(sources - len(SOURCES), count)
    ends = 1.0 - tf.reduce_max(read, [0, 1])
    shares = ends / tf.reduce_sum(ends)
  return Wiring(
    ops=[row[0] for row in rows],
    inputs=[(row[1], row[2]) for row in rows],
    functions=[
      tuple(applied(FUNCTIONS, index) for index in row[3:]) for row in rows
    ],
    states=(h, c),
    shares=shares,
  )


class Cell:
  """A cell, see `src.ptb.cells`; inputs are float32 [B, H]."""

  def __init__(self, matrices, biases, wiring, state_bound=None):
    """
    Args:
      matrices, biases: see `Weights`.
      wiring: Wiring.
      state_bound: float, the largest norm of a row of h and of c as they are
        handed on; longer ones are scaled to it, by factors that are constant
        for gradients. None: no bound.
    """
    self.matrices = [_rows(each) for each in matrices]
    self.biases = [tf.reduce_sum(each, 0) for each in biases]
    self.wiring = wiring
    self.state_bound = state_bound

  def step(self, inputs, states):
    """(outputs, (next h, next c)) of inputs and (h, c)."""
    values = [inputs] + list(states)
    for node, functions in enumerate(self.wiring.functions):
      a, b = (tf.stack(values)[n] for n in self.wiring.inputs[node])
      values.append(self._node(node, a, b, functions))
    nodes = tf.stack(values[len(SOURCES) :])
    h, c = (nodes[n] for n in self.wiring.states)
    output = h
    if self.wiring.shares is not None:
      output = tf.reduce_sum(nodes * self.wiring.shares[:, None, None], 0)
    return output, (self._bounded(h), self._bounded(c))

  def _node(self, node, a, b, functions):
    """float32 [B, H], one of OPS of its inputs."""
    matrix, op = self.matrices[node], self.wiring.ops[node]
    # Of sums and products the matrix is a row of zeros.
    both = tf.concat([a, b], 1)[:, : tf.shape(matrix)[0]]
    product = tf.matmul(both, matrix) + self.biases[node]
    weightless = tf.cast(tf.not_equal(op, OPS.index('lin')), tf.float32)
    first = functions[0].value(product + a * weightless)
    second = functions[1].value(b)
    return tf.stack([first, first + second, first * second])[op]

  def _bounded(self, value):
    if self.state_bound is None:
      return value
    return value * highway.scale(value, self.state_bound)


def _rows(matrix):
  """float32 [n H, H] of [n, H, H], or [1, H] zeros: oneDNN of TensorFlow 2 ends
  the process where it is to multiply by no rows."""
  size = int(matrix.shape[-1])
  missing = tf.cast(tf.equal(tf.shape(matrix)[0], 0), tf.int32)
  flat = tf.reshape(matrix, [-1, size])
  return tf.concat([flat, tf.zeros([missing, size])], 0)
