"""Ablations of recurrent cells: which there are, and what each makes."""

import pytest

from src.arc import ArcError, Dag, RecurrentArc
from src.arc.dag_space import chain
from src.arc.edits import (
  addable,
  crossed,
  neighbours,
  removable,
  replaced_edge,
  with_activation,
  with_all_activations,
  with_edge,
  without_node,
)
from src.arc.recurrent import ENAS_LM, LEGACY

PAPER = RecurrentArc.parse('0 0 0 1 1 1 0 2 0 2 0 2 1 4 1 7 1 8 1 8 1 8 1')
CHAIN = RecurrentArc(chain(4), ['tanh'] * 4)
FORK = RecurrentArc.parse('0 0 0 0 0 1 0')
NAMES = LEGACY.activations


def test_how_many_variants_there_are():
  assert len({with_all_activations(PAPER, name) for name in NAMES}) == 4
  single = [(n, name) for n in range(12) for name in NAMES]
  assert len(single) == 48
  # Each node has an activation already: a quarter of them is the cell itself.
  assert [with_activation(PAPER, *s) for s in single].count(PAPER) == 12
  assert removable(PAPER) == tuple(range(1, 11))
  assert removable(CHAIN) == (1, 2)
  # Nodes 0, 1, 2, 4, 7 and 8 are read; 11 edges are there.
  assert len(addable(PAPER)) == 11 + 10 + 9 + 7 + 4 + 3 - 11
  assert addable(CHAIN) == ((0, 2), (0, 3), (1, 3))
  assert addable(FORK) == ((0, 3), (1, 2))
  assert len(neighbours(PAPER, NAMES)) == len(set(neighbours(PAPER, NAMES)))
  assert len(neighbours(PAPER, NAMES)) == 12 * 3 + sum(range(11))
  assert neighbours(FORK, ('tanh',)) == [
    RecurrentArc.parse('0 0 0 1 0 1 0'),
    RecurrentArc.parse('0 0 0 0 0 0 0'),
    RecurrentArc.parse('0 0 0 0 0 2 0'),
  ]


def test_activations():
  assert str(with_activation(FORK, 2, 'sigmoid')) == '0 0 0 0 3 1 0'
  assert str(with_all_activations(FORK, 'relu')) == '1 0 1 0 1 1 1'
  dag = with_edge(FORK, 0, 3)
  assert with_activation(dag, 3, 'relu') == Dag(
    dag.parents, ['tanh', 'tanh', 'tanh', 'relu']
  )
  # A format in which node 0 is always tanh does not stand in the way.
  cell = RecurrentArc.parse('0 2 1 0', format=ENAS_LM)
  assert str(with_activation(cell, 0, 'relu')) == '1 0 3 1 0'


def test_a_node_removed_leaves_its_children_to_its_parent():
  assert without_node(CHAIN, 1) == Dag(
    [[], [], [0], [2]], ['tanh'] * 4, [True, False, True, True]
  )
  # A leaf just goes; its parent becomes one where it has no other child.
  dag = without_node(without_node(FORK, 2), 1)
  assert dag.nodes == (0, 3) and dag.parents[3] == (0,)
  assert without_node(PAPER, 3).leaves == (5, 6, 9, 10, 11)
  cell = RecurrentArc.parse('0 0 0 1 0 0 0')
  assert without_node(cell, 2).leaves == (1, 3)
  # Whoever reads the parent too reads it once.
  assert without_node(with_edge(CHAIN, 0, 2), 1).parents[2] == (0,)


def test_an_edge_added_is_a_second_parent():
  dag = with_edge(CHAIN, 0, 2)
  assert dag.parents == ((), (0,), (0, 1), (2,))
  assert with_edge(dag, 0, 3).parents[3] == (0, 2)
  assert addable(dag) == ((0, 3), (1, 3))


def test_an_edge_added_by_the_reference_replaces():
  # Node 1 is visited after node 0: nothing changes.
  assert replaced_edge(CHAIN, 0, 2, 'relu') == Dag.of(CHAIN)
  assert replaced_edge(FORK, 0, 3, 'relu') == Dag.of(FORK)
  # Node 2 is visited after node 1: node 3 reads it, and node 1, which had no
  # other reader, is no loose end, so it counts no more.
  cell = RecurrentArc.parse('0 0 0 0 0 1 0 2 0')
  assert replaced_edge(cell, 2, 3, 'relu') == Dag(
    [[], [], [0], [2], [2]],
    ['tanh', 'tanh', 'tanh', 'relu', 'tanh'],
    [True, False, True, True, True],
  )
  # What led only to such a node goes with it. Visits are breadth-first: node 3
  # comes before node 2, node 4 after it.
  cell = RecurrentArc.parse('0 0 0 1 0 0 0 3 0 2 0 4 0')
  assert replaced_edge(cell, 3, 5, 'tanh') == Dag.of(cell)
  dag = replaced_edge(cell, 4, 5, 'tanh')
  assert dag.nodes == (0, 3, 4, 5, 6) and dag.leaves == (5, 6)


def test_links_of_one_and_activations_of_another():
  other = RecurrentArc.parse('3 0 2 1 1 2 0')
  assert str(crossed(FORK, other)) == '3 0 2 0 1 1 0'
  with pytest.raises(ArcError, match='links of 4 nodes and activations of 12'):
    crossed(FORK, PAPER)


@pytest.mark.parametrize(
  'edit, message',
  [
    (lambda: with_activation(FORK, 4, 'tanh'), '4 nodes has no node 4'),
    (lambda: with_activation(FORK, 0, 'selu'), "activation 'selu': expected"),
    (lambda: without_node(FORK, 0), 'node 0 of .* expected one of 1, 2'),
    (lambda: without_node(FORK, 3), 'node 3 of a cell of 4 nodes cannot be'),
    (
      lambda: with_activation(without_node(FORK, 1), 1, 'tanh'),
      '4 nodes has no node 1',
    ),
    (lambda: with_edge(FORK, 0, 1), 'from node 0 to node 1: the cell has it'),
    (lambda: with_edge(FORK, 2, 3), 'node 2 is a loose end'),
    (lambda: with_edge(FORK, 1, 1), 'edges lead to later nodes'),
    (lambda: replaced_edge(FORK, 1, 4, 'tanh'), 'has no node 4'),
  ],
)
def test_what_cannot_be_edited(edit, message):
  with pytest.raises(ArcError, match=message) as error:
    edit()
  assert '\n' not in str(error.value)
