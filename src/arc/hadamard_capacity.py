"""How much an lstm_style cell can compute; as `capacity`, of a `HadamardArc`.

Ways lead from x_t, h_{t-1} or c_{t-1} to h_t; a node that reads one input twice
is on twice as many.
"""

import collections
import typing

from src.arc import capacity
from src.arc.hadamard import SOURCES

_LINEAR = ('identity', 'one_minus')


def n_paths(arc):
  """int, how many ways there are to h_t."""
  return _along(arc, sum, 1, lambda node, side: 0)


def depth(arc):
  """int, edges on the longest way to h_t."""
  return _along(arc, max, 0, lambda node, side: 1)


def nonlinear_depth(arc):
  """int, the most nodes on a way to h_t that multiply, or that apply to what
  comes on it what is no line."""
  return _along(
    arc,
    max,
    0,
    lambda node, side: int(node.op == 'mul' or node.sides[side] not in _LINEAR),
  )


def n_cell_params(arc, hidden=capacity.HIDDEN_SIZE):
  """int, weights and biases of the `lin` nodes; see `capacity`."""
  return arc.operation_counts()[0] * (2 * hidden**2 + hidden)


def canonical_id(arc):
  """str of 12 letters, equal for cells that are one graph with the same ends,
  however nodes are numbered and in whatever order they read."""
  parents, colours = [()] * len(SOURCES), list(SOURCES)
  places = dict(zip(SOURCES, range(len(SOURCES))))
  for number, node in enumerate(arc.nodes):
    lin = node.op == 'lin'
    for source, function in zip(node.inputs, node.sides):
      parents.append((places[source],))
      colours.append('side' if lin else function)
    places[number] = len(parents)
    parents.append((places[number] - 2, places[number] - 1))
    colours.append(node.op + (node.functions[0] if lin else ''))
  for end in ('c', 'h'):
    parents.append((places[getattr(arc, end)],))
    colours.append(end + '_t')
  return capacity.graph_id(_Graph(parents, colours))


class _Graph(typing.NamedTuple):
  """What `isomorphism.certificate` asks a `Dag`; its last node is h_t."""

  parents: list
  activations: list

  @property
  def num_nodes(self):
    return len(self.parents)

  @property
  def nodes(self):
    return range(len(self.parents))

  def children(self, node):
    return [n for n, reads in enumerate(self.parents) if node in reads]


def measured(arc, hidden=capacity.HIDDEN_SIZE):
  """All there is to say of a cell in numbers.

  Args:
    arc: `HadamardArc`.
    hidden: int, for `n_cell_params`.

  Returns:
    OrderedDict from names to values; what is of leaves is not there.
  """
  functions = [name for node in arc.nodes for name in node.functions]
  counts = collections.Counter(functions)
  return collections.OrderedDict(
    (
      ('n_nodes', arc.num_nodes),
      ('n_paths', n_paths(arc)),
      ('depth', depth(arc)),
      ('nonlinear_depth', nonlinear_depth(arc)),
      ('n_distinct_activations', len(counts)),
      ('activation_entropy', capacity.entropy(counts.values())),
      ('n_cell_params', n_cell_params(arc, hidden)),
      ('canonical_id', canonical_id(arc)),
    )
  )


def _along(arc, joined, first, each):
  """A value of h_t made of those of what nodes read.

  Args:
    arc: `HadamardArc`.
    joined: function of a list of the values of both inputs.
    first: the value of x_t and the states before.
    each: function of a Node and 0 or 1, the input, that returns what is added.
  """
  values = dict.fromkeys(SOURCES, first)
  for number, node in enumerate(arc.nodes):
    values[number] = joined(
      [
        values[source] + each(node, side)
        for side, source in enumerate(node.inputs)
      ]
    )
  return values[arc.h]
