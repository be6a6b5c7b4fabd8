"""What a dry run says."""

import pytest

from src.arc import (
  PNAS_PAPER_OPERATIONS,
  ArcError,
  PnasSpace,
  operations_named,
)
from src.pnas import budget as budget_lib

PAPER = PnasSpace('paper', PNAS_PAPER_OPERATIONS, 5)


def test_the_search_of_the_paper():
  found = budget_lib.budget(PAPER, 256)
  assert found.models == 1160
  assert [level.trained for level in found.levels] == [136, 256, 256, 256, 256]
  assert [256 * level.blocks for level in found.levels[1:]] == [
    76800,
    135168,
    209920,
    301056,
  ]
  # All 136 cells of one block grow: there are no 256.
  assert [level.candidates for level in found.levels] == [
    136,
    40800,
    135168,
    209920,
    301056,
  ]
  told = '\n'.join(budget_lib.lines(found, 20 * 45000))
  for part in ('1160', '76800', '40800', '301056', '0.9 M', '1.04 B'):
    assert part in told


def test_searches_of_the_original():
  two = operations_named(['3x3 maxpool', '1x7-7x1 conv'])
  space = PnasSpace('two', two, 3, 0, 0, cell='flat')
  assert budget_lib.budget(space, 8, dedup=False).models == 20
  # As in the original, all cells of one block grow, however small K is.
  assert budget_lib.budget(space, 2, dedup=False).levels[1].candidates == 16
  every = budget_lib.budget(space, None, dedup=False)
  assert [level.trained for level in every.levels] == [4, 16, 64]
  # Of 9 candidates of two blocks 5 are distinct.
  level = budget_lib.budget(space, 8).levels[1]
  assert (level.candidates, level.trained) == (9, 5)


def test_keeping_all_of_a_large_space_is_refused():
  with pytest.raises(ArcError, match='candidates of 3 blocks'):
    budget_lib.budget(PAPER, None)
  with pytest.raises(ArcError, match='K is 0'):
    budget_lib.budget(PAPER, 0)
