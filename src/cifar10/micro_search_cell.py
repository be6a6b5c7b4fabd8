"""A cell of the micro search model, steered by an architecture tensor.

Each half of a block picks an earlier node and applies an operation to it. The
model holds all operations, with weights of their own for every node they may
read, but only what was sampled runs: the chosen input goes through the chosen
operation, forward and backward. Scopes and shapes are those of
`src/cifar10/micro_child.py` of melodyguan/enas, which computes everything and
picks afterwards.
"""

import functools
import typing

from src.cifar10 import operations
from src.nn import batch_norm, lazy, variables
from src.tf1 import tf


class Cell(typing.NamedTuple):
  """A cell's architecture, ready to steer any number of layers.

  Attributes:
    halves: list of 2K (Choice of a node, Choice of an operation), x and y of
      each block.
    loose: list of K + 2 bool scalars, whether no half picks the node.
  """

  halves: typing.Sequence
  loose: typing.Sequence


def read_cell(tokens, num_operations):
  """Cell of its tokens.

  Args:
    tokens: int32 [4 K], index_1 op_1 index_2 op_2 of each block.
    num_operations: int.
  """
  num_blocks = int(tokens.shape[0]) // 4
  num_nodes = num_blocks + 2
  halves = tf.reshape(tokens, [2 * num_blocks, 2])
  picks = tf.equal(halves[:, :1], tf.range(num_nodes))
  counts = tf.cast(picks, tf.int32)
  later = tf.cumsum(counts, exclusive=True, reverse=True)
  last = _table(tf.logical_and(picks, tf.equal(later, 0)))
  chosen = _table(picks)
  one_hots = tf.cast(picks, tf.float32)[:, :, None]
  read = []
  for number, (index, operation) in enumerate(_table(halves)):
    nodes = number // 2 + 2
    source = lazy.Choice(
      index, chosen[number][:nodes], one_hots[number, :nodes],
      last[number][:nodes],
    )  # fmt: skip
    read.append((source, lazy.choice(operation, num_operations)))
  loose = tf.unstack(tf.equal(tf.reduce_sum(counts, 0), 0), num_nodes)
  return Cell(read, loose)


def _table(matrix):
  """A matrix as a list of lists of scalars."""
  rows, columns = matrix.shape.as_list()
  scalars = tf.unstack(tf.reshape(matrix, [rows * columns]), rows * columns)
  return [scalars[row * columns :][:columns] for row in range(rows)]


def build(context, cell, older, newer, config):
  """Builds the cell in the current scope.

  Args:
    context: Context.
    cell: Cell.
    older, newer: image tensors of one size with `context.filters` channels.
    config: micro_child.ChildConfig.

  Returns:
    image tensor with `context.filters` channels.
  """
  nodes, gradients = [older, newer], context.use.gradients
  for block in range(len(cell.halves) // 2):
    results = []
    with tf.variable_scope('cell_%d' % block):
      for name, (source, which) in zip('xy', cell.halves[2 * block :]):
        with tf.variable_scope(name):
          value, nodes = lazy.select(source, nodes, gradients)
          branches = [
            functools.partial(
              operations.build,
              operation,
              context._replace(source=source),
              builders=config.builders,
            )
            for operation in config.space.operations
          ]
          results.append(lazy.choose(which, branches, value, gradients))
    nodes.append(tf.add_n(results))
  with tf.variable_scope('final_conv'):
    value = combine_loose_ends(context, cell.loose, nodes)
    return batch_norm.plain(context, value)


def combine_loose_ends(context, loose, nodes):
  """ReLU and 1x1 convolution of the nodes that no half picks, concatenated.

  A convolution of a concatenation is a sum of convolutions, one per node with
  its own rows of the kernel, so nodes that were picked cost nothing.

  Args:
    context: Context.
    loose: list of bool scalars, one per node.
    nodes: list of image tensors; the last one is always loose.
  """
  filters = context.filters
  shape = [len(nodes), filters * filters]
  kernels = tf.unstack(
    variables.create('w', shape, context.initial).value(), len(nodes)
  )

  def _mixed(node, kernel):
    return context.fmt.pointwise_conv2d(
      tf.nn.relu(node), kernel, filters, context.use.gradients
    )

  total = _mixed(nodes[-1], kernels[-1])
  for is_loose, node, kernel in zip(loose[:-1], nodes, kernels):
    term = _mixed(lazy.gate(node, is_loose), lazy.switch(kernel, is_loose)[1])
    total = lazy.add_gated(total, is_loose, term)
  return total
