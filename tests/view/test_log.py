"""Logs read back: the documented format, cut off anywhere."""

import json
import math

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies

from src.arc import (
  MACRO_OPERATIONS,
  ArcError,
  ChannelMacroArc,
  MacroArc,
  MacroSpace,
  MicroArc,
  RecurrentArc,
)
from src.arc.recurrent_space import RecurrentSpace
from src.view import log
from tests import made_log

quick = hypothesis.settings(deadline=None, max_examples=100, database=None)


CHILD_STEP = (
  'epoch=0     ch_step=50     loss=0.653339 lr=0.0100   |g|=0.7986   '
  'tr_acc=2  / 16 mins=5.54      '
)
CONTROLLER_STEP = (
  'ctrl_step=0      loss=5.112   ent=9.37  lr=0.0010 |g|=0.0157   '
  'acc=0.1875 bl=0.00  mins=15.21'
)


def _log(arcs, epoch=3):
  lines = [CHILD_STEP, made_log.RULE, 'Epoch %d: Training controller' % epoch]
  lines += [CONTROLLER_STEP, '']
  lines += ['Here are %d architectures' % len(arcs)]
  for number, arc in enumerate(arcs):
    lines += made_log.lines_of_arc(arc, number / 128.0)
  return lines + ['Epoch %d: Eval' % epoch, 'valid_accuracy: 0.5']


def _arcs(count, num_layers=12):
  return [
    MacroArc.random(num_layers, 6, np.random.RandomState(seed))
    for seed in range(count)
  ]


def test_blocks_of_several_epochs():
  arcs = _arcs(4)
  found = log.read(_log(arcs, 3) + _log(arcs[:2], 4)).shown
  assert [shown.arc for shown in found] == arcs + arcs[:2]
  assert [(s.epoch, s.index) for s in found] == [
    (3, 0), (3, 1), (3, 2), (3, 3), (4, 0), (4, 1)
  ]  # fmt: skip
  assert [s.accuracy for s in found[:3]] == [0.0, 0.0078, 0.0156]


def test_the_lines_of_the_specification():
  history = log.read(
    [
      CHILD_STEP,
      'Epoch 0: Training controller',
      CONTROLLER_STEP,
      'Epoch 0: Eval',
      'Eval at 406',
      'valid_accuracy: 0.1667',
      'Eval at 406',
      'test_accuracy: 0.2000',
    ]
  )
  assert history.child == [(0, 50, 0.653339, 0.01, 0.125, None, 5.54)]
  assert history.controller == [(0, 0, 5.112, 9.37, 0.1875, 0.0, 15.21)]
  assert history.valid == [(0, 406, 0.1667)]
  assert history.test == [(0, 406, 0.2)]
  assert history.shown == history.skipped == []


def test_lines_of_a_language_model():
  history = log.read(
    [
      'epoch=3     ch_step=50     loss=210.1    lr=19.4286  |g|=0.09       '
      'tr_ppl=401.25   avg=0  mins=0.50       ',
      'Epoch 4: Eval',
      'Eval at 200',
      'valid_ppl: 300.25',
      'Eval at 200',
      'probe_ppl: 250.50',
    ]
  )
  assert [step.perplexity for step in history.child] == [401.25]
  assert history.perplexity['valid'] == [(4, 200, 300.25)]
  assert history.perplexity['probe'] == [(4, 200, 250.5)]


