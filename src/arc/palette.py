"""Recurrent cells drawn from top to bottom in the colours of ENAS-pytorch.

A row of boxes for each depth, as Graphviz places them, and no Graphviz needed.
A node stands above those that read it; each loose end has a column to itself,
so its arrow to the mean meets no box. What a tree does not have, such as the
arrow of a second parent, runs between the rows and down a lane on the right.
"""

import collections

from src.arc import paint
from src.arc.capacity import depths
from src.arc.dag import Dag
from src.arc.dag_json import MEAN, STATE
from src.arc.dot import BEFORE, COLOURS, INPUT, arrows, boxes
from src.arc.draw import Sheet, put
from src.arc.hadamard import HadamardArc
from src.arc.hadamard_picture import HadamardPage

_BOX = (0.86, 0.46)
_COLUMN = 1.0
_GAP = 0.42
_STEEP = 0.12  # of the gap, for each inch that an arrow in it goes sideways
_LANE = 0.2
_PORTS = 0.7  # of a box's width
_LEAST_WIDTH = 2.6  # for a title
_FIT = 0.02


def draw_dag(arc, path_or_ax, title=None, note=None, averaged=None):
  """Draws a recurrent cell into a file or on axes.

  Args:
    arc: `RecurrentArc`, `Dag` or `HadamardArc`.
    path_or_ax: as of `draw.draw_arc`.
    title: str, or None for none.
    note: str, the line below it, such as 'step: 1,234'; or None.
    averaged: sequence of ints, nodes whose mean is the output; None for the
      loose ends.

  Raises:
    ArcError: an unknown file ending.
  """
  lines = '\n'.join(line for line in (title, note) if line)
  put(Sheet([page(arc, averaged)], lines), path_or_ax)


def page(arc, averaged=None):
  """The page of a cell: a PalettePage, or that of a `HadamardArc`."""
  if isinstance(arc, HadamardArc):
    return HadamardPage(arc)
  return PalettePage(arc, averaged)


