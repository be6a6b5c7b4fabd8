"""Statistics of derived architectures: controller against chance.

Source of the questions: ENAS section 4 (random search), bkj/ripenet#5, and
whether accuracy with shared weights ranks what training from scratch finds.
"""

import collections
import csv

import numpy as np

from src.arc import ArcError

Statistics = collections.namedtuple(
  'Statistics', ['count', 'mean', 'std', 'best', 'worst']
)
Statistics.__doc__ = """Of accuracies; std is that of a sample (N - 1)."""


def read(path):
  """Reads accuracies of architectures.

  Args:
    path: str, a CSV with the column arc and one of valid_accuracy, accuracy,
      test_accuracy; with times_sampled, how often each counts.

  Returns:
    dict from the architecture's str to (accuracy, times).

  Raises:
    ArcError: it is no such file.
  """
  try:
    with open(path, encoding='utf-8-sig') as file:
      reader = csv.DictReader(file)
      columns = set(reader.fieldnames or ())
      name = next(
        (
          name
          for name in ('valid_accuracy', 'accuracy', 'test_accuracy')
          if name in columns
        ),
        None,
      )
      if 'arc' not in columns or name is None:
        raise ArcError(
          '%s needs the columns arc and valid_accuracy, accuracy or '
          'test_accuracy' % path
        )
      found = {}
      for row in reader:
        arc = ' '.join((row['arc'] or '').split())
        try:
          times = int(row.get('times_sampled') or 1)
          accuracy = float(row[name])
          if not 0 <= accuracy <= 1 or times < 1:
            raise ValueError('expected 0 to 1, sampled once or more')
        except (TypeError, ValueError) as error:
          raise ArcError(
            '%s line %d: %s is no accuracy: %s'
            % (path, reader.line_num, row[name], error)
          ) from error
        found[arc] = (accuracy, times)
  except (OSError, UnicodeDecodeError, csv.Error) as error:
    raise ArcError('cannot read %s: %s' % (path, error)) from error
  if not found:
    raise ArcError('%s holds no architectures' % path)
  return found


def statistics(accuracies):
  """`Statistics` of what `read` returned."""
  values = np.concatenate(
    [[accuracy] * times for accuracy, times in accuracies.values()]
  )
  return Statistics(
    len(values),
    values.mean(),
    values.std(ddof=1) if len(values) > 1 else 0.0,
    values.max(),
    values.min(),
  )


def kendall_tau(shared, retrained):
  """Rank correlation of two measurements of the same architectures.

  Args:
    shared, retrained: what `read` returned.

  Returns:
    (tau-b, p, number of architectures that both have).

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
    raise ArcError(
      "Kendall's tau: all accuracies in one of the files are equal"
    )
  return float(tau), float(p_value), len(both)
