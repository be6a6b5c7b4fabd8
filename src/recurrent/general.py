"""Any cell at all on the weights of a child, to be scored.

Where a search's cells are trees, nodes may read several others here, whose
values are averaged, and may be missing: what ablations make of a cell. The cell
is fed as numbers, so one graph serves all of them, and of the pairs of nodes
only those of the cell are computed.
"""

import typing

import numpy as np

from src.nn import variables
from src.ptb.cells import activations
from src.recurrent import child as child_lib
from src.recurrent import in_use
from src.tf1 import tf


class Fed(typing.NamedTuple):
  """Placeholders for a cell of N nodes.

  Attributes:
    shares: float32 [N, N], what each node's parents count in its value.
    functions: int32 [N], the activation of each node, as the space has them.
    leaves: float32 [N], what each node counts in the output.
    state: int32 scalar, the node that is the next state.
  """

  shares: typing.Any
  functions: typing.Any
  leaves: typing.Any
  state: typing.Any


class General(typing.NamedTuple):
  """A child of any cell.

  Attributes:
    infer: ptb.graphs.Infer.
    fed: Fed.
    config: child.ChildConfig.
  """

  infer: typing.Any
  fed: Fed
  config: typing.Any

  def feeds(self, dag):
    """dict that feeds a `src.arc.dag.Dag`.

    A smaller cell than the space's largest is its first nodes.
    """
    count, names = self.config.num_nodes, self.config.cells.activations
    shares = np.zeros([count, count], np.float32)
    functions = np.zeros([count], np.int32)
    leaves = np.zeros([count], np.float32)
    for node in dag.nodes:
      functions[node] = names.index(dag.activations[node])
      for parent in dag.parents[node]:
        shares[node, parent] = 1.0 / len(dag.parents[node])
    ends = dag.leaves
    if self.config.all_nodes:
      ends = [node for node in dag.nodes if node]
    for node in ends:
      leaves[node] = 1.0 / len(ends)
    values = shares, functions, leaves, dag.num_nodes - 1
    return dict(zip(self.fed, values))


def build(config):
  """Builds the graph on a child's variables, which may be there already.

  Args:
    config: child.ChildConfig.

  Returns:
    General.
  """
  count = config.num_nodes
  fed = Fed(
    tf.placeholder(tf.float32, [count, count], 'shares'),
    tf.placeholder(tf.int32, [count], 'functions'),
    tf.placeholder(tf.float32, [count], 'leaves'),
    tf.placeholder(tf.int32, [], 'state_node'),
  )
  weights = child_lib.tables(config, fed)
  layers = [layer.value() for layer in weights.layers]

  def _cell(matrices, wiring, mask, bound):
    del mask
    return _Cell(config, matrices[0], layers, wiring, bound)

  infer = in_use.infer(config, weights, 'general', cell=_cell)
  return General(infer, fed, config)


class _Cell:
  """A cell, see `src.ptb.cells`; inputs are float32 [B, 2H]."""

  def __init__(self, config, w_h, layers, fed, bound):
    self.config = config
    self.w_h = w_h
    self.layers = layers
    self.fed = fed
    self.bound = bound

  def step(self, inputs, states):
    (state,) = states
    functions = tf.unstack(self.fed.functions, self.config.num_nodes)
    applied = [
      activations.applied(self.config.cells.activations, function)
      for function in functions
    ]
    product = inputs + tf.matmul(state, self.w_h)
    nodes = [_node(product, state, applied[0])]
    for node in range(1, self.config.num_nodes):
      parts = [
        self._part(node, parent, nodes[parent], functions[node], applied[node])
        for parent in range(node)
      ]
      nodes.append(tf.add_n(parts))
    stacked = tf.stack(nodes)
    output = tf.tensordot(self.fed.leaves, stacked, 1)
    output.set_shape(state.shape)
    if not self.config.last_node:
      return output, (output,)
    carried = stacked[self.fed.state]
    carried.set_shape(state.shape)
    return output, (self._bounded(carried),)

  def _part(self, node, parent, source, function, applied):
    """What a parent adds to a node; zero where it is none."""
    share = self.fed.shares[node, parent]

    def _read():
      table = self.layers[node - 1]
      if self.config.edge_weights == 'per_function':
        table = table[function]
      return share * _node(tf.matmul(source, table[parent]), source, applied)

    return tf.cond(share > 0, _read, lambda: tf.zeros_like(source))

  def _bounded(self, value):
    if self.bound is None:
      return value
    norm = tf.sqrt(tf.reduce_sum(tf.square(value), -1, keepdims=True))
    bound = variables.shared_constant(self.bound)
    return value * bound / tf.maximum(norm, bound)


def _node(product, source, applied):
  a, c = tf.split(product, 2, axis=1)
  return source + tf.sigmoid(c) * (applied.value(a) - source)
