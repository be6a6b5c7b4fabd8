"""The line that trains what a search found."""

import shlex

import pytest

from src.arc import (
  MACRO_OPERATIONS,
  PNAS_PAPER_OPERATIONS,
  ChannelMacroArc,
  MacroArc,
  MacroSpace,
  MicroArc,
  PnasSpace,
  RecurrentArc,
  record,
)
from src.view import commands, guess
from src.view.history import Shown


def _retraining(arc, flags):
  record = guess.record_of(flags, [Shown(1, 0, arc, 0.5)])
  return commands.retraining(arc, flags, record)


def test_a_package_may_have_one_script_for_all():
  space = MacroSpace('P1', MACRO_OPERATIONS, 2, flags=[('experiment', 'P1')])
  made = record.Record('robustness', space, record.Network())
  found, line = commands.retraining(space.parse('0 0 1'), {}, made)
  assert found
  assert shlex.split(line)[::3] == ['scripts/robustness.sh', '--experiment=P1']


def test_a_cell_of_progressive_search_is_trained_by_its_own_script():
  flags = [('operators', '3x3 conv,3x3 maxpool'), ('cell', 'dag')]
  space = PnasSpace('pnas', PNAS_PAPER_OPERATIONS, 2, flags=flags)
  made = record.Record('pnas', space, record.Network())
  flags = {'data_path': 'My cells', 'child_img_size': None}
  found, line = commands.retraining(space.parse('-1 0 -2 1'), flags, made)
  assert found
  assert shlex.split(line) == [
    'scripts/pnas_search.sh',
    '--output_dir=outputs/final',
    '--final_train=-1 0 -2 1',
    '--data_path=My cells',
    '--operators=3x3 conv,3x3 maxpool',
    '--cell=dag',
  ]


@pytest.mark.parametrize(
  ('arc', 'flags', 'script', 'options'),
  [
    (
      MacroArc,
      {'data_path': "My $x's", 'num_classes': 7, 'child_num_layers': 2},
      'cifar10_macro',
      ["--data_path=My $x's", '--num_classes=7', '--child_num_layers=2'],
    ),
    (
      MacroArc,
      {'child_img_size': 9, 'input_scaling': 'raw', 'split_seed': 0},
      'AEROBI_macro',
      ['--child_img_size=9', '--input_scaling=raw'],
    ),
    (
      RecurrentArc,
      {'child_rhn_depth': 3, 'data_path': None, 'search_for': 'enas'},
      'ptb',
      ['--child_rhn_depth=3'],
    ),
  ],
)
def test_it_has_the_data_and_the_shape(arc, flags, script, options):
  found, line = _retraining(arc.parse('0 0 1'), flags)
  assert found
  assert (
    shlex.split(line)
    == [
      'scripts/%s_final.sh' % script,
      '--output_dir=outputs/final',
      '--child_fixed_arc=0 0 1',
    ]
    + options
  )


@pytest.mark.parametrize(
  ('arc', 'flags', 'told'),
  [
    (ChannelMacroArc.parse('0 1', 1, 2), {}, 'whole_channels'),
    (MicroArc.parse('0 ' * 8), {'input_scaling': 'raw'}, 'No script'),
  ],
)
def test_where_nothing_takes_it_there_is_no_command(arc, flags, told):
  found, line = _retraining(arc, flags)
  assert not found and told in line
