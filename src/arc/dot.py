"""Recurrent cells as ENAS-pytorch draws them: its boxes and colours, and DOT.

One box for each node with its activation and number, filled by activation; a
white one for the input, one for the state before, the mean of the loose ends,
and the state after.
"""

import typing

from src.arc.dag import Dag
from src.arc.dag_json import MEAN, STATE, shown_name

INPUT, BEFORE = 'x[t]', 'h[t-1]'
# Names of colours that Graphviz knows, with what they are in red, green, blue.
COLOURS = {
  'white': '#ffffff',
  'skyblue': '#87ceeb',
  'yellow': '#ffff00',
  'pink': '#ffc0cb',
  'orange': '#ffa500',
  'greenyellow': '#adff2f',
  'seagreen3': '#43cd80',
}
FILLS = {
  'tanh': 'yellow',
  'relu': 'pink',
  'identity': 'orange',
  'sigmoid': 'greenyellow',
}


class Box(typing.NamedTuple):
  """What a drawing shows.

  Attributes:
    key: int, a node, or str, one of the four boxes that are none.
    lines: tuple of str, its label.
    colour: str, a key of `COLOURS`.
  """

  key: typing.Union[int, str]
  lines: tuple
  colour: str


def boxes(arc):
  """list of `Box`: input, state before, nodes, mean, state after.

  Args:
    arc: `RecurrentArc` or `Dag`.
  """
  dag = Dag.of(arc)
  found = [Box(INPUT, (INPUT,), 'white'), Box(BEFORE, (BEFORE,), 'skyblue')]
  for node in dag.nodes:
    name = dag.activations[node]
    lines = (shown_name(name), '(%d)' % node)
    found.append(Box(node, lines, FILLS[name]))
  return found + [
    Box(MEAN, (MEAN,), 'seagreen3'),
    Box(STATE, (STATE,), 'skyblue'),
  ]


def arrows(arc, averaged=None):
  """list of (key, key), from box to box.

  Args:
    arc: `RecurrentArc` or `Dag`.
    averaged: sequence of ints, nodes whose mean is the output; None for the
      loose ends.
  """
  dag = Dag.of(arc)
  ends = dag.leaves if averaged is None else averaged
  return (
    [(INPUT, 0), (BEFORE, 0)]
    + list(dag.edges)
    + [(node, MEAN) for node in ends]
    + [(MEAN, STATE)]
  )


def to_dot(arc, averaged=None):
  """str, the drawing as a graph for Graphviz; arguments as `arrows`."""
  lines = [
    'digraph cell {',
    '  rankdir=TB;',
    '  node [shape=box, style=filled, color=black];',
  ]
  lines += [
    '  "%s" [label="%s", fillcolor=%s];'
    % (box.key, '\\n'.join(box.lines), box.colour)
    for box in boxes(arc)
  ]
  lines += ['  "%s" -> "%s";' % arrow for arrow in arrows(arc, averaged)]
  return '\n'.join(lines + ['}', ''])
