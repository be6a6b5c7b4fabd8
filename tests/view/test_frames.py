"""Which architectures are shown, and the line above them."""

import pytest

from src.arc import (
  MACRO_OPERATIONS,
  ArcError,
  MacroArc,
  MacroSpace,
  MicroArc,
  Operation,
)
from src.arc.record import Network, Record
from src.view import frames, guess
from src.view.history import Shown

ARC = MacroArc.parse('0 5 1')


def _record(flags, arc=ARC):
  """What is guessed of a run without `space.json`."""
  return guess.record_of(flags, [Shown(1, 0, arc, 0.5)])


def _shown(*pairs):
  return [Shown(epoch, i, ARC, a) for i, (epoch, a) in enumerate(pairs)]


def test_the_best_of_each_epoch():
  shown = _shown((1, 0.1), (1, 0.3), (1, 0.3), (2, 0.0), (3, 0.2), (3, 0.1))
  assert [entry.index for entry in frames.select(shown)] == [1, 3, 4]


def test_each_kth_and_the_last():
  shown = _shown(*[(1, 0.5)] * 124)
  assert [s.index for s in frames.select(shown, 25)] == [24, 49, 74, 99, 123]
  assert [s.index for s in frames.select(shown[:50], 25)] == [24, 49]
  assert [s.index for s in frames.select(shown[:3], 25)] == [2]
  assert frames.select(shown, 1) == shown


def test_without_epochs_all_are_shown():
  shown = _shown((None, None), (None, None))
  assert frames.select(shown) == shown


def test_blocks_before_the_first_known_epoch_are_left_out():
  shown = _shown((None, 0.9), (3, 0.1), (3, 0.2))
  assert [entry.index for entry in frames.select(shown)] == [2]


def test_nothing_to_select():
  with pytest.raises(ArcError, match='no architecture is shown there'):
    frames.select([])
  with pytest.raises(ArcError, match='--every=0: expected at least 1'):
    frames.select(_shown((1, 0.5)), 0)


def test_ranking_puts_late_ones_first_among_equals():
  shown = _shown((1, 0.5), (1, None), (2, 0.7), (3, 0.5))
  assert [s.index for s in frames.ranked(shown)] == [2, 3, 0, 1]


def test_titles_know_the_runs_flags():
  (entry,) = _shown((4, 0.25))
  assert frames.title(entry, _record({})) == 'epoch 4 · accuracy 0.2500'
  flags = {'child_out_filters': 2, 'child_out_filters_scale': 2}
  assert frames.title(entry, _record(flags)) == (
    'epoch 4 · accuracy 0.2500 · 364 parameters · 291 k multiply-adds'
  )
  assert frames.look(_record(flags)).out_filters == 4
  assert frames.look(_record({})).out_filters is None
  assert frames.look(_record({'child_img_size': 224})).image_size == 224


def test_what_cannot_be_counted_is_left_out():
  blur = Operation('blur', 'my blur', 'blur')
  space = MacroSpace('m', MACRO_OPERATIONS + (blur,), 2)
  record = Record('cifar10', space, Network(4))
  titles = [
    frames.title(Shown(1, 0, space.parse(text), 0.5), record)
    for text in ('0 6 1', '0 5 1')
  ]
  assert titles[0] == 'epoch 1 · accuracy 0.5000'
  assert titles[1].endswith(' multiply-adds')
  assert frames.look(record).operations[6] == blur


def test_the_final_network_is_counted_as_it_is_built():
  arc = MacroArc.parse('1 5 1')
  # Flags of AEROBI, which has no `num_classes`.
  flags = {'child_out_filters': 4, 'child_img_size': 8, 'input_scaling': 'raw'}
  plain = frames.final_look(arc, _record(flags))
  assert (plain.view, plain.separable) == ('final', False)
  assert plain.title == '356 parameters · 19.2 k multiply-adds'
  flags['child_fixed_separable'] = True
  assert frames.final_look(arc, _record(flags)).title == (
    '264 parameters · 13.3 k multiply-adds'
  )
  cells = MicroArc.parse('0 0 1 0 0 0 1 0')
  flags = {'child_out_filters': 4, 'child_num_layers': 3}
  title = frames.final_look(cells, _record(flags, cells)).title
  assert title.endswith(' multiply-adds')
  assert frames.final_look(cells, _record({}, cells)).title == ''
