"""Cells: reading, refusing, writing, what they mean, and their one spelling."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.arc import MICRO_OPERATIONS, ArcError, Block, MicroArc

quick = settings(deadline=None, max_examples=60, database=None)

micro_arcs = st.builds(
  lambda num_cells, num_operations, seed: MicroArc.random(
    num_cells, num_operations, np.random.RandomState(seed)
  ),
  st.integers(1, 6),
  st.integers(1, 9),
  st.integers(0, 2**31),
)


def test_published_cells(m5):
  assert len(m5.tokens) == 40 and m5.num_cells == 5
  assert m5.normal[0] == Block(index_1=0, op_1=2, index_2=0, op_2=0)
  # The published network has 5 * 36 and 4 * 72 channels after its cells.
  assert m5.loose_ends('normal') == (2, 3, 4, 5, 6)
  assert m5.loose_ends('reduce') == (2, 4, 5, 6)
  names = [[op.name for op in pair] for pair in m5.block_operations('reduce')]
  assert names[0] == ['sep_conv_3x3', 'sep_conv_3x3']
  assert names[1] == ['max_pool_3x3', 'avg_pool_3x3']
  assert m5.operation_counts() == [5, 7, 3, 2, 3]


def test_inputs_may_be_loose_too():
  arc = MicroArc.parse('1 0 1 0 1 4 1 4  0 0 0 0 2 0 2 0')
  assert arc.loose_ends('normal') == (0, 2, 3)
  assert arc.loose_ends('reduce') == (1, 3)


@quick
@given(micro_arcs)
def test_round_trips(arc):
  space = {'num_operations': arc.num_operations}
  assert MicroArc.parse(str(arc), **space) == arc
  assert MicroArc.parse('\n'.join(arc.log_lines()), **space) == arc
  assert MicroArc.parse(str(arc), arc.num_cells, **space) == arc
  assert MicroArc.from_tokens(np.array(arc.tokens), **space) == arc
  assert MicroArc(arc.normal, arc.reduce, **space) == arc
  assert MicroArc.from_json(arc.to_json()) == arc
  assert eval(repr(arc)) == arc
  assert hash(MicroArc.parse(str(arc), **space)) == hash(arc)
  assert sum(arc.operation_counts()) == 4 * arc.num_cells


def test_json_is_this_very_string():
  arc = MicroArc.parse('0 1 1 2 1 3 0 4')
  assert arc.to_json() == (
    '{"normal": [[0, 1, 1, 2]], "num_operations": 5, '
    '"reduce": [[1, 3, 0, 4]], "type": "micro"}'
  )


def _wires(blocks):
  """A network that can be compared: per node, the sorted pairs it adds."""
  return [sorted([(b[0], b[1]), (b[2], b[3])]) for b in blocks]


def _same_network(one, other):
  """Whether some renumbering of blocks turns one cell into the other; slow."""
  count = len(one)
  for order in itertools.permutations(range(count)):
    names = {0: 0, 1: 1}
    names.update({old + 2: new + 2 for new, old in enumerate(order)})
    renamed = [None] * count
    for old, pairs in enumerate(_wires(one)):
      renamed[names[old + 2] - 2] = sorted((names[i], op) for i, op in pairs)
    if renamed == _wires(other):
      return True
  return False


@quick
@given(micro_arcs.filter(lambda arc: arc.num_cells < 6), st.integers(0, 999))
def test_canonical_form_is_the_same_for_all_spellings_of_a_network(arc, seed):
  canonical = arc.canonical()
  assert canonical.canonical() == canonical
  for cell in ('normal', 'reduce'):
    assert _same_network(getattr(arc, cell), getattr(canonical, cell))
  draw = np.random.RandomState(seed)
  cells = [_respelt(blocks, draw) for blocks in (arc.normal, arc.reduce)]
  other = MicroArc(cells[0], cells[1], arc.num_operations)
  assert other.canonical() == canonical


def _respelt(blocks, draw):
  """The cell with its blocks renumbered and their halves exchanged."""
  names, done = {0: 0, 1: 1}, []
  while len(done) < len(blocks):
    number = draw.randint(len(blocks))
    block = blocks[number]
    if number + 2 in names or not {block[0], block[2]} <= set(names):
      continue
    pairs = [(names[block[0]], block[1]), (names[block[2]], block[3])]
    draw.shuffle(pairs)
    done.append(Block(*(tuple(pairs[0]) + tuple(pairs[1]))))
    names[number + 2] = len(done) + 1
  return done


def test_many_equal_blocks_take_no_time():
  arc = MicroArc.parse(' '.join(['0 0 1 0'] * 24), num_cells=12)
  assert arc.canonical() == arc


def test_other_networks_have_other_canonical_forms():
  every = [
    MicroArc.parse('0 0 0 0 %d 0 %d 0 0 0 0 0 0 0 0 0' % pair)
    for pair in itertools.product(range(3), repeat=2)
  ]
  assert len({arc.canonical() for arc in every}) == 6


@pytest.mark.parametrize(
  'text, message',
  [
    ('', 'a micro architecture of 1 blocks a cell has 8 tokens, found 0'),
    (
      '0 0 0 0 0 0 0',
      'a micro architecture of 1 blocks a cell has 8 tokens, found 7',
    ),
    (
      '2 0 0 0 0 0 0 0',
      "token 1 of 8, normal cell, block 0, index_1: found '2', expected 0 or 1",
    ),
    (
      '0 0 0 0 0 0 0 5',
      "token 8 of 8, reduction cell, block 0, op_2: found '5', expected 0 to 4",
    ),
    (
      '0 0 x 0 0 0 0 0',
      "token 3 of 8, normal cell, block 0, index_2: found 'x', expected 0 or 1",
    ),
  ],
)
def test_bad_strings_are_named(text, message):
  with pytest.raises(ArcError) as error:
    MicroArc.parse(text)
  assert str(error.value) == message


def test_bad_values_are_named():
  block = (0, 0, 0, 0)
  for make, message in (
    (lambda: MicroArc([block], []), 'normal cell has 1 blocks, the reduction'),
    (lambda: MicroArc([block], [(0, 0)]), 'block 0: found 2 numbers'),
    (lambda: MicroArc.parse('0 ' * 16, num_cells=3), '24 tokens, found 16'),
    (lambda: MicroArc.from_json('[]'), 'expected an object with "type"'),
    (lambda: MicroArc.from_json('{'), 'not an architecture in JSON'),
    (
      lambda: MicroArc.from_json('{"type": "micro", "normal": []}'),
      'expected the fields normal, num_operations, reduce, found normal',
    ),
    (
      lambda: MicroArc.from_json(
        json.dumps(
          {'type': 'micro', 'normal': 3, 'reduce': [], 'num_operations': 5}
        )
      ),
      'field normal is not a list of blocks',
    ),
  ):
    with pytest.raises(ArcError, match=message):
      make()


def test_a_smaller_list_of_operations_is_refused(m5):
  with pytest.raises(ArcError, match='from a space of 5 operations, but 2'):
    m5.block_operations('normal', MICRO_OPERATIONS[:2])


def test_random_cells_are_uniform():
  draw = np.random.RandomState(7)
  arcs = [MicroArc.random(3, 5, draw) for _ in range(2000)]
  tokens = np.array([arc.tokens for arc in arcs])
  for position, choices in ((0, 2), (1, 5), (4, 3), (8, 4), (22, 4), (23, 5)):
    counts = np.bincount(tokens[:, position], minlength=choices)
    assert len(counts) == choices
    expected = 2000.0 / choices
    # 99.9 % of the chi-square distribution with four degrees of freedom.
    assert ((counts - expected) ** 2 / expected).sum() < 18.5
