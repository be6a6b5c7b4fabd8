"""Edits between cells, against every way to match the nodes of two trees."""

import itertools

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.arc.dag_space import DagSpace
from src.arc.edit_distance import distance, of_cell

SPACE = DagSpace(4, activations=('tanh', 'relu'))


def _relation(tree, a, b):
  """How node b stands to node a, both in post-order."""
  if tree.first[a] <= b < a:
    return 'below'
  if tree.first[b] <= a < b:
    return 'above'
  return 'left' if b < a else 'right'


def slow_distance(one, other):
  """The least over all matchings that keep who is above, and who is left."""
  sizes, best = (len(one.labels), len(other.labels)), 99
  for count in range(min(sizes) + 1):
    for mine in itertools.combinations(range(sizes[0]), count):
      for yours in itertools.permutations(range(sizes[1]), count):
        kept = all(
          _relation(one, mine[i], mine[j])
          == _relation(other, yours[i], yours[j])
          for i in range(count)
          for j in range(i)
        )
        if kept:
          changed = sum(
            one.labels[i] != other.labels[j] for i, j in zip(mine, yours)
          )
          best = min(best, sum(sizes) - 2 * count + changed)
  return best


def test_against_all_matchings():
  draw = np.random.RandomState(3)
  found = set()
  for _ in range(60):
    one, other = (of_cell(SPACE.random(draw)) for _ in range(2))
    found.add(distance(one, other))
    assert distance(one, other) == slow_distance(one, other)
    assert distance(other, one) == distance(one, other)
  assert len(found) > 4


@pytest.mark.parametrize(
  ('one', 'other', 'expected'),
  [
    ('0 0 1 0 2', '0 0 2 0 1', 2),  # which of both is the state
    ('0 0 1 0 2 0 3', '0 0 2 0 1 0 3', 0),  # the same graph
    ('0 0 0 1 0 2 0', '0 0 0 1 0 2 1', 1),
    ('0 0 0 1 0 2 0', '0 0 0 1 0', 1),
  ],
)
def test_known_edits(one, other, expected):
  trees = [of_cell(RecurrentArc.parse(text)) for text in (one, other)]
  assert distance(*trees) == expected