def test_the_log_of_enas_lm():
  """With two passes, and a cell that goes over two lines."""
  history = log.read(
    [
      'HParams:',
      'epoch=0     step=200     ppl=1110.32   lr=19.43   |w|=0.20   |g|=0.41   '
      'mins=0.70',
      made_log.RULE,
      'Training controller',
      'step=0     ent=5.899   ppl=2697.38 rw=0.0297  bl=0.0001  arc=[0 2 1 3]',
      'step=10    ent=5.748   ppl=1600.00 rw=0.0500  bl=0.0002  arc=[0 2',
      ' 0 1]',
      'valid_ppl=1185.25',
      'epoch=1     step=400     ppl=900.00    lr=20.00   |w|=0.21   |g|=nan    '
      'mins=1.45',
      'Training controller',
      'step=0     ent=5.700   ppl=800.00  rw=0.1000  bl=0.0003  arc=[0 0 1 1]',
      'step=1000   test_ppl=99.50',
      'step=2200   test_ppl=57.25',
      '',
    ]
  )
  assert [tuple(shown) for shown in history.shown] == [
    (1, 0, RecurrentArc.parse('0 2 1 3'), 0.0297),
    (1, 1, RecurrentArc.parse('0 2 0 1'), 0.05),
    (2, 0, RecurrentArc.parse('0 0 1 1'), 0.1),
  ]
  child, controller = history.child[0], history.controller[1]
  assert (child.step, child.learning_rate, child.perplexity, child.minutes) == (
    200, 19.43, 1110.32, 0.7
  )  # fmt: skip
  assert math.isnan(child.loss) and child.accuracy is None
  assert math.isnan(controller.loss)
  assert controller[:2] + controller[3:] == (1, 10, 5.748, 0.05, 0.0002, 0.7)
  assert history.perplexity == {
    'valid': [(1, None, 1185.25)],
    'probe': [],
    'test': [(2, None, 57.25)],
  }
  assert history.skipped == []


def test_the_final_training_of_enas_lm():
  history = log.read(
    ['epoch=26    step=80      ppl=1051.08    lr=20.000 |g|=0.149  avg=1  '
     'mins=0.34', 'valid_ppl=57.25']
  )  # fmt: skip
  assert [c.perplexity for c in history.child] == [1051.08]
  assert history.perplexity['valid'] == [(27, None, 57.25)]


def test_lines_that_are_not_understood_are_counted():
  lines = _log(_arcs(2))
  found = log.read(['hello', 'web_1  | ' + CHILD_STEP, ''] + lines)
  assert found.shown == log.read(lines).shown
  assert found.skipped == [
    "1 line looking like a log's, the first is line 2: %r"
    % ('web_1  | ' + CHILD_STEP)[:60]
  ]
  (message,) = log.read(['rw=x'] + lines + ['rw=y', 'rw=cut off']).skipped
  assert message.startswith('2 lines')


def test_cells_in_a_table_are_cells(tmp_path):
  # The same numbers are a macro network of three layers.
  table = tmp_path / 'architectures.csv'
  table.write_text('epoch,step,arc,reward\n1,5,0 2 1 0 0 1,0.25\n')
  (shown,) = log.load(str(table)).history.shown
  assert shown.arc == RecurrentArc.parse('0 2 1 0 0 1')


def test_losses_that_are_no_numbers():
  (step,) = log.read(
    ['epoch=1     ch_step=2      loss=nan      lr=0.0500   |g|=inf      '
     'tr_acc=6  / 50 mins=0.04      ']
  ).child  # fmt: skip
  assert math.isnan(step.loss) and step.accuracy == 0.12


def test_rows_that_numpy_wraps():
  (arc,) = _arcs(1, num_layers=45)
  lines = _log([arc])
  assert any(line.startswith(' ') for line in lines)
  assert [shown.arc for shown in log.read(lines).shown] == [arc]


def test_rows_with_any_spacing():
  lines = ['[ 0]', '[5  1 ]', '[  3 0 0]', 'val_acc= 0.5000  ']
  (shown,) = log.read(lines).shown
  assert str(shown.arc) == '0 5 1 3 0 0'
  assert shown.accuracy == 0.5


def test_cells_and_channel_ranges():
  draw = np.random.RandomState(0)
  cells = [MicroArc.random(5, 5, draw) for _ in range(2)]
  assert [s.arc for s in log.read(_log(cells)).shown] == cells
  wide = ChannelMacroArc.random(4, 3, 8, draw)
  (shown,) = log.read(_log([wide])).shown
  assert shown.arc.tokens == wide.tokens


