"""A stand-in for a StateSpace whose blocks all read input 0."""

import itertools

import numpy as np


class FlatSpace:
  """As `src.pnas.state_space.StateSpace`, as far as an encoder asks."""

  def __init__(self, B, operators):
    self._states = [
      {
        'size': len(values),
        'values': values,
        'value_map_': {value: index for index, value in enumerate(values)},
      }
      for values in (list(range(B)), list(operators))
    ]
    self.children = None

  def __getitem__(self, number):
    return self._states[number % 2]

  def _blocks(self):
    ops = self._states[1]['values']
    return [[0, one, 0, other] for one, other in itertools.product(ops, ops)]

  def prepare_initial_children(self):
    self.children = self._blocks()

  def prepare_intermediate_children(self, new_b):
    for child in self.children:
      assert len(child) == 4 * (new_b - 1)
      for block in self._blocks():
        yield child + block

  def entity_encode_child(self, child):
    return [
      np.array([[self[k]['value_map_'][value]]])
      for k, value in enumerate(child)
    ]

  def update_children(self, children):
    self.children = children
