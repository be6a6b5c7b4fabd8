"""Cells of progressive search: reading, writing, and their one spelling."""

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.arc import PNASNET_5, ArcError, Block, PnasArc, operations_named
from src.arc.cell_spelling import first_of_each
from src.arc.pnas import CONCATS, KINDS_OF_CELL, NAMES, Layer, stacked

quick = settings(deadline=None, max_examples=60, database=None)

cells = st.builds(
  lambda num_blocks, num_operations, cell, concat, seed: PnasArc.random(
    num_blocks,
    np.random.RandomState(seed),
    NAMES[:num_operations],
    cell,
    concat,
  ),
  st.integers(1, 5),
  st.integers(1, 9),
  st.sampled_from(KINDS_OF_CELL),
  st.sampled_from(CONCATS),
  st.integers(0, 2**31),
)


def test_the_cell_of_the_paper():
  assert PNASNET_5.child()[:4] == [-2, '5x5 dconv', -2, '3x3 maxpool']
  assert PNASNET_5.blocks[3] == Block(2, 1, -1, 6)
  assert PNASNET_5.reads() == (-2, -1)
  assert PNASNET_5.outputs() == (0, 1, 2, 3, 4)
  figure = PNASNET_5._replace(concat='unused')
  assert figure.outputs() == (0, 1, 3, 4)
  assert PNASNET_5.operation_counts() == [1, 3, 2, 1, 0, 0, 3, 0, 0]
  pairs = PNASNET_5.block_operations()
  assert [op.kernel for op in pairs[1]] == [7, 3]


def test_which_blocks_are_the_output():
  arc = PnasArc.parse('-1 0 -1 0  0 0 -2 0  0 0 -1 0')
  assert arc.outputs() == (1, 2)
  assert PnasArc.parse('-1 0 -1 0').reads() == (-1,)


@quick
@given(cells)
def test_round_trips(arc):
  form = dict(zip(('operations', 'cell', 'concat'), arc[1:]))
  assert PnasArc.parse(str(arc), **form) == arc
  assert PnasArc.parse(str(arc.child()), **form) == arc
  assert PnasArc.parse(','.join(map(str, arc.child())), **form) == arc
  assert PnasArc.from_tokens(np.array(arc.tokens), **form) == arc
  assert PnasArc.from_tokens(arc.child(), **form) == arc
  assert PnasArc(arc.blocks, **form) == arc
  assert PnasArc.from_json(arc.to_json()) == arc
  assert eval(repr(arc)) == arc and len({arc, eval(repr(arc))}) == 1
  if arc.cell == 'dag':
    assert PnasArc.parse(str(arc), None, *arc[1:2], concat=arc.concat) == arc


def test_json_is_this_very_string():
  arc = PnasArc.parse('-1 0 -2 1', operations=NAMES[:2])
  assert arc.to_json() == (
    '{"blocks": [[-1, 0, -2, 1]], "cell": "dag", "concat": "unused", '
    '"operations": ["identity", "3x3 dconv"], "type": "pnas"}'
  )


def test_a_first_block_that_reads_nothing_is_of_a_flat_cell():
  text = '0,3x3 maxpool,0,1x7-7x1 conv'
  assert PnasArc.parse(text).cell == 'flat'
  assert PnasArc.parse(text).tokens == (0, 6, 0, 4)
  assert PnasArc.parse('-1 6 -1 4').cell == 'dag'


def _respelt(arc, draw):
  """The cell with its blocks renumbered and their halves exchanged."""
  names, done = {-2: -2, -1: -1}, []
  while len(done) < arc.num_blocks:
    number = draw.randint(arc.num_blocks)
    block = arc.blocks[number]
    if number in names or not set(block[::2]) <= set(names):
      continue
    pairs = [(names[block[0]], block[1]), (names[block[2]], block[3])]
    draw.shuffle(pairs)
    names[number] = len(done)
    done.append(tuple(pairs[0]) + tuple(pairs[1]))
  return PnasArc(done, *arc[1:])


@quick
@given(cells.filter(lambda arc: arc.cell == 'dag'), st.integers(0, 999))
def test_all_spellings_of_a_network_have_one_canonical_form(arc, seed):
  canonical = arc.canonical()
  assert canonical.canonical() == canonical
  other = _respelt(arc, np.random.RandomState(seed))
  assert other.canonical() == canonical
  assert len(other.outputs()) == len(canonical.outputs())


