"""Architectures out of logs: the documented format, cut off anywhere."""

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from src.arc import ArcError, MacroArc, search_log

RULE = '-' * 80


def _log(arcs, epoch=3):
  lines = ['epoch=2     ch_step=704    loss=2.19 lr=0.05', RULE]
  lines += ['Epoch %d: Training controller' % epoch]
  lines += ['ctrl_step=0      loss=0.469   ent=1.94  acc=0.06', '']
  lines += ['Here are %d architectures' % len(arcs)]
  for number, arc in enumerate(arcs):
    lines += '\n'.join(arc.log_lines()).split('\n')
    lines += ['val_acc=%-6.4f' % (number / 128.0), RULE]
  return lines + ['Epoch %d: Eval' % epoch, 'valid_accuracy: 0.5']


def _arcs(count, num_layers=12):
  return [
    MacroArc.random(num_layers, 6, np.random.RandomState(seed))
    for seed in range(count)
  ]


def test_blocks_of_several_epochs():
  arcs = _arcs(4)
  found = list(search_log.read(_log(arcs, 3) + _log(arcs[:2], 4)))
  assert [shown.arc for shown in found] == arcs + arcs[:2]
  assert [(s.epoch, s.index) for s in found] == [
    (3, 0), (3, 1), (3, 2), (3, 3), (4, 0), (4, 1)
  ]  # fmt: skip
  assert [s.accuracy for s in found[:3]] == [0.0, 0.0078, 0.0156]


def test_rows_that_numpy_wraps():
  (arc,) = _arcs(1, num_layers=45)
  lines = _log([arc])
  assert any(line.startswith(' ') for line in lines)
  assert [shown.arc for shown in search_log.read(lines)] == [arc]


def test_a_broken_block_is_named_by_its_line():
  lines = ['[1]', '[2 7]', 'val_acc=0.5000']
  with pytest.raises(ArcError, match="^line 3: .*found '7'"):
    list(search_log.read(lines))


def test_numbers_elsewhere_are_no_architectures():
  lines = ['mean: [125.3 122.9]', '[1]', 'words', 'val_acc=0.5000', '[1]']
  assert list(search_log.read(lines)) == []


@hypothesis.given(strategies.data())
def test_a_log_cut_off_anywhere_gives_the_first_architectures(data):
  arcs = _arcs(3, num_layers=4)
  text = '\n'.join(_log(arcs))
  cut = data.draw(strategies.integers(0, len(text)))
  found = [s.arc for s in search_log.read(text[:cut].splitlines())]
  assert found == arcs[: len(found)]
  whole = text[:cut].count(RULE) - 1
  assert len(found) >= whole


@hypothesis.given(
  strategies.lists(
    strategies.one_of(
      strategies.text(),
      strategies.text(alphabet='[]0123456789 \n'),
      strategies.sampled_from(
        ['[1]', '[2 0]', '[3', ' 1]', 'val_acc=0.1250', RULE,
         'Epoch 9: Training controller', 'val_acc=nan', '[١]']
      ),
    )
  )
)  # fmt: skip
def test_any_text_gives_values_or_the_one_error(lines):
  try:
    for shown in search_log.read(lines):
      assert isinstance(shown.arc, MacroArc)
      assert 0 <= shown.accuracy < 2
  except ArcError as error:
    assert str(error).startswith('line ')
