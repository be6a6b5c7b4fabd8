"""Drawings of architectures, into files, on axes, or as SVG.

One layout for all kinds: macro networks, both cells of a micro network side by
side, the cell of a progressive search, recurrent cells.
"""

import os
import textwrap

from src.arc import text as text_lib
from src.arc.errors import ArcError
from src.arc.picture import Look, pictures

FILE_ENDINGS = ('.png', '.svg', '.pdf')
LAYOUTS = ('layered', 'circular')
PNG_DOTS_PER_INCH = 150

_MARGIN = 0.2
_TITLE_SIZE = 12
_TITLE_LINE = 0.25


def draw_arc(arc, path_or_ax, **look):
  """Draws an architecture into a file or on axes.

  Args:
    arc: `MacroArc`, `MicroArc`, `PnasArc` or `RecurrentArc`.
    path_or_ax: str, a file ending in .png, .svg or .pdf, whose folder is made
      when missing; or matplotlib `Axes`.
    **look: fields of `picture.Look`: title, view, layout and so on.

  Raises:
    ArcError: an unknown file ending, view or layout, or an architecture that
      cannot be drawn.
  """
  from src.arc import paint

  sheet = _Sheet(arc, Look(**look))
  if hasattr(path_or_ax, 'add_patch'):
    sheet.paint(paint.AxesPainter(path_or_ax, sheet.width, sheet.height))
    return
  path = os.fspath(path_or_ax)
  ending = check_ending(path)
  os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
  if ending == '.svg':
    text = "<?xml version='1.0' encoding='UTF-8'?>\n%s\n" % arc_svg(arc, **look)
    with open(path, 'wb') as file:
      file.write(text.encode('utf-8', 'replace'))
    return
  undated = {'.pdf': {'CreationDate': None}}
  arc_figure(arc, **look).savefig(
    path, dpi=PNG_DOTS_PER_INCH, metadata=undated.get(ending, {})
  )


def check_ending(path):
  """Returns how a picture's path ends; raises ArcError if not as it should."""
  ending = os.path.splitext(path)[1].lower()
  if ending not in FILE_ENDINGS:
    raise ArcError(
      'cannot draw into %s: the file must end in .png, .svg or .pdf' % path
    )
  return ending


def arc_figure(arc, **look):
  """A matplotlib `Figure` of the drawing; arguments as `draw_arc`."""
  from src.arc import paint

  sheet = _Sheet(arc, Look(**look))
  ax = paint.new_axes(sheet.width, sheet.height)
  sheet.paint(paint.AxesPainter(ax, sheet.width, sheet.height))
  return ax.figure


def arc_svg(arc, **look):
  """The drawing as a str, an `<svg>` element; arguments as `draw_arc`."""
  from src.arc import paint

  sheet = _Sheet(arc, Look(**look))
  painter = paint.SvgPainter(sheet.width, sheet.height)
  sheet.paint(painter)
  return painter.document()


class _Sheet:
  """Pages side by side below a title."""

  def __init__(self, arc, look):
    from src.arc import circular, layered

    kinds = dict(zip(LAYOUTS, (layered.LayeredPage, circular.CircularPage)))
    if look.layout not in kinds:
      raise ArcError(
        'layout is %r, expected layered or circular' % (look.layout,)
      )
    self._pages = [kinds[look.layout](p) for p in pictures(arc, look)]
    self.width = _MARGIN + sum(page.width + _MARGIN for page in self._pages)
    letters = int((self.width - 2 * _MARGIN) / 0.105)
    self._title = [
      line
      for part in (look.title or '').splitlines()
      for line in _wrapped(text_lib.printable(part), letters)
    ]
    self._top = _MARGIN
    if self._title:
      self._top += len(self._title) * _TITLE_LINE + _MARGIN
    self.height = self._top + max(p.height for p in self._pages) + _MARGIN

  def paint(self, painter):
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
    left = _MARGIN
    for page in self._pages:
      page.paint(painter, left, self._top)
      left += page.width + _MARGIN


def _wrapped(text, letters):
  """Lines of a title; what stands between dots stays together."""
  parts = [part.replace(' ', '\u00a0') for part in text.split(' · ')]
  joined = '\u00a0· '.join(parts) if len(parts) > 1 else text
  lines = textwrap.wrap(joined, letters, break_on_hyphens=False)
  return [line.replace('\u00a0', ' ') for line in lines]
