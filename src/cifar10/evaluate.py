"""Scores architectures of a checkpoint on a whole split (`--mode=eval`)."""

import csv
import os
import sys

import tqdm

from src.cifar10 import batches
from src.cifar10.experiment import EVAL_BATCH_SIZE
from src.run.errors import RunError

COLUMNS = ('arc', 'split', 'num_correct', 'num_examples', 'accuracy')


def count_correct(session, graph, data, split, arc):
  """Right answers on a split: every example once, moving batch statistics.

  Args:
    session: session with the checkpoint's values.
    graph: graphs.Graph.
    data: data_utils.Data.
    split: 'valid' or 'test'.
    arc: the architecture to run with the shared weights; any for a fixed
      network, which has but one.

  Returns:
    int.
  """
  infer, correct = graph.infer, 0
  for indices in batches.sequential(len(data.labels[split]), EVAL_BATCH_SIZE):
    feeds = {
      infer.images: data.images[split][indices],
      infer.labels: data.labels[split][indices],
    }
    if graph.arc is not None:
      feeds[graph.arc] = arc.tokens
    correct += int(session.run(infer.hits, feeds))
  return correct


def rows(session, graph, data, split, arcs):
  """One row of the CSV per architecture, see `COLUMNS`."""
  total = len(data.labels[split])
  for arc in tqdm.tqdm(arcs, unit='arc', disable=None, file=sys.stderr):
    correct = count_correct(session, graph, data, split, arc)
    yield str(arc), split, correct, total, float(correct) / total


def write(path, table):
  """Writes the CSV all at once, or to stdout if path is None.

  Raises:
    RunError: the file cannot be written.
  """
  if path is None:
    csv.writer(sys.stdout, lineterminator='\n').writerows([COLUMNS] + table)
    return
  try:
    with open(path + '.part', 'w') as file:
      csv.writer(file, lineterminator='\n').writerows([COLUMNS] + table)
    os.replace(path + '.part', path)
  except OSError as error:
    raise RunError('cannot write %s: %s' % (path, error.strerror)) from error


def read_arcs(path, parse):
  """The architectures in a file, one string a line; blank lines are skipped.

  Args:
    path: str.
    parse: function of a string that returns an architecture.

  Raises:
    RunError: the file cannot be read or holds none.
    ArcError: names the line that is no architecture.
  """
  try:
    with open(path) as file:
      lines = file.read().splitlines()
  except (OSError, UnicodeDecodeError) as error:
    raise RunError('cannot read %s: %s' % (path, error)) from error
  arcs = []
  for number, line in enumerate(lines, 1):
    if line.strip():
      try:
        arcs.append(parse(line))
      except ValueError as error:
        raise type(error)('%s line %d: %s' % (path, number, error)) from error
  if not arcs:
    raise RunError('%s holds no architectures' % path)
  return arcs
