"""Scores architectures of a checkpoint on a whole split.

`--mode=eval` takes them from a file; `--mode=derive` samples them, from the
trained controller or at random, and ranks them. How one is scored is the
task's business: its scorer's.
"""

import collections
import csv
import os
import shutil
import sys

import tqdm

from src.arc import describe, pasted
from src.arc import text as text_lib
from src.run import program
from src.run.errors import RunError, UsageError
from src.view import commands, derived

# The last columns of a ranking, where networks can be counted.
COUNTS = ('parameters', 'multiply_adds')


class Scorer:
  """A restored model that scores architectures.

  A score has the class attributes COLUMNS, the names of what `row` returns,
  in a table of evaluations, and RANKED, those of what `ranked_row` returns,
  in a ranking; `rank` is its key when sorted, best first; str() is a line's
  end for people.
  """

  SCORE = None

  def score(self, arc, split):
    """The score of an architecture on a split."""
    raise NotImplementedError

  def sample(self, count):
    """`count` architectures as the controller writes them, a list."""
    raise NotImplementedError

  def random(self, count):
    """`count` architectures, all choices equally likely, a list."""
    raise NotImplementedError


def evaluation(task, flags, given):
  """Scores architectures of a checkpoint and writes a CSV.

  Args:
    task: program.Task with the method scorer(flags, prefix), a context manager
      that yields a Scorer.
    flags: flag values.
    given: set of the names that were given, see `program.locate_checkpoint`.

  Raises:
    UsageError, RunError, ArcError: one line each.
  """
  prefix = program.locate_checkpoint(task, flags, given)
  fixed = flags.child_fixed_arc is not None
  if fixed == (flags.eval_arcs_file is not None):
    raise UsageError(
      '--eval_arcs_file is for search models, which need it; a fixed network '
      'has its one architecture'
    )
  if fixed:
    arcs = [task.parse_arc(flags, flags.child_fixed_arc)]
  else:
    arcs = read_arcs(
      flags.eval_arcs_file, lambda text: task.parse_arc(flags, text)
    )
  check_target(flags.eval_output)
  with task.scorer(flags, prefix) as scorer:
    split = flags.eval_split
    columns = ('arc', 'split') + scorer.SCORE.COLUMNS
    table = [
      (str(arc), split) + scorer.score(arc, split).row() for arc in _shown(arcs)
    ]
  write(flags.eval_output, [columns] + table)


def derivation(task, flags, given):
  """Samples architectures, ranks them by shared weights, prints the best.

  Each distinct architecture is scored once: on the whole validation split, or
  on what --derive_split has kept of it.

  Args, Raises: as `evaluation`.
  """
  prefix = program.locate_checkpoint(task, flags, given)
  if flags.child_fixed_arc is not None:
    raise UsageError(
      '--mode=derive needs the checkpoint of a search; a fixed network has '
      'its one architecture'
    )
  random = flags.derive_from == 'random'
  count = flags.derive_samples
  path = flags.derive_output or os.path.join(
    os.path.dirname(prefix), 'derived_random.csv' if random else derived.FILE
  )
  check_target(path)
  with task.scorer(flags, prefix) as scorer:
    arcs = scorer.random(count) if random else scorer.sample(count)
    columns = ('rank', 'arc', 'times_sampled') + scorer.SCORE.RANKED
    table = ranked(scorer, arcs, 'derive' if flags.derive_split else 'valid')
  record = task.record(flags)
  counts = [describe.final_counts(arc, record) for arc, _, _ in table]
  if (None, None) in counts:
    counts = [()] * len(table)
  else:
    columns += COUNTS
  rows = [
    (rank, str(arc), times) + score.ranked_row() + numbers
    for rank, ((arc, times, score), numbers) in enumerate(zip(table, counts), 1)
  ]
  write(path, [columns] + rows)
  print(
    '%s architectures %s, %s of them distinct: %s'
    % (
      count,
      'drawn at random' if random else 'sampled from the controller',
      len(table),
      path,
    )
  )
  print('Best: %s' % str(table[0][2]))
  _, line = commands.retraining(table[0][0], vars(flags), record)
  print(line)
  program.renew_report(os.path.dirname(prefix))


def ranked(scorer, arcs, split='valid'):
  """Scores each distinct architecture on a split; best first.

  Returns:
    list of (architecture, how often it is in `arcs`, score).
  """
  times = collections.Counter(arcs)
  scored = [
    (arc, times[arc], scorer.score(arc, split)) for arc in _shown(list(times))
  ]
  return sorted(scored, key=lambda entry: entry[2].rank)


def _shown(arcs):
  """Iterates with a progress bar, if stderr is a terminal."""
  return tqdm.tqdm(arcs, unit='arc', disable=None, file=sys.stderr)


def check_target(path):
  """Raises RunError if the CSV could not be written there; None is stdout."""
  if path is None:
    return
  try:
    with text_lib.open_text(path + '.part', 'w'):
      pass
    os.remove(path + '.part')
  except OSError as error:
    raise RunError('cannot write %s: %s' % (path, error.strerror)) from error


def write(path, rows, append=False):
  """Writes a CSV all at once, or to stdout if path is None.

  Args:
    path: str or None.
    rows: iterable of rows.
    append: bool, whether they go behind what the file has.

  Raises:
    RunError: the file cannot be written.
  """
  if path is None:
    csv.writer(sys.stdout, lineterminator='\n').writerows(rows)
    return
  try:
    with text_lib.open_text(path + '.part', 'w') as file:
      if append and os.path.exists(path):
        with text_lib.open_text(path) as old:
          shutil.copyfileobj(old, file)
      csv.writer(file, lineterminator='\n').writerows(rows)
    os.replace(path + '.part', path)
  except OSError as error:
    raise RunError('cannot write %s: %s' % (path, error.strerror)) from error


def read_arcs(path, parse):
  """The architectures in a file, one a line; blank lines are skipped.

  Args:
    path: str, a file, or - for standard input.
    parse: function of a string that returns an architecture.

  Raises:
    RunError: the file cannot be read or holds none.
    ArcError: names the line that is no architecture.
  """
  try:
    text = pasted.read(path)
  except (OSError, UnicodeDecodeError) as error:
    raise RunError('cannot read %s: %s' % (path, error)) from error
  arcs = []
  for number, part in pasted.several(text):
    try:
      arcs.append(parse(pasted.plain(part)))
    except ValueError as error:
      raise type(error)('%s line %d: %s' % (path, number, error)) from error
  if not arcs:
    raise RunError('%s holds no architectures: expected one a line' % path)
  return arcs
