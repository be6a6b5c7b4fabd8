"""Measures of lstm_style cells, on cells that are counted by hand."""

import itertools

import numpy as np
import pytest

from src.arc import HadamardArc, HadamardSpace, capacity
from src.arc.capacity import canonical_id, measured

LSTM, GRU = HadamardArc.parse('lstm'), HadamardArc.parse('gru')


def test_named_cells():
  found = measured(LSTM, 10)
  assert found['n_nodes'] == 8
  # h: o and c; o: x, h; c: f c and i g, each gate of x and h.
  assert found['n_paths'] == 2 + (2 + 1) + (2 + 2)
  assert found['depth'] == 4  # x, i, i g, c, h
  assert found['nonlinear_depth'] == 3  # a gate, its product, that with o
  assert (found['n_leaves'], found['mean_leaf_depth']) == (1, 4)
  assert found['state_depth'] == 3
  assert found['n_distinct_activations'] == 3
  # Of 12: seven identity, three sigmoid, two tanh.
  shares = np.array([7, 3, 2]) / 12
  assert found['activation_entropy'] == pytest.approx(-shares @ np.log(shares))
  assert list(found) == list(capacity.MEASURES) + ['canonical_id']
  assert found['n_cell_params'] == 4 * (2 * 100 + 10)
  assert measured(GRU, 10)['n_cell_params'] == 3 * (2 * 100 + 10)
  assert measured(GRU)['depth'] == 5  # h, r, r h, n, (1 - z) n, their sum
  assert measured(GRU)['nonlinear_depth'] == 4  # the sum is none


def paths(arc):
  """All ways to h_t, by brute force: lists of (node, side) backwards."""

  def _to(key):
    if key in ('x', 'h', 'c'):
      return [[]]
    node = arc.nodes[key]
    return [
      [(node, side)] + rest
      for side in (0, 1)
      for rest in _to(node.inputs[side])
    ]

  return _to(arc.h)


def test_measures_are_those_of_all_paths():
  draw, space = np.random.RandomState(1), HadamardSpace(6)
  for _ in range(30):
    arc = space.random(draw)
    ways = paths(arc)
    assert capacity.n_paths(arc) == len(ways)
    assert capacity.depth(arc) == max(map(len, ways))
    bends = [
      sum(
        node.op == 'mul' or node.sides[side] in ('tanh', 'relu', 'sigmoid')
        for node, side in way
      )
      for way in ways
    ]
    assert capacity.nonlinear_depth(arc) == max(bends)


def renumbered(arc, order):
  """The cell with node order[n] as number n; it has to be one."""
  place = {node: number for number, node in enumerate(order)}
  nodes = []
  for old in order:
    op, a, b, functions = arc.nodes[old]
    if op == 'mul':  # and in another order
      a, b, functions = b, a, functions[::-1]
    nodes.append((op, place.get(a, a), place.get(b, b), functions))
  return HadamardArc(nodes, place[arc.c], place[arc.h])


def test_one_graph_has_one_id():
  for order in itertools.permutations(range(4)):
    for rest in ((4, 5), (5, 4)):
      arc = renumbered(LSTM, order + rest + (6, 7))
      assert canonical_id(arc) == canonical_id(LSTM)
  assert arc != LSTM


@pytest.mark.parametrize(
  ('before', 'after'),
  [
    ('c 6 h 7', 'c 7 h 6'),
    ('lin x h tanh', 'lin x h relu'),
    ('mul 2 6', 'add 2 6'),
    ('mul 1 c', 'mul 1 h'),
    ('mul 2 6 identity tanh', 'mul 2 6 tanh identity'),
    ('mul 0 3', 'mul 1 3'),  # the input gate is the forget gate
  ],
)
def test_other_graphs_have_others(before, after):
  text = str(LSTM)
  assert before in text
  other = HadamardArc.parse(text.replace(before, after))
  assert canonical_id(other) != canonical_id(LSTM)
