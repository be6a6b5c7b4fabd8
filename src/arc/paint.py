"""The painters of all architecture drawings: boxes, bands, wires and texts.

Pages say what to draw in inches, with y pointing down; a painter says how.
`AxesPainter` draws on matplotlib axes, without pyplot, so that drawing needs no
display and leaves no state behind; `SvgPainter` writes short SVG, of which a
report can hold hundreds.
"""

import functools
from xml.sax import saxutils

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.textpath import TextPath

INK = '#191919'
GREY = '#666666'
PAPER = '#ffffff'
POINTS = 72.0

# Okabe and Ito's palette, distinct to colour-blind readers: one hue for each
# kind of operation, lighter for a small window and darker for a large one.
_HUES = {
  'conv': ('#56b4e9', '#0072b2'),
  'factorised': ('#0072b2', '#0072b2'),
  'separable': ('#e69f00', '#d55e00'),
  'avg_pool': ('#009e73', '#009e73'),
  'max_pool': ('#cc79a7', '#cc79a7'),
  'identity': ('#b8b8b8', '#b8b8b8'),
  'gaussian': ('#f0e442', '#f0e442'),
  'dropout': ('#191919', '#191919'),
  'tconv': ('#b39ddb', '#5e35b1'),
}
_ACTIVATIONS = {
  'tanh': '#0072b2',
  'relu': '#e69f00',
  'identity': '#b8b8b8',
  'sigmoid': '#cc79a7',
}
_OTHER_HUE = ('#999999', '#666666')


def operation_colour(operation):
  """Colour of an operation, as '#rrggbb'."""
  if operation.kind == 'activation':
    return _ACTIVATIONS.get(operation.name, _OTHER_HUE[0])
  light, dark = _HUES.get(operation.kind, _OTHER_HUE)
  return light if operation.kernel < 4 else dark


def text_colour(fill):
  """Ink or paper, whichever is easier to read on a fill '#rrggbb'."""
  red, green, blue = (int(fill[i : i + 2], 16) / 255.0 for i in (1, 3, 5))
  luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
  return INK if luminance > 0.2 else PAPER


def new_figure(width, height):
  """A matplotlib `Figure` of `width` by `height` inches, without pyplot."""
  figure = Figure(figsize=(width, height), facecolor=PAPER)
  FigureCanvasAgg(figure)
  return figure


def new_axes(width, height):
  """Axes that fill a new figure of `width` by `height` inches."""
  return new_figure(width, height).add_axes([0, 0, 1, 1])


def pixels(figure):
  """The figure at its resolution, uint8 [height, width, 3], RGB."""
  figure.canvas.draw()
  return np.asarray(figure.canvas.buffer_rgba())[:, :, :3].copy()


def plain_text(text):
  """Keeps matplotlib from reading dollar signs as mathematics."""
  return text.replace('$', r'\$')


@functools.lru_cache(maxsize=4096)
def text_width(text, size, weight='normal'):
  """Width in inches of one line of text at `size` points."""
  if not text.strip():
    return 0.0
  path = TextPath((0, 0), plain_text(text), size=size, prop={'weight': weight})
  return path.get_extents().width / POINTS


class Painter:
  """What pages draw with; a subclass has `text`, `box`, `_stroke` and so on.

  `order` says what lies above what, as matplotlib's zorder does.
  """

  def fitted_text(self, x, y, text, size, room, **style):
    """Writes one line of text, made smaller where `room` inches need it."""
    needed = text_width(text, size, style.get('weight', 'normal'))
    return self.text(
      x, y, text, size * min(1, room / max(needed, room)), **style
    )

  def band(self, left, top, right, bottom, fill):
    """A light area behind everything else."""
    centre = (left + right) / 2, (top + bottom) / 2
    self.box(*centre, right - left, bottom - top, fill, order=0)

  def wire(self, points, colour, width, radius=0.0, halo=0.0, order=2):
    """A line through points, its corners rounded.

    Args:
      points: list of (x, y); with a radius, segments are horizontal or
        vertical.
      colour: '#rrggbb'.
      width: float, in points.
      radius: float, of the corners.
      halo: float, points of white on either side, which makes wires that
        cross look like bridges.
      order: float; a halo lies just below its wire.
    """
    self._stroke_with_halo(_rounded(points, radius), colour, width, halo, order)

  def curve(self, points, colour, width, halo=0.0, order=2):
    """A curve from the first of three points to the last, bent to the second.

    Args: as `wire`.
    """
    codes = (Path.MOVETO, Path.CURVE3, Path.CURVE3)
    self._stroke_with_halo(list(zip(points, codes)), colour, width, halo, order)

  def _stroke_with_halo(self, path, colour, width, halo, order):
    if halo:
      self._stroke(path, PAPER, width + 2 * halo, order - 0.001)
    self._stroke(path, colour, width, order)

  def arrow_head(self, x, y, direction, colour, size=0.08):
    """A triangle whose tip is at (x, y); direction is a unit (dx, dy)."""
    dx, dy = direction
    back = x - size * dx, y - size * dy
    half = size * 0.55
    self._polygon(
      [
        (x, y),
        (back[0] - half * dy, back[1] + half * dx),
        (back[0] + half * dy, back[1] - half * dx),
      ],
      colour,
      4,
    )


