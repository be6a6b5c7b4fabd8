"""Parameters against published counts, multiply-adds against sums by hand."""

import pytest

from src.arc import (
  MACRO_OPERATIONS,
  ArcError,
  ChannelMacroArc,
  MacroArc,
  MacroSpace,
  Operation,
  count_multiply_adds,
  count_parameters,
  count_search_parameters,
  stages,
)

ENAS_1 = '5 5 1 0 1 1 5 1 0 0 4 0 1 0 1 3 0 0 0 1 0 1 1 0 0 1 1 0'


def uniform(op, bit, num_layers=7):
  return MacroArc(
    [op] * num_layers, [[bit] * layer for layer in range(num_layers)]
  )


def test_published_final_network(a24):
  assert count_parameters(a24, 96) == 42559392


@pytest.mark.parametrize(
  'num_layers, filters, branches, classes, expected',
  [
    (12, 36, 6, 10, 697860),
    (3, 4, 6, 10, 2956),
    (7, 64, 6, 6, 1265216),
    (7, 16, 6, 6, 84368),
    (7, 8, 6, 6, 22856),
  ],
)
def test_shared_model(num_layers, filters, branches, classes, expected):
  space = MacroSpace('m', MACRO_OPERATIONS[:branches], num_layers)
  assert count_search_parameters(space, filters, classes) == expected
  # Where no skip reads the stem, its two reductions are not there.
  alone = space._replace(skip_from='layer')
  assert count_search_parameters(alone, filters, classes) == (
    expected - 2 * filters * (filters + 2)
  )
  # What shares an operation costs nothing.
  shared = space._replace(action_to_instance=(0,) * 9 + tuple(range(branches)))
  assert count_search_parameters(shared, filters, classes) == expected


def test_bridge_networks(bridge_arc):
  def count(arc):
    return count_parameters(arc, 64, num_classes=6)

  assert count(bridge_arc) == 2718144
  assert count(MacroArc.parse(ENAS_1)) == 3402944
  assert count(uniform(0, 0)) == 2811072
  assert count(uniform(4, 0)) == 430784
  assert count(uniform(2, 1)) == 7681216


def test_fewer_branches_leave_out_the_pools():
  spaces = [MacroSpace('m', MACRO_OPERATIONS[:b], 12) for b in (6, 5, 4)]
  six, five, four = (count_search_parameters(space, 36) for space in spaces)
  # A pool branch is a 1x1 convolution and its batch norm, in 12 layers.
  assert six - five == five - four == 12 * (36 * 36 + 2 * 36)


def test_separable_operations_of_the_final_network():
  arc = MacroArc.parse('1')
  f = 8
  around = 27 * f + 2 * f + f * f + 2 * f + 10 * f
  assert count_parameters(arc, f) == around + 9 * f * f + 2 * f
  assert count_parameters(arc, f, separable=True) == (
    around + 9 * f + f * f + 2 * f
  )
  assert count_parameters(uniform(0, 1), f, separable=True) == (
    count_parameters(uniform(1, 1), f)
  )


def test_search_view_counts_one_branch_per_layer():
  per_op = [
    count_parameters(MacroArc.parse(str(op)), 4, 'search') for op in range(6)
  ]
  # Stem, classifier and the branch: 1x1 convolution, then the operation.
  branch = [c - (29 * 4 + 40) - (16 + 8) for c in per_op]
  assert branch == [152, 36 + 16 + 8, 408, 100 + 16 + 8, 0, 0]
  shared = count_search_parameters(MacroSpace('m', MACRO_OPERATIONS, 1), 4)
  assert shared == 29 * 4 + 40 + 6 * (16 + 8) + sum(branch)


