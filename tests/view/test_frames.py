"""Which architectures are shown, and the line above them."""

import pytest

from src.arc import ArcError, MacroArc, MicroArc
from src.view import frames
from src.view.log import Shown

ARC = MacroArc.parse('0 5 1')


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
  assert frames.title(entry, {}) == 'epoch 4 · accuracy 0.2500'
  flags = {'child_out_filters': 2, 'child_out_filters_scale': 2}
  assert frames.title(entry, flags) == (
    'epoch 4 · accuracy 0.2500 · 364 parameters · 291 k multiply-adds'
  )
  assert frames.look(flags).out_filters == 4
  assert frames.look({}).out_filters is None
  assert frames.look({'child_img_size': 224}).image_size == 224


def test_the_final_network_is_counted_as_it_is_built():
  arc = MacroArc.parse('1 5 1')
  # Flags of AEROBI, which has no `num_classes`.
  flags = {'child_out_filters': 4, 'child_img_size': 8}
  plain = frames.final_look(arc, flags)
  assert (plain.view, plain.separable) == ('final', False)
  assert plain.title == '356 parameters · 19.2 k multiply-adds'
  flags['child_fixed_separable'] = True
  assert frames.final_look(arc, flags).title == (
    '264 parameters · 13.3 k multiply-adds'
  )
  cells = MicroArc.parse('0 0 1 0 0 0 1 0')
  flags = {'child_out_filters': 4, 'child_num_layers': 3}
  assert frames.final_look(cells, flags).title.endswith(' multiply-adds')
  assert frames.final_look(cells, {}).title == ''
