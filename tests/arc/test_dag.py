"""Recurrent cells as graphs."""

import numpy as np
import pytest

from src.arc import ArcError, Dag, RecurrentArc

PAPER = RecurrentArc.parse('0 0 0 1 1 1 0 2 0 2 0 2 1 4 1 7 1 8 1 8 1 8 1')
NAMES = ('tanh', 'relu', 'identity', 'sigmoid')


def test_the_graph_of_a_tree():
  dag = Dag.of(PAPER)
  assert dag.parents[:4] == ((), (0,), (1,), (1,))
  assert dag.leaves == PAPER.loose_ends == (3, 5, 6, 9, 10, 11)
  assert dag.children(2) == (4, 5, 6) and len(dag.edges) == 11
  assert Dag.of(dag) is dag and dag.alive == (True,) * 12
  draw = np.random.RandomState(0)
  for size in range(1, 13):
    arc = RecurrentArc.random(size, draw)
    assert Dag.of(arc).arc() == arc
    assert Dag.of(arc).leaves == arc.loose_ends


def test_several_parents_and_missing_nodes():
  dag = Dag([[], [0], [], [1, 0]], NAMES, [True, True, False, True])
  assert dag.parents == ((), (0,), (), (0, 1))
  assert dag.num_nodes == 4 and dag.nodes == (0, 1, 3)
  assert dag.leaves == (3,) and dag.edges == ((0, 1), (0, 3), (1, 3))
  with pytest.raises(ArcError, match='node 3 reads nodes 0 and 1: only cells'):
    dag.arc()
  tree = Dag([[], [0], [], [1]], NAMES, dag.alive)
  assert tree.arc() == RecurrentArc([0, 1], ['tanh', 'relu', 'sigmoid'])


@pytest.mark.parametrize(
  'parents, alive, message',
  [
    ([[], [0]], None, 'a cell of 4 nodes: parents of 2, alive of 4'),
    ([[], [0], [2], [0]], None, 'node 2 reads 2, which is no node before it'),
    ([[], [0], [0.5], [0]], None, 'node 2 reads 0.5'),
    ([[], [0], [0, 0], [0]], None, 'node 2 reads a node twice'),
    ([[], [0], [], [0]], None, 'node 2 reads no node'),
    ([[], [0], [0], [0]], [1, 1, 0, 1], 'node 2 is missing and reads a node'),
    ([[], [0], [], [2]], [1, 1, 0, 1], 'node 3 reads 2'),
    ([[], [0], [0], []], [1, 1, 1, 0], 'the last node of a cell cannot be'),
  ],
)
def test_what_is_no_cell(parents, alive, message):
  with pytest.raises(ArcError, match=message):
    Dag(parents, NAMES, alive)


def test_unknown_activations():
  with pytest.raises(ArcError, match="activation 'selu': expected one of tanh"):
    Dag([[], [0]], ['tanh', 'selu'])
