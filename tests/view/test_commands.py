"""The line that trains what a search found."""

import shlex

import pytest

from src.arc import ChannelMacroArc
from src.view import commands


@pytest.mark.parametrize(
  ('flags', 'script', 'options'),
  [
    (
      {'data_path': "My $x's", 'num_classes': 7, 'child_num_layers': 2},
      'cifar10_macro',
      ["--data_path=My $x's", '--num_classes=7', '--child_num_layers=2'],
    ),
    (
      {'child_img_size': 9, 'skip_unreadable_images': True},
      'AEROBI_macro',
      ['--child_img_size=9', '--skip_unreadable_images'],
    ),
    (
      {'child_rhn_depth': 3, 'data_path': None, 'search_for': 'enas'},
      'ptb',
      ['--child_rhn_depth=3'],
    ),
  ],
)
def test_it_has_the_data_and_the_shape(flags, script, options):
  found, line = commands.retraining('0 1 0', flags)
  assert found
  assert (
    shlex.split(line)
    == [
      'scripts/%s_final.sh' % script,
      '--output_dir=outputs/final',
      '--child_fixed_arc=0 1 0',
    ]
    + options
  )


@pytest.mark.parametrize(
  ('arc', 'flags', 'told'),
  [
    (ChannelMacroArc.parse('0 1', 1, 2), {}, 'whole_channels'),
    ('0', {'search_for': 'micro', 'child_img_size': 9}, 'No script'),
  ],
)
def test_where_nothing_takes_it_there_is_no_command(arc, flags, told):
  found, line = commands.retraining(arc, flags)
  assert not found and told in line