def test_flat_cells_are_what_operations_they_have():
  one = PnasArc.parse('0 3 0 1 0 2 0 1')
  other = PnasArc.parse('-1 1 -2 1 0 2 0 3', cell='flat')
  assert one.canonical() == other.canonical()
  assert str(one.canonical()) == '0 1 0 1 0 2 0 3'


def test_twins_that_are_read_differently_are_told_apart():
  """Two equal blocks read once each are not one that is read twice."""
  twins = '-1 0 -1 0  -1 0 -1 0  %d 0 %d 0'
  forms = {
    pair: PnasArc.parse(twins % pair).canonical()
    for pair in itertools.product(range(2), repeat=2)
  }
  assert forms[0, 1] == forms[1, 0] != forms[0, 0] == forms[1, 1]


@quick
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 2**31))
def test_the_first_of_each(count, num_blocks, seed):
  draw = np.random.RandomState(seed)
  rows = draw.randint(3, size=(count, 1, 4)).repeat(num_blocks, axis=1)
  rows[:, -1] *= 10**6  # more than fits into one number
  seen, expected = set(), []
  for position, row in enumerate(rows.tolist()):
    if str(row) not in seen:
      expected.append(position)
    seen.add(str(row))
  assert first_of_each(rows).tolist() == expected
  assert first_of_each(rows[:0]).tolist() == []


def test_cells_in_a_network():
  assert stacked(3, 48) == (
    [Layer(48, 1)] * 3
    + [Layer(96, 2)] + [Layer(96, 1)] * 2
    + [Layer(192, 2)] + [Layer(192, 1)] * 2
  )  # fmt: skip
  assert len(stacked(2, 24)) == 6 and len(stacked(2, 24, 0)) == 2


@pytest.mark.parametrize(
  'text, message',
  [
    ('', 'a cell of 1 blocks has 4 tokens, found 0'),
    ('-1 0 -1 0 -1', 'a cell of 1 blocks has 4 tokens, found 5'),
    (
      '-1 0 0 0',
      "token 3 of 4, block 0, index_2: found '0', expected -2 or -1",
    ),
    (
      '-1 0 -1 0 -1 0 1 0',
      "token 7 of 8, block 1, index_2: found '1', expected -2 to 0",
    ),
    (
      '-3 0 -1 0',
      'token 1 of 4, block 0, index_1: found -3, expected -2 or -1',
    ),
    ('-1 9 -1 0', "token 2 of 4, block 0, op_1: found '9', expected 0 to 8"),
    ('-1 0 -1 x', "token 4 of 4, block 0, op_2: found 'x', expected 0 to 8"),
  ],
)
def test_bad_strings_are_named(text, message):
  with pytest.raises(ArcError) as error:
    PnasArc.parse(text)
  assert str(error.value) == message


def test_bad_values_are_named():
  fields = {'type': 'pnas', 'blocks': [], 'cell': 'dag', 'concat': 'unused'}
  for make, message in (
    (lambda: PnasArc([(0, 0)]), 'block 0: found 2 numbers, expected 4'),
    (lambda: PnasArc([]), 'a cell of 1 blocks has 4 tokens, found 0'),
    (lambda: PnasArc.parse('-1 0 -1 0', 2), '2 blocks has 8 tokens, found 4'),
    (lambda: PnasArc.parse('-1 0 -1 0', cell='x'), "cell is 'x', expected dag"),
    (
      lambda: PnasArc(PNASNET_5.blocks, concat=1),
      'concat is 1, expected unused or all',
    ),
    (lambda: PnasArc.from_json('[]'), 'expected an object with "type"'),
    (
      lambda: PnasArc.from_json(json.dumps(dict(fields, operations=3))),
      'field operations is not a list',
    ),
    (
      lambda: PnasArc.from_json(
        json.dumps(dict(fields, operations=['a'], blocks=[1]))
      ),
      'field blocks is not a list of blocks',
    ),
    (lambda: operations_named(['9x9']), "operation '9x9' is not known"),
    (
      lambda: PNASNET_5.block_operations(operations_named(NAMES[:2])),
      'a space of 9 operations, but 2',
    ),
    (lambda: stacked(0, 24), 'cells_per_stage is 0'),
  ):
    with pytest.raises(ArcError, match=message):
      make()
