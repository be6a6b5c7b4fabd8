"""Tables of results: a row for each evaluated epoch.

  results/poisoning_P1_006.csv.temp                    of a run on its way
  results/poisoning_P1_006+20261129T101112.131415.csv  of one that is concluded

A run's own table, `results.csv` in its directory, goes back and on with its
checkpoints; what lies in the folder of results is a copy of it.
"""

import csv
import datetime
import glob
import os

from src.arc import text as text_lib
from src.run.errors import RunError

FILE = 'results.csv'
TEMPORARY = '.csv.temp'
COLUMNS = (
  'val',
  'test',
  'reward_avg',
  'reward_finals',
  'good_layers_avg',
  'bad_layers_avg',
  'good_layers_best',
  'bad_layers_best',
  'val_clean',
  'test_clean',
  'val_ref',
  'test_ref',
  'epoch',
  'seconds',
  'seed',
  'controller',
)


def layers(arcs, is_bad):
  """How many layers of architectures are good and bad.

  Args:
    arcs: list of `src.arc` MacroArc, the best one first.
    is_bad: function of an action.

  Returns:
    dict of the four columns; means have two decimals.
  """
  bad = [sum(map(is_bad, arc.ops)) for arc in arcs]
  good = [len(arc.ops) - count for arc, count in zip(arcs, bad)]
  return {
    'good_layers_avg': round(sum(good) / float(len(arcs)), 2),
    'bad_layers_avg': round(sum(bad) / float(len(arcs)), 2),
    'good_layers_best': good[0],
    'bad_layers_best': bad[0],
  }


def publish(directory, target):
  """Copies a run's table to the folder of results, all at once.

  Args:
    directory: str, that of the run.
    target: str, see `names.table`.

  Returns:
    str, the file.

  Raises:
    RunError: it cannot be written.
  """
  path = target + TEMPORARY
  try:
    os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
    with text_lib.open_text(os.path.join(directory, FILE)) as file:
      rows = file.read()
    with text_lib.open_text(path + '.part', 'w') as file:
      file.write(rows)
    os.replace(path + '.part', path)
  except OSError as error:
    raise RunError('cannot write %s: %s' % (path, error.strerror)) from error
  return path


def conclude(target, now=None):
  """Gives the table of a concluded run its last name.

  Args:
    target: see `publish`.
    now: datetime, local; the present unless given.

  Returns:
    str, the file; None if it has that name already.

  Raises:
    RunError: it cannot be renamed.
  """
  path = target + TEMPORARY
  if not os.path.exists(path):
    return None
  now = now or datetime.datetime.now()
  final = '%s+%s.csv' % (target, now.strftime('%Y%m%dT%H%M%S.%f'))
  try:
    os.rename(path, final)
  except OSError as error:
    raise RunError('cannot write %s: %s' % (final, error.strerror)) from error
  return final


def concluded(target):
  """The tables of concluded runs, a list of str, oldest first."""
  return sorted(glob.glob(glob.escape(target) + '+[0-9]*T[0-9]*.csv'))


def read(path):
  """The rows of a table, a list of dict of float; the controller is a str."""
  with text_lib.open_text(path, newline='') as file:
    return [
      {
        name: value if name == 'controller' else float(value)
        for name, value in row.items()
      }
      for row in csv.DictReader(file)
    ]
