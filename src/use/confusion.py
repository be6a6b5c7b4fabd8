"""What a network takes for what: tables.

An image may show several classes, so there is no one table of confusions.
Three are here: how often each class is predicted where another is true, right
and wrong answers of each class, and which whole answers are mistaken for which.
"""

import collections
import typing

import numpy as np
from sklearn import metrics as formulas

from src.use import metrics

NONE = 'none of them'


class Counts(typing.NamedTuple):
  """Right and wrong answers about one class.

  Attributes:
    name: str.
    hits: int, the class is there and predicted.
    missed: int, it is there and not predicted.
    false_alarms: int, it is predicted and not there.
    rejected: int, neither.
  """

  name: str
  hits: int
  missed: int
  false_alarms: int
  rejected: int


class Mistake(typing.NamedTuple):
  """One whole answer taken for another.

  Attributes:
    truth: tuple of class names, maybe empty.
    predicted: tuple of class names, maybe empty.
    count: int, how many images.
    of: int, how many images have that truth.
  """

  truth: tuple
  predicted: tuple
  count: int
  of: int


class Confusion(typing.NamedTuple):
  """All three tables.

  Attributes:
    names: the C class names.
    num_examples: int.
    num_exact: int, images of which every class is right.
    support: int [C + 1], images of each row; the last has no class at all.
    predicted: float64 [C + 1, C + 1]; row i, column j: the part of the images
      that show class i for which class j is predicted. The last row is the
      images without any class, the last column the answer without any. A row
      without images is nan. As images show several classes, rows of a perfect
      network do not add up to 1 either: see `true`.
    true: float64 [C + 1, C + 1], the same of the labels: what `predicted`
      would be if every answer were right.
    counts: tuple of `Counts`.
    mistakes: tuple of `Mistake`, the most frequent first.
  """

  names: tuple
  num_examples: int
  num_exact: int
  support: np.ndarray
  predicted: np.ndarray
  true: np.ndarray
  counts: tuple
  mistakes: tuple


def confusion(probabilities, labels, threshold, names):
  """Compares the answers to a whole split with the labels.

  Args:
    probabilities: float32 [N, C].
    labels: [N, C], 0 or 1.
    threshold: see `metrics.answers`.
    names: C str.

  Returns:
    `Confusion`.

  Raises:
    ValueError: the arrays do not fit, are empty or have other values.
  """
  probabilities, labels = metrics.checked(probabilities, labels, names)
  answers = metrics.answers(probabilities, threshold).astype(int)
  tables = formulas.multilabel_confusion_matrix(labels, answers)
  counts = [
    Counts(name, *[int(table[place]) for place in _PLACES])
    for name, table in zip(names, tables)
  ]
  truth, answered = _with_none(labels), _with_none(answers)
  support = truth.sum(axis=0)
  return Confusion(
    tuple(names),
    len(labels),
    int((answers == labels).all(axis=1).sum()),
    support,
    _shares(truth, answered, support),
    _shares(truth, truth, support),
    tuple(counts),
    _mistakes(labels, answers, names),
  )


def csv_text(found):
  """The shares of a `Confusion` as CSV; rows without images have `-`."""
  columns = list(found.names) + [NONE]
  lines = [','.join(['true', 'images'] + ['predicted ' + c for c in columns])]
  for name, count, row in zip(columns, found.support, found.predicted):
    shares = ['-' if np.isnan(value) else '%.6f' % value for value in row]
    lines.append(','.join([name, str(count)] + shares))
  return '\n'.join(lines) + '\n'


# Where scikit-learn's 2 x 2 tables have what `Counts` has.
_PLACES = ((1, 1), (1, 0), (0, 1), (0, 0))


def _with_none(flags):
  """[N, C] -> [N, C + 1]: the last column is 1 where all others are 0."""
  return np.column_stack([flags, flags.sum(axis=1) == 0]).astype(int)


def _shares(truth, other, support):
  together = truth.T.dot(other).astype(float)
  together[support == 0] = np.nan
  return together / np.maximum(support, 1)[:, None]


def _mistakes(labels, answers, names):
  pairs = collections.Counter(
    (tuple(truth), tuple(answer))
    for truth, answer in zip(labels.tolist(), answers.tolist())
  )
  of = collections.Counter(map(tuple, labels.tolist()))
  wrong = [
    (-count, truth, answer)
    for (truth, answer), count in pairs.items()
    if truth != answer
  ]

  def named(flags):
    return tuple(name for name, flag in zip(names, flags) if flag)

  return tuple(
    Mistake(named(truth), named(answer), -negative, of[truth])
    for negative, truth, answer in sorted(wrong)
  )
