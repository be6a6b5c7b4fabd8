"""The layered layout: boxes down a spine, wires in lanes beside it.

The main path runs down the middle. A row with wires owns one lane on a side,
always the same one; its wires leave that lane with a curve into the boxes they
enter. Early rows have the outer lanes, so wires meet at right angles only and
no two share a lane. Wires that enter a box on one side have a port each, those
of outer lanes lower, so that they do not cross there.
"""

import collections

from src.arc import paint
from src.arc.picture import LEFT, RIGHT

_BOX_HEIGHT = 0.34
_PART_WIDTH = 1.75
_PAIR_WIDTH = 3.1
_BADGE = 0.32
_BOX_GAP = 0.18
_NOTE_GAP = 0.46
_LANE_GAP = 0.34
_LANE_PITCH = 0.19
_BAND_COLUMN = 1.0
_LEAVE = 0.065  # above the lower edge of a box
_ENTER = (0.045, 0.14)  # below its upper, above its lower edge
_CROWD = 6  # lanes on a side from which on boxes are higher
_BAND_FILLS = ('#f3f5f8', '#e9edf3', '#dfe5ee')


class LayeredPage:
  """Where everything of a picture is, in inches from the page's top left.

  Attributes:
    width, height: floats, in inches.
  """

  def __init__(self, picture):
    self._picture = picture
    pair = any(len(box.parts) > 1 for box in picture.boxes)
    self._box_width = _PAIR_WIDTH if pair else _PART_WIDTH
    self._lanes = {
      side: [row for row, of_side in picture.lanes if of_side == side]
      for side in (LEFT, RIGHT)
    }
    # Room for the ports of all wires that an architecture of this size may
    # have.
    crowd = max(map(len, self._lanes.values())) - _CROWD
    self._box_height = _BOX_HEIGHT + 0.02 * max(0, crowd)
    self._pitch = self._box_height + _BOX_GAP
    beside = [
      _LANE_GAP + len(self._lanes[side]) * _LANE_PITCH + self._box_width / 2
      for side in (LEFT, RIGHT)
    ]
    labelled = any(band.lines for band in picture.bands)
    self._spine = max(beside) + (_BAND_COLUMN if labelled else 0.1)
    self.width = self._spine + max(beside)
    self._y = []
    y = -self._pitch + self._box_height / 2
    for row in range(len(picture.boxes)):
      y += self._pitch + (_NOTE_GAP if row in picture.notes else 0)
      self._y.append(y)
    self.height = y + self._box_height / 2

  def paint(self, painter, left, top):
    """Draws the page with its top left corner at (left, top)."""
    self._left, self._top = left, top
    self._paint_bands(painter)
    self._paint_links(painter)
    self._paint_wires(painter)
    for row, box in enumerate(self._picture.boxes):
      self._paint_box(painter, box, left + self._spine, top + self._y[row])

  def _row(self, row):
    return self._top + self._y[row]

  def _paint_bands(self, painter):
    for fill, band in zip(_BAND_FILLS, self._picture.bands):
      top = self._row(band.first) - self._pitch / 2
      bottom = self._row(band.last) + self._pitch / 2
      painter.band(self._left, top, self._left + self.width, bottom, fill)
      y = top + self._pitch / 2 - 0.1 * (len(band.lines) - 1)
      for line, size, weight in zip(band.lines, (11, 8.5), ('bold', 'normal')):
        painter.fitted_text(
          self._left + 0.12,
          y,
          line,
          size,
          _BAND_COLUMN - 0.2,
          weight=weight,
          align='left',
        )
        y += 0.2

  def _paint_links(self, painter):
    """The main path, thick, with a head at each box it enters."""
    x = self._left + self._spine
    for source, target in self._picture.links:
      tip = self._row(target) - self._box_height / 2
      start = self._row(source) + self._box_height / 2
      painter.wire([(x, start), (x, tip - 0.05)], paint.INK, 2.2)
      painter.arrow_head(x, tip, (0, 1), paint.INK, size=0.1)
    for row, text in self._picture.notes.items():
      y = self._row(row) - (self._pitch + _NOTE_GAP) / 2
      painter.box(x, y, 1.2, 0.2, paint.PAPER, paint.GREY)
      painter.text(x, y, text, 7.5, paint.GREY)

  def _paint_wires(self, painter):
    entering = collections.defaultdict(list)
    for wire in self._picture.wires:
      entering[wire.target, wire.side].append(wire)
    for wires in entering.values():
      # Inner lanes first: their rows come later.
      wires = sorted(wires, key=lambda wire: -wire.source)
      low = _ENTER[0] - self._box_height / 2
      high = self._box_height / 2 - _ENTER[1]
      step = (high - low) / max(len(wires) - 1, 2)
      for port, wire in enumerate(wires):
        self._paint_wire(painter, wire, low + step * port, step)

  def _paint_wire(self, painter, wire, port, step):
    """One wire; port is where it enters, step the distance to the next one."""
    source, target, side = wire
    colour = _wire_colour(self._picture.boxes[source])
    spine = self._left + self._spine
    lanes = self._lanes[side]
    inwards = len(lanes) - 1 - lanes.index(source)
    lane = spine + side * (
      self._box_width / 2 + _LANE_GAP + inwards * _LANE_PITCH
    )
    box_side = spine + side * self._box_width / 2
    leave = self._row(source) + self._box_height / 2 - _LEAVE
    width = min(1.6, 0.7 * step * paint.POINTS)
    enter = self._row(target) + port
    painter.wire(
      [
        (box_side, leave),
        (lane, leave),
        (lane, enter),
        (box_side + side * 0.06, enter),
      ],
      colour,
      width,
      radius=0.13,
      halo=min(1.0, step * paint.POINTS - width),
      order=2 + 0.01 * source,
    )
    size = min(0.08, 1.6 * step)
    painter.arrow_head(box_side, enter, (-side, 0), colour, size=size)

  def _paint_box(self, painter, box, x, y):
    width = self._box_width
    if len(box.parts) == 1:
      size = width, self._box_height
      _paint_part(painter, box, box.parts[0], x, y, *size)
      return
    part = (width - _BADGE) / 2
    painter.box(x, y, width - 0.2, self._box_height * 0.6, box.colour)
    for side, (label, operation) in zip((LEFT, RIGHT), box.parts):
      centre = x + side * (width - part) / 2
      fill = paint.operation_colour(operation)
      painter.box(centre, y, part, self._box_height, fill)
      painter.fitted_text(
        centre,
        y,
        label,
        10,
        part - 0.2,
        colour=paint.text_colour(fill),
        weight='bold',
      )
    painter.disc(x, y, _BOX_HEIGHT / 2, box.colour)
    painter.text(
      x, y, box.number, 10, paint.text_colour(box.colour), weight='bold'
    )


def _wire_colour(box):
  return box.colour or paint.operation_colour(box.parts[0][1])


def _paint_part(painter, box, part, x, y, width, height):
  """A box of one part: its number at the left, its label in the middle."""
  label, operation = part
  if operation is None and box.colour is None:
    painter.box(x, y, width, height, paint.PAPER, paint.INK)
    painter.fitted_text(x, y, label, 9.5, width - 0.2)
    return
  fill = _wire_colour(box)
  colour = paint.text_colour(fill)
  painter.box(x, y, width, height, fill)
  if box.number:
    painter.text(x - width / 2 + 0.09, y, box.number, 8.5, colour, align='left')
  painter.fitted_text(
    x + (0.08 if box.number else 0),
    y,
    label,
    10,
    width - (0.62 if box.number else 0.2),
    colour=colour,
    weight='bold',
  )