def test_a_broken_block_is_named_by_its_line_and_passed_over():
  lines = ['[1]', '[2 7]', 'val_acc=0.5000', '[1]', 'val_acc=0.2500']
  history = log.read(lines)
  (message,) = history.skipped
  assert message.startswith('line 3: ') and "found '7'" not in message
  assert 'found 7, expected 0 or 1' in message
  assert [str(shown.arc) for shown in history.shown] == ['1']


def test_a_search_space_of_ones_own():
  space = MacroSpace('m', MACRO_OPERATIONS, 2, [0] * 300 + list(range(6)))
  lines = ['[305]', '[299   1]', 'val_acc=0.5000', '[306]', '[0 1]']
  history = log.read(lines + ['val_acc=0.2500'], space)
  assert [shown.arc for shown in history.shown] == [space.parse('305 299 1')]
  assert history.skipped == [
    'line 6: token 1 of 3, layer 0, operation: found 306, expected 0 to 305'
  ]


def test_numbers_elsewhere_are_no_architectures():
  lines = ['mean: [125.3 122.9]', 'val_acc=0.5000']
  lines += ['[1]', made_log.RULE, 'val_acc=0.5000', '[1]']
  assert log.read(lines).shown == []


def test_blank_lines_and_warnings_between_rows_lose_nothing():
  arcs = _arcs(3)
  lines = []
  for number, line in enumerate(_log(arcs)):
    lines += [line, '', 'W tensorflow/core: a warning %d' % number]
  assert [shown.arc for shown in log.read(lines).shown] == arcs


@pytest.mark.parametrize('kind', ['macro', 'micro'])
def test_a_log_without_its_beginning_gives_the_last_architectures(kind):
  if kind == 'macro':
    arcs = _arcs(3, num_layers=4)
  else:
    arcs = [MicroArc.random(2, 5, np.random.RandomState(i)) for i in range(3)]
  text = '\n'.join(_log(arcs))
  for cut in range(text.index('val_acc=0.0156')):
    history = log.read(text[cut:].splitlines())
    found = [shown.arc for shown in history.shown]
    if len(found) > 1:  # alone, a rest cannot be told from a whole
      assert found == arcs[-len(found) :], text[cut : cut + 40]


@pytest.mark.parametrize('encoding', ['utf-8-sig', 'utf-16', 'utf-16-le'])
def test_encodings_of_other_systems(tmp_path, encoding):
  text = '\r\r\n'.join(made_log.search(2, 5))
  data = text.encode(encoding)
  if encoding == 'utf-16-le':
    data = b'\xff\xfe' + data
  (tmp_path / 'stdout').write_bytes(data)
  assert len(log.load(str(tmp_path)).history.shown) == 20


def test_numbers_too_long_to_be_tokens_are_passed_over():
  history = log.read(['[1]', '[2 %s]' % ('1' * 5000), 'val_acc=0.5000'])
  assert history.shown == []
  assert history.skipped == [
    'line 3: a number is too large to belong to an architecture'
  ]


@quick
@hypothesis.given(strategies.data())
def test_a_log_cut_off_anywhere_gives_the_first_architectures(data):
  arcs = _arcs(3, num_layers=4)
  text = '\n'.join(_log(arcs))
  cut = data.draw(strategies.integers(0, len(text)))
  history = log.read(text[:cut].splitlines())
  found = [shown.arc for shown in history.shown]
  assert found == arcs[: len(found)]
  assert len(found) >= text[:cut].count(made_log.RULE) - 1
  assert history.skipped == []


@quick
@hypothesis.given(
  strategies.lists(
    strategies.one_of(
      strategies.text(),
      strategies.text(alphabet='[]0123456789 \n'),
      strategies.sampled_from(
        ['[1]', '[2 0]', '[3', ' 1]', 'val_acc=0.1250', made_log.RULE,
         'Epoch 9: Training controller', 'val_acc=nan', '[١]', '[]', '[²]']
      ),
    )
  )
)  # fmt: skip
def test_any_text_gives_a_history(lines):
  history = log.read(lines)
  for shown in history.shown:
    assert str(shown.arc)
    assert 0 <= shown.accuracy < 2
  for message in history.skipped:
    assert 'line ' in message


