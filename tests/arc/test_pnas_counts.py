"""Counts of networks of PNAS cells against published and hand-made ones."""

import pytest

from src.arc import PNASNET_5, ArcError, Operation, PnasArc
from src.arc.pnas import NAMES
from src.arc.pnas_counts import count


def test_the_network_of_the_paper():
  assert count(PNASNET_5, 3, 48)[0] == 3176602  # the paper: 3.2 M
  assert count(PNASNET_5, 2, 24)[0] == 555154


@pytest.mark.parametrize(
  'names, parameters',
  [
    (['identity'] * 2, 10250),
    (['3x3 dconv'] * 2, 11456),
    (['5x5 dconv'] * 2, 13600),
    (['7x7 dconv'] * 2, 16816),
    (['1x7-7x1 conv'] * 2, 132810),
    (['3x3 conv'] * 2, 77322),
    (['3x3 maxpool'] * 2, 130),
    (['3x3 avgpool'] * 2, 130),
    (['3x3 maxpool', '1x7-7x1 conv'], 53768),
    (['1x7-7x1 conv', '3x3 maxpool'], 53768),
    (['3x3 dconv', '1x7-7x1 conv', '3x3 maxpool', '7x7 dconv'], 103716),
    (['1x7-7x1 conv'] * 6, 742474),
  ],
)
def test_children_of_the_original(names, parameters):
  tokens = [token for name in names for token in (0, name)]
  arc = PnasArc.from_tokens(tokens, cell='flat')
  assert count(arc, None, 32)[0] == parameters


def test_children_of_its_first_release():
  for op, parameters in ((1, 7072), (4, 75418), (5, 44170)):
    arc = PnasArc.parse('0 %d 0 %d' % (op, op))
    assert count(arc, None, 24)[0] == parameters


def test_a_network_by_hand():
  """One cell a stage, F = 2, one block: pooling, and 1x7 then 7x1."""
  arc = PnasArc.parse('-1 6 -2 4')
  stem = 27 * 6 + 12
  adapted = 6 * 2 + 4  # both inputs of the first cell
  first = 2 * adapted + 2 * (7 * 4 + 4)
  # The stem and the last output, to 4 channels; then the cell.
  second = (6 * 4 + 8) + (2 * 4 + 8) + 2 * (7 * 16 + 8)
  # Output before the last: 2 channels, halved.
  third = (2 * 8 + 16) + (4 * 8 + 16) + 2 * (7 * 64 + 16)
  classifier = 8 * 10 + 10
  parameters, multiply_adds = count(arc, 1, 2, image_size=4)
  assert parameters == stem + first + second + third + classifier
  assert multiply_adds == (
    16 * (27 * 6 + 2 * 12 + 2 * 28)
    + 16 * (24 + 8) + 4 * 2 * 112
    + 4 * (16 + 32) + 2 * 448
    + 80
  )  # fmt: skip


def test_an_input_that_no_block_reads_costs_nothing():
  both = count(PnasArc.parse('-1 7 -2 7'), 1, 2)[0]
  assert count(PnasArc.parse('-1 7 -1 7'), 1, 2)[0] == both - (
    (6 * 2 + 4) + (6 * 4 + 8) + (2 * 8 + 16)
  )


def test_each_block_of_the_output_is_as_wide_as_the_first():
  """A hand-made cell of three blocks, of which two are not read."""
  arc = PnasArc.parse('-1 7 -1 7  0 7 -1 7  0 7 -1 7')
  for concat, blocks in (('unused', 2), ('all', 3)):
    found = count(arc._replace(concat=concat), 1, 5, num_reductions=0)[0]
    stem, adapted = 27 * 15 + 30, 15 * 5 + 10
    assert found == stem + adapted + (blocks * 5 + 1) * 10


def test_what_cannot_be_counted_is_named():
  arc = PnasArc.parse('-1 0 -1 0', operations=NAMES[:1])
  noise = [Operation('noise', 'noise', 'noise')]
  with pytest.raises(ArcError) as caught:
    count(arc, 1, 2, noise)
  assert str(caught.value) == (
    'operation noise is of kind noise, which networks of PNAS cells do not have'
  )
  with pytest.raises(ArcError, match='cells_per_stage is 0'):
    count(arc, 0, 2)
  with pytest.raises(ArcError, match='filters is 0'):
    count(arc._replace(cell='flat'), 1, 0)
