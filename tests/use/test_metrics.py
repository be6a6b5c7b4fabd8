"""Scores of each class, against counting one image after another."""

import csv
import io
import math

import numpy as np
import pytest

from src.AEROBI.metadata import CLASSES
from src.use import metrics


def _made(count=60, seed=0):
  """Probabilities in steps of 1/16, so that ties come up, and labels."""
  random = np.random.RandomState(seed)
  labels = (random.random_sample([count, 6]) < 0.3).astype(np.float32)
  noise = random.random_sample([count, 6])
  probabilities = np.floor((0.4 * labels + 0.6 * noise) * 16) / 16
  return probabilities.astype(np.float32), labels


def _slow(probabilities, labels, column, threshold):
  """(predicted, precision, recall, F1), by counting."""
  hits = false_alarms = missed = 0
  for value, truth in zip(probabilities[:, column], labels[:, column]):
    if value >= threshold and truth:
      hits += 1
    elif value >= threshold:
      false_alarms += 1
    elif truth:
      missed += 1
  return (
    hits + false_alarms,
    hits / (hits + false_alarms) if hits + false_alarms else math.nan,
    hits / (hits + missed) if hits + missed else math.nan,
    2 * hits / (2 * hits + false_alarms + missed)
    if hits + false_alarms + missed
    else math.nan,
  )


def _slow_average_precision(probabilities, truth):
  """Sum over distinct thresholds of (gain of recall) * precision."""
  total, before = 0.0, 0.0
  for threshold in sorted(set(probabilities), reverse=True):
    chosen = truth[probabilities >= threshold]
    recall = chosen.sum() / truth.sum()
    total += (recall - before) * chosen.mean()
    before = recall
  return total


@pytest.mark.parametrize('threshold', [0.5, 0.25])
def test_report_equals_counting(threshold):
  probabilities, labels = _made()
  found = metrics.report(probabilities, labels, threshold, CLASSES)
  assert (found.num_examples, found.threshold) == (60, threshold)
  exact = sum(
    all((p >= threshold) == bool(y) for p, y in zip(row, truth))
    for row, truth in zip(probabilities, labels)
  )
  assert found.num_exact == exact and found.exact_match == exact / 60
  assert found.num_unlabelled == sum(not any(row) for row in labels) > 0
  for column, score in enumerate(found.classes):
    assert score.name == CLASSES[column]
    assert score.support == labels[:, column].sum()
    np.testing.assert_allclose(
      (score.predicted, score.precision, score.recall, score.f1),
      _slow(probabilities, labels, column, threshold),
      rtol=1e-12,
    )
    np.testing.assert_allclose(
      score.average_precision,
      _slow_average_precision(probabilities[:, column], labels[:, column]),
      rtol=1e-6,
    )


def test_the_best_threshold_is_the_best_of_all():
  probabilities, labels = _made(seed=1)
  for column, score in enumerate(
    metrics.report(probabilities, labels, 0.5, CLASSES).classes
  ):
    values = sorted(set(probabilities[:, column]))
    f1 = [_slow(probabilities, labels, column, value)[3] for value in values]
    assert score.best_f1 == pytest.approx(max(f1), rel=1e-12)
    best = [v for v, f in zip(values, f1) if f == pytest.approx(max(f1))]
    assert score.best_threshold == max(best)
    again = _slow(probabilities, labels, column, score.best_threshold)
    assert again[3] == pytest.approx(score.best_f1)


def test_threshold_table_equals_counting():
  probabilities, labels = _made(seed=2)
  rows = metrics.threshold_table(probabilities, labels, CLASSES)
  assert len(rows) == 6 * 19
  assert [row.threshold for row in rows[:2]] == [0.05, 0.1]
  for row in rows:
    column = CLASSES.index(row.name)
    np.testing.assert_allclose(
      row[2:], _slow(probabilities, labels, column, row.threshold), rtol=1e-12
    )


def test_what_cannot_be_told_is_nan():
  probabilities = np.array([[0.9, 0.1], [0.2, 0.1]], np.float32)
  labels = np.array([[0, 0], [0, 0]])
  found = metrics.report(probabilities, labels, 0.5, ('A', 'B'))
  first, second = found.classes
  assert (first.support, first.predicted, first.precision) == (0, 1, 0.0)
  assert first.f1 == 0.0
  for value in (first.recall, first.average_precision, first.best_threshold,
                first.best_f1, *second[3:]):  # fmt: skip
    assert math.isnan(value)
  assert (found.num_exact, found.num_unlabelled) == (1, 2)
  assert math.isnan(metrics.mean(found.classes, 'recall'))
  assert metrics.mean(found.classes, 'precision') == 0.0


