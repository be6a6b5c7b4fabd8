"""Searches on experiments so small that a test can afford several.

Data are those of `tests.tiny_runs`: an epoch has 4 child steps, then 4 rewards,
two for each update of the controller, and evaluations are of 16 and 130 images.
"""

from src.robustness.task import Robustness
from tests import tiny_runs

SIZES = [
  '--num_valids=16',
  '--batch_size=8',
  '--num_epochs=2',
  '--log_every=1',
  '--child_num_layers=3',
  '--child_out_filters=4',
  '--controller_train_steps=2',
  '--controller_num_aggregate=2',
  '--noreport',
]


def words(tmp_path, *more):
  """A command line without positions, all of it below a folder."""
  data = tiny_runs.write_data(tmp_path / 'data')
  places = ['--data_path=' + data, '--results_dir=%s' % (tmp_path / 'results')]
  places += ['--output_dir=%s' % (tmp_path / 'run')]
  return ['driver'] + SIZES + places + list(more)


def run(tmp_path, *more, stops=()):
  """Trains; see `tests.tiny_runs.run`."""
  tiny_runs.run(words(tmp_path, *more), stops, Robustness())


def parsed(tmp_path, *more):
  """Settled flag values of such a command line."""
  task = Robustness()
  flags = tiny_runs.flags_lib.parse(
    task.flag_table.GROUPS, words(tmp_path, *more)
  )[0]
  task.check(flags)
  return flags
