"""How good a network is, class by class, beside the exact match.

What cannot be told is nan, and `-` in tables: precision of a class that is
never predicted, recall and average precision of one that is never there. The
formulas are scikit-learn's.
"""

import collections
import csv
import io
import typing

import numpy as np
from sklearn import metrics as formulas

from src.arc import text as text_lib

THRESHOLDS = tuple(number / 20.0 for number in range(1, 20))
_RATES = (
  'precision', 'recall', 'f1', 'average_precision', 'best_f1', 'best_threshold'
)  # fmt: skip
_HEADER = (
  'images', 'predicted', 'precision', 'recall', 'F1', 'AP', 'best F1', 'at'
)  # fmt: skip


class ClassScore(typing.NamedTuple):
  """One class.

  Attributes:
    name: str.
    support: int, images that show the class.
    predicted: int, images for which it is predicted.
    precision: float, how many of the predicted ones show it; or nan.
    recall: float, how many of those that show it are predicted; or nan.
    f1: float, 2 hits / (support + predicted); nan where both are 0.
    average_precision: float, over all thresholds; nan without support.
    best_threshold: float, the highest of those with the best F1; or nan.
    best_f1: float, F1 with it: found on the very images, so it flatters.
  """

  name: str
  support: int
  predicted: int
  precision: float
  recall: float
  f1: float
  average_precision: float
  best_threshold: float
  best_f1: float


class Report(typing.NamedTuple):
  """All classes.

  Attributes:
    num_examples: int.
    num_exact: int, images of which every class is right.
    num_unlabelled: int, images that show no class at all.
    threshold: see `answers`.
    classes: tuple of `ClassScore`.
  """

  num_examples: int
  num_exact: int
  num_unlabelled: int
  threshold: typing.Optional[float]
  classes: tuple

  @property
  def exact_match(self):
    return self.num_exact / float(self.num_examples)


class ThresholdScore(typing.NamedTuple):
  """One class at one threshold; see `ClassScore`."""

  name: str
  threshold: float
  predicted: int
  precision: float
  recall: float
  f1: float


def report(probabilities, labels, threshold, names):
  """Scores the probabilities of a whole split.

  Args:
    probabilities: float32 [N, C].
    labels: [N, C], 0 or 1; a row of zeros is an image without any class.
    threshold: see `answers`.
    names: C str.

  Returns:
    `Report`.

  Raises:
    ValueError: the arrays do not fit, are empty or have other values.
  """
  probabilities, labels = checked(probabilities, labels, names)
  predicted = answers(probabilities, threshold)
  tables = formulas.multilabel_confusion_matrix(labels, predicted)
  classes = []
  for column, name in enumerate(names):
    (_, false_alarms), (missed, hits) = tables[column].tolist()
    support, count = hits + missed, hits + false_alarms
    threshold_of_best, best_f1 = _best(
      labels[:, column], probabilities[:, column]
    )
    classes.append(
      ClassScore(
        name,
        support,
        count,
        _ratio(hits, count),
        _ratio(hits, support),
        _ratio(2 * hits, support + count),
        _average_precision(labels[:, column], probabilities[:, column]),
        threshold_of_best,
        best_f1,
      )
    )
  exact = formulas.accuracy_score(labels, predicted, normalize=False)
  unlabelled = int((labels.sum(axis=1) == 0).sum())
  return Report(len(labels), int(exact), unlabelled, threshold, tuple(classes))


def answers(probabilities, threshold):
  """What is predicted, bool [N, C].

  Args:
    probabilities: float [N, C].
    threshold: float; from it on a class is predicted, ties count as yes. None:
      the most probable class is, of equal ones the first.
  """
  if threshold is None:
    best = np.argmax(probabilities, axis=1)
    return best[:, None] == np.arange(probabilities.shape[1])
  return probabilities >= threshold


def majority(train_labels, labels, names):
  """What always answering the most frequent combination would score.

  Args:
    train_labels: float32 [M, C] of 0 and 1; the combination most frequent
      there is answered.
    labels: float32 [N, C], those that it is compared with.
    names: C str.

  Returns:
    (the combination's classes as a str, the exact match of the answer)
  """
  counts = collections.Counter(map(tuple, train_labels))
  answer = max(sorted(counts), key=counts.get)
  said = ' + '.join(name for name, yes in zip(names, answer) if yes)
  match = float((np.asarray(labels) == answer).all(axis=1).mean())
  return said or 'nothing', match


def threshold_table(probabilities, labels, names, thresholds=THRESHOLDS):
  """Scores each class at each threshold.

  Args: as `report`, and
    thresholds: floats.

  Returns:
    list of `ThresholdScore`, class by class.

  Raises:
    ValueError: as `report`.
  """
  probabilities, labels = checked(probabilities, labels, names)
  rows = []
  for column, name in enumerate(names):
    truth = labels[:, column]
    for threshold in thresholds:
      predicted = probabilities[:, column] >= threshold
      table = formulas.confusion_matrix(truth, predicted, labels=[0, 1])
      (_, false_alarms), (missed, hits) = table.tolist()
      count = hits + false_alarms
      rows.append(
        ThresholdScore(
          name,
          float(threshold),
          count,
          _ratio(hits, count),
          _ratio(hits, hits + missed),
          _ratio(2 * hits, hits + missed + count),
        )
      )
  return rows


