"""The search space of progressive search as a value."""

import numpy as np
import pytest

from src.arc import PNAS_PAPER_OPERATIONS, ArcError, PnasSpace, spaces

PAPER = PnasSpace('paper', PNAS_PAPER_OPERATIONS, 5, flags=[('cell', 'dag')])
NEAR = PAPER._replace(lookback=-1, lookforward=1, concat='all')
FLAT = PnasSpace('flat', PNAS_PAPER_OPERATIONS, 3, 0, 0, cell='flat')


@pytest.mark.parametrize('space', [PAPER, NEAR, FLAT])
def test_what_a_space_draws_it_reads(space):
  draw = np.random.RandomState(0)
  assert spaces.from_json(space.to_json()) == space
  for num_blocks in (1, 3, None):
    arcs = [space.random(draw, num_blocks) for _ in range(20)]
    for arc in arcs:
      assert arc.num_blocks == (num_blocks or space.num_blocks)
      assert space.parse(str(arc)) == space.from_tokens(arc.child()) == arc
    cells = space.array(arcs)
    assert cells.dtype == np.int32 and cells.shape[0] == 20
    assert space.arcs(cells) == arcs
    values = np.array(space.input_values)[cells[:, :, ::2]]
    assert values.ravel().tolist() == [
      read for arc in arcs for read in arc.tokens[::2]
    ]


def test_operations_are_those_of_the_space():
  arc = PAPER.parse('-1 3x3 dilated conv -1 5')
  assert arc.tokens[1] == arc.tokens[3] == 5
  assert arc.block_operations()[0][0].param('dilation') == 2


@pytest.mark.parametrize(
  'make, message',
  [
    (lambda: PAPER.parse('-1 0 -1 0 ' * 6), '6 blocks, the search space has'),
    (lambda: NEAR.parse('-2 0 -1 0'), 'block 0 reads -2, expected at least -1'),
    (
      lambda: NEAR.parse('-1 0 -1 0 0 0 -1 0 1 0 -1 0'),
      'the blocks 0, 1 are read by others, at most 1 may be',
    ),
    (lambda: PnasSpace('x', PNAS_PAPER_OPERATIONS, 0), 'num_blocks is 0'),
    (lambda: PnasSpace('x', PNAS_PAPER_OPERATIONS, 1, 1), 'lookback is 1, exp'),
    (lambda: PnasSpace('x', PNAS_PAPER_OPERATIONS, 1, 0), 'lookback is 0, exp'),
    (lambda: PnasSpace('x', (), 1), 'it has no operations'),
  ],
)
def test_what_is_in_no_space(make, message):
  with pytest.raises(ArcError, match=message):
    make()
