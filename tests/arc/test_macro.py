"""Macro architectures: reading, refusing, writing, and what the bits mean."""

import copy
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.arc import (
  ArcError,
  ChannelMacroArc,
  Edge,
  MacroArc,
  pool_layers,
  tokens,
)

quick = settings(deadline=None, max_examples=100, database=None)

macro_arcs = st.builds(
  lambda num_layers, num_operations, seed, p: MacroArc.random(
    num_layers, num_operations, np.random.RandomState(seed), p
  ),
  st.integers(1, 42),
  st.integers(1, 13),
  st.integers(0, 2**31),
  st.floats(0, 1),
)
channel_arcs = st.builds(
  lambda num_layers, num_branches, num_filters, seed: ChannelMacroArc.random(
    num_layers, num_branches, num_filters, np.random.RandomState(seed)
  ),
  st.integers(1, 12),
  st.integers(1, 6),
  st.integers(2, 48),
  st.integers(0, 2**31),
)


def test_published_24_layer_architecture(a24):
  assert a24.num_layers == 24
  assert len(a24.tokens) == 300
  assert ' '.join(map(str, a24.ops)) == (
    '0 3 0 2 2 3 2 2 1 0 2 0 2 1 0 2 2 2 3 3 0 3 0 0'
  )
  assert a24.num_skips == 98
  # Its rows as the channels of the published skip kernels imply them.
  assert [len(a24.skip_sources(i)) + 1 for i in (7, 8, 23)] == [6, 6, 11]


def test_round_trips(a24):
  text = str(a24)
  assert text.startswith('0 3 0 0 1 0 2 0 0 1 2 0 0 0 0 3 1 1 0 1 0 2 ')
  assert '\n' not in text and '  ' not in text
  assert MacroArc.parse(text) == a24
  assert MacroArc.parse(text, num_layers=24) == a24
  assert MacroArc.from_tokens(np.array(a24.tokens)) == a24
  assert MacroArc(a24.ops, a24.skips) == a24
  assert len({a24, MacroArc.parse(text), a24.canonical()}) == 1
  assert copy.deepcopy(a24) == a24
  assert a24 != MacroArc.parse(text, num_operations=4)
  assert all(type(token) is int for token in a24.tokens)


def test_fields_and_rows():
  arc = MacroArc.parse('\t0  5 1\n3 0 1 ')
  assert arc == ((0, 5, 3), ((), (1,), (0, 1)), 6, 'stem')
  assert arc.rows() == [(0,), (5, 1), (3, 0, 1)]
  assert str(arc) == '0 5 1 3 0 1'
  assert repr(arc) == "MacroArc.parse('0 5 1 3 0 1', num_operations=6)"
  with pytest.raises(AttributeError):
    arc.ops = (1, 1, 1)


def test_json_text_is_pinned():
  arc = MacroArc.parse('0 5 1 3 0 1')
  assert arc.to_json() == (
    '{"num_operations": 6, "ops": [0, 5, 3], "skips": [[], [1], [0, 1]], '
    '"type": "macro"}'
  )
  assert MacroArc.from_json(arc.to_json()) == arc
  partial = ChannelMacroArc.parse('0 3 2 1 1 2 0 1 1', 2, 4)
  assert partial.to_json() == (
    '{"num_filters": 4, "ranges": [[[0, 3], [2, 1]], [[1, 2], [0, 1]]], '
    '"skips": [[], [1]], "type": "channel_macro"}'
  )
  assert ChannelMacroArc.from_json(partial.to_json()) == partial


