"""The circular layout: boxes on a ring, in order, counter-clockwise from east.

The classic picture of the CODEBRIM authors, with the real edges. Wires bend
inwards, past the discs they skip.
"""

import math
import textwrap

from src.arc import paint

_RADIUS = 0.5
_SPACING = 1.3
_LETTERS = 12  # in a line
_INNER = 0.8  # width of the square for text in a disc, in radii


class CircularPage:
  """Where everything of a picture is; attributes as `LayeredPage`."""

  def __init__(self, picture):
    self._picture = picture
    count = len(picture.boxes)
    self._ring = max(1.2, count * _SPACING / (2 * math.pi))
    self.width = self.height = 2 * (self._ring + _RADIUS)

  def paint(self, painter, left, top):
    """Draws the page with its top left corner at (left, top)."""
    picture = self._picture
    centre = left + self.width / 2, top + self.height / 2
    places = []
    for row in range(len(picture.boxes)):
      angle = 2 * math.pi * row / len(picture.boxes)
      places.append(
        (
          centre[0] + self._ring * math.cos(angle),
          centre[1] - self._ring * math.sin(angle),
        )
      )
    for wire in picture.wires:
      box = picture.boxes[wire.source]
      colour = box.colour or paint.operation_colour(box.parts[0][1])
      ends = places[wire.source], places[wire.target]
      _arrow(painter, ends[0], ends[1], centre, colour, 1.6)
    for source, target in picture.links:
      middle = [sum(pair) / 2 for pair in zip(places[source], places[target])]
      _arrow(painter, places[source], places[target], middle, paint.INK, 2.4)
    for row, (box, place) in enumerate(zip(picture.boxes, places)):
      _paint_disc(painter, box, _sources(picture, row), *place)


def _arrow(painter, start, end, towards, colour, width):
  """An arrow between the rims of two discs, bent half of the way to a point."""
  bend = [(a + b) / 4 + c / 2 for a, b, c in zip(start, end, towards)]
  leave = _on_rim(start, bend, _RADIUS)
  tip = _on_rim(end, bend, _RADIUS)
  neck = _on_rim(end, bend, _RADIUS + 0.06)
  painter.curve([leave, bend, neck], colour, width, halo=0.8)
  direction = (tip[0] - neck[0]) / 0.06, (tip[1] - neck[1]) / 0.06
  painter.arrow_head(tip[0], tip[1], direction, colour, size=0.12)


def _on_rim(centre, towards, radius):
  """The point at a distance from the centre, in the direction of another."""
  dx, dy = towards[0] - centre[0], towards[1] - centre[1]
  distance = math.hypot(dx, dy)
  return (
    centre[0] + radius * dx / distance,
    centre[1] + radius * dy / distance,
  )


def _sources(picture, row):
  """Numbers of the boxes that the parts of a box read; none for one part."""
  if len(picture.boxes[row].parts) == 1:
    return ['']
  into = sorted(w[::-1] for w in picture.wires if w.target == row)
  return [' of\u00a0' + picture.boxes[source].number for _, _, source in into]


def _paint_disc(painter, box, sources, x, y):
  """A disc with the number and the words of its label, one line each."""
  operation = box.parts[0][1] if len(box.parts) == 1 else None
  fill = box.colour or (
    paint.operation_colour(operation) if operation else paint.PAPER
  )
  painter.disc(x, y, _RADIUS, fill, paint.INK if fill == paint.PAPER else None)
  lines = [box.number] if box.number else []
  for (label, _), source in zip(box.parts, sources):
    lines += textwrap.wrap(label + source, _LETTERS)
  pitch = min(0.17, 2 * _INNER * _RADIUS / len(lines))
  for number, line in enumerate(lines):
    offset = (number - (len(lines) - 1) / 2.0) * pitch
    painter.fitted_text(
      x,
      y + offset,
      line,
      9,
      2 * math.sqrt((0.92 * _RADIUS) ** 2 - offset**2),
      colour=paint.text_colour(fill),
      weight='bold',
    )
