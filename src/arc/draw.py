"""Drawings of architectures, into files, on axes, or as SVG.

One layout for all kinds: macro networks, both cells of a micro network side by
side, the cell of a progressive search, recurrent cells.
"""

import io
import os
import textwrap

from src.arc import text as text_lib
from src.arc.errors import ArcError
from src.arc.hadamard import HadamardArc
from src.arc.picture import Look, pictures
from src.arc.recurrent import RecurrentArc

FILE_ENDINGS = ('.png', '.svg', '.pdf')
LAYOUTS = ('layered', 'circular', 'palette')
PNG_DOTS_PER_INCH = 150
_SMALL_DOTS_PER_INCH = 60

_MARGIN = 0.2
_TITLE_SIZE = 12
_TITLE_LINE = 0.25


def draw_arc(arc, path_or_ax, **look):
  """Draws an architecture into a file or on axes.

  Args:
    arc: `MacroArc`, `MicroArc`, `PnasArc`, `RecurrentArc` or `HadamardArc`.
    path_or_ax: str, a file ending in .png, .svg or .pdf, whose folder is made
      when missing; or matplotlib `Axes`.
    **look: fields of `picture.Look`: title, view, layout and so on.

  Raises:
    ArcError: an unknown file ending, view or layout, or an architecture that
      cannot be drawn.
  """
  put(_sheet(arc, Look(**look)), path_or_ax)


def put(sheet, path_or_ax):
  """Draws a `Sheet` into a file or on axes; errors as of `draw_arc`."""
  from src.arc import paint

  if hasattr(path_or_ax, 'add_patch'):
    sheet.paint(paint.AxesPainter(path_or_ax, sheet.width, sheet.height))
    return
  path = os.fspath(path_or_ax)
  ending = check_ending(path)
  os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
  if ending == '.svg':
    text = "<?xml version='1.0' encoding='UTF-8'?>\n%s\n" % _svg(sheet)
    with open(path, 'wb') as file:
      file.write(text.encode('utf-8', 'replace'))
    return
  undated = {'.pdf': {'CreationDate': None}}
  _figure(sheet).savefig(
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
  return _figure(_sheet(arc, Look(**look)))


def arc_png(arc, **look):
  """The drawing as bytes, those of a PNG file; arguments as `draw_arc`."""
  file = io.BytesIO()
  arc_figure(arc, **look).savefig(file, format='png', dpi=_SMALL_DOTS_PER_INCH)
  return file.getvalue()


def arc_svg(arc, **look):
  """The drawing as a str, an `<svg>` element; arguments as `draw_arc`."""
  return _svg(_sheet(arc, Look(**look)))


def _figure(sheet):
  from src.arc import paint

  ax = paint.new_axes(sheet.width, sheet.height)
  sheet.paint(paint.AxesPainter(ax, sheet.width, sheet.height))
  return ax.figure


def _svg(sheet):
  from src.arc import paint

  painter = paint.SvgPainter(sheet.width, sheet.height)
  sheet.paint(painter)
  return painter.document()


def _sheet(arc, look):
  from src.arc import circular, layered, palette

  if isinstance(arc, HadamardArc):  # there is one layout of these
    return Sheet([palette.page(arc)], look.title)
  if look.layout == 'palette':
    if not isinstance(arc, RecurrentArc):
      raise ArcError('the palette layout is one of recurrent cells alone')
    pages = [palette.PalettePage(arc, arc.averaged(look.loose_ends))]
    return Sheet(pages, look.title)
  kinds = {'layered': layered.LayeredPage, 'circular': circular.CircularPage}
  if look.layout not in kinds:
    raise ArcError(
      'layout is %r, expected %s or %s'
      % (look.layout, ', '.join(LAYOUTS[:-1]), LAYOUTS[-1])
    )
  pages = [kinds[look.layout](picture) for picture in pictures(arc, look)]
  return Sheet(pages, look.title)


class Sheet:
  """Pages side by side below a title.

  Attributes:
    width, height: floats, in inches.
  """

  def __init__(self, pages, title=None):
    """Sets out the pages.

    Args:
      pages: list of values with `width`, `height` and `paint`.
      title: str, whose lines are wrapped where they are long; or None.
    """
    self._pages = pages
    self.width = _MARGIN + sum(page.width + _MARGIN for page in self._pages)
    letters = int((self.width - 2 * _MARGIN) / 0.105)
    self._title = [
      line
      for part in (title or '').splitlines()
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
