"""The painter of all architecture drawings: boxes, bands and wires.

Everything is measured in inches of the full-size figure, with y pointing down;
on smaller axes all shrinks in proportion, text and line widths too. Nothing
here touches pyplot, so drawing needs no display and leaves no state behind.
"""

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon
from matplotlib.path import Path
from matplotlib.textpath import TextPath

INK = '#191919'
PAPER = '#ffffff'
POINTS = 72.0

# Okabe and Ito's palette, distinct to colour-blind readers: one hue for each
# kind of operation, lighter for a small window and darker for a large one.
_HUES = {
  'conv': ('#56b4e9', '#0072b2'),
  'separable': ('#e69f00', '#d55e00'),
  'avg_pool': ('#009e73', '#009e73'),
  'max_pool': ('#cc79a7', '#cc79a7'),
}
_OTHER_HUE = ('#999999', '#666666')


def operation_colour(operation):
  """Colour of an operation, as '#rrggbb'."""
  light, dark = _HUES.get(operation.kind, _OTHER_HUE)
  return light if operation.kernel < 4 else dark


def text_colour(fill):
  """Ink or paper, whichever is easier to read on a fill '#rrggbb'."""
  red, green, blue = (int(fill[i : i + 2], 16) / 255.0 for i in (1, 3, 5))
  luminance = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
  return INK if luminance > 0.2 else PAPER


def new_axes(width, height):
  """Axes that fill a new figure of `width` by `height` inches."""
  figure = Figure(figsize=(width, height), facecolor=PAPER)
  FigureCanvasAgg(figure)
  return figure.add_axes([0, 0, 1, 1])


def plain_text(text):
  """Keeps matplotlib from reading dollar signs as mathematics."""
  return text.replace('$', r'\$')


def text_width(text, size, weight='normal'):
  """Width in inches of one line of text at `size` points."""
  if not text.strip():
    return 0.0
  path = TextPath((0, 0), plain_text(text), size=size, prop={'weight': weight})
  return path.get_extents().width / POINTS


class Painter:
  """Draws on matplotlib axes in inches of a full-size page."""

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
    """Writes text, centred vertically at y."""
    return self._ax.text(
      x,
      y,
      plain_text(text),
      fontsize=size * self._scale,
      color=colour,
      fontweight=weight,
      ha=align,
      va='center',
      linespacing=1.3,
      zorder=6,
    )

  def fitted_text(self, x, y, text, size, room, **style):
    """Writes one line of text, made smaller where `room` inches need it."""
    needed = text_width(text, size, style.get('weight', 'normal'))
    return self.text(
      x, y, text, size * min(1, room / max(needed, room)), **style
    )

  def box(self, x, y, width, height, fill, edge=None, rounding=0.07):
    """A filled box with round corners, centred at (x, y)."""
    patch = FancyBboxPatch(
      (x - width / 2 + rounding, y - height / 2 + rounding),
      width - 2 * rounding,
      height - 2 * rounding,
      boxstyle='round,pad=%f' % rounding,
      facecolor=fill,
      edgecolor=edge or fill,
      linewidth=1.0 * self._scale,
      zorder=5,
    )
    return self._ax.add_patch(patch)

  def band(self, left, top, right, bottom, fill):
    """A light area behind everything else."""
    centre = (left + right) / 2, (top + bottom) / 2
    patch = self.box(*centre, right - left, bottom - top, fill)
    patch.set_zorder(0)
    return patch

  def wire(self, points, colour, width, radius=0.0, halo=0.0, zorder=2):
    """A line through points, its corners rounded.

    Args:
      points: list of (x, y); segments are horizontal or vertical.
      colour: '#rrggbb'.
      width: float, in points.
      radius: float, of the corners.
      halo: float, points of white on either side, which makes wires that
        cross look like bridges.
      zorder: matplotlib drawing order; a halo lies just below its wire.
    """
    path = _rounded(points, radius)
    strokes = [(colour, width, zorder)]
    if halo:
      strokes.append((PAPER, width + 2 * halo, zorder - 0.001))
    for stroke_colour, stroke_width, order in strokes:
      self._ax.add_patch(
        PathPatch(
          path,
          fill=False,
          edgecolor=stroke_colour,
          linewidth=stroke_width * self._scale,
          capstyle='butt',
          zorder=order,
        )
      )

  def arrow_head(self, x, y, direction, colour, size=0.08):
    """A triangle whose tip is at (x, y); direction is a unit (dx, dy)."""
    dx, dy = direction
    back = x - size * dx, y - size * dy
    half = size * 0.55
    corners = [
      (x, y),
      (back[0] - half * dy, back[1] + half * dx),
      (back[0] + half * dy, back[1] - half * dx),
    ]
    self._ax.add_patch(
      Polygon(corners, closed=True, facecolor=colour, linewidth=0, zorder=4)
    )


def _rounded(points, radius):
  """A path through points with quarter-round corners."""
  vertices, codes = [points[0]], [Path.MOVETO]
  for before, corner, after in zip(points, points[1:], points[2:]):
    vertices += [_towards(corner, before, radius), corner]
    vertices.append(_towards(corner, after, radius))
    codes += [Path.LINETO, Path.CURVE3, Path.CURVE3]
  return Path(vertices + [points[-1]], codes + [Path.LINETO])


def _towards(start, end, distance):
  """The point `distance` from start on an axis-parallel way to end."""
  return tuple(
    a + max(-distance, min(distance, b - a)) for a, b in zip(start, end)
  )
