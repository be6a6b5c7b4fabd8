"""The three panels of `growth`: controller, child model, graph.

A panel is a window on a page that may be wider: where a network is too long,
the window moves to what is being decided. Lengths are in inches. Skips join in
"concat", as in the published picture and in fixed networks; the search model
adds them, to the same graph.
"""

from src.arc import paint
from src.arc.macro import SKIP_FROM
from src.arc.picture import Look, pictures

# Of nodes: red, green, blue, violet first, as in the original animation.
_COLOURS = ('#c0392b', '#1b8a4b', '#1f5fa8', '#7b3fa0', '#b9770e', '#0f8b8d',
            '#a0457a', '#5d6d7e')  # fmt: skip
_CELL = '#f7d046'
_MARGIN = 0.25
_LINE = 1.4  # points
_TITLE = 0.2
_BESIDE = 0.22  # from one disc of a decision to the next
_BEFORE = 2.0  # left of the window: a cell whose arrow leads into it


def panels(arc, width, operations=None):
  """list of the panels; arguments as `growth.images`, the width in inches."""
  plan = _Plan(arc, operations)
  return [kind(plan, width) for kind in (_Controller, _Child, _Graph)]


class _Plan:
  """What an architecture decides, in the terms of the panels.

  Nodes are numbered from 1; 0 is the stem, where skips may come from it.
  """

  def __init__(self, arc, operations):
    look = Look(operations=operations)
    (picture,) = pictures(arc, look)
    self.labels = [box.parts[0][0] for box in picture.boxes if box.number]
    self.count = arc.num_layers
    self.has_stem = arc.skip_from == SKIP_FROM[0]
    # Tensor 0 is the stem, tensor j the output of layer j - 1, which is node j.
    self.skips = [arc.skip_sources(layer) for layer in range(arc.num_layers)]

  @staticmethod
  def colour(node):
    return _COLOURS[(node - 1) % len(_COLOURS)] if node else paint.INK


class _Panel:
  """A window of `width` on a page; a subclass has `title` and `_paint`.

  What ends before the left edge of the window need not be painted.
  """

  title = ''
  height = 1.5

  def __init__(self, plan, width):
    self._plan, self._width = plan, width
    self._end = []  # for each node, where its part of the page ends
    self._lay_out()

  def draw(self, ax, frame):
    """Draws a `growth.Frame` on axes."""
    page = self._end[-1] + _MARGIN
    left = max(0.0, self._end[frame.node] + _MARGIN - self._width)
    if page < self._width:
      left = (page - self._width) / 2
    painter = paint.AxesPainter(ax, self._width, self.height)
    self._paint(painter, frame, left)
    ax.set_xlim(left, left + self._width)
    for text in ax.texts:
      text.set_clip_on(True)
    ax.figure.text(
      0.12 / self._width,
      ax.get_position().y1 - _TITLE / ax.figure.get_size_inches()[1],
      self.title, fontsize=10, fontweight='bold', color=paint.INK, va='center',
    )  # fmt: skip

  def _disc(self, painter, x, y, node, radius=0.12):
    painter.disc(x, y, radius, self._plan.colour(node))
    size = 60 * radius if node < 10 else 50 * radius
    painter.text(x, y, '%d' % node, size, paint.PAPER, 'bold')