def best_thresholds(path):
  """The threshold with the best F1 of each class, the highest of equal ones.

  Args:
    path: str, the CSV of a `threshold_table`.

  Returns:
    dict from class to float, in the order of the file.

  Raises:
    ValueError: it is none; one line.
    OSError: it cannot be read.
  """
  best = collections.OrderedDict()
  with text_lib.open_text(path, newline='') as file:
    reader = csv.DictReader(file)
    try:
      for row in reader:
        f1 = -1.0 if row['f1'] == '-' else float(row['f1'])
        entry = f1, float(row['threshold'])
        best[row['name']] = max(entry, best.get(row['name'], (-2.0, 0.0)))
    except (KeyError, TypeError, ValueError) as error:
      raise ValueError(
        '%s line %d is none of a thresholds.csv: %r'
        % (path, reader.line_num, error)
      ) from error
  return collections.OrderedDict((n, found) for n, (_, found) in best.items())


def mean(scores, attribute):
  """Mean of an attribute over the classes that have it, nan without any."""
  values = [getattr(score, attribute) for score in scores]
  known = [value for value in values if not np.isnan(value)]
  return float(np.mean(known)) if known else float('nan')


def lines(found):
  """A `Report` as lines for a log: exact match, then a row for each class."""
  by_threshold = found.threshold is not None
  first = '%s %.4f (%d/%d)' % (
    'exact match' if by_threshold else 'accuracy',
    found.exact_match,
    found.num_exact,
    found.num_examples,
  )
  if by_threshold:
    first += ' at threshold %g' % found.threshold
  if found.num_unlabelled:
    first += '; images without any label: %d' % found.num_unlabelled
  width = max(len(score.name) for score in found.classes)
  row = '%-' + str(width) + 's %7s %9s %9s %7s %7s %7s %8s %9s'
  table = [first, row % (('class',) + _HEADER)]
  for score in found.classes:
    counts = '%d' % score.support, '%d' % score.predicted
    rates = tuple(_shown(getattr(score, name)) for name in _RATES)
    table.append(row % ((score.name,) + counts + rates))
  means = tuple(_shown(mean(found.classes, name)) for name in _RATES[:-2])
  table.append((row % (('mean', '', '') + means + ('', ''))).rstrip())
  without = [score.name for score in found.classes if not score.support]
  if without:
    table.append('no image shows %s, which has no recall' % ', '.join(without))
  return table


def threshold_lines(rows):
  """F1 of each class at each threshold, as lines: one row a threshold."""
  names = list(dict.fromkeys(row.name for row in rows))
  values = {(row.threshold, row.name): row.f1 for row in rows}
  form = '%-9s ' + ' '.join('%' + str(max(7, len(n))) + 's' for n in names)
  table = [form % (('F1 at',) + tuple(names))]
  for threshold in dict.fromkeys(row.threshold for row in rows):
    shown = [_shown(values[threshold, name]) for name in names]
    table.append(form % (('%.2f' % threshold,) + tuple(shown)))
  return table


def csv_text(scores):
  """Named tuples of one type as CSV, a header first; nan is `-`.

  Args:
    scores: non-empty sequence of `ClassScore` or `ThresholdScore`.
  """
  sink = io.StringIO()
  writer = csv.writer(sink, lineterminator='\n')
  writer.writerow(scores[0]._fields)
  for score in scores:
    writer.writerow(
      [_shown(v, '%.6f') if isinstance(v, float) else v for v in score]
    )
  return sink.getvalue()


def checked(probabilities, labels, names):
  """The two as arrays [N, C]; labels as int.

  Raises:
    ValueError: shapes differ or do not fit the names, there are no examples,
      a probability is not in [0, 1], a label is not 0 or 1.
  """
  probabilities, labels = np.asarray(probabilities), np.asarray(labels)
  wanted = len(labels), len(names)
  if probabilities.shape != wanted or labels.shape != wanted or not len(labels):
    raise ValueError(
      'probabilities are %s and labels %s; both must be [N, %d] with N > 0'
      % (list(probabilities.shape), list(labels.shape), len(names))
    )
  if not (probabilities.min() >= 0 and probabilities.max() <= 1):  # or nan
    raise ValueError('a probability is not between 0 and 1')
  if not np.isin(labels, (0, 1)).all():
    raise ValueError('a label is neither 0 nor 1')
  return probabilities, labels.astype(int)


def _shown(value, form='%.4f'):
  return '-' if np.isnan(value) else form % value


def _ratio(part, whole):
  return part / float(whole) if whole else float('nan')


def _average_precision(truth, probabilities):
  if not truth.any():
    return float('nan')
  return float(formulas.average_precision_score(truth, probabilities))


def _best(truth, probabilities):
  """(threshold with the best F1, that F1)."""
  if not truth.any():
    return float('nan'), float('nan')
  precision, recall, thresholds = formulas.precision_recall_curve(
    truth, probabilities
  )
  # The last point, recall 0, has no threshold.
  total = np.maximum(precision + recall, np.finfo(float).tiny)
  f1 = (2 * precision * recall / total)[:-1]
  best = len(f1) - 1 - int(np.argmax(f1[::-1]))
  return float(thresholds[best]), float(f1[best])
