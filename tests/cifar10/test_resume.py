"""An interrupted run is, bit for bit, the run that was not interrupted."""

import os
import pathlib

import numpy as np
import pytest

from src.cifar10 import main
from src.run import checkpoints, directory
from tests import tiny_runs

pytestmark = pytest.mark.usefixtures('shared_graphs')
FILES = ['stdout', 'metrics.csv']
SEARCH_FILES = FILES + ['architectures.csv']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('resume')


@pytest.fixture(scope='module')
def data_path(folder):
  return tiny_runs.write_data(folder / 'data')


def _assert_same(first, second, files, position):
  for name in files:
    text = tiny_runs.text(first, name)
    assert tiny_runs.text(second, name) == text, name
    assert len(text.splitlines()) > 2, name
  variables = tiny_runs.variables(first)
  found = tiny_runs.variables(second)
  assert sorted(found) == sorted(variables)
  for name, value in variables.items():
    np.testing.assert_array_equal(found[name], value, name)
  for run in (first, second):
    state = checkpoints.find(str(run))[-1].state
    assert tuple(state['position']) == position


SEARCHES = {
  'macro': tiny_runs.SEARCH,
  'micro': tiny_runs.MICRO_SEARCH
  + ['--child_num_cells=1', '--nochild_use_aux_heads'],
}


@pytest.fixture(scope='module', params=list(SEARCHES))
def search(request, folder, data_path):
  """An uninterrupted search of two epochs; a folder named after its space."""
  settings = SEARCHES[request.param] + tiny_runs.COSINE
  out = folder / request.param
  tiny_runs.run(tiny_runs.arguments(settings, data_path, out))
  return out


@pytest.mark.slow
def test_search_stopped_in_every_phase(folder, data_path, search):
  stops = [
    (0, 0, 2),  # in the child's epoch
    (0, 1, 1),  # with one of three gradients of the controller summed up
    (0, 2, 4),  # between printed architectures
    (0, 3, 1),  # between the validation and the test split
    (1, 0, 0),  # between epochs, where the learning rate restarts
    (1, 1, 5),  # one gradient before an update
  ]
  if search.name == 'micro':  # whose sessions take seconds to begin
    stops = stops[1::2]
  settings = SEARCHES[search.name] + tiny_runs.COSINE
  stopped = folder / ('stopped_' + search.name)
  tiny_runs.run(tiny_runs.arguments(settings, data_path, stopped), stops)
  _assert_same(search, stopped, SEARCH_FILES, (2, 0, 0))


def test_the_compared_search_is_worth_comparing(search):
  """Everything that could go wrong on resume is in it."""
  rows = tiny_runs.table(search, 'metrics.csv')
  phases = [row['phase'] for row in rows]
  half = ['child'] * 4 + ['controller'] * 6 + ['valid', 'test']
  assert phases == half * 2
  assert len({row['baseline'] for row in rows if row['baseline']}) == 12
  assert len(tiny_runs.table(search, 'architectures.csv')) == 20
  variables = tiny_runs.variables(search)
  assert variables['global_step'] == 8
  assert variables['train_step'] == 4
  assert (variables['last_reset'], variables['T_i']) == (1, 2)
  for name, value in variables.items():
    if name.endswith('/gradient_sum'):
      assert not value.any(), 'an update empties ' + name


def test_gradients_that_wait_for_an_update_are_saved(folder, data_path):
  """Position (0, 1, 1) above really has something to lose."""
  out = folder / 'waiting'
  argv = tiny_runs.arguments(tiny_runs.SEARCH, data_path, out)
  flags, _ = tiny_runs.parse(argv)
  tiny_runs.train(flags, lambda position: position == (0, 1, 1))
  variables = tiny_runs.variables(out)
  sums = [v for name, v in variables.items() if name.endswith('/gradient_sum')]
  assert sums and all(value.any() for value in sums)
  assert variables['train_step'] == 0


