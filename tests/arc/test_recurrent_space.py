"""A search space of recurrent cells: what it reads, writes and draws."""

import json

import numpy as np
import pytest

from src.arc import ArcError, RecurrentArc
from src.arc.recurrent import Format
from src.arc.recurrent_space import RecurrentSpace


def test_reads_both_formats_and_numbers_cells_in_its_own():
  space = RecurrentSpace(3)
  arc = space.parse('0 0 3 1 0')
  assert str(arc) == '0 0 3 1 0' and space.tokens(arc) == (0, 2, 1, 0)
  assert space.from_tokens([0, 2, 1, 0]) == space.parse('0 2 1 0') == arc
  with pytest.raises(ArcError, match='node 0 is always tanh'):
    space.parse('1 0 3 1 0')
  with pytest.raises(ArcError, match='cell of 3 nodes has'):
    space.parse('0 2')


def test_some_of_the_activations():
  space = RecurrentSpace(4).first_actions(3)
  assert space.num_actions == 3
  with pytest.raises(ArcError, match='node 2 applies identity, which is not'):
    space.parse('0 0 3 1 2 2 0')
  own = RecurrentSpace(2, Format('own', ('selu', 'sine')))
  assert own.parse('1 0 0') == RecurrentArc([0], ['sine', 'selu'], own.format)
  drawn = [space.random(np.random.RandomState(seed)) for seed in range(40)]
  assert {arc.num_nodes for arc in drawn} == {4}
  assert {name for arc in drawn for name in arc.activations} == {
    'tanh', 'relu', 'sigmoid'
  }  # fmt: skip
  assert json.loads(space.to_json()) == {
    'type': 'recurrent',
    'num_nodes': 4,
    'format': 'enas_lm',
    'first': 'tanh',
    'activations': ['tanh', 'relu', 'sigmoid'],
    'flags': [],
  }