def test_log_lines_align_and_wrap_as_numpy_prints():
  arc = MacroArc.parse('2 12 0 3 1 0', num_operations=13)
  assert arc.log_lines() == ['[2]', '[12  0]', '[3 1 0]']
  zeros = MacroArc.from_tokens([0] * (40 * 41 // 2))
  assert zeros.log_lines()[36] == '[' + ' '.join('0' * 37) + ']'
  # Each further number goes to the next line, under the first one.
  assert zeros.log_lines()[37] == '[' + ' '.join('0' * 37) + '\n 0]'


@quick
@given(macro_arcs)
def test_log_lines_equal_numpy(arc):
  for line, row in zip(arc.log_lines(), arc.rows()):
    assert line == str(np.array(row))


@quick
@given(macro_arcs)
def test_random_macro_arcs_round_trip(arc):
  options = {'num_operations': arc.num_operations}
  assert MacroArc.parse(str(arc), **options) == arc
  assert MacroArc.parse('\n'.join(arc.log_lines()), **options) == arc
  assert MacroArc.from_json(arc.to_json()) == arc
  assert MacroArc.from_tokens(arc.tokens, arc.num_layers, **options) == arc


@quick
@given(channel_arcs)
def test_random_channel_arcs_round_trip(arc):
  options = {'num_branches': arc.num_branches, 'num_filters': arc.num_filters}
  num_layers = arc.num_layers
  assert len(arc.tokens) == (
    2 * arc.num_branches * num_layers + num_layers * (num_layers - 1) // 2
  )
  assert ChannelMacroArc.parse(str(arc), **options) == arc
  assert ChannelMacroArc.parse('\n'.join(arc.log_lines()), **options) == arc
  assert ChannelMacroArc.from_json(arc.to_json()) == arc
  for pairs in arc.ranges:
    for start, count in pairs:
      assert 0 <= start < arc.num_filters
      assert 1 <= count <= min(arc.num_filters - 1, arc.num_filters - start)


@quick
@given(st.one_of(st.text(), st.text('0123 []\n-.x', max_size=40)))
def test_any_text_gives_an_architecture_or_one_line(text):
  for parse in (
    MacroArc.parse,
    MacroArc.from_json,
    lambda text: ChannelMacroArc.parse(text, 2, 4),
    ChannelMacroArc.from_json,
  ):
    try:
      arc = parse(text)
    except ArcError as error:
      assert '\n' not in str(error) and len(str(error)) < 200
    else:
      assert (
        str(arc).split() == text.replace('[', ' ').replace(']', ' ').split()
      )


@pytest.mark.parametrize(
  ('token', 'shown'),
  [
    ('x' * 24, "'%s'" % ('x' * 24)),
    ('x' * 25, "'%s...'" % ('x' * 21)),
    ('\U00010000' * 9, "'\\U00010000\\U00010000...'"),
    (10**30, '1' + '0' * 20 + '...'),
    (7, '7'),
  ],
)
def test_tokens_in_messages_are_short_as_they_are_shown(token, shown):
  assert tokens.quote(token) == shown


json_values = st.recursive(
  st.none() | st.booleans() | st.integers(-1, 7) | st.floats() | st.text(),
  lambda inner: st.lists(inner, max_size=4),
  max_leaves=8,
)


@quick
@given(json_values, json_values, json_values)
def test_any_json_gives_an_architecture_or_an_arc_error(first, second, third):
  for cls, names in (
    (MacroArc, ('ops', 'skips', 'num_operations')),
    (ChannelMacroArc, ('ranges', 'skips', 'num_filters')),
  ):
    data = dict(zip(names, (first, second, third)))
    data['type'] = 'macro' if cls is MacroArc else 'channel_macro'
    try:
      arc = cls.from_json(json.dumps(data))
    except ArcError:
      continue
    assert cls.from_json(arc.to_json()) == arc


@pytest.mark.parametrize(
  'text, options, message',
  [
    (
      '0 6 1',
      {},
      "token 2 of 3, layer 1, operation: found '6', expected 0 to 5",
    ),
    (
      '0 4 1',
      {'num_operations': 4},
      "token 2 of 3, layer 1, operation: found '4', expected 0 to 3",
    ),
    (
      '0 5 2',
      {},
      "token 3 of 3, layer 1, skip bit 0 (from stem): found '2', "
      'expected 0 or 1',
    ),
    (
      '[0]\n[5 1]\n[3 0 -1]',
      {},
      "token 6 of 6, layer 2, skip bit 1 (from layer 0): found '-1', "
      'expected 0 or 1',
    ),
    # A token that is no number is reported before the wrong length.
    (
      '0 five 1 2',
      {},
      "token 2 of 4, layer 1, operation: found 'five', expected 0 to 5",
    ),
    (
      '0 00 1',
      {},
      "token 2 of 3, layer 1, operation: found '00', expected 0 to 5",
    ),
    (
      '\u0663',
      {},
      "token 1 of 1, layer 0, operation: found '\\u0663', expected 0 to 5",
    ),
    (
      '9' * 5000,
      {},
      "token 1 of 1, layer 0, operation: found '%s...', expected 0 to 5"
      % ('9' * 21),
    ),
    ('', {}, 'a macro architecture has 1 (1 layer) tokens, found 0'),
    (
      '0 ' * 77,
      {},
      'a macro architecture has 66 (11 layers) or 78 (12 layers) tokens, '
      'found 77',
    ),
    (
      '0 ' * 77,
      {'num_layers': 12},
      'an architecture of 12 layers has 78 tokens, found 77',
    ),
    (
      '0 ' * 300,
      {'num_layers': 12},
      'an architecture of 12 layers has 78 tokens, found 300, which would be '
      '24 layers',
    ),
    (
      '0',
      {'num_layers': 0},
      'num_layers is 0, expected a whole number of at least 1',
    ),
    (
      '0',
      {'num_operations': 'six'},
      "num_operations is 'six', expected a whole number of at least 1",
    ),
    (b'0', {}, 'an architecture is a string of numbers, found bytes'),
  ],
)
def test_what_is_wrong_with_a_string(text, options, message):
  with pytest.raises(ArcError) as error:
    MacroArc.parse(text, **options)
  assert str(error.value) == message


@pytest.mark.parametrize(
  'text, message',
  [
    (
      '4 1 0 1',
      "token 1 of 4, layer 0, start of branch 0: found '4', expected 0 to 3",
    ),
    # At most F - start = 2 channels are left, and never all F.
    (
      '0 3 2 3',
      "token 4 of 4, layer 0, count of branch 1: found '3', expected 1 or 2",
    ),
    (
      '0 4 2 1',
      "token 2 of 4, layer 0, count of branch 0: found '4', expected 1 to 3",
    ),
    (
      '0 3 2 1 0 1 0 1 7',
      "token 9 of 9, layer 1, skip bit 0 (from stem): found '7', "
      'expected 0 or 1',
    ),
    (
      '0 3 2 1 0',
      'a macro architecture has 4 (1 layer) or 9 (2 layers) tokens, found 5',
    ),
  ],
)
def test_what_is_wrong_with_channel_ranges(text, message):
  with pytest.raises(ArcError) as error:
    ChannelMacroArc.parse(text, num_branches=2, num_filters=4)
  assert str(error.value) == message


@pytest.mark.parametrize(
  'make, message',
  [
    (
      lambda: MacroArc([0, 1], [[]]),
      'found skip bits of 1 layers, expected 2',
    ),
    (
      lambda: MacroArc([0, 1], [[], []]),
      'layer 1: found 0 skip bits, expected 1',
    ),
    (
      lambda: MacroArc.from_tokens([0, 1.5, 0]),
      'token 2 of 3, layer 1, operation: found 1.5, expected 0 to 5',
    ),
    (
      lambda: ChannelMacroArc([[(0, 1)], [(0, 1, 1)]], [[], [0]], 4),
      'layer 1: expected 1 pairs of start and count, found entries of '
      'lengths [3]',
    ),
    (
      lambda: ChannelMacroArc.parse('0 1', 1, 1),
      'num_filters is 1, expected a whole number of at least 2',
    ),
    (
      lambda: MacroArc.from_json('[1]'),
      'not an architecture in JSON: expected an object with "type": "macro"',
    ),
    (
      lambda: MacroArc.from_json('{"type": "macro", "ops": []}'),
      'not an architecture in JSON: expected the fields num_operations, ops, '
      'skips, found ops',
    ),
    (
      lambda: MacroArc.from_json(
        '{"type": "macro", "ops": 3, "skips": [], "num_operations": 6}'
      ),
      'not an architecture in JSON: field ops is not a list with one entry '
      'per layer',
    ),
    (
      lambda: ChannelMacroArc.from_json(
        '{"type": "channel_macro", "ranges": [[3]], "skips": [[]], '
        '"num_filters": 4}'
      ),
      'not an architecture in JSON: ranges of layer 0 are not pairs',
    ),
  ],
)
def test_what_is_wrong_with_a_value(make, message):
  with pytest.raises(ArcError) as error:
    make()
  assert str(error.value) == message


def test_skip_bit_0_is_the_stem(bridge_arc):
  assert str(bridge_arc) == (
    '0 5 0 3 1 1 4 0 0 1 4 0 0 0 0 5 1 0 0 0 0 2 0 0 0 0 0 0'
  )
  main = [Edge(i, i + 1, False) for i in range(7)]
  skips = [(0, 3), (1, 3), (2, 4), (0, 6)]
  edges = bridge_arc.edges()
  assert [e for e in edges if not e.is_skip] == main
  assert [(e.source, e.target) for e in edges if e.is_skip] == skips
  assert [edge.target for edge in edges] == [1, 2, 3, 3, 3, 4, 4, 5, 6, 6, 7]
  assert bridge_arc.skip_sources(2) == (0, 1)
  assert [bridge_arc.main_input(i) for i in range(7)] == list(range(7))


def test_all_bits_set_reach_all_but_the_main_input():
  ones = MacroArc([0] * 5, [[1] * i for i in range(5)])
  for layer in range(5):
    assert ones.main_input(layer) == layer
    assert ones.skip_sources(layer) == tuple(range(layer))
  with pytest.raises(IndexError):
    ones.main_input(5)


@pytest.mark.parametrize(
  'num_layers, expected',
  [
    (1, ()),
    (2, ()),
    (3, (0, 1)),
    (5, (0, 1)),
    (6, (1, 3)),
    (7, (1, 3)),
    (12, (3, 7)),
    (24, (7, 15)),
  ],
)
def test_pool_layers(num_layers, expected):
  assert pool_layers(num_layers) == expected
  assert pool_layers(num_layers, 0) == ()
  assert pool_layers(8, 3) == (1, 3, 5)


def test_random_draws_from_its_generator_alone():
  def draw(seed, p=0.5):
    return MacroArc.random(12, 6, np.random.RandomState(seed), p)

  assert draw(1) == draw(1) != draw(2)
  assert draw(1, 0.0).num_skips == 0
  assert draw(1, 1.0).num_skips == 66
  generator = np.random.RandomState(0)
  arcs = [MacroArc.random(12, 6, generator, 0.4) for _ in range(200)]
  counts = np.bincount([op for arc in arcs for op in arc.ops], minlength=6)
  # 2,400 draws: five standard deviations are 91 for a share of one sixth.
  assert np.all(np.abs(counts - 400) < 91)
  rate = sum(arc.num_skips for arc in arcs) / (200 * 66.0)
  assert abs(rate - 0.4) < 0.022


def test_any_size_of_search_space():
  arc = MacroArc.parse('41 0 1', num_operations=42)
  assert arc.ops == (41, 0)
  with pytest.raises(ArcError, match='space of 42 operations, but 6 are given'):
    arc.layer_operations()