class AxesPainter(Painter):
  """Draws on matplotlib axes; on smaller ones all shrinks in proportion."""

  def __init__(self, ax, width, height):
    """Prepares axes for a page.

    Args:
      ax: matplotlib `Axes`; its limits are set and its frame is removed.
      width: float, of the page in inches.
      height: float, the same.
    """
    self._ax = ax
    ax.set_axis_off()
    ax.set_xlim(0, width)
    ax.set_ylim(height, 0)
    ax.set_aspect('equal')
    available = ax.bbox.size / ax.figure.dpi
    self._scale = min(available / (width, height))

  def text(self, x, y, text, size, colour=INK, weight='normal', align='center'):
    """Writes one line of text, centred vertically at y; size in points."""
    self._ax.text(
      x,
      y,
      plain_text(text),
      fontsize=size * self._scale,
      color=colour,
      fontweight=weight,
      ha=align,
      va='center',
      zorder=6,
    )

  def box(self, x, y, width, height, fill, edge=None, rounding=0.07, order=5):
    """A filled box with round corners, centred at (x, y)."""
    self._ax.add_patch(
      FancyBboxPatch(
        (x - width / 2 + rounding, y - height / 2 + rounding),
        width - 2 * rounding,
        height - 2 * rounding,
        boxstyle='round,pad=%f' % rounding,
        facecolor=fill,
        edgecolor=edge or fill,
        linewidth=1.0 * self._scale,
        zorder=order,
      )
    )

  def disc(self, x, y, radius, fill, edge=None, order=5):
    """A filled circle."""
    self._ax.add_patch(
      Circle(
        (x, y),
        radius,
        facecolor=fill,
        edgecolor=edge or fill,
        linewidth=1.0 * self._scale,
        zorder=order,
      )
    )

  def _stroke(self, path, colour, width, order):
    self._ax.add_patch(
      PathPatch(
        Path(*zip(*path)),
        fill=False,
        edgecolor=colour,
        linewidth=width * self._scale,
        capstyle='butt',
        zorder=order,
      )
    )

  def _polygon(self, corners, fill, order):
    self._ax.add_patch(
      Polygon(corners, closed=True, facecolor=fill, linewidth=0, zorder=order)
    )


class SvgPainter(Painter):
  """Writes SVG; one inch is 100 units."""

  _LETTERS = {Path.MOVETO: 'M', Path.LINETO: 'L', Path.CURVE3: 'Q'}
  _ANCHORS = {'left': 'start', 'center': 'middle', 'right': 'end'}

  def __init__(self, width, height):
    """width, height: floats, of the page in inches."""
    self._size = (width, height)
    self._elements = []

  def document(self):
    """str, an `<svg>` element with all that was drawn."""
    width, height = self._size
    self._elements.sort(key=lambda element: element[0])
    return (
      "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %s %s' "
      "width='%s' height='%s' font-family='DejaVu Sans,Verdana,sans-serif'>"
      "<rect width='100%%' height='100%%' fill='%s'/>%s</svg>"
      % (
        _units(width),
        _units(height),
        _units(width * 0.96),  # 96 pixels of CSS are an inch
        _units(height * 0.96),
        PAPER,
        ''.join(markup for _, markup in self._elements),
      )
    )

  def _add(self, order, markup, *values):
    self._elements.append((order, markup % values))

  def text(self, x, y, text, size, colour=INK, weight='normal', align='center'):
    """Writes one line of text, centred vertically at y; size in points."""
    size = size / POINTS
    self._add(
      6,
      "<text x='%s' y='%s' font-size='%s' fill='%s'%s text-anchor='%s'>%s"
      '</text>',
      _units(x),
      _units(y + 0.36 * size),
      _units(size),
      colour,
      " font-weight='bold'" if weight == 'bold' else '',
      self._ANCHORS[align],
      saxutils.escape(text),
    )

  def box(self, x, y, width, height, fill, edge=None, rounding=0.07, order=5):
    """A filled box with round corners, centred at (x, y)."""
    self._add(
      order,
      "<rect x='%s' y='%s' width='%s' height='%s' rx='%s' fill='%s'%s/>",
      _units(x - width / 2),
      _units(y - height / 2),
      _units(width),
      _units(height),
      _units(rounding),
      fill,
      " stroke='%s' stroke-width='1.4'" % edge if edge else '',
    )

  def disc(self, x, y, radius, fill, edge=None, order=5):
    """A filled circle."""
    self._add(
      order,
      "<circle cx='%s' cy='%s' r='%s' fill='%s'%s/>",
      _units(x),
      _units(y),
      _units(radius),
      fill,
      " stroke='%s' stroke-width='1.4'" % edge if edge else '',
    )

  def _stroke(self, path, colour, width, order):
    words, last = [], None
    for point, code in path:
      # The second point of a curve has its code too.
      letter = '' if last == Path.CURVE3 == code else self._LETTERS[code]
      words.append('%s%s %s' % (letter, _units(point[0]), _units(point[1])))
      last = None if letter == '' else code
    self._add(
      order,
      "<path d='%s' fill='none' stroke='%s' stroke-width='%s'/>",
      ' '.join(words),
      colour,
      _units(width / POINTS),
    )

  def _polygon(self, corners, fill, order):
    points = ' '.join('%s,%s' % (_units(x), _units(y)) for x, y in corners)
    self._add(order, "<polygon points='%s' fill='%s'/>", points, fill)


def _units(inches):
  """Hundredths of an inch, as short as can be."""
  return ('%.1f' % (100 * inches)).rstrip('0').rstrip('.')


def _rounded(points, radius):
  """A list of (point, code) through points, with quarter-round corners."""
  path = [(points[0], Path.MOVETO)]
  for before, corner, after in zip(points, points[1:], points[2:]):
    path.append((_towards(corner, before, radius), Path.LINETO))
    path.append((corner, Path.CURVE3))
    path.append((_towards(corner, after, radius), Path.CURVE3))
  return path + [(points[-1], Path.LINETO)]


def _towards(start, end, distance):
  """The point `distance` from start on an axis-parallel way to end."""
  return tuple(
    a + max(-distance, min(distance, b - a)) for a, b in zip(start, end)
  )
