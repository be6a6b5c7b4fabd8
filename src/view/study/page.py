"""What `python -m src.view study` leaves in the folder of a study.

study.html         all of it on one page that needs no network
study.csv          every number, a row each
study_best.png     and the other panels
"""

import html
import os

from src.arc import text as text_lib
from src.view import curves
from src.view import page as page_lib
from src.view.study import charts, numbers, words

FILE = 'study.html'
TABLE = 'study.csv'
_TEMPLATE = os.path.join(os.path.dirname(os.path.abspath(__file__)), FILE)


def write(directory, study, results):
  """Writes page, table and pictures into the folder of a study.

  Args:
    directory: str.
    study: folder.Study.
    results: results.Results.

  Returns:
    list of str, the paths written.

  Raises:
    OSError: one cannot be written.
  """
  drawn, paths = {}, []
  for name, figure in charts.panels(study, results, words.Forms(study)):
    paths.append(os.path.join(directory, 'study_%s.png' % name))
    figure.savefig(paths[-1], dpi=150)
    drawn[name] = curves.as_svg(figure)
  for name, text in (
    (TABLE, numbers.as_csv(results)),
    (FILE, _page(directory, study, results, drawn)),
  ):
    paths.insert(0, os.path.join(directory, name))
    page_lib.write(paths[0], text)
  return paths


def _page(directory, study, results, drawn):
  parts = []
  sections = words.sections(study, results)
  for section in sections[-1:] + sections[:-1]:  # what one can say comes first
    parts.append('<h2>%s</h2>' % html.escape(section.title))
    if section.panel in drawn:
      parts.append('<div class="panel">%s</div>' % drawn[section.panel])
    parts += ['<p>%s</p>' % html.escape(line) for line in section.lines]
    parts += map(_table, section.tables)
  left_out = words.left_out(study, results)
  return page_lib.filled(
    _TEMPLATE,
    {
      'TITLE': html.escape('Study in %s' % text_lib.printable(directory)),
      'SECTIONS': '\n'.join(parts),
      'LEFT_OUT': '\n'.join('<p>%s</p>' % html.escape(s) for s in left_out),
    },
  )


def _table(table):
  cells = [
    ''.join('<%s>%s</%s>' % (tag, html.escape(word), tag) for word in row)
    for tag, row in zip(['th'] + ['td'] * len(table), table)
  ]
  return '<table><tr>%s</tr></table>' % '</tr>\n<tr>'.join(cells)
