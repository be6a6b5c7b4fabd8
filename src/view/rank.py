"""Statistics of derived architectures: controller against chance.

Source of the questions: ENAS section 4 (random search), bkj/ripenet#5, and
whether accuracy with shared weights ranks what training from scratch finds.
"""

import collections
import csv
import typing

import numpy as np

from src.arc import ArcError
from src.view import compare


class Statistics(typing.NamedTuple):
  """Of accuracies or perplexities; std is that of a sample (N - 1)."""

  count: int
  mean: float
  std: float
  best: float
  worst: float


VALID_FIRST = (
  'valid_accuracy', 'accuracy', 'test_accuracy',
  'valid_ppl', 'ppl', 'test_ppl',
)  # fmt: skip
TEST_FIRST = (
  'test_accuracy', 'accuracy', 'valid_accuracy',
  'test_ppl', 'ppl', 'valid_ppl',
)  # fmt: skip


class Row(typing.NamedTuple):
  """A line of a table of architectures.

  Attributes:
    line: int, its number in the file.
    arc: str, as it is spelt there, with single blanks.
    times: int, how often it was sampled.
    value: float, accuracy or perplexity; None where the training failed.
  """

  line: int
  arc: str
  times: int
  value: typing.Optional[float]


class Table(dict):
  """From an architecture's str to (accuracy or perplexity, times sampled)."""

  def __init__(self, values=(), falls=False):
    """
    Args:
      values: what dict takes.
      falls: whether lower is better, as for perplexities.
    """
    super().__init__(values)
    self.falls = falls


def read(path):
  """Reads accuracies or perplexities of architectures.

  Args:
    path: str, as for `rows`. Of several rows of one architecture the mean is
      taken; those of failures are left out.

  Returns:
    Table.

  Raises:
    ArcError: it is no such file.
  """
  column, given = rows(path)
  found = Table(falls=falls(column))
  values = collections.defaultdict(list)
  for row in given:
    if row.value is not None:
      values[row.arc].append(row.value)
      found[row.arc] = (float(np.mean(values[row.arc])), row.times)
  if not found:
    raise ArcError('%s holds no architectures' % path)
  return found


def falls(column):
  """Whether lower is better in a column."""
  return column.endswith('ppl')


def rows(path, columns=VALID_FIRST):
  """The lines of a table of architectures.

  Args:
    path: str, a CSV with the column arc and accuracy or ppl, or one of these
      with valid_ or test_ before it; with times_sampled, how often each counts;
      with failure, rows without a value say there why they have none.
    columns: tuple of str, the first that is there holds the values.

  Returns:
    (str, the column that was read; list of Row).

  Raises:
    ArcError: it is no such file.
  """
  try:
    with open(path, encoding='utf-8-sig', errors='strict') as file:
      reader = csv.DictReader(file)
      there = set(reader.fieldnames or ())
      column = next((name for name in columns if name in there), None)
      if 'arc' not in there or column is None:
        raise ArcError(
          '%s needs the column arc and one of %s' % (path, ', '.join(columns))
        )
      return column, [
        _row(path, reader.line_num, fields, column) for fields in reader
      ]
  except (OSError, UnicodeDecodeError, csv.Error) as error:
    raise ArcError('cannot read %s: %s' % (path, error)) from error


def _row(path, line, fields, column):
  """One `Row`; fields: dict from column to str."""
  arc = ' '.join((fields['arc'] or '').split())
  if fields.get('failure'):
    return Row(line, arc, 1, None)
  least, most = (1, float('inf')) if falls(column) else (0, 1)
  try:
    times = int(fields.get('times_sampled') or 1)
    value = float(fields[column])
    if not least <= value <= most or times < 1:
      raise ValueError(
        'expected %g to %g, sampled once or more' % (least, most)
      )
  except (TypeError, ValueError) as error:
    kind = 'perplexity' if falls(column) else 'accuracy'
    raise ArcError(
      '%s line %d: %s is no %s: %s' % (path, line, fields[column], kind, error)
    ) from error
  return Row(line, arc, times, value)


def statistics(table):
  """`Statistics` of a Table."""
  found = values(table)
  extremes = (found.max(), found.min())
  return Statistics(
    len(found),
    found.mean(),
    found.std(ddof=1) if len(found) > 1 else 0.0,
    *(reversed(extremes) if table.falls else extremes),
  )


def against_chance(controller, random):
  """Lines that say whether the controller's samples beat random ones.

  Args:
    controller, random: Table of the same shared weights.
  """
  sign = -1 if controller.falls else 1
  found = compare.mann_whitney(
    *(sign * values(table) for table in (controller, random))
  )
  if min(found.counts) < 2:
    return ['One sample says nothing about the controller against chance.']
  wins = [50 * (1 + delta) for delta in (found.delta, found.low, found.high)]
  if wins[1] > 50:
    verdict = 'the controller does better than chance'
  elif wins[2] < 50:
    verdict = 'the controller does worse than chance'
  else:
    verdict = 'no difference to chance that these samples could show'
  return [
    'Of two, one sampled by each, the controller has the better in %.0f %% of '
    'cases (95 %% interval %.0f to %.0f; 50 is chance):' % tuple(wins),
    verdict + ', with these shared weights.',
  ]


def values(table):
  """floats, one for each time an architecture of a Table was sampled."""
  return np.concatenate([[value] * times for value, times in table.values()])


def kendall_tau(shared, retrained):
  """Rank correlation of two measurements of the same architectures.

  Args:
    shared, retrained: Table.

  Returns:
    (tau-b, p, number of architectures that both have). tau is 1 where both
    have the same order from best to worst.

  Raises:
    ArcError: fewer than two are in both, or a file tells none of them apart.
  """
  both = [arc for arc in shared if arc in retrained]
  if len(both) < 2:
    raise ArcError(
      "Kendall's tau needs two architectures or more that are in both files, "
      'found %d' % len(both)
    )
  found = compare.tau(
    [shared[arc][0] for arc in both],
    [retrained[arc][0] for arc in both],
    draws=0,
  )
  if np.isnan(found.tau):
    raise ArcError("Kendall's tau: all values in one of the files are equal")
  sign = 1 if shared.falls == retrained.falls else -1
  return sign * found.tau, found.p, found.count
