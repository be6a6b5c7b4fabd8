"""Statistics of derived architectures: controller against chance.

Source of the questions: ENAS section 4 (random search), bkj/ripenet#5, and
whether accuracy with shared weights ranks what training from scratch finds.
"""

import collections
import csv
import typing

import numpy as np

from src.arc import ArcError


class Statistics(typing.NamedTuple):
  """Of accuracies or perplexities; std is that of a sample (N - 1)."""

  count: int
  mean: float
  std: float
  best: float
  worst: float


_COLUMNS = (
  'valid_accuracy', 'accuracy', 'test_accuracy',
  'valid_ppl', 'ppl', 'test_ppl',
)  # fmt: skip


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
    path: str, a CSV with the column arc and accuracy or ppl, or one of these
      with valid_ or test_ before it; with times_sampled, how often each counts;
      with failure, rows without a value say there why they have none. Of
      several rows of one architecture the mean is taken.

  Returns:
    Table.

  Raises:
    ArcError: it is no such file.
  """
  try:
    with open(path, encoding='utf-8-sig', errors='strict') as file:
      reader = csv.DictReader(file)
      columns = set(reader.fieldnames or ())
      name = next((name for name in _COLUMNS if name in columns), None)
      if 'arc' not in columns or name is None:
        raise ArcError(
          '%s needs the column arc and one of %s' % (path, ', '.join(_COLUMNS))
        )
      found = Table(falls=name.endswith('ppl'))
      least, most = (1, float('inf')) if found.falls else (0, 1)
      values = collections.defaultdict(list)
      for row in reader:
        if row.get('failure'):
          continue
        arc = ' '.join((row['arc'] or '').split())
        try:
          times = int(row.get('times_sampled') or 1)
          value = float(row[name])
          if not least <= value <= most or times < 1:
            raise ValueError(
              'expected %g to %g, sampled once or more' % (least, most)
            )
        except (TypeError, ValueError) as error:
          raise ArcError(
            '%s line %d: %s is no %s: %s'
            % (
              path,
              reader.line_num,
              row[name],
              'perplexity' if found.falls else 'accuracy',
              error,
            )
          ) from error
        values[arc].append(value)
        found[arc] = (float(np.mean(values[arc])), times)
  except (OSError, UnicodeDecodeError, csv.Error) as error:
    raise ArcError('cannot read %s: %s' % (path, error)) from error
  if not found:
    raise ArcError('%s holds no architectures' % path)
  return found


def statistics(table):
  """`Statistics` of a Table."""
  values = np.concatenate([[value] * times for value, times in table.values()])
  extremes = (values.max(), values.min())
  return Statistics(
    len(values),
    values.mean(),
    values.std(ddof=1) if len(values) > 1 else 0.0,
    *(reversed(extremes) if table.falls else extremes),
  )


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
  from scipy import stats

  both = [arc for arc in shared if arc in retrained]
  if len(both) < 2:
    raise ArcError(
      "Kendall's tau needs two architectures or more that are in both files, "
      'found %d' % len(both)
    )
  tau, p_value = stats.kendalltau(
    [shared[arc][0] for arc in both], [retrained[arc][0] for arc in both]
  )
  if np.isnan(tau):
    raise ArcError("Kendall's tau: all values in one of the files are equal")
  if shared.falls != retrained.falls:
    tau = -tau
  return float(tau), float(p_value), len(both)
