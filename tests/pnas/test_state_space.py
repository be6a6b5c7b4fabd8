"""The search space by the names and lines of the original."""

import numpy as np
import pytest

from src.arc import ArcError
from src.pnas.state_space import StateSpace

SIX = [
  '3x3 dconv',
  '5x5 dconv',
  '7x7 dconv',
  '1x7-7x1 conv',
  '3x3 maxpool',
  '3x3 avgpool',
]


@pytest.fixture
def six(capsys):  # what it prints is captured
  del capsys
  space = StateSpace(3, SIX, 0, 0)
  space.prepare_initial_children()
  return space


def test_the_six_operations_of_the_original(six, capsys):
  assert six.size == 2 and six[2] is six.states[0]
  assert six[0]['values'] == [0, 1, 2] and six[1]['values'] == SIX
  assert six[1]['value_map_']['3x3 maxpool'] == 4
  assert len(six.children) == 36
  assert six.children[0] == [0, '3x3 dconv', 0, '3x3 dconv']
  assert six.children[-1] == [0, '3x3 avgpool', 0, '3x3 avgpool']
  encoded = six.entity_encode_child(six.children[-1])
  assert [entry.shape for entry in encoded] == [(1, 1)] * 4
  assert np.ravel(encoded).tolist() == [0, 5, 0, 5]
  assert six.print_total_models(8) == 52
  assert len(list(six.prepare_intermediate_children(2))) == 1296
  assert capsys.readouterr().out == (
    '\nObtaining search space for b = 1\nSearch space size :  36\n'
    'Total number of models :  52\n'
    '\nObtaining search space for b = 2\nSearch space size :  36\n'
    'Total models to evaluate :  1296\n\n'
  )


def test_every_child_is_read_back():
  space = StateSpace(3, SIX[:2], -2)
  space.prepare_initial_children()
  for new_b in (2, 3):
    grown = list(space.prepare_intermediate_children(new_b))
    space.update_children(grown[::97])
  assert len(grown[0]) == 12
  for child in grown[::11]:
    assert space.parse_state_space_list(space.entity_encode_child(child)) == (
      child
    )
  again = space.children_of(space.array(space.children))
  assert again == space.children


def test_the_size_that_is_printed_is_the_real_one(capsys):
  for dedup, count in ((False, 256), (True, 136)):
    space = StateSpace(5, None, -2, dedup=dedup)
    space.prepare_initial_children()
    assert space[1]['size'] == 8 and len(space.children) == count
    assert 'Search space size :  %d\n' % count in capsys.readouterr().out


def test_keeping_all_of_two_operations():
  space = StateSpace(5, ['3x3 maxpool', '1x7-7x1 conv'], 0, 0)
  space.prepare_initial_children()
  sizes = [len(space.children)]
  for new_b in range(2, 6):
    space.update_children(list(space.prepare_intermediate_children(new_b)))
    sizes.append(len(space.children))
  assert sizes == [4, 16, 64, 256, 1024]
  assert len(space.children[0]) == 20


def test_what_is_shown(six, capsys):
  capsys.readouterr()
  child = [0, '1x7-7x1 conv', 0, '3x3 maxpool']
  six.print_actions(six.entity_encode_child(child))
  six.print_state_space()
  lines = capsys.readouterr().out.splitlines()
  assert lines[:3] == [
    'Actions :',
    'inputs :  [(0, 0.0)]',
    "ops :  [('1x7-7x1 conv', 3.0)]",
  ]
  assert sum('*' * 40 + ' STATE SPACE ' in line for line in lines) == 2


@pytest.mark.parametrize(
  'make, message',
  [
    (lambda: StateSpace(3, SIX, -3), 'lookback is -3, expected -2 to 0'),
    (lambda: StateSpace(0, SIX), 'num_blocks is 0'),
    (lambda: StateSpace(3, ['a', 'a']), 'two operations have the name a'),
    (lambda: StateSpace(3, SIX, -1, -1), 'lookforward is -1'),
    (lambda: StateSpace(3, SIX, 0, cell='dag'), 'cells that read no cell'),
  ],
)
def test_bad_arguments_are_named(make, message):
  with pytest.raises(ArcError, match=message):
    make()


def test_bad_children_are_named(six):
  with pytest.raises(ArcError, match="ops has no value '9x9', expected one"):
    six.entity_encode_child([0, '9x9'])
  with pytest.raises(ArcError, match='so the next have 2, not 3'):
    list(six.prepare_intermediate_children(3))
