"""How much an lstm_style cell can compute: `capacity` of a `HadamardArc`.

Ways lead from x_t, h_{t-1} or c_{t-1} to h_t; a node that reads one input twice
is on twice as many. The state of `state_depth` is c_t.
"""

import collections
import typing

from src.arc import capacity
from src.arc.hadamard import SOURCES, HadamardArc

_LINEAR = ('identity', 'one_minus')


@capacity.n_nodes.register(HadamardArc)
def _(arc):
  return arc.num_nodes


@capacity.n_leaves.register(HadamardArc)
def _(arc):
  return len(arc.loose_ends)


@capacity.n_paths.register(HadamardArc)
def _(arc):
  return _along(arc, sum, 1, lambda node, side: 0)[arc.h]


def _depths(arc):
  return _along(arc, max, 0, lambda node, side: 1)


@capacity.depth.register(HadamardArc)
def _(arc):
  return _depths(arc)[arc.h]


@capacity.state_depth.register(HadamardArc)
def _(arc):
  return _depths(arc)[arc.c]


@capacity.mean_leaf_depth.register(HadamardArc)
def _(arc):
  depths, ends = _depths(arc), arc.loose_ends
  return sum(depths[end] for end in ends) / float(len(ends))


@capacity.nonlinear_depth.register(HadamardArc)
def _(arc):
  # A node bends what comes on a side if it multiplies, or by its activation.
  return _along(
    arc,
    max,
    0,
    lambda node, side: int(node.op == 'mul' or node.sides[side] not in _LINEAR),
  )[arc.h]


@capacity.activation_counts.register(HadamardArc)
def _(arc):
  return collections.Counter(
    name for node in arc.nodes for name in node.functions
  )


@capacity.n_cell_params.register(HadamardArc)
def _(arc, hidden=capacity.HIDDEN_SIZE, embed=None):
  del embed  # it is that of the state
  return arc.operation_counts()[0] * (2 * hidden**2 + hidden)


@capacity.canonical_id.register(HadamardArc)
def _(arc):
  """Whatever the order in which nodes read their inputs."""
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


def _along(arc, joined, first, each):
  """dict with a value of each node made of those of what it reads.

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
  return values
