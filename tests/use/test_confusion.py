"""What is taken for what, against counting one image after another."""

import collections

import numpy as np
import pytest

from src.AEROBI.metadata import CLASSES
from src.use import confusion

NAMES = ('Crack', 'Bar', 'Rust')


def _made():
  """Probabilities and labels of 80 images, three classes; some have none."""
  random = np.random.RandomState(0)
  labels = (random.random_sample([80, 3]) < 0.35).astype(np.float32)
  noise = random.random_sample([80, 3])
  return (0.3 * labels + 0.7 * noise).astype(np.float32), labels


def test_shares_equal_counting():
  probabilities, labels = _made()
  found = confusion.confusion(probabilities, labels, 0.45, NAMES)

  def shows(flags, place):
    return flags[place] if place < 3 else not any(flags)

  for row in range(4):
    for column in range(4):
      images = seen = both = 0
      for truth, values in zip(labels, probabilities):
        if shows(truth, row):
          images += 1
          seen += bool(shows([v >= 0.45 for v in values], column))
          both += bool(shows(truth, column))
      assert found.support[row] == images
      assert found.predicted[row, column] == pytest.approx(seen / images)
      assert found.true[row, column] == pytest.approx(both / images)
  np.testing.assert_array_equal(np.diag(found.true), 1)


def test_counts_and_mistakes_equal_counting():
  probabilities, labels = _made()
  found = confusion.confusion(probabilities, labels, 0.45, NAMES)
  pairs, of = collections.Counter(), collections.Counter()
  counts = np.zeros([3, 4], int)
  for truth, values in zip(labels, probabilities):
    answer = [value >= 0.45 for value in values]
    for place in range(3):
      kind = {(1, 1): 0, (1, 0): 1, (0, 1): 2, (0, 0): 3}
      counts[place, kind[int(truth[place]), int(answer[place])]] += 1
    key = tuple(name for name, flag in zip(NAMES, truth) if flag)
    of[key] += 1
    pairs[key, tuple(n for n, flag in zip(NAMES, answer) if flag)] += 1
  assert [count[1:] for count in found.counts] == [tuple(c) for c in counts]
  assert [count.name for count in found.counts] == list(NAMES)
  wrong = {pair: n for pair, n in pairs.items() if pair[0] != pair[1]}
  assert {(m.truth, m.predicted): m.count for m in found.mistakes} == wrong
  assert all(m.of == of[m.truth] for m in found.mistakes)
  order = [m.count for m in found.mistakes]
  assert order == sorted(order, reverse=True) and order[0] > order[-1]
  assert found.num_exact == 80 - sum(order)


def test_a_perfect_network_and_missing_classes():
  labels = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]])
  found = confusion.confusion(labels.astype(np.float32), labels, 0.5, NAMES)
  assert found.mistakes == () and found.num_exact == 3
  assert found.support.tolist() == [2, 1, 0, 1]
  np.testing.assert_array_equal(found.predicted, found.true)
  np.testing.assert_array_equal(found.predicted[2], [np.nan] * 4)
  assert found.predicted[0].tolist() == [1, 0.5, 0, 0]
  assert found.predicted[3].tolist() == [0, 0, 0, 1]


def test_csv():
  labels = np.array([[1, 0, 0], [1, 1, 0], [1, 1, 0]])
  values = np.array([[0.9, 0.0, 0.2], [0.9, 0.7, 0.6], [0.1, 0.1, 0.1]], 'f4')
  found = confusion.confusion(values, labels, 0.5, NAMES)
  assert confusion.csv_text(found).splitlines() == [
    'true,images,predicted Crack,predicted Bar,predicted Rust,'
    'predicted none of them',
    'Crack,3,0.666667,0.333333,0.333333,0.333333',
    'Bar,2,0.500000,0.500000,0.500000,0.500000',
    'Rust,0,-,-,-,-',
    'none of them,0,-,-,-,-',
  ]


def test_what_does_not_fit_is_refused():
  with pytest.raises(ValueError, match=r'both must be \[N, 6\]'):
    confusion.confusion(np.zeros([2, 3]), np.zeros([2, 3]), 0.5, CLASSES)
