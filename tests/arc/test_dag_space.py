"""Spaces of recurrent cells as decisions."""

import numpy as np
import pytest

from src.arc import ArcError, DagSpace, RecurrentArc, spaces
from src.arc.dag_space import LINKS, Decision, activation_names, chain, tree
from src.arc.record import FILE, Network, Record, read

FREE = DagSpace(12)
FLEXIBLE = DagSpace(6, 3, flags=[('num_blocks', 6)])
TREE = DagSpace(5, activations=('relu', 'tanh'), links=tree(5))
CELL = DagSpace(12, scope='cell')
SMALL_CHAIN = DagSpace(4, 2, ('sigmoid',), chain(4), 'cell')
SPACES = [FREE, FLEXIBLE, TREE, CELL, SMALL_CHAIN]


def options(space):
  return [decision.options for decision in space.decisions]


def test_decisions_in_the_order_of_the_reference():
  # Two for each node after the first, and 23 in all.
  expected = [4]
  for node in range(1, 12):
    expected += [node, 4]
  assert options(FREE) == expected and FREE.num_tokens == 23
  assert FREE.decisions[:3] == (
    Decision('activation', 0, 4),
    Decision('predecessor', 1, 1),
    Decision('activation', 1, 4),
  )
  arc = RecurrentArc.parse('0 0 0 1 1 1 0 2 0 2 0 2 1 4 1 7 1 8 1 8 1 8 1')
  assert FREE.tokens(arc) == arc.tokens
  # The log of the number of cells, 4^N (N-1)!, is the entropy at most.
  assert sum(np.log(options(FREE))) == pytest.approx(34.1378, abs=1e-4)
  # The first decision of flexible cells is their size, with both ends.
  assert FLEXIBLE.decisions[0] == Decision('nodes', 0, 4)
  assert options(FLEXIBLE)[1:] == [4, 1, 4, 2, 4, 3, 4, 4, 4, 5, 4]
  assert [d.kind for d in TREE.decisions] == ['activation'] * 5
  assert options(CELL) == [4] + list(range(1, 12))
  assert SMALL_CHAIN.decisions == (
    Decision('nodes', 0, 3),
    Decision('activation', 0, 1),
  )
  # Nodes that a smaller cell has not are there given the size.
  given = FLEXIBLE.decisions[-1].given
  assert given.place == 0
  assert [any(row) for row in given.allowed] == [False] * 3 + [True]


def test_links():
  assert tree(12) == (0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5)
  assert chain(12) == tuple(range(11))
  assert LINKS == {'chain': chain, 'tree': tree}


@pytest.mark.parametrize('space', SPACES, ids=lambda space: space.name)
def test_what_a_space_draws_it_reads(space, tmp_path):
  draw = np.random.RandomState(0)
  sizes = set()
  for _ in range(40):
    arc = space.random(draw)
    sizes.add(arc.num_nodes)
    tokens = space.tokens(arc)
    assert space.from_tokens(np.array(tokens)) == arc
    assert space.parse('\n'.join(arc.log_lines())) == arc
    assert len(arc.tokens) % 2, 'the legacy format, whatever the space'
    assert sum(space.operation_counts(arc)) == arc.num_nodes
    taken = space.used(tokens)
    assert len(tokens) == len(taken) == space.num_tokens
    for number, decision, used in zip(tokens, space.decisions, taken):
      assert used == (decision.node < arc.num_nodes)
      assert used or number == 0
  assert sizes == set(range(space.min_nodes, space.num_nodes + 1))
  record = Record('recurrent', space, Network(hidden_size=8))
  (tmp_path / FILE).write_text(record.to_json())
  assert read(str(tmp_path)) == record
  assert type(spaces.from_json(space.to_json()).links) is type(space.links)


def test_names():
  assert [space.name for space in SPACES] == [
    'enas', 'flexible', 'tree', 'one activation',
    'flexible, chain, one activation'
  ]  # fmt: skip
  assert DagSpace(3, links=(0, 0)).name == 'tree'
  assert DagSpace(4, links=(0, 0, 0)).name == 'fixed links'