def test_lines():
  probabilities = np.array([[0.9, 0.2, 0.1], [0.5, 0.7, 0.1], [0.1, 0.1, 0.1]])
  labels = np.array([[1, 1, 0], [0, 1, 0], [0, 0, 0]])
  found = metrics.report(probabilities, labels, 0.5, ('Crack', 'Bar', 'Rust'))
  assert metrics.lines(found) == [
    'exact match 0.3333 (1/3) at threshold 0.5; images without any label: 1',
    'class  images predicted precision  recall      F1      AP  best F1'
    '        at',
    'Crack       1         2    0.5000  1.0000  0.6667  1.0000   1.0000'
    '    0.9000',
    'Bar         2         1    1.0000  0.5000  0.6667  1.0000   1.0000'
    '    0.2000',
    'Rust        0         0         -       -       -       -        -'
    '         -',
    'mean                       0.7500  0.7500  0.6667  1.0000',
    'no image shows Rust, which has no recall',
  ]
  rows = metrics.threshold_table(
    probabilities, labels, ('Crack', 'Bar', 'Rust'), (0.25, 0.5)
  )
  assert metrics.threshold_lines(rows) == [
    'F1 at       Crack     Bar    Rust',
    '0.25       0.6667  0.6667       -',
    '0.50       0.6667  0.6667       -',
  ]


def test_csv():
  probabilities, labels = _made()
  labels[:, 5] = 0
  found = metrics.report(probabilities, labels, 0.5, CLASSES)
  rows = list(csv.DictReader(io.StringIO(metrics.csv_text(found.classes))))
  assert [row['name'] for row in rows] == list(CLASSES)
  assert rows[1]['support'] == str(found.classes[1].support)
  assert float(rows[1]['f1']) == pytest.approx(found.classes[1].f1, abs=1e-6)
  assert rows[5]['recall'] == '-'
  text = metrics.csv_text(
    metrics.threshold_table(probabilities, labels, CLASSES)
  )
  assert text.startswith('name,threshold,predicted,precision,recall,f1\n')
  assert len(text.splitlines()) == 1 + 6 * 19


@pytest.mark.parametrize(
  'probabilities, labels, message',
  [
    (np.zeros([2, 5]), np.zeros([2, 6]), r'are \[2, 5\] and labels \[2, 6\]'),
    (np.zeros([3, 6]), np.zeros([2, 6]), r'both must be \[N, 6\]'),
    (np.zeros([0, 6]), np.zeros([0, 6]), 'N > 0'),
    (np.full([1, 6], np.nan), np.zeros([1, 6]), 'probability'),
    (np.full([1, 6], 1.5), np.zeros([1, 6]), 'not between 0 and 1'),
    (np.zeros([1, 6]), np.full([1, 6], 2), 'neither 0 nor 1'),
  ],
)
def test_what_does_not_fit_is_refused(probabilities, labels, message):
  with pytest.raises(ValueError, match=message):
    metrics.report(probabilities, labels, 0.5, CLASSES)


def test_majority_is_the_most_frequent_answer_of_train():
  names = ['a', 'b', 'c']
  train = np.array([[1, 0, 0], [0, 1, 1], [0, 1, 1], [0, 0, 0]])
  labels = np.array([[0, 1, 1], [0, 1, 0], [1, 0, 0], [0, 1, 1]])
  assert metrics.majority(train, labels, names) == ('b + c', 0.5)
  assert metrics.majority(train[3:], labels, names) == ('nothing', 0.0)


def test_one_label_takes_the_most_probable_class():
  probabilities = np.array([[0.2, 0.5, 0.3], [0.4, 0.4, 0.2], [0.1, 0.2, 0.7]])
  labels = np.eye(3)[[1, 1, 2]]
  answers = metrics.answers(probabilities, None)
  assert answers.astype(int).tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 1]]
  found = metrics.report(probabilities, labels, None, ('a', 'b', 'c'))
  assert metrics.lines(found)[0] == 'accuracy 0.6667 (2/3)'
  assert found.classes[1].recall == 0.5


def test_best_thresholds(tmp_path):
  probabilities, labels = np.array([[0.9], [0.3], [0.2]]), [[1], [1], [0]]
  table = metrics.threshold_table(probabilities, labels, ['a'])
  path = tmp_path / 'thresholds.csv'
  path.write_text(metrics.csv_text(table))
  assert metrics.best_thresholds(str(path)) == {'a': 0.3}
  path.write_text('name,threshold,f1\na,x,1\n')
  with pytest.raises(ValueError, match='line 2 is none of a thresholds.csv'):
    metrics.best_thresholds(str(path))
