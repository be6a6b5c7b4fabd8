"""Runs of `src.AEROBI.main` so small that a test can afford several.

The pixels mean nothing: 12, 6 and 7 images, so that an epoch has 3 child steps
with a batch of 4, and evaluations are of 6 and 7 images.
"""

from src.AEROBI import flags as flag_table
from src.AEROBI.task import Aerobi
from src.run import flags as flags_lib
from tests import tiny_runs as image_runs
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
  '--num_epochs=1',
  '--search_for=micro',
  '--child_num_layers=1',
  '--child_num_cells=1',
  '--child_num_branches=5',
  '--child_use_aux_heads',
  '--child_img_size=17',
]
# What scripts/AEROBI_macro_search.sh says of the graph, and the network of
# AEROBI_macro_final.sh.
SHIPPED = '0 5 0 3 1 1 4 0 0 1 4 0 0 0 0 5 1 0 0 0 0 2 0 0 0 0 0 0'
SCRIPT = [
  'main.py',
  '--search_for=macro',
  '--data_path=data',
  '--output_dir=out',
  '--data_format=NHWC',
  '--batch_size=16',
  '--num_epochs=310',
  '--child_num_layers=7',
  '--child_out_filters=64',
  '--child_l2_reg=0.0005',
  '--child_num_branches=6',
  '--child_lr_cosine',
  '--child_lr_max=0.01',
  '--child_lr_min=0.00001',
  '--child_lr_T_0=10',
  '--child_lr_T_mul=2',
  '--controller_search_whole_channels',
  '--controller_sync_replicas',
  '--controller_num_aggregate=20',
  '--controller_tanh_constant=1.5',
  '--controller_skip_target=0.4',
  '--controller_skip_weight=0.8',
  '--controller_entropy_weight=0.0001',
]


def write_data(folder):
  """Writes the images; returns the path."""
  return str(made_codebrim.write(folder, COUNTS))


def parse(argv):
  """Flag values of a command line."""
  return flags_lib.parse(flag_table.GROUPS, argv, flag_table.WITHOUT_EFFECT)[0]


def run(argv, stops=()):
  """Trains; stopped at each of these positions and started again after it."""
  image_runs.run(argv, stops, Aerobi())
