"""Reads the tables of a run: `metrics.csv` and `architectures.csv`.

They hold what the log says, exactly.
"""

import collections
import csv
import os

from src.arc import RecurrentArc
from src.arc.errors import ArcError
from src.arc.reading import read_arc_of_any_size
from src.view.history import (
  ChildStep,
  ControllerStep,
  Evaluation,
  Shown,
  nothing,
)
from src.view.lines import opened

METRICS, ARCHITECTURES = 'metrics.csv', 'architectures.csv'


def are_in(directory):
  """Whether there is what `read` reads."""
  return os.path.isfile(os.path.join(directory, METRICS))


def read(directory, space):
  """The History of a run directory.

  Args:
    directory: str.
    space: what its architectures are from, a value of `src.arc.spaces`.

  Raises:
    ArcError, csv.Error: it cannot be read.
  """
  history = nothing()
  path = os.path.join(directory, ARCHITECTURES)
  if os.path.isfile(path):
    with opened(path) as file:
      history = read_architectures(file, path, space)
  path = os.path.join(directory, METRICS)
  with opened(path) as file:
    reader = csv.DictReader(file)
    for row in reader:
      try:
        _add(history, row)
      except (KeyError, TypeError, ValueError) as error:
        history.skipped.append(
          '%s line %d: %s' % (METRICS, reader.line_num, error)
        )
  return history


def _add(history, row):
  """Adds one line of metrics.csv to what it is of."""
  phase = row['phase']
  epoch, step = int(row['epoch']), int(row['step'])

  def number(name):
    return float(row[name]) if row.get(name) else None

  if phase == 'child':
    history.child.append(
      ChildStep(
        epoch,
        step,
        number('loss'),
        number('learning_rate'),
        number('accuracy'),
        number('perplexity'),
        None,
      )
    )
  elif phase == 'controller':
    score = number('reward')
    if score is None:
      score = number('accuracy')
    history.controller.append(
      ControllerStep(
        epoch,
        step,
        number('loss'),
        number('entropy'),
        score,
        number('baseline'),
        None,
      )
    )
  elif row.get('perplexity'):
    history.perplexity[phase].append(
      Evaluation(epoch, step, number('perplexity'))
    )
  elif phase in ('valid', 'test'):
    getattr(history, phase).append(Evaluation(epoch, step, number('accuracy')))


def read_architectures(file, path, space=None):
  """The History of a table of architectures.

  Args:
    file: an open CSV with the columns epoch, arc and valid_accuracy or reward.
    path: str, what an error calls it.
    space: what they are from, or None to see it from each.

  Raises:
    ArcError: it lacks a column.
  """
  history = nothing()
  reader = csv.DictReader(file)
  names = reader.fieldnames or ()
  value = 'reward' if 'reward' in names else 'valid_accuracy'
  columns = {'epoch', 'arc', value}
  if not columns <= set(names):
    raise ArcError(
      '%s lacks the columns %s' % (path, ', '.join(sorted(columns)))
    )
  if space is not None:
    parse = space.parse
  else:
    parse = RecurrentArc.parse if value == 'reward' else read_arc_of_any_size
  counts = collections.Counter()
  for row in reader:
    try:
      arc = parse(row['arc'] or '')
      epoch = int(row['epoch']) if row['epoch'] else None
      accuracy = float(row[value])
    except (ValueError, TypeError) as error:
      history.skipped.append('line %d: %s' % (reader.line_num, error))
      continue
    history.shown.append(Shown(epoch, counts[epoch], arc, accuracy))
    counts[epoch] += 1
  return history
