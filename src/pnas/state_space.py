"""The search space by the names of titu1994's implementation.

A child is a list of 4b inputs and names of operations; encoded, each entry is
an array with its number. The lines it prints are those of the original.
"""

import collections
import pprint

import numpy as np

from src.arc import (
  PNAS_SEED_OPERATIONS,
  ArcError,
  Operation,
  PnasArc,
  PnasSpace,
)
from src.arc.operations import PNAS_OPERATIONS
from src.pnas import space as space_lib
from src.pnas.budget import budget

_STARS = '*' * 40


class StateSpace:
  """States 0, `inputs`, and 1, `ops`, and the children of the present level.

  Attributes:
    states: OrderedDict from id to a dict with `id`, `name`, `values`, `size`,
      `index_map_` (index to value) and `value_map_` (value to index).
    children: list of children, or None before the first level.
    space: `PnasSpace`, the same as a value.
  """

  def __init__(
    self,
    B,
    operators=None,
    input_lookback_depth=-1,
    input_lookforward_depth=None,
    dedup=False,
    cell=None,
  ):
    """Makes the states.

    Args:
      B: int, most blocks of a child.
      operators: list of names, any; None for the eight of the original.
      input_lookback_depth: int, -2 to 0; 0 for children without inputs.
      input_lookforward_depth: int, how many blocks may be read, or None.
      dedup: bool, whether of children that are one network one is left.
      cell: 'dag' or 'flat', which children are one network; None for 'flat'
        where no cell is read.

    Raises:
      ArcError: one of them is out of range.
    """
    self.B, self.dedup = B, dedup
    if operators is None:
      operators = [operation.name for operation in PNAS_SEED_OPERATIONS]
    if cell is None:
      cell = 'dag' if input_lookback_depth else 'flat'
    self.space = PnasSpace(
      'pnas',
      [_operation(name) for name in operators],
      B,
      input_lookback_depth,
      input_lookforward_depth,
      cell,
    )
    self.children = None
    self.states = collections.OrderedDict()
    self._add('inputs', self.space.input_values)
    self._add('ops', self.space.names)

  def _add(self, name, values):
    number = len(self.states)
    self.states[number] = {
      'id': number,
      'name': name,
      'values': list(values),
      'size': len(values),
      'index_map_': dict(enumerate(values)),
      'value_map_': {value: index for index, value in enumerate(values)},
    }

  @property
  def size(self):
    """int, 2: how many states there are."""
    return len(self.states)

  def __getitem__(self, number):
    return self.states[number % self.size]

  def embedding_encode(self, id, value):
    """float32 [1, 1], the index of a value of a state.

    Raises:
      ArcError: the state has no such value.
    """
    state = self[id]
    if value not in state['value_map_']:
      raise ArcError(
        '%s has no value %r, expected one of %s'
        % (state['name'], value, ', '.join(map(str, state['values'])))
      )
    return np.array([[state['value_map_'][value]]], np.float32)

  def get_state_value(self, id, index):
    """The value of a state that has an index."""
    return self[id]['index_map_'][int(index)]

  def parse_state_space_list(self, encoded):
    """The child of a list of indices, or of arrays with one each."""
    return [
      self.get_state_value(number, np.ravel(index)[0])
      for number, index in enumerate(encoded)
    ]

  def entity_encode_child(self, child):
    """list of 4b arrays float32 [1, 1]."""
    return [
      self.embedding_encode(number, value) for number, value in enumerate(child)
    ]

  def prepare_initial_children(self):
    """Sets `children` to all of one block."""
    cells = space_lib.initial(self.space, self.dedup)
    _announce(1, len(cells))
    self.update_children(self.children_of(cells))

  def prepare_intermediate_children(self, new_b):
    """Generates all children that are a present one and a further block.

    Args:
      new_b: int, how many blocks they have.
    """
    yield from self.named(self.expanded(new_b))

  def expanded(self, new_b):
    """The same as an array of cells, int32 [n, new_b, 4]."""
    cells = self.array(self.children)
    if cells.shape[1] != new_b - 1:
      raise ArcError(
        'children have %d blocks, so the next have %d, not %d'
        % (cells.shape[1], cells.shape[1] + 1, new_b)
      )
    added = len(space_lib.blocks(self.space, new_b - 1, self.dedup))
    _announce(new_b, added)
    cells = space_lib.expanded(self.space, cells, self.dedup)
    print('Total models to evaluate : ', len(cells))
    print()
    return cells

  def array(self, children):
    """Children of one length as `PnasSpace.array` has cells.

    Raises:
      ArcError: one is none, or of another length than the first.
    """
    other = [child for child in children if len(child) != len(children[0])]
    if other:
      raise ArcError(
        'a child has %d entries, expected %d'
        % (len(other[0]), len(children[0]))
      )
    return self.space.array([self.arc(child) for child in children])

  def children_of(self, cells):
    """list of children, of an array of cells."""
    return list(self.named(cells))

  def named(self, cells):
    """Generates children; a row of an array at a time, as there may be many."""
    tables = [self[number]['values'] for number in range(self.size)]
    for row in cells.reshape(len(cells), -1):
      yield [tables[n % 2][index] for n, index in enumerate(row)]

  def arc(self, child):
    """A child as a `PnasArc`; raises ArcError if it is none."""
    return PnasArc.from_tokens(
      child, None, self.space.names, self.space.cell, self.space.concat
    )

  def print_state_space(self):
    """Prints all states."""
    print('%s STATE SPACE %s' % (_STARS, _STARS))
    for state in self.states.values():
      pprint.pprint(state)
      print()
    print('%s STATE SPACE %s' % (_STARS, _STARS))

  def print_actions(self, actions):
    """Prints an encoded child, one line an entry."""
    print('Actions :')
    for number, encoded in enumerate(actions):
      index = float(np.ravel(encoded)[0])
      pair = (self.get_state_value(number, index), index)
      print('%s : ' % self[number]['name'], [pair])
    print()

  def update_children(self, children):
    """Makes these, best first, the ones that grow."""
    self.children = children

  def print_total_models(self, K):
    """Prints, and returns, how many children a search trains."""
    total = budget(self.space, K, self.dedup).models
    print('Total number of models : ', total)
    return total


def _announce(num_blocks, count):
  print()
  print('Obtaining search space for b = %d' % num_blocks)
  print('Search space size : ', count)


def _operation(name):
  known = {operation.name: operation for operation in PNAS_OPERATIONS}
  return known.get(name) or Operation(name, name, 'unknown')
