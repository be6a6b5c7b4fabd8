"""Tables of results: a row for each evaluated epoch.

  results/poisoning_P1_006.csv.temp                    of a run on its way
  results/poisoning_P1_006+20261129T101112.131415.csv  of one that is concluded

Beside each, `.arcs.csv` in the place of `.csv.temp` and `.csv`, are the sampled
architectures of each epoch, best first. A run's own tables, `results.csv` and
`arcs.csv` in its directory, go back and on with its checkpoints; what lies in
the folder of results are copies.
"""

import csv
import datetime
import glob
import os

import numpy as np

from src.arc import text as text_lib
from src.robustness import sight
from src.run.errors import RunError

FILE, ARCS_FILE = 'results.csv', 'arcs.csv'
TEMPORARY, ARCS = '.csv.temp', '.arcs.csv'
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
  'cut_off_avg',
  'cut_off_best',
  'entropy_op',
  'entropy_skip',
)
ARCS_COLUMNS = ('epoch', 'rank', 'arc', 'val_acc', 'bad_layers', 'cut_off')


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


def cut_off(arcs, actions):
  """Which architectures do not see the image, see `sight`.

  Args:
    arcs: list of `src.arc` MacroArc, the best one first.
    actions: the Operation of each action.

  Returns:
    dict of two columns: the share of all, and whether the best one is, 0 or 1.
  """
  found = [sight.cut_off(arc, actions) for arc in arcs]
  return {
    'cut_off_avg': round(sum(found) / float(len(arcs)), 2),
    'cut_off_best': int(found[0]),
  }


def entropies(sampled):
  """Mean entropy of a decision, in nats.

  Args:
    sampled: list of arrays, what `reinforce.Sample.entropies` was of each
      architecture: of the first operation, then by layer of its operation and
      of all its skips; empty if nobody knows.

  Returns:
    dict of two columns: of a choice of an operation, and of one skip.
  """
  operations, skips, bits = [], 0.0, 0
  for values in sampled:
    operations += [values[0]] + list(values[1::2])
    skips += sum(values[2::2])
    # Layer i has i skips.
    layers = len(values) // 2 + 1
    bits += layers * (layers - 1) // 2
  return {
    'entropy_op': float(np.mean(operations)) if operations else float('nan'),
    'entropy_skip': skips / bits if bits else float('nan'),
  }


def publish(directory, target):
  """Copies a run's tables to the folder of results, each all at once.

  Args:
    directory: str, that of the run.
    target: str, see `names.table`.

  Returns:
    str, the file.

  Raises:
    RunError: it cannot be written.
  """
  for name, ending in ((FILE, TEMPORARY), (ARCS_FILE, ARCS)):
    path = target + ending
    try:
      os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
      with text_lib.open_text(os.path.join(directory, name)) as file:
        rows = file.read()
      with text_lib.open_text(path + '.part', 'w') as file:
        file.write(rows)
      os.replace(path + '.part', path)
    except OSError as error:
      raise RunError('cannot write %s: %s' % (path, error.strerror)) from error
  return target + TEMPORARY


def conclude(target, now=None):
  """Gives the tables of a concluded run their last names.

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
  named = '%s+%s' % (target, now.strftime('%Y%m%dT%H%M%S.%f'))
  try:
    if os.path.exists(target + ARCS):
      os.rename(target + ARCS, named + ARCS)
    os.rename(path, named + '.csv')
  except OSError as error:
    raise RunError(
      'cannot write %s.csv: %s' % (named, error.strerror)
    ) from error
  return named + '.csv'


def concluded(target):
  """The tables of concluded runs, a list of str, oldest first."""
  return sorted(glob.glob(glob.escape(target) + '+[0-9]*T[0-9]*[0-9].csv'))


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