def test_tokens_beyond_the_size_are_not_looked_at():
  tokens = [0, 1, 0, 2, 1, 3] + [99] * 6
  assert str(FLEXIBLE.from_tokens(tokens)) == '1 0 2 1 3'
  assert FLEXIBLE.tokens(FLEXIBLE.from_tokens(tokens)) == (
    (0, 1, 0, 2, 1, 3) + (0,) * 6
  )
  # Numbers are places in the space's own list.
  assert TREE.from_tokens([1, 0, 0, 0, 0]).activations == (
    ('tanh',) + ('relu',) * 4
  )


def test_uniform_over_each_decision():
  draw = np.random.RandomState(3)
  tokens = np.array([CELL.tokens(CELL.random(draw)) for _ in range(600)])
  for column, count in zip(tokens.T, options(CELL)):
    found = np.bincount(column, minlength=count)
    assert len(found) == count
    # Four standard deviations of a binomial count.
    spread = 4 * np.sqrt(600 * (1 / count) * (1 - 1 / count))
    assert np.all(np.abs(found - 600 / count) <= spread)


def test_the_state_is_kept_apart():
  one, other = (RecurrentArc.parse(t) for t in ('0 0 1 0 2', '0 0 2 0 1'))
  assert one.canonical() == other.canonical()
  assert FREE.canonical(one) != FREE.canonical(other)
  assert FREE.canonical(other).activations[-1] == 'relu'
  # Which of two equal branches comes first does not matter.
  same = [RecurrentArc.parse(t) for t in ('0 0 1 0 2 1 3', '0 0 2 0 1 2 3')]
  assert FREE.canonical(same[0]) == FREE.canonical(same[1])


def test_lists_of_activations():
  assert activation_names('tanh,ReLU') == ('tanh', 'relu')
  for text in ('', 'tanh,tanh', 'tanh,gelu'):
    with pytest.raises(ArcError):
      activation_names(text)


@pytest.mark.parametrize(
  'make, message',
  [
    (lambda: DagSpace(0), 'num_nodes is 0'),
    (lambda: DagSpace(3, 4), 'min_nodes is 4, expected at most num_nodes, 3'),
    (lambda: DagSpace(3, 0), 'min_nodes is 0'),
    (lambda: DagSpace(3, activations=['gelu']), "'gelu' of a space: expected"),
    (lambda: DagSpace(3, links=(0,)), '3 nodes has 2 predecessors, found 1'),
    (lambda: DagSpace(3, links=(0, 2)), 'node 2, predecessor: found 2'),
    (lambda: DagSpace(3, scope='x'), "scope is 'x', expected node or cell"),
    (lambda: FREE.from_tokens([0]), 'has 23 decisions, found 1'),
    (lambda: FLEXIBLE.from_tokens([4] * 12), 'nodes: found 4, expected 0 to 3'),
    (
      lambda: CELL.from_tokens([0, 0, 2] + [0] * 9),
      'token 3 of 12, node 2, predecessor: found 2, expected 0 or 1',
    ),
    (lambda: FREE.parse('0 0 1'), '2 nodes: this search space has cells of 12'),
    (lambda: FLEXIBLE.parse('0 0 1'), 'has cells of 3 to 6'),
    (lambda: TREE.parse('0 0 0 0 2 1 0 1 0'), 'node 2 applies identity, which'),
    (lambda: TREE.parse('0 0 0 1 0 1 0 1 0'), 'node 2 reads node 1: .* node 0'),
    (lambda: SMALL_CHAIN.parse('3 0 3 1 0'), 'node 2 applies tanh'),
    (
      lambda: DagSpace(2, scope='cell').tokens(RecurrentArc.parse('0 0 1')),
      'node 1 applies relu and node 0 tanh',
    ),
  ],
)
def test_what_is_not_of_a_space(make, message):
  with pytest.raises(ArcError, match=message) as error:
    make()
  assert '\n' not in str(error.value)
