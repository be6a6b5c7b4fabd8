"""Drawings of macro architectures: a spine of layers, with skips beside it.

The main path runs down the middle. A tensor that is skipped anywhere owns one
lane beside the spine, always the same one, and its wire leaves that lane with
a curve into each layer that adds it. Early tensors have the outer lanes and
sides alternate, so wires meet at right angles only, no two share a lane, and
every node keeps its place from one architecture to the next.
"""

import os
import textwrap

from src.arc.counts import stages
from src.arc.errors import ArcError
from src.arc.operations import MACRO_OPERATIONS

FILE_ENDINGS = ('.png', '.svg', '.pdf')
PNG_DOTS_PER_INCH = 150

_MARGIN = 0.2
_BOX_WIDTH = 1.75
_BOX_HEIGHT = 0.34
_PITCH = 0.52
_REDUCTION_GAP = 0.46
_LANE_GAP = 0.34
_LANE_PITCH = 0.19
_STAGE_COLUMN = 1.0
_TITLE_SIZE = 12
_TITLE_LINE = 0.25
_PORT = 0.075
_BAND_FILLS = ('#f3f5f8', '#e9edf3', '#dfe5ee')
_GREY = '#666666'


def draw_macro(
  arc,
  path_or_ax,
  operations=MACRO_OPERATIONS,
  title=None,
  out_filters=None,
  view='search',
  image_size=32,
  separable=False,
):
  """Draws a macro architecture into a file or on axes.

  Args:
    arc: `MacroArc`.
    path_or_ax: str, a file ending in .png, .svg or .pdf, whose folder is made
      when missing; or matplotlib `Axes`.
    operations: sequence of `Operation`.
    title: str or None; long lines are wrapped.
    out_filters: int, width of the first stage, or None to leave widths out.
    view: 'search' or 'final', which network the widths and labels are of.
    image_size: int, pixels.
    separable: bool, as in `count_parameters`: without it the final network
      has plain convolutions for separable operations, and they are so named.

  Raises:
    ArcError: an unknown file ending or view, or a bad architecture.
  """
  options = (operations, title, out_filters, view, image_size, separable)
  if hasattr(path_or_ax, 'add_patch'):
    _Page(arc, *options).paint(path_or_ax)
    return
  path = os.fspath(path_or_ax)
  ending = os.path.splitext(path)[1].lower()
  if ending not in FILE_ENDINGS:
    raise ArcError(
      'cannot draw into %s: the file must end in .png, .svg or .pdf' % path
    )
  import matplotlib

  figure = macro_figure(arc, *options)
  os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
  undated = {'.svg': {'Date': None}, '.pdf': {'CreationDate': None}}
  with matplotlib.rc_context({'svg.hashsalt': 'arc'}):
    figure.savefig(
      path, dpi=PNG_DOTS_PER_INCH, metadata=undated.get(ending, {})
    )


def macro_figure(
  arc,
  operations=MACRO_OPERATIONS,
  title=None,
  out_filters=None,
  view='search',
  image_size=32,
  separable=False,
):
  """A matplotlib `Figure` of the drawing; arguments as `draw_macro`."""
  from src.arc import paint

  page = _Page(arc, operations, title, out_filters, view, image_size, separable)
  ax = paint.new_axes(page.width, page.height)
  page.paint(ax)
  return ax.figure