def test_partial_channels_with_child_aggregation(folder, data_path):
  """The other space, without aggregation, a baseline for each reward batch."""
  settings = tiny_runs.SEARCH + [
    '--nocontroller_search_whole_channels',
    '--nocontroller_sync_replicas',
    '--child_sync_replicas',
    '--child_num_aggregate=2',
    '--eval_every_epochs=2',
    '--child_num_layers=2',
    '--controller_baseline=per_batch',
    '--controller_reward_batch_size=50',
    '--child_arcs=random',
    '--derive_split=5',
  ]
  straight, stopped = folder / 'ranges', folder / 'ranges_stopped'
  tiny_runs.run(tiny_runs.arguments(settings, data_path, straight))
  tiny_runs.run(
    tiny_runs.arguments(settings, data_path, stopped), [(0, 0, 1), (1, 1, 2)]
  )
  _assert_same(straight, stopped, SEARCH_FILES, (2, 0, 0))
  variables = tiny_runs.variables(straight)
  assert variables['global_step'] == 8
  assert variables['train_step'] == 6


@pytest.mark.parametrize('space', ['macro', 'micro'])
def test_fixed_network_with_restarts(folder, data_path, space):
  """Of cells, it drops paths, and more of them in later epochs."""
  settings = {'macro': tiny_runs.FIXED, 'micro': tiny_runs.MICRO_FIXED}[space]
  settings = settings + tiny_runs.COSINE + ['--num_epochs=3']
  settings += ['--child_cutout_size=8']
  straight, stopped = (
    folder / (name + space) for name in ('fixed_', 'fixed_stopped_')
  )
  tiny_runs.run(tiny_runs.arguments(settings, data_path, straight))
  tiny_runs.run(
    tiny_runs.arguments(settings, data_path, stopped),
    [(0, 0, 3), (1, 0, 1), (2, 1, 0)],
  )
  _assert_same(straight, stopped, FILES, (3, 0, 0))
  rates = [
    round(float(row['learning_rate']), 6)
    for row in tiny_runs.table(stopped, 'metrics.csv')
    if row['phase'] == 'child'
  ]
  # A restart after one epoch, then half a period of two; the first step of
  # the restart lies between both ends, as upstream.
  low = 0.5 * (0.05 + 0.0005)
  assert rates == [0.05] * 6 + [low] + [0.05] * 5 + [low] * 6


@pytest.mark.parametrize('search', ['macro'], indirect=True)
def test_another_seed_gives_another_run(folder, data_path, search):
  other = folder / 'other'
  more = tiny_runs.COSINE + ['--num_epochs=1', '--seed=2']
  argv = tiny_runs.arguments(tiny_runs.SEARCH, data_path, other, *more)
  assert main.main(argv) == 0
  losses, drawn = (
    [
      [row[column] for row in tiny_runs.table(run, table)[:4]]
      for run in (search, other)
    ]
    for table, column in (('metrics.csv', 'loss'), ('architectures.csv', 'arc'))
  )
  assert not set(losses[0]) & set(losses[1])
  assert drawn[0] != drawn[1]


def test_a_folder_whose_name_is_no_utf_8(folder, data_path):
  place = pathlib.Path(os.fsdecode(os.fsencode(str(folder)) + b'/L\xe4ufe $x'))
  link = place.with_name(os.fsdecode(b'd\xe4ta'))
  link.symlink_to(data_path)
  argv = tiny_runs.arguments(tiny_runs.SEARCH, link, place, '--report')
  flags, _ = tiny_runs.parse(argv)
  tiny_runs.train(flags, lambda position: position == (1, 0, 0))
  assert main.main(argv) == 0
  log = (place / 'stdout').read_bytes()
  assert log.count(b'Epoch 2: Eval') == 1 and b'/d\xe4ta\n' in log
  assert directory.read_flags(str(place))['data_path'] == str(link)
  assert b'--data_path=$&#x27;' in (place / 'report.html').read_bytes()
  assert len(list(place.glob('events.out.tfevents*'))) == 2
  where = ['main.py', '--mode=derive', '--checkpoint_path=%s' % place]
  assert main.main(where + ['--derive_samples=1']) == 0
  assert (place / 'derived.csv').exists()