class _Controller(_Panel):
  """Cells of the LSTM in a row, above each its decision."""

  title = 'Controller'
  height = 1.95
  _DECISION, _SOFTMAX, _ROW, _BRACKET, _NUMBER = 0.52, 0.83, 1.13, 1.4, 1.64

  def _lay_out(self):
    self._places, right = [], _MARGIN
    for node in range(1, self._plan.count + 1):
      places = [right + 0.43]
      right += 0.86
      if node > 1:
        places.append(right + 0.33)
        right += 0.66 + _BESIDE * max(0, len(self._plan.skips[node - 1]) - 1)
      self._places.append(places)
      self._end.append(right)

  def _paint(self, painter, frame, left):
    last = None
    for node, places in enumerate(self._places[: frame.node + 1], 1):
      if self._end[node - 1] < left - _BEFORE:
        continue
      decided = 2 if node <= frame.node else frame.step
      there = places[: decided + 1]
      for kind, x in enumerate(there):
        if last is not None:
          painter.wire([(last[0], self._ROW), (x, self._ROW)], paint.INK, _LINE)
          self._feed(painter, last, x)
        painter.box(x, self._ROW, 0.32, 0.32, _CELL, paint.INK, rounding=0.03)
        known = decided > kind
        last = x, self._decision(painter, node, kind, x) if known else None
      self._bracket(painter, node, there)

  def _decision(self, painter, node, kind, x):
    """Draws what a cell decides; returns how far right of it that reaches."""
    painter.text(x, self._SOFTMAX, 'softmax', 6, paint.GREY)
    if kind == 0:
      return _two_lines(painter, x, self._DECISION, self._plan.labels[node - 1])
    skips = self._plan.skips[node - 1]
    if not skips:
      painter.text(x, self._DECISION, 'none', 8, paint.GREY)
      return 0.17
    for number, source in enumerate(skips):
      at = x + _BESIDE * number
      self._disc(painter, at, self._DECISION, source, 0.095)
    return _BESIDE * (len(skips) - 0.5)

  def _feed(self, painter, last, x):
    """An arrow from a decision into the next cell."""
    at, reach = last
    if reach is None:
      return
    start, end = (
      (at + reach + 0.03, self._DECISION),
      (x - 0.17, self._ROW - 0.1),
    )
    bend = end[0] - 0.05, self._DECISION
    painter.curve([start, bend, end], paint.GREY, 1.0)
    painter.arrow_head(*end, _unit(bend, end), paint.GREY, 0.07)

  def _bracket(self, painter, node, places):
    left, right = places[0] - 0.2, places[-1] + 0.2
    top, colour = self._BRACKET - 0.06, self._plan.colour(node)
    painter.wire(
      [(left, top), (left, self._BRACKET), (right, self._BRACKET),
       (right, top)],
      colour, _LINE,
    )  # fmt: skip
    self._disc(painter, (left + right) / 2, self._NUMBER, node)


class _Child(_Panel):
  """Boxes in a row; skips join the output of an operation."""

  title = 'Child model'
  _BOX, _JOINT, _APART = 0.74, 0.52, 0.17
  _HALF = 0.19

  def _lay_out(self):
    plan = self._plan
    name = 'stem' if plan.has_stem else 'input'
    self._input, right = (name, _MARGIN + 0.26), _MARGIN + 0.52
    self._boxes, self._joints = [], []
    for node in range(1, plan.count + 1):
      right += self._APART
      self._boxes.append(right + self._BOX / 2)
      right += self._BOX
      self._joints.append(None)
      if plan.skips[node - 1]:
        right += self._APART
        self._joints[-1] = right + self._JOINT / 2
        right += self._JOINT
      self._end.append(right)
    self._lanes()
    self._row = 0.62 + self._lane_step * self._depths[0]
    self.height = self._row + 0.35 + self._lane_step * self._depths[1]

  def _lanes(self):
    """Every source has a lane of its own, above or below, where it must."""
    self._lane, ends = {}, ([], [])
    for source in range(self._plan.count):
      targets = [
        node
        for node in range(source + 1, self._plan.count + 1)
        if source in self._plan.skips[node - 1]
      ]
      if not targets:
        continue
      side = source % 2 if self._plan.has_stem else (source + 1) % 2
      lane = next(
        (n for n, end in enumerate(ends[side]) if end < source),
        len(ends[side]),
      )
      ends[side][lane : lane + 1] = [targets[-1]]
      self._lane[source] = side, lane
    self._depths = [len(of) for of in ends]
    self._lane_step = min(0.13, 0.6 / max(1, max(self._depths)))

  def _out(self, node):
    """(x, half width) of the box whose output a node is."""
    if not node:
      return self._input[1], 0.26
    joint = self._joints[node - 1]
    if joint is not None:
      return joint, self._JOINT / 2
    return self._boxes[node - 1], self._BOX / 2

  def _paint(self, painter, frame, left):
    name, x = self._input
    self._box(painter, x, 0.52, paint.INK, name)
    for node in range(1, frame.node + 2):
      if self._end[node - 1] < left:
        continue
      decided = 2 if node <= frame.node else frame.step
      colour = self._plan.colour(node)
      before, half = self._out(node - 1)
      x = self._boxes[node - 1]
      self._link(painter, before + half, x - self._BOX / 2)
      if decided:
        self._box(painter, x, self._BOX, colour, self._plan.labels[node - 1])
      else:
        painter.box(
          x, self._row, self._BOX, 2 * self._HALF, paint.PAPER, colour
        )
        painter.text(x, self._row, '?', 11, colour, 'bold')
      joint = self._joints[node - 1]
      if joint is not None and decided == 2:
        left = joint - self._JOINT / 2
        self._link(painter, x + self._BOX / 2, left)
        painter.box(
          joint, self._row, self._JOINT, 2 * self._HALF, paint.PAPER, colour
        )
        painter.text(joint, self._row, 'concat', 7.5, colour)
        self._skip_wires(painter, node, joint)

  def _box(self, painter, x, width, fill, label):
    painter.box(x, self._row, width, 2 * self._HALF, fill)
    _two_lines(painter, x, self._row, label, paint.PAPER)

  def _link(self, painter, start, end):
    painter.wire([(start, self._row), (end, self._row)], paint.INK, _LINE)
    painter.arrow_head(end, self._row, (1, 0), paint.INK, 0.07)

  def _skip_wires(self, painter, node, joint):
    """Wires into a joint; those of one side side by side, the far one left."""
    entries = ([], [])
    for source in self._plan.skips[node - 1]:
      entries[self._lane[source][0]].append(source)
    for side, sources in enumerate(entries):
      sign = -1 if side == 0 else 1
      for number, source in enumerate(sources):
        step = min(0.09, 0.3 / len(sources))
        end = joint - 0.2 + step * number
        x, half = self._out(source)
        start = x + half - 0.08 if half < 0.3 else x
        lane = self._lane[source][1]
        level = self._row + sign * (self._HALF + 0.13 + self._lane_step * lane)
        edge = self._row + sign * self._HALF
        colour = self._plan.colour(source)
        painter.wire(
          [(start, edge), (start, level), (end, level), (end, edge)],
          colour, _LINE, radius=0.05, halo=1.0,
          order=3 + 0.01 * (self._plan.count - lane),
        )  # fmt: skip
        painter.arrow_head(end, edge, (0, -sign), colour, 0.07)


