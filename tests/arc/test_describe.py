"""Architectures in words, and the line above a drawing."""

import numpy as np
import pytest

from src.arc import (
  ArcError,
  ChannelMacroArc,
  MacroArc,
  MicroArc,
  RecurrentArc,
  count_multiply_adds,
  count_parameters,
  describe,
  micro_counts,
)
from src.arc.describe import caption, differences, places, side_by_side
from src.arc.record import Network


def test_places_of_each_kind():
  assert places(MacroArc.parse('0 5 1 3 1 1')) == [
    ('layer 0', 'conv_3x3'),
    ('layer 1', 'max_pool_3x3, adds stem'),
    ('layer 2', 'sep_conv_5x5, adds stem, layer 0'),
  ]
  assert places(MicroArc.parse('0 0 1 4 1 2 1 3')) == [
    ('normal cell, node 2', 'sep_conv_3x3 of node 0 + identity of node 1'),
    ('normal cell, output', 'nodes 2'),
    (
      'reduction cell, node 2',
      'avg_pool_3x3 of node 1 + max_pool_3x3 of node 1',
    ),
    ('reduction cell, output', 'nodes 0, 2'),
  ]
  assert places(RecurrentArc.parse('0 0 3 0 1')) == [
    ('node 0', 'tanh of input and previous state'),
    ('node 1', 'sigmoid of node 0'),
    ('node 2', 'relu of node 0'),
    ('output', 'mean of nodes 1, 2'),
  ]
  chain = places(RecurrentArc.parse('0 3 1 1'))
  assert chain[-1] == ('output', 'mean of nodes 1, 2')


def test_differences_are_those_places_only():
  one, other = MacroArc.parse('0 5 1'), MacroArc.parse('0 5 0 1 0 0')
  assert differences(one, other) == [
    ('layer 1', 'max_pool_3x3, adds stem', 'max_pool_3x3'),
    ('layer 2', None, 'sep_conv_3x3'),
  ]
  assert differences(other, one)[1] == ('layer 2', 'sep_conv_3x3', None)
  assert differences(one, one) == []


def test_what_cannot_be_described_or_compared():
  wide = ChannelMacroArc.random(2, 2, 4, np.random.RandomState(0))
  with pytest.raises(
    ArcError, match='cannot describe a macro network with partial channels'
  ):
    places(wide)
  with pytest.raises(
    ArcError, match='cannot compare a macro network with a recurrent'
  ):
    differences(MacroArc.parse('0'), RecurrentArc.parse('0'))


def test_captions_have_what_is_known():
  arc = MacroArc.parse('0 5 1 3 0 1')
  assert caption(arc) == ''
  assert caption(arc, epoch=0, accuracy=0.5) == 'epoch 0 · accuracy 0.5000'
  assert (
    caption(arc, network=Network(4)) == '640 parameters · 298 k multiply-adds'
  )
  network = Network(360, num_classes=6, image_size=224)
  long = caption(arc, 9, 0.25, network, 'final').split(' · ')
  parameters = count_parameters(arc, 360, 'final', num_classes=6)
  products = count_multiply_adds(
    arc, 360, 'final', num_classes=6, image_size=224
  )
  assert long[2:] == [
    '%.3g M parameters' % (parameters / 1e6),
    '%.3g G multiply-adds' % (products / 1e9),
  ]
  cells = MicroArc.random(2, 5, np.random.RandomState(0))
  assert caption(cells, epoch=3, network=Network(36)) == 'epoch 3'
  assert caption(cells, None, None, Network(36, 3)) == ''
  counted = caption(cells, None, None, Network(36, 3), 'final')
  assert counted.startswith(
    '%.3g k parameters · ' % (micro_counts.count_parameters(cells, 3, 36) / 1e3)
  )


@pytest.mark.parametrize(
  'number, text',
  [
    (999, '999'),
    (999.4, '999'),
    (999.6, '1 k'),
    (1000, '1 k'),
    (999499, '999 k'),
    (999600, '1 M'),
    (999999999, '1 G'),
    (1.25e6, '1.25 M'),
  ],
)
def test_short_numbers(number, text):
  assert describe.short(number) == text


def test_columns_are_aligned():
  assert side_by_side([['a', 'bbb', None], ['aaaa', None, 'c']]) == [
    'a     bbb  -',
    'aaaa  -    c',
  ]
