"""Recurrent cells: both formats, refusing, and what the published ones mean."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.arc import ArcError, RecurrentArc
from src.arc.recurrent import ENAS_LM, LEGACY, Format

quick = settings(deadline=None, max_examples=60, database=None)

PAPER = '0 0 0 1 1 2 1 2 0 2 0 5 1 1 0 6 1 8 1 8 1 8 1'
ENAS_LM_CELL = '0 2 1 0 2 1 2 2 4 0 5 0 3 2 6 2'
DARTS = '0 2 1 1 1 1 1 3 2 0 5 2 3 0 5 1'


def test_the_cell_of_the_paper():
  arc = RecurrentArc.parse(PAPER)
  assert arc.num_nodes == 12 and arc.format == LEGACY
  assert arc.loose_ends == (3, 4, 7, 9, 10, 11)
  assert [op.name for op in arc.node_operations()[:4]] == [
    'tanh', 'tanh', 'relu', 'relu'
  ]  # fmt: skip
  assert str(arc) == PAPER


def test_the_cell_of_enas_lm_in_both_formats():
  arc = RecurrentArc.parse(ENAS_LM_CELL)
  assert arc.num_nodes == 9 and arc.format == ENAS_LM
  assert arc.loose_ends == (7, 8)
  assert str(arc) == ENAS_LM_CELL
  legacy = RecurrentArc.parse('0 0 3 1 0 2 1 2 3 4 0 5 0 3 3 6 3')
  assert arc == legacy and not arc != legacy and arc != legacy[:2]
  assert len({arc, legacy, legacy.canonical(), arc.canonical()}) == 2
  assert str(arc.written_in(LEGACY)) == str(legacy)
  assert str(legacy.written_in(ENAS_LM)) == ENAS_LM_CELL


def test_the_cell_of_darts():
  arc = RecurrentArc.parse(DARTS)
  named = [op.name for op in arc.node_operations()[1:]]
  assert list(zip(named, arc.predecessors)) == [
    ('sigmoid', 0), ('relu', 1), ('relu', 1), ('identity', 1), ('tanh', 2),
    ('sigmoid', 5), ('tanh', 3), ('relu', 5)
  ]  # fmt: skip


@quick
@given(
  st.integers(2, 14),
  st.integers(0, 2**31),
  st.sampled_from([LEGACY, ENAS_LM]),
)
def test_round_trips(num_nodes, seed, format):
  draw = np.random.RandomState(seed)
  arc = RecurrentArc.random(num_nodes, draw, format)
  assert len(arc.tokens) % 2 == (format == LEGACY)
  assert RecurrentArc.parse(str(arc)) == arc
  assert RecurrentArc.parse('\n'.join(arc.log_lines()), num_nodes) == arc
  assert RecurrentArc.from_tokens(np.array(arc.tokens)) == arc
  back = RecurrentArc.from_json(arc.to_json())
  assert back == arc and str(back) == str(arc)
  assert eval(repr(arc)) == arc
  canonical = arc.canonical()
  assert canonical.canonical() == canonical
  assert sorted(canonical.activations) == sorted(arc.activations)
  assert len(canonical.loose_ends) == len(arc.loose_ends)
  assert _respelt(arc, draw).canonical() == canonical
  assert sum(arc.operation_counts()) == num_nodes


def _respelt(arc, draw):
  """The same tree with its nodes numbered in another order."""
  names, predecessors, activations = {0: 0}, [], [arc.activations[0]]
  while len(names) < arc.num_nodes:
    node = draw.randint(1, arc.num_nodes)
    if node not in names and arc.predecessors[node - 1] in names:
      names[node] = len(names)
      predecessors.append(names[arc.predecessors[node - 1]])
      activations.append(arc.activations[node])
  return RecurrentArc(predecessors, activations)


def test_other_trees_have_other_canonical_forms():
  one, other = RecurrentArc.parse('0 0 1 0 2'), RecurrentArc.parse('0 0 2 0 1')
  assert one != other and one.canonical() == other.canonical()
  for text in ('0 0 1 1 2', '0 0 1 0 1', '1 0 1 0 2', '0 0 2 1 1'):
    assert RecurrentArc.parse(text).canonical() != one.canonical()


def test_json_is_this_very_string():
  arc = RecurrentArc.parse('0 2 1 0')
  assert arc.to_json() == (
    '{"activations": ["tanh", "sigmoid", "tanh"], "format": "enas_lm", '
    '"predecessors": [0, 1], "type": "recurrent"}'
  )
  # As it was before cells had names of activations.
  before = (
    '{"activations": [0, 3, 0], "format": "enas_lm", "predecessors": [0, 1], '
    '"type": "recurrent"}'
  )
  assert RecurrentArc.from_json(before) == arc
  assert str(RecurrentArc.from_json(before)) == '0 2 1 0'


def test_a_format_has_activations_of_its_own():
  format = Format('menas', ('relu', 'one_minus'), 'tanh')
  arc = RecurrentArc.parse('0 1 0 0', format=format)
  assert arc.activations == ('tanh', 'one_minus', 'relu')
  assert str(arc) == '0 1 0 0'
  assert [op.label for op in arc.node_operations()] == list(arc.activations)
  with pytest.raises(ArcError, match="'one_minus': the legacy format has tanh"):
    arc.written_in(LEGACY)
  with pytest.raises(ArcError, match='an even number of tokens, found 3'):
    RecurrentArc.parse('0 0 0', format=format)


@pytest.mark.parametrize(
  'text, message',
  [
    (
      '',
      'a recurrent cell of N nodes has 2N-1 tokens, or 2N-2 without those of '
      'node 0; found 0',
    ),
    ('0 1 2', "token 2 of 3, node 1, predecessor: found '1', expected 0 to 0"),
    ('4', "token 1 of 1, node 0, activation: found '4', expected 0 to 3"),
    ('0 a', "token 2 of 2, node 1, activation: found 'a', expected 0 to 3"),
  ],
)
def test_bad_strings_are_named(text, message):
  with pytest.raises(ArcError) as error:
    RecurrentArc.parse(text)
  assert str(error.value) == message


def test_bad_values_are_named():
  for make, message in (
    (lambda: RecurrentArc.parse('0 0 0', num_nodes=3), 'of 3 nodes has'),
    (lambda: RecurrentArc([0], ['tanh']), 'of 1 nodes has 0 predecessors'),
    (lambda: RecurrentArc([1], ['tanh'] * 2), "node 1, predecessor: found 1"),
    (
      lambda: RecurrentArc([0], ['relu', 'tanh'], ENAS_LM),
      'whose node 0 is tanh',
    ),
    (
      lambda: RecurrentArc.from_json(
        '{"type": "recurrent", "predecessors": [], "activations": [4], '
        '"format": "legacy"}'
      ),
      'activation 4: the legacy format has tanh, relu',
    ),
    (
      lambda: RecurrentArc.from_json(
        '{"type": "recurrent", "predecessors": [], "activations": [0], '
        '"format": "x"}'
      ),
      "format is 'x', expected legacy or",
    ),
    (
      lambda: RecurrentArc.from_json(
        json.dumps(
          {'type': 'recurrent', 'predecessors': 1, 'activations': [0],
           'format': 'legacy'}
        )
      ),
      'field predecessors is not a list',
    ),
  ):  # fmt: skip
    with pytest.raises(ArcError, match=message):
      make()