def test_a_run_directory_a_log_and_a_csv_are_loaded(tmp_path):
  path = made_log.write(tmp_path / 'stdout', 2, 7)
  (tmp_path / 'flags.json').write_text(json.dumps({'num_epochs': 5}))
  run = log.load(str(tmp_path))
  assert run.log_path == path and run.flags == {'num_epochs': 5}
  assert len(run.history.shown) == 20
  assert log.load(path) == run
  table = tmp_path / 'architectures.csv'
  rows = ['epoch,step,arc,valid_accuracy']
  rows += ['%s,1,%s,0.25' % (e, run.history.shown[0].arc) for e in (1, 1, 2)]
  table.write_text('\n'.join(rows + ['3,1,9 9,0.5']))
  history = log.load(str(table)).history
  assert [(s.epoch, s.index, s.accuracy) for s in history.shown] == [
    (1, 0, 0.25), (1, 1, 0.25), (2, 0, 0.25)
  ]  # fmt: skip
  assert history.skipped[0].startswith('line 5: ')
  table.write_text('\n'.join(rows + ['3,1,8 9 1,0.5']))
  assert log.load(str(table)).history.shown[-1].arc.num_operations == 10


@pytest.mark.parametrize('kind', ['macro', 'micro', 'recurrent'])
def test_extracted_rows_are_loaded(tmp_path, kind):
  draw = np.random.RandomState(1)
  make = {
    'macro': lambda: MacroArc.random(4, 6, draw),
    'micro': lambda: MicroArc.random(5, 5, draw),
    'recurrent': lambda: RecurrentSpace(9).random(draw),
  }[kind]
  arcs = [make() for _ in range(3)]
  rows = [' '.join(map(str, row)) for arc in arcs for row in arc.rows()]
  path = tmp_path / 'arc_string_output.txt'
  path.write_text('\n'.join(rows) + '\n')
  found = log.load(str(path)).history.shown
  assert [shown.arc for shown in found] == arcs
  assert {(shown.epoch, shown.accuracy) for shown in found} == {(None, None)}
  # The last one cut off.
  path.write_text('\n'.join(rows[:-1]) + '\n')
  found = log.load(str(path)).history.shown
  assert [shown.arc for shown in found] == arcs[:2]


def test_damaged_flags_do_not_stop_a_reader(tmp_path):
  made_log.write(tmp_path / 'stdout', 1)
  for text in ('{', '[]'):
    (tmp_path / 'flags.json').write_text(text)
    assert log.load(str(tmp_path)).flags == {}


def test_what_cannot_be_loaded_is_one_line(tmp_path):
  (tmp_path / 'empty').write_text('nothing\n')
  (tmp_path / 'unknown').write_text('rw=x\nnothing\n')
  (tmp_path / 'nul.csv').write_bytes(b'epoch,arc,valid_accuracy\n\0')
  (tmp_path / 'square').write_text('²\n', encoding='utf-8')
  (tmp_path / 'odd.csv').write_text('arc\n0\n')
  (tmp_path / 'broken.csv').write_text(
    'epoch,arc,valid_accuracy\n1,0 0 9,0.5\n'
  )
  for name, message in (
    ('missing', 'cannot read .*missing: No such file or directory'),
    ('square', 'square shows no architecture'),
    ('nul.csv', 'nul.csv'),
    ('empty', 'empty shows no architecture, no step and no accuracy$'),
    ('odd.csv', 'odd.csv lacks the columns arc, epoch, valid_accuracy'),
    ('broken.csv', 'no accuracy: line 2: token 3 of 3'),
    ('unknown', "1 line looking like a log's, the first is line 1: 'rw=x'"),
  ):
    with pytest.raises(ArcError, match=message):
      log.load(str(tmp_path / name))
