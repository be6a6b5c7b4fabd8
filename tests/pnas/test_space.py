"""Levels of cells as arrays: how many, in which order, without twins."""

import itertools
import resource
import time

import numpy as np
import pytest

from src.arc import (
  PNAS_PAPER_OPERATIONS,
  PNAS_SEED_OPERATIONS,
  ArcError,
  PnasSpace,
  operations_named,
)
from src.pnas import space as space_lib

PAPER = PnasSpace('paper', PNAS_PAPER_OPERATIONS, 5)
SIX = PNAS_SEED_OPERATIONS[1:5] + PNAS_SEED_OPERATIONS[6:]
TWO = operations_named(['3x3 maxpool', '1x7-7x1 conv'])


def _flat(operations, lookback=0):
  return PnasSpace('flat', operations, 5, lookback, 0, cell='flat')


def _levels(space, dedup, count=5):
  """Sizes of all levels when every cell is kept."""
  cells = space_lib.initial(space, dedup)
  sizes = [len(cells)]
  for _ in range(count - 1):
    cells = space_lib.expanded(space, cells, dedup)
    sizes.append(len(cells))
  return sizes


def test_blocks_of_the_paper():
  ordered = [len(space_lib.blocks(PAPER, b, dedup=False)) for b in range(5)]
  assert ordered == [256, 576, 1024, 1600, 2304]
  assert np.prod(np.array(ordered, float)) == pytest.approx(5.566e14, rel=1e-4)
  halves = [len(space_lib.blocks(PAPER, b)) for b in range(5)]
  assert halves == [136, 300, 528, 820, 1176]


def test_sizes_of_levels():
  assert len(space_lib.initial(PAPER, dedup=False)) == 256
  assert len(space_lib.initial(PAPER)) == 136
  assert _levels(_flat(SIX), True) == [21, 126, 462, 1287, 3003]
  assert _levels(_flat(SIX, -2), True, 2) == [21, 126]
  assert _levels(_flat(SIX), False, 3) == [36, 36**2, 36**3]
  assert _levels(_flat(TWO), False) == [4, 16, 64, 256, 1024]


def test_no_block_reads_itself():
  """E4 of the original: the second block could read the second block."""
  for number in range(5):
    reads = space_lib.blocks(PAPER, number)[:, ::2] + PAPER.lookback
    assert set(reads.ravel()) == set(range(-2, number))
  near = PAPER._replace(lookforward=1)
  assert near.inputs_of(3) == (-2, -1, 0)
  assert _flat(TWO).inputs_of(0) == _flat(TWO).inputs_of(3) == (0,)


def test_the_last_number_of_a_block_is_the_fastest():
  space = PnasSpace('two', TWO, 2)
  found = space_lib.blocks(space, 0, dedup=False).tolist()
  expected = itertools.product(range(2), range(2), range(2), range(2))
  assert found == [list(block) for block in expected]
  cells = space_lib.expanded(space, space_lib.initial(space, False), False)
  assert cells.shape == (16 * 36, 2, 4) and cells.dtype == np.int32
  assert (cells[:36, 0] == 0).all() and (cells[36:72, 0, 3] == 1).all()


def test_each_network_is_there_once():
  """E7, against a set of cells that are made smallest one by one."""
  space = PnasSpace('two', TWO, 3)
  ordered = space_lib.initial(space, False)
  distinct = space_lib.initial(space)
  for _ in range(2):
    ordered = space_lib.expanded(space, ordered, False)
    distinct = space_lib.expanded(space, distinct)
    if len(ordered) > 5000:
      ordered = ordered[np.random.RandomState(0).choice(len(ordered), 2000)]
    slow = {arc.canonical() for arc in space.arcs(ordered)}
    found = space.arcs(distinct)
    assert len(found) == len(set(found)) and slow <= set(found)
    assert all(arc.canonical() == arc for arc in found[::37])
    if len(ordered) == 16 * 36:
      assert slow == set(found)


@pytest.mark.parametrize('near', [1, 2])
def test_networks_that_read_few_blocks_are_each_there_once(near):
  """However they are spelt: those of all spellings, and all are cells."""
  space = PnasSpace('one', TWO[:1], 4, -1, near)
  ordered, distinct = (space_lib.initial(space, dedup) for dedup in (0, 1))
  for _ in range(3):
    ordered = space_lib.expanded(space, ordered, False)
    distinct = space_lib.expanded(space, distinct)
    found = [space.from_tokens(arc.tokens) for arc in space.arcs(distinct)]
    assert len(found) == len(set(found))
    assert set(found) == {arc.canonical() for arc in space.arcs(ordered)}
  wide = space_lib.expanded(space._replace(lookforward=None), distinct[:, :3])
  assert len({arc.canonical() for arc in space.arcs(wide)} - set(found))


def test_flat_cells_are_spelt_without_inputs():
  space = _flat(TWO, -1)
  for arc in space.arcs(space_lib.initial(space)):
    assert space.from_tokens(arc.tokens) == arc


def test_candidates_stay_in_the_order_of_their_parents():
  cells = space_lib.initial(PAPER)[[100, 3]]
  assert (space_lib.expanded(PAPER, cells)[0] == _smallest(cells[0])).all()


def _smallest(parent):
  return space_lib.canonical(PAPER, np.array([[parent[0], [0, 0, 0, 0]]]))[0]


def test_the_largest_expansion_is_fast_and_small():
  """301,056 candidates; bounds are wide, as machines are shared."""
  draw = np.random.RandomState(1)
  parents = PAPER.array([PAPER.random(draw, 4) for _ in range(256)])
  before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
  start = time.process_time()
  found = space_lib.expanded(PAPER, parents)
  assert time.process_time() - start < 30
  assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1e6
  assert 0.9 * 301056 < len(found) <= 301056


def test_too_many_and_too_long():
  two = PnasSpace('two', TWO, 1)
  with pytest.raises(ArcError, match='cells have at most 1 blocks'):
    space_lib.expanded(two, space_lib.initial(two))
  many = np.zeros((20000, 3, 4), np.int32)
  with pytest.raises(ArcError, match='16400000 candidates of 4 blocks'):
    space_lib.expanded(PAPER, many)
