"""Runs of `src.AEROBI.main` so small that a test can afford several.

The pixels mean nothing: 12, 6 and 7 images, so that an epoch has 3 child steps
with a batch of 4, and evaluations are of 6 and 7 images.
"""

from src.AEROBI import flags as flag_table
from src.AEROBI.task import Aerobi
from src.run import checkpoints, program
from src.run import flags as flags_lib
from tests.AEROBI import made_codebrim

COUNTS = (12, 6, 7)
FIXED_ARC = '0 5 0 3 1 1'

_CHILD = [
  '--search_for=macro',
  '--child_img_size=16',
  '--batch_size=4',
  '--num_epochs=2',
  '--log_every=1',
  '--child_num_layers=3',
  '--child_out_filters=4',
  '--child_num_branches=6',
  '--child_keep_prob=0.9',
  '--noreport',
  '--controller_search_whole_channels',
]
SEARCH = _CHILD + [
  '--controller_train_every=1',
  '--controller_train_steps=2',
  '--controller_num_aggregate=2',
  '--controller_sync_replicas',
]
FIXED = _CHILD + ['--child_fixed_arc=' + FIXED_ARC, '--nocontroller_training']
MICRO = SEARCH + [
  '--search_for=micro',
  '--child_num_layers=1',
  '--child_num_cells=2',
  '--child_num_branches=5',
  '--child_use_aux_heads',
  '--child_img_size=17',
]


def write_data(folder):
  """Writes the images; returns the path."""
  return str(made_codebrim.write(folder, COUNTS))


def parse(argv):
  """Flag values of a command line."""
  return flags_lib.parse(flag_table.GROUPS, argv, flag_table.WITHOUT_EFFECT)[0]


def run(argv, stops=()):
  """Trains; stopped at each of these positions and started again after it."""
  flags = parse(argv)
  for wanted in stops:
    program.training(
      Aerobi(), flags, lambda position, wanted=wanted: position == wanted
    )
    found = checkpoints.find(flags.output_dir)[-1]
    assert tuple(found.state['position']) == wanted, 'not stopped there'
  program.training(Aerobi(), flags)