def test_multiply_adds_of_three_layers():
  arc = MacroArc.parse('0 5 1 3 0 1')
  f = 4
  stem = 27 * f * 32**2
  final = (
    stem
    + (f * f + 9 * f * f) * 32**2
    + 2 * (f * 2 * f) * 16**2
    + (2 * 2 * f * 2 * f) * 16**2
    + 3 * (2 * f * 4 * f) * 8**2
    + (1 + 25 + 2) * (4 * f) ** 2 * 8**2
    + 4 * f * 10
  )
  assert count_multiply_adds(arc, f) == final
  search = (
    stem
    + 10 * f * f * 32**2
    + 2 * f * f * 16**2
    + f * f * 16**2
    + 3 * f * f * 8**2
    + (f * f + 25 * f + f * f) * 8**2
    + f * 10
  )
  assert count_multiply_adds(arc, f, 'search') == search
  quadruple = count_multiply_adds(arc, f, image_size=64)
  assert quadruple == 4 * (final - 160) + 160


def test_stages():
  assert [tuple(s) for s in stages(12, 36, 'search')] == [
    (range(0, 4), 32, 36),
    (range(4, 8), 16, 36),
    (range(8, 12), 8, 36),
  ]
  assert [s.filters for s in stages(24, 96)] == [96, 192, 384]
  assert [s.size for s in stages(7, 64, image_size=224)] == [224, 112, 56]
  assert [s.size for s in stages(3, 2, image_size=27)] == [27, 14, 7]
  assert [tuple(s) for s in stages(2, 5)] == [(range(0, 2), 32, 5)]


def test_an_operation_list_of_ones_own():
  dense_7 = Operation('conv_7x7', 'conv 7×7', 'conv', 7)
  operations = MACRO_OPERATIONS + (dense_7,)
  arc = MacroArc.parse('6', num_operations=7)
  stem_and_classifier = 29 * 4 + 40
  assert count_parameters(arc, 4, operations=operations) == (
    stem_and_classifier + 16 + 8 + 49 * 16 + 8
  )
  odd = (Operation('blur', 'blur', 'smooth', 3),)
  with pytest.raises(ArcError) as error:
    count_parameters(MacroArc.parse('0', num_operations=1), 4, operations=odd)
  assert str(error.value) == (
    "operation blur: cannot count kind 'smooth', expected conv, separable, "
    'avg_pool, max_pool, identity, gaussian, dropout, tconv'
  )


@pytest.mark.parametrize(
  'call, message',
  [
    (
      lambda: stages(12, 36, 'finals'),
      "view is 'finals', expected search or final",
    ),
    (
      lambda: count_search_parameters(
        MacroSpace('m', MACRO_OPERATIONS, 12), 35
      ),
      'out_filters is 35, expected an even number: a reduction makes the '
      'channels in two halves',
    ),
    (
      lambda: count_parameters(ChannelMacroArc.parse('0 1', 1, 4), 4),
      'a layer of a partial-channels architecture has no single operation: '
      'only whole-channels architectures can be counted or drawn',
    ),
    (
      lambda: stages(0, 4),
      'num_layers is 0, expected a whole number of at least 1',
    ),
  ],
)
def test_what_cannot_be_counted(call, message):
  with pytest.raises(ArcError) as error:
    call()
  assert str(error.value) == message


def test_enas_operations():
  assert [op.name for op in MACRO_OPERATIONS] == [
    'conv_3x3',
    'sep_conv_3x3',
    'conv_5x5',
    'sep_conv_5x5',
    'avg_pool_3x3',
    'max_pool_3x3',
  ]
  assert [op.kind for op in MACRO_OPERATIONS] == [
    'conv',
    'separable',
    'conv',
    'separable',
    'avg_pool',
    'max_pool',
  ]
  assert [op.kernel for op in MACRO_OPERATIONS] == [3, 3, 5, 5, 3, 3]


def test_what_one_topology_has_more():
  space = MacroSpace('m', MACRO_OPERATIONS, 4)
  plain = count_search_parameters(space, 6)
  more = {'norm_first_layer': True, 'classifier_bias': True}
  assert count_search_parameters(space, 6, 7, **more) == (
    plain + 2 * 6 + 7 - 6 * (10 - 7)
  )
