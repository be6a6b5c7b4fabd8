"""Telling kinds of architecture apart, from strings and from rows of a log."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from src.arc import (
  ArcError,
  ChannelMacroArc,
  MacroArc,
  MicroArc,
  RecurrentArc,
  arc_of_rows,
  read_arc,
)

quick = settings(deadline=None, max_examples=60, database=None)


def test_published_strings_are_what_they_are(a24, m5):
  assert read_arc(str(a24)) == a24
  assert read_arc(str(m5)) == m5
  for text in (
    '0 0 0 1 1 2 1 2 0 2 0 5 1 1 0 6 1 8 1 8 1 8 1',
    '0 2 1 0 2 1 2 2 4 0 5 0 3 2 6 2',  # 16 tokens, but no two cells
  ):
    assert read_arc(text) == RecurrentArc.parse(text)


def test_a_kind_that_is_named_is_taken():
  text = '0 1 0 0 0 1 0 0'
  assert isinstance(read_arc(text), MicroArc)
  assert isinstance(read_arc(text, 'recurrent'), RecurrentArc)
  assert isinstance(read_arc('0 0 1', 'recurrent', 2), RecurrentArc)
  with pytest.raises(ArcError, match='a macro architecture has'):
    read_arc(text, 'macro')


@pytest.mark.parametrize(
  'text, message',
  [
    ('0 9 1', "layer 1, operation: found '9'"),
    ('0 9 0 0 0 9 0 0', "normal cell, block 0, op_1: found '9'"),
    ('9 0', 'a macro architecture has 1 .1 layer. or 3 .2 layers. tokens'),
    ('words', "layer 0, operation: found 'words'"),
  ],
)
def test_the_error_is_that_of_the_kind_that_fits(text, message):
  with pytest.raises(ArcError, match=message):
    read_arc(text)


@quick
@given(st.integers(1, 12), st.integers(0, 2**31))
def test_rows_of_a_log_tell_the_kind(size, seed):
  draw = np.random.RandomState(seed)
  arcs = [
    MacroArc.random(size, 6, draw),
    MacroArc.random(size, 6, draw, 1.0),
    MicroArc.random(size, 5, draw),
    RecurrentArc.random(size + 1, draw),
  ]
  for arc in arcs:
    assert arc_of_rows(arc.rows()) == arc
  wide = ChannelMacroArc.random(size + 1, 3, 8, draw)
  assert arc_of_rows(wide.rows()).tokens == wide.tokens


def test_a_larger_search_space_is_seen_from_its_numbers():
  assert arc_of_rows([[8], [2, 1]]).num_operations == 9
  assert arc_of_rows([[0, 6, 0, 0], [0, 0, 0, 0]]).num_operations == 7
  with pytest.raises(ArcError, match='found 10000, expected 0 to 999'):
    arc_of_rows([[10000]])


def test_rows_of_no_kind():
  for rows in ([], [[0], [1]], [[0, 1, 2], [0]], [[1], [2, 1], [3, 0]]):
    with pytest.raises(ArcError):
      arc_of_rows(rows)
