"""What files of scores say: a picture, and the best cells in words.

  python -m src.pnas.rank_architectures [-f FILE ...] [-sort] [-top N]
    [-out FILE.png]

Files are `train_history.csv` and `scores_<b>.csv` of `src.pnas.train`, of
titu1994's implementation too; patterns are allowed. By the name and the words
of its script.
"""

import argparse
import csv
import glob
import os
import sys
import warnings

import numpy as np

from src.arc import text as text_lib
from src.pnas.history import TRAINED
from src.run.errors import RunError, exit_code_of


def main(argv):
  """Runs the program; returns its exit code."""
  parser = argparse.ArgumentParser(prog='rank_architectures')
  parser.add_argument(
    '-f',
    nargs='*',
    default=[],
    metavar='FILE',
    help='files of scores; %s is always the first' % TRAINED,
  )
  parser.add_argument(
    '-sort', action='store_true', help='in ascending order of the score'
  )
  parser.add_argument(
    '-top', type=int, default=10, metavar='N', help='how many are told'
  )
  parser.add_argument(
    '-out', metavar='FILE', help='write the picture into it and show no window'
  )
  given = parser.parse_args(argv[1:])
  return exit_code_of(lambda: _main(given))


def _main(given):
  rows = read(paths(given.f))
  if given.sort:
    rows.sort(key=lambda row: row[0])
  for line in told(rows, given.top):
    print(line)
  _show(rows, given.out)


def paths(patterns):
  """The files that are meant, `train_history.csv` first.

  Raises:
    RunError: one is not there.
  """
  found = []
  for pattern in [TRAINED] + list(patterns):
    matching = sorted(glob.glob(pattern))
    if not matching and (pattern != TRAINED or not patterns):
      raise RunError('there is no file %s' % pattern)
    found += [path for path in matching if path not in found]
  return found


def read(names):
  """The rows of files, one behind the other.

  Returns:
    list of (float, list of str).

  Raises:
    RunError: a file cannot be read, or a row is none of scores.
  """
  rows = []
  for name in names:
    try:
      with text_lib.open_text(name) as file:
        for number, row in enumerate(csv.reader(file), 1):
          rows.append(_row(name, number, row))
    except OSError as error:
      raise RunError('cannot read %s: %s' % (name, error.strerror)) from error
    except csv.Error as error:
      raise RunError('cannot read %s: %s' % (name, error)) from error
  if not rows:
    raise RunError('%s: there are no scores' % ', '.join(names))
  return rows


def _row(name, number, row):
  try:
    if len(row) % 4 != 1:
      raise ValueError('%d columns, expected a score and 4 a block' % len(row))
    return float(row[0]), row[1:]
  except (IndexError, ValueError) as error:
    raise RunError('%s line %d: %s' % (name, number, error)) from error


def told(rows, count):
  """Lines about the best `count` rows and all of them."""
  values = np.array([value for value, _ in rows])
  lines = [
    '%d models: best %.4f, mean %.4f, standard deviation %.4f'
    % (len(rows), values.max(), values.mean(), values.std())
  ]
  order = np.argsort(-values, kind='stable')[:count]
  for place, index in enumerate(order, 1):
    value, cell = rows[index]
    lines.append('%3d. %.4f  %s' % (place, value, ', '.join(cell)))
  return lines


def charts():
  """The module of pictures, which takes half a second to import."""
  from src.pnas import charts

  return charts


def _show(rows, path):
  values = [value for value, _ in rows]
  if path is not None or not _has_window():
    figure = charts().models(rows, (np.mean(values), np.std(values)))
    if path is None:
      path = 'architectures.png'
    try:
      figure.savefig(path, dpi=150)
    except (OSError, ValueError) as error:
      raise RunError('cannot write %s: %s' % (path, error)) from error
    print('Picture: %s' % path)
    return
  from matplotlib import pyplot

  figure = charts().models(rows, (np.mean(values), np.std(values)))
  shown = pyplot.figure(figsize=figure.get_size_inches())
  figure.set_canvas(shown.canvas)
  shown.canvas.figure = figure
  _label(figure, rows)
  pyplot.show()


def _has_window():
  return bool(os.environ.get('DISPLAY') or sys.platform == 'darwin')


def _label(figure, rows):
  """Shows a cell where the mouse is, if `mplcursors` is there."""
  try:
    import mplcursors
  except ImportError:
    warnings.warn('without mplcursors points have no labels', stacklevel=2)
    return
  cursor = mplcursors.cursor(figure.axes[0].collections[0], hover=True)

  @cursor.connect('add')
  def _tell(chosen):
    value, cell = rows[chosen.target.index]
    chosen.annotation.set_text('%.4f\n%s' % (value, ', '.join(cell)))


if __name__ == '__main__':
  sys.exit(main(sys.argv))