class PalettePage:
  """Where everything of a cell is, in inches from the page's top left.

  Attributes:
    width, height: floats, in inches.
  """

  def __init__(self, arc, averaged=None):
    """Arguments as `draw_dag`."""
    dag = Dag.of(arc)
    self._boxes = boxes(dag)
    self._rows = _rows(dag)
    above = _above(dag)
    ends = dag.leaves if averaged is None else averaged
    plain = {(source, node) for node, source in above.items()}
    plain |= {(node, MEAN) for node in set(ends) & set(dag.leaves)}
    plain |= {(INPUT, 0), (BEFORE, 0), (MEAN, STATE)}
    every = arrows(dag, averaged)
    self._plain = [arrow for arrow in every if arrow in plain]
    self._detours = [arrow for arrow in every if arrow not in plain]
    self._x = _columns(dag, above)
    left = min(self._x.values()) - _BOX[0] / 2
    right = max(self._x.values()) + _BOX[0] / 2
    self._lane = right + _LANE
    wide = right - left + _LANE * len(self._detours)
    self.width = max(wide, _LEAST_WIDTH) + 2 * _FIT
    shift = (self.width - wide) / 2 - left
    self._x = {key: x + shift for key, x in self._x.items()}
    self._lane += shift
    self._y = self._heights()
    self.height = max(self._y.values()) + _BOX[1] / 2 + _FIT
    self._ports = self._all_ports()

  def _heights(self):
    """dict from key to the middle of its box; full gaps are wider."""
    sideways = collections.Counter()
    detours = collections.Counter()
    for source, target in self._plain:
      row = self._rows[target] - 1
      distance = abs(self._x[source] - self._x[target])
      sideways[row] = max(sideways[row], distance)
    for source, target in self._detours:
      for row in {self._rows[source], self._rows[target] - 1}:
        detours[row] += 1
    middles, y = [], _BOX[1] / 2 + _FIT
    for row in range(max(self._rows.values()) + 1):
      middles.append(y)
      gap = _GAP + _STEEP * sideways[row] + 0.1 * detours[row]
      y += _BOX[1] + gap
    return {key: middles[row] for key, row in self._rows.items()}

  def _all_ports(self):
    """dict from (arrow, 0 or 1), its start or end, to an x on its box.

    Those of a box lie side by side, in the order of where they lead.
    """
    at = collections.defaultdict(list)
    for arrow in self._plain:
      for end in (0, 1):
        at[arrow[end], end].append((self._x[arrow[1 - end]], arrow))
    for place, arrow in enumerate(self._detours):
      for end in (0, 1):
        # From the right come those of inner lanes first.
        at[arrow[end], end].append((self._lane + _LANE * place, arrow))
    ports = {}
    for (key, end), entries in at.items():
      step = _PORTS * _BOX[0] / max(len(entries) - 1, 4)
      for place, (_, arrow) in enumerate(sorted(entries, key=_first)):
        offset = (place - (len(entries) - 1) / 2.0) * step
        ports[arrow, end] = self._x[key] + offset
    return ports

  def paint(self, painter, left, top):
    """Draws the page with its top left corner at (left, top)."""
    for arrow in self._plain:
      self._arrow(painter, left, top, arrow, self._straight(arrow))
    crowd = collections.Counter()
    for place, arrow in enumerate(self._detours):
      way = self._detour(arrow, self._lane + _LANE * place, crowd)
      self._arrow(painter, left, top, arrow, way)
    for box in self._boxes:
      _paint_box(painter, box, left + self._x[box.key], top + self._y[box.key])

  def _straight(self, arrow):
    """Points from a box to one in the next row, or first down a column."""
    start = self._ports[arrow, 0], self._y[arrow[0]] + _BOX[1] / 2
    end = self._ports[arrow, 1], self._y[arrow[1]] - _BOX[1] / 2
    points = [start]
    last = self._rows[arrow[1]] - 1
    if self._rows[arrow[0]] < last:
      points.append((start[0], self._bottom(last)))
    return points + [end]

  def _bottom(self, row):
    """The lower edge of the boxes of a row."""
    key = next(key for key, of in self._rows.items() if of == row)
    return self._y[key] + _BOX[1] / 2

  def _detour(self, arrow, lane, crowd):
    """Points between the rows, down a lane, and between the rows again."""
    first, last = self._rows[arrow[0]], self._rows[arrow[1]] - 1
    start = self._ports[arrow, 0], self._y[arrow[0]] + _BOX[1] / 2
    end = self._ports[arrow, 1], self._y[arrow[1]] - _BOX[1] / 2
    crowd[first] += 1
    leave = self._bottom(first) + 0.04 + 0.09 * crowd[first]
    if first == last:
      return [start, (start[0], leave), (end[0], leave), end]
    crowd[last] += 1
    enter = self._bottom(last) + 0.04 + 0.09 * crowd[last]
    return [
      start,
      (start[0], leave),
      (lane, leave),
      (lane, enter),
      (end[0], enter),
      end,
    ]

  def _arrow(self, painter, left, top, arrow, points):
    points = [(left + x, top + y) for x, y in points]
    (x0, y0), (x1, y1) = points[-2:]
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    direction = ((x1 - x0) / length, (y1 - y0) / length)
    detour = arrow in self._detours
    tip = points[-1]
    points[-1] = tuple(p - 0.05 * d for p, d in zip(tip, direction))
    painter.wire(
      points,
      paint.INK,
      1.0,
      radius=0.06 if detour else 0.0,
      halo=1.2 if detour else 0.0,
      order=3 if detour else 2,
    )
    painter.arrow_head(*tip, direction, paint.INK)


def _first(entry):
  return entry[0]


def _rows(dag):
  """dict from key to row, from 0."""
  deep = depths(dag)
  rows = {node: deep[node] + 1 for node in dag.nodes}
  last = max(rows.values())
  rows.update({INPUT: 0, BEFORE: 0, MEAN: last + 1, STATE: last + 2})
  return rows


def _above(dag):
  """dict from node to the parent it stands below, of the row above."""
  deep = depths(dag)
  return {
    node: next(n for n in dag.parents[node] if deep[n] == deep[node] - 1)
    for node in dag.nodes[1:]
  }


def _columns(dag, above):
  """dict from key to the middle of its box; the first column is at 0."""
  below = collections.defaultdict(list)
  for node, source in sorted(above.items()):
    below[source].append(node)
  order, x, count = [0], {}, 0
  while order:  # those below a node come before the node itself
    node = order[-1]
    waiting = [child for child in below[node] if child not in x]
    if waiting:
      order.append(waiting[0])
      continue
    order.pop()
    if below[node]:
      x[node] = (x[below[node][0]] + x[below[node][-1]]) / 2.0
    else:
      x[node], count = count * _COLUMN, count + 1
  x[INPUT], x[BEFORE] = x[0] - _COLUMN / 2, x[0] + _COLUMN / 2
  x[MEAN] = x[STATE] = (count - 1) * _COLUMN / 2.0
  return x


def _paint_box(painter, box, x, y):
  fill = COLOURS[box.colour]
  painter.box(x, y, *_BOX, fill, edge=paint.INK, rounding=0.001)
  for line, text in enumerate(box.lines):
    offset = (line - (len(box.lines) - 1) / 2.0) * 0.17
    painter.fitted_text(x, y + offset, text, 9.5, _BOX[0] - 0.1)
