"""What `python -m src.view study` leaves in the folder of a study.

study.html         all of it on one page that needs no network
study.csv          every number, a row each
study_best.png     and the other panels
"""

import os

from src.arc import text as text_lib
from src.view import curves
from src.view import page as page_lib
from src.view.study import charts, numbers, words

FILE = 'study.html'
TABLE = 'study.csv'


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
  sections = words.sections(study, results)
  return page_lib.of_sections(
    'Study in %s' % text_lib.printable(directory),
    sections[-1:] + sections[:-1],  # what one can say comes first
    drawn,
    words.left_out(study, results),
  )
