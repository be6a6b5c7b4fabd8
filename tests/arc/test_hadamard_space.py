"""The space of lstm_style cells as decisions."""

import numpy as np
import pytest

from src.arc import ArcError, HadamardArc, HadamardSpace, RecurrentArc, spaces
from src.arc.dag_space import Decision

FREE, CLOSED = HadamardSpace(4), HadamardSpace(4, peephole=False)
PEEPING = 'lin c x tanh ' + 'add h h relu relu ' * 3 + 'c 0 h 1'


def test_decisions():
  kinds = [(d.kind, d.node, d.options) for d in FREE.decisions]
  assert kinds[:5] == [
    ('op', 0, 3), ('source', 0, 3), ('source', 0, 3), ('function', 0, 5),
    ('function', 0, 5),
  ]  # fmt: skip
  assert kinds[15:18] == [('op', 3, 3), ('source', 3, 6), ('source', 3, 6)]
  assert kinds[20:] == [('end', 0, 4)] * 2
  assert FREE.num_tokens == len(kinds) == 22
  assert FREE.decisions[0] == Decision('op', 0, 3)
  most = dict(FREE.kinds)
  assert all(number <= most[kind] for kind, _, number in kinds)


def test_what_a_node_is_says_what_else_there_is():
  for space, of_lin in ((FREE, [0, 1, 2, 3]), (CLOSED, [0, 1, 3])):
    _, _, b, f, g = space.decisions[5:10]
    for op, sources, sides in ((0, of_lin, []), (1, [0, 1, 2, 3], range(5))):
      tokens = [0] * 5 + [op]
      assert b.allowed(tokens) == sources
      assert f.allowed(tokens) == list(range(5))
      assert g.allowed(tokens) == list(sides)
      assert g.taken(tokens) is bool(sides)


@pytest.mark.parametrize('space', [FREE, CLOSED, HadamardSpace(1)])
def test_random_cells_and_their_tokens(space):
  draw, found = np.random.RandomState(0), set()
  for _ in range(200):
    arc = space.random(draw)
    tokens = space.tokens(arc)
    assert space.from_tokens(np.array(tokens)) == arc == space.parse(str(arc))
    for number, used, decision in zip(
      tokens, space.used(tokens), space.decisions
    ):
      assert number in decision.allowed(tokens) if used else number == 0
    found |= {(node.op, source) for node in arc.nodes for source in node.inputs}
    for place in np.flatnonzero(np.logical_not(space.used(tokens))):
      other = list(tokens)
      other[place] = 99  # is not looked at
      assert space.from_tokens(other) == arc
  assert (('lin', 'c') in found) is space.peephole
  assert {('add', 'c'), ('mul', 'c'), ('lin', 'h')} <= found


def test_json():
  space = HadamardSpace(5, False, [('num_blocks', 5)])
  again = spaces.from_json(space.to_json())
  assert again == space and again.flags == (('num_blocks', 5),)
  assert (space.name, space.type, space.min_nodes) == (
    ('lstm_style', 'lstm_style', 5)
  )
  assert [op.name for op in space.operations] == ['lin', 'add', 'mul']


def test_named_cells_are_of_spaces_of_their_size():
  for peephole in (True, False):
    assert HadamardSpace(8, peephole).parse('lstm') == HadamardArc.parse('lstm')
    assert HadamardSpace(7, peephole).parse('gru') == HadamardArc.parse('gru')


@pytest.mark.parametrize(
  ('call', 'part'),
  [
    (lambda: FREE.parse('lstm'), 'a cell of 8 nodes: this search space has'),
    (lambda: CLOSED.parse(PEEPING), 'node 0 is lin and reads c'),
    (lambda: CLOSED.tokens(FREE.parse(PEEPING)), 'without peepholes, it does'),
    (lambda: CLOSED.from_tokens(FREE.tokens(FREE.parse(PEEPING))), 'reads c'),
    (lambda: FREE.from_tokens([0]), 'has 22 decisions, found 1'),
    (lambda: FREE.from_tokens([3] + [0] * 21), 'node 0, op: found 3, expected'),
    (lambda: FREE.from_tokens([0, 3] + [0] * 20), 'node 0, source: found 3'),
    (lambda: FREE.from_tokens([0] * 20 + [4, 0]), 'that is c_t: found 4'),
    (lambda: FREE.from_tokens([0] * 21 + [4]), 'that is h_t: found 4'),
    (
      lambda: FREE.tokens(RecurrentArc.parse('0 0 1')),
      'found a recurrent cell',
    ),
    (lambda: HadamardSpace(0), 'num_nodes is 0'),
  ],
)
def test_one_line_for_what_the_space_has_not(call, part):
  with pytest.raises(ArcError) as error:
    call()
  assert part in str(error.value) and '\n' not in str(error.value)