class _Graph(_Panel):
  """Numbered circles: the chain straight, skips as arcs."""

  title = 'DAG'
  _RADIUS = 0.16

  def _lay_out(self):
    plan = self._plan
    self._first = 0 if plan.has_stem else 1
    apart = max(0.55, min(1.2, 5.4 / max(1, plan.count)))
    self._x = {
      node: _MARGIN + 0.3 + apart * (node - self._first)
      for node in range(self._first, plan.count + 1)
    }
    self._end = [self._x[n] + 0.3 for n in range(1, plan.count + 1)]
    spans = ([0.0], [0.0])
    for node, source in self._arcs(plan.count):
      spans[self._side(source)].append(self._bend(source, node))
    self._row = 0.6 + max(spans[0]) / 2
    self.height = self._row + 0.3 + max(spans[1]) / 2

  def _arcs(self, count):
    """(node, source) of skips; the chain is there anyway."""
    return [
      (node, source)
      for node in range(1, count + 1)
      for source in self._plan.skips[node - 1]
      if source < node - 1
    ]

  @staticmethod
  def _side(source):
    return (source + 1) % 2

  def _bend(self, source, node):
    return min(1.3, 0.42 * (self._x[node] - self._x[source]))

  def _paint(self, painter, frame, left):
    known = frame.node + (frame.step == 2)
    for node in range(self._first, frame.node + 2):
      if self._x[node] + 1 < left:
        continue
      if node > self._first and (node <= known or frame.step):
        start = self._x[node - 1] + self._RADIUS
        end = self._x[node] - self._RADIUS
        painter.wire([(start, self._row), (end, self._row)], paint.INK, _LINE)
        painter.arrow_head(end, self._row, (1, 0), paint.INK, 0.08)
      self._disc(painter, self._x[node], self._row, node, self._RADIUS)
    for node, source in self._arcs(known):
      if self._x[node] < left:
        continue
      sign = -1 if self._side(source) == 0 else 1
      start, end = self._x[source], self._x[node]
      bend = (start + end) / 2, self._row + sign * self._bend(source, node)
      colour = self._plan.colour(source)
      ends = [
        _towards((x, self._row), bend, self._RADIUS) for x in (start, end)
      ]
      painter.curve([ends[0], bend, ends[1]], colour, _LINE)
      painter.arrow_head(*ends[1], _unit(bend, ends[1]), colour, 0.08)


def _two_lines(painter, x, y, label, colour=paint.INK):
  """Writes an operation, its window below its kind; returns the half width."""
  words = label.rsplit(' ', 1)
  if len(label) < 9 or len(words) < 2:
    words = [label]
  size, room = 8, 0.7
  for number, word in enumerate(words):
    painter.fitted_text(
      x, y + 0.135 * (number - (len(words) - 1) / 2.0), word, size, room,
      colour=colour,
    )  # fmt: skip
  return min(room, max(paint.text_width(word, size) for word in words)) / 2


def _unit(start, end):
  dx, dy = end[0] - start[0], end[1] - start[1]
  length = max((dx * dx + dy * dy) ** 0.5, 1e-9)
  return dx / length, dy / length


def _towards(start, end, distance):
  dx, dy = _unit(start, end)
  return start[0] + distance * dx, start[1] + distance * dy
