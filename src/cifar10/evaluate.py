"""Scores architectures of a checkpoint on a whole split.

`--mode=eval` takes them from a file; `--mode=derive` samples them, from the
trained controller or at random, and ranks them.
"""

import collections
import csv
import os
import sys

import tqdm

from src.cifar10 import batches
from src.cifar10.experiment import EVAL_BATCH_SIZE
from src.nn import keyed
from src.run.errors import RunError

COLUMNS = ('arc', 'split', 'num_correct', 'num_examples', 'accuracy')
DERIVED = ('rank', 'arc', 'times_sampled', 'valid_accuracy', 'num_correct',
           'num_examples')  # fmt: skip


def count_correct(session, graph, data, split, arc):
  """Right answers on a split: every example once.

  Batches are the same each time and have the same random numbers, so the count
  is that of the architecture even where batch statistics normalise and values
  are dropped (docs/FIDELITY.md, D13).

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
  ranges = batches.sequential(len(data.labels[split]), EVAL_BATCH_SIZE)
  for number, indices in enumerate(ranges):
    feeds = {
      infer.images: data.images[split][indices],
      infer.labels: data.labels[split][indices],
    }
    if graph.arc is not None:
      feeds[graph.arc] = arc.tokens
      feeds[graph.sample_key] = keyed.pair(0, 'evaluation', number)
    correct += int(session.run(infer.hits, feeds))
  return correct


def rows(session, graph, data, split, arcs):
  """One row of the CSV per architecture, see `COLUMNS`."""
  total = len(data.labels[split])
  for arc in tqdm.tqdm(arcs, unit='arc', disable=None, file=sys.stderr):
    correct = count_correct(session, graph, data, split, arc)
    yield str(arc), split, correct, total, float(correct) / total


def sample(session, graph, count, seed, arc_from_tokens):
  """Architectures as the controller of a checkpoint writes them.

  Args:
    session: session with the checkpoint's values.
    graph: graphs.Graph of a search.
    count: int.
    seed: int; the same seed gives the same architectures.
    arc_from_tokens: function of an int array that returns an architecture.

  Returns:
    list of `count` architectures, some maybe more than once.
  """
  arcs = []
  for number in range(count):
    key = keyed.pair(seed, 'derived architectures', number)
    tokens = session.run(graph.sample.arc, {graph.sample_key: key})
    arcs.append(arc_from_tokens(tokens))
  return arcs


def ranked(session, graph, data, arcs):
  """The CSV rows of a derivation, best first, see `DERIVED`.

  Each distinct architecture is scored once on the whole validation split.
  """
  times = collections.Counter(arcs)
  scored = list(rows(session, graph, data, 'valid', list(times)))
  order = sorted(zip(scored, times.values()), key=lambda entry: -entry[0][2])
  return [
    (rank, arc, count, accuracy, correct, total)
    for rank, ((arc, _, correct, total, accuracy), count) in enumerate(order, 1)
  ]


def check_target(path):
  """Raises RunError if the CSV could not be written there; None is stdout."""
  if path is None:
    return
  try:
    with open(path + '.part', 'w'):
      pass
    os.remove(path + '.part')
  except OSError as error:
    raise RunError('cannot write %s: %s' % (path, error.strerror)) from error


def write(path, table, columns=COLUMNS):
  """Writes the CSV all at once, or to stdout if path is None.

  Raises:
    RunError: the file cannot be written.
  """
  if path is None:
    csv.writer(sys.stdout, lineterminator='\n').writerows([columns] + table)
    return
  try:
    with open(path + '.part', 'w') as file:
      csv.writer(file, lineterminator='\n').writerows([columns] + table)
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
