"""Cells with settings: texts, tokens, spaces."""

import numpy as np
import pytest

from src.arc import RecurrentArc, spaces
from src.arc.configured import ConfiguredArc, ConfiguredSpace
from src.arc.dag_space import DagSpace
from src.arc.errors import ArcError

_SETTINGS = (('hidden_size', (4, 8)), ('shared_lr', (0.5, 1.0, 2.5)))
_SPACE = ConfiguredSpace(DagSpace(3), _SETTINGS)
_CELL = RecurrentArc.parse('0 0 1 1 3')


def test_a_cell_is_its_text_and_its_tokens():
  arc = ConfiguredArc(_CELL, (('hidden_size', 8), ('shared_lr', 2.5)))
  assert str(arc) == 'hidden_size=8 shared_lr=2.5 0 0 1 1 3'
  assert _SPACE.parse(str(arc)) == arc
  assert _SPACE.parse('shared_lr=2.5 hidden_size=8 0 0 1 1 3') == arc
  tokens = _SPACE.tokens(arc)
  assert tokens == _SPACE.cells.tokens(_CELL) + (1, 2)
  assert _SPACE.from_tokens(np.array(tokens)) == arc
  assert arc.setting('hidden_size') == 8 and arc.setting('other', 3) == 3
  assert (arc.num_nodes, arc.predecessors) == (3, _CELL.predecessors)
  assert _SPACE.place('shared_lr') == len(tokens) - 1
  assert _SPACE.place('other') is None and _SPACE.values('other') == ()


def test_its_decisions_are_those_of_cells_and_settings():
  kinds = [decision.kind for decision in _SPACE.decisions]
  assert kinds[-2:] == ['hidden_size', 'shared_lr']
  assert _SPACE.decisions[:-2] == _SPACE.cells.decisions
  assert len(kinds) == _SPACE.num_tokens
  assert [d.options for d in _SPACE.decisions[-2:]] == [2, 3]
  assert _SPACE.used((0,) * len(kinds)) == (True,) * len(kinds)
  draw = np.random.RandomState(0)
  drawn = [_SPACE.random(draw) for _ in range(200)]
  for name, values in _SETTINGS:
    counts = [sum(a.setting(name) == v for a in drawn) for v in values]
    assert min(counts) > 100 / len(values)
  flexible = ConfiguredSpace(DagSpace(3, 2), _SETTINGS)
  small = flexible.parse('hidden_size=4 shared_lr=1 0 0 1')
  assert flexible.used(flexible.tokens(small))[-2:] == (True, True)
  assert flexible.from_tokens(flexible.tokens(small)) == small


def test_a_space_is_its_json():
  assert spaces.from_json(_SPACE.to_json()) == _SPACE
  assert 'hidden_size' in _SPACE.name and _SPACE.operations
  arc = _SPACE.random(np.random.RandomState(1))
  assert _SPACE.canonical(arc).settings == arc.settings


@pytest.mark.parametrize(
  ('text', 'told'),
  [
    ('0 0 1 1 3', 'stand in front of it, as in hidden_size=4'),
    ('hidden_size=4 0 0 1 1 3', 'settings hidden_size, shared_lr'),
    ('hidden_size=5 shared_lr=1 0 0 1 1 3', 'hidden_size is 5, expected one'),
    ('hidden_size=x 0 0 1 1 3', 'hidden_size=x: expected a number'),
    ('hidden_size=inf shared_lr=nan 0 0 1 1 3', 'hidden_size is inf'),
    ('hidden_size=4 shared_lr=1 0 0 1', 'cells of 3'),
    ('hidden_size=4 shared_lr=1 other=1 0 0 1 1 3', 'settings hidden_size'),
  ],
)
def test_what_is_no_such_cell(text, told):
  with pytest.raises(ArcError, match=told):
    _SPACE.parse(text)


def test_what_is_no_such_space():
  with pytest.raises(ArcError, match='each once, found 4, 4'):
    ConfiguredSpace(DagSpace(3), [('hidden_size', (4, 4))])
  with pytest.raises(ArcError, match='found none'):
    ConfiguredSpace(DagSpace(3), [('hidden_size', ())])
  with pytest.raises(ArcError, match='9 decisions|7 decisions'):
    _SPACE.from_tokens([0, 0])
  tokens = list(_SPACE.tokens(_SPACE.random(np.random.RandomState(0))))
  tokens[-1] = 3
  with pytest.raises(ArcError, match='shared_lr'):
    _SPACE.from_tokens(tokens)