class _Page:
  """Where everything is on the page, in inches from the top left."""

  def __init__(
    self, arc, operations, title, out_filters, view, image_size, separable
  ):
    self._arc = arc
    self._operations = arc.layer_operations(operations)
    if view == 'final' and not separable:
      self._operations = [_as_built(op) for op in self._operations]
    self._show_filters = out_filters is not None
    some_width = 2 if out_filters is None else out_filters
    self._stages = stages(arc.num_layers, some_width, view, image_size)
    self._image_size = image_size
    # Sources are the tensors 0 .. L-2: even ones on the left.
    self._lanes = (arc.num_layers // 2, (arc.num_layers - 1) // 2)
    beside = [
      _LANE_GAP + lanes * _LANE_PITCH + _BOX_WIDTH / 2 for lanes in self._lanes
    ]
    self.spine = _MARGIN + _STAGE_COLUMN + max(beside)
    self.width = self.spine + max(beside) + _MARGIN
    letters = int((self.width - 2 * _MARGIN) / 0.105)
    self._title = [
      line
      for part in (title or '').splitlines()
      for line in textwrap.wrap(part, letters)
    ]
    self._place_rows()

  def _place_rows(self):
    """Walks down the spine: image, stem, layers by stage, pool, classifier."""
    title_height = len(self._title) * _TITLE_LINE
    y = 2 * _MARGIN + title_height if self._title else _MARGIN
    y += _BOX_HEIGHT / 2
    self._image_y = y
    y += _PITCH
    self._node_y = [y]
    self._reduction_y = []
    for stage in self._stages:
      if stage.layers[0]:
        self._reduction_y.append(y + (_PITCH + _REDUCTION_GAP) / 2)
        y += _REDUCTION_GAP
      for _ in stage.layers:
        y += _PITCH
        self._node_y.append(y)
    self._pool_y = y + _PITCH
    self._classifier_y = y + 2 * _PITCH
    self.height = self._classifier_y + _BOX_HEIGHT / 2 + _MARGIN

  def _lane(self, source):
    """x of a tensor's lane, and its side: -1 left of the spine or 1 right."""
    side = 1 if source % 2 else -1
    inwards = self._lanes[source % 2] - 1 - source // 2
    return (
      self.spine + side * (_BOX_WIDTH / 2 + _LANE_GAP + inwards * _LANE_PITCH),
      side,
    )

  def paint(self, ax):
    """Draws the page on matplotlib axes."""
    from src.arc import paint

    painter = paint.Painter(ax, self.width, self.height)
    for line, text in enumerate(self._title):
      painter.fitted_text(
        _MARGIN,
        _MARGIN + (line + 0.5) * _TITLE_LINE,
        text,
        _TITLE_SIZE,
        self.width - 2 * _MARGIN,
        weight='bold',
        align='left',
      )
    self._paint_bands(painter)
    self._paint_spine(painter, paint.INK)
    fills = [_GREY] + [paint.operation_colour(op) for op in self._operations]
    self._paint_skips(painter, fills)
    self._paint_nodes(painter, fills, paint)

  def _paint_bands(self, painter):
    """One band per stage, labelled with its resolution and width."""
    half = _PITCH / 2
    for fill, stage in zip(_BAND_FILLS, self._stages):
      # Node i + 1 is layer i; the stem belongs to the first stage.
      first = stage.layers[0] + 1 if stage.layers[0] else 0
      top = self._node_y[first] - half
      bottom = self._node_y[stage.layers[-1] + 1] + half
      painter.band(_MARGIN, top, self.width - _MARGIN, bottom, fill)
      x = _MARGIN + 0.12
      lines = ['%d×%d' % (stage.size, stage.size)]
      if self._show_filters:
        lines.append('%d filters' % stage.filters)
      y = top + half - 0.1 * (len(lines) - 1)
      for line, size, weight in zip(lines, (11, 8.5), ('bold', 'normal')):
        painter.fitted_text(
          x, y, line, size, _STAGE_COLUMN - 0.2, weight=weight, align='left'
        )
        y += 0.2

  def _paint_spine(self, painter, ink):
    """The main path, thick, with a head at each box it enters."""
    rows = [self._image_y] + self._node_y + [self._pool_y, self._classifier_y]
    for above, below in zip(rows, rows[1:]):
      tip = below - _BOX_HEIGHT / 2
      painter.wire([(self.spine, above), (self.spine, tip - 0.05)], ink, 2.2)
      painter.arrow_head(self.spine, tip, (0, 1), ink, size=0.1)

  def _paint_skips(self, painter, fills):
    """Each skipped tensor's wires, in the colour of where it comes from."""
    skips = [edge for edge in self._arc.edges() if edge.is_skip]
    for source, target, _ in skips:
      lane, side = self._lane(source)
      box_side = self.spine + side * _BOX_WIDTH / 2
      leave = self._node_y[source] + _PORT
      enter = self._node_y[target] - _PORT
      painter.wire(
        [
          (box_side, leave),
          (lane, leave),
          (lane, enter),
          (box_side + side * 0.06, enter),
        ],
        fills[source],
        1.6,
        radius=0.13,
        halo=1.0,
        zorder=2 + 0.01 * source,
      )
      painter.arrow_head(box_side, enter, (-side, 0), fills[source])

  def _paint_nodes(self, painter, fills, paint):
    """All boxes and their texts."""
    ends = [
      (self._image_y, 'image %d×%d' % (self._image_size, self._image_size)),
      (self._pool_y, 'global average pool'),
      (self._classifier_y, 'classifier'),
    ]
    for y, label in ends:
      painter.box(
        self.spine, y, _BOX_WIDTH, _BOX_HEIGHT, paint.PAPER, paint.INK
      )
      painter.fitted_text(self.spine, y, label, 9.5, _BOX_WIDTH - 0.2)
    for y in self._reduction_y:
      painter.box(self.spine, y, 1.2, 0.2, paint.PAPER, _GREY)
      painter.text(self.spine, y, 'halve all tensors', 7.5, _GREY)
    names = ['stem conv 3×3'] + [op.label for op in self._operations]
    for node, (y, label, fill) in enumerate(zip(self._node_y, names, fills)):
      colour = paint.text_colour(fill)
      painter.box(self.spine, y, _BOX_WIDTH, _BOX_HEIGHT, fill)
      if node:
        painter.text(
          self.spine - _BOX_WIDTH / 2 + 0.09,
          y,
          '%d' % (node - 1),
          8.5,
          colour,
          align='left',
        )
      painter.fitted_text(
        self.spine + (0.08 if node else 0),
        y,
        label,
        10,
        _BOX_WIDTH - (0.62 if node else 0.2),
        colour=colour,
        weight='bold',
      )


def _as_built(operation):
  """The operation that the fixed network builds for this one."""
  if operation.kind != 'separable':
    return operation
  label = 'conv %d×%d' % (operation.kernel, operation.kernel)
  return operation._replace(kind='conv', label=label)
