"""Clusters of real processes: all work, some die, and how each then ends.

One parameter server and two workers on loopback; worker 0 is the chief.
"""

import re
import signal
import types

import numpy as np
import pytest

from src.run import board, team
from src.run import chief as chief_lib
from src.run import cluster as cluster_lib
from src.run.errors import RunError
from src.run.trainer import NotFinite
from tests import tiny_runs
from tests.AEROBI import tiny_runs as codebrim_runs
from tests.run.cluster_processes import TIMEOUT, Cluster

CLUSTER = ['--child_num_replicas=2', '--cluster_timeout=%d' % TIMEOUT]
SYNC = ['--child_sync_replicas', '--child_num_aggregate=2']
CHIEF, WORKER, SERVER = ('worker', 0), ('worker', 1), ('ps', 0)
CHIEF_OF_TWO = cluster_lib.Cluster(
  {'ps': ['c:3'], 'worker': ['a:1', 'b:2']}, 'worker', 1
)
DONE = 'The run is over; this worker computed '


@pytest.fixture(scope='module')
def data_path(tmp_path_factory):
  return tiny_runs.write_data(tmp_path_factory.mktemp('cluster') / 'data')


def _arguments(data_path, folder, *more):
  return tiny_runs.arguments(
    tiny_runs.SEARCH + CLUSTER, data_path, folder / 'run', *more
  )[1:]


def _last_line(cluster, member):
  return cluster.said(*member).rstrip().split('\n')[-1]


def _computed(cluster):
  """How many gradients worker 1 says it computed."""
  line = _last_line(cluster, WORKER)
  assert line.startswith(DONE), line
  return int(line[len(DONE) :].split()[0])


def _all_well(cluster, timeout=60):
  codes = [cluster.code(*m, timeout=timeout) for m in cluster.processes]
  assert codes == [0] * len(codes)


def _wait_for(cluster, text):
  cluster.wait_until(lambda: text in cluster.said(*CHIEF))


def _updates(folder):
  """(updates of the child, updates of the controller) at the end."""
  values = tiny_runs.variables(folder / 'run')
  for name, value in values.items():
    assert np.isfinite(value).all(), name
  assert not [name for name in values if name.startswith('cluster')]
  return int(values['global_step']), int(values['train_step'])


@pytest.mark.slow
def test_each_worker_updates_on_its_own(tmp_path, data_path):
  arguments = _arguments(data_path, tmp_path, '--controller_num_replicas=1')
  with Cluster(tmp_path, 'src.cifar10.main', arguments) as cluster:
    cluster.start_all()
    _all_well(cluster)
    assert 1 <= _computed(cluster) <= 8
  assert _updates(tmp_path) == (8, 4)
  rows = tiny_runs.table(tmp_path / 'run', 'architectures.csv')
  assert len(rows) == 20


@pytest.mark.slow
@pytest.mark.parametrize('more', [[], SYNC], ids=['alone', 'average'])
def test_the_rest_goes_on_when_a_worker_is_killed(tmp_path, data_path, more):
  arguments = _arguments(data_path, tmp_path, '--num_epochs=4', *more)
  with Cluster(tmp_path, 'src.cifar10.main', arguments) as cluster:
    cluster.start_all()
    _wait_for(cluster, 'Epoch 1: Eval')
    cluster.processes[WORKER].kill()
    assert cluster.code(*CHIEF, timeout=90) == 0
    assert cluster.code(*SERVER) == 0
  assert _updates(tmp_path) == (16, 8)


@pytest.mark.slow
@pytest.mark.parametrize('more', [[], SYNC], ids=['alone', 'average'])
def test_one_bad_gradient_of_any_worker(tmp_path, data_path, more):
  """The run goes back once, and all members go on."""
  arguments = _arguments(
    data_path, tmp_path, '--num_epochs=6', '--nan_policy=rollback', *more
  )
  with Cluster(tmp_path, 'src.cifar10.main', arguments) as cluster:
    cluster.modules[WORKER] = 'tests.run.unlucky_worker'
    cluster.start_all()
    _all_well(cluster)
    assert _computed(cluster) > 2
    (warning,) = [
      line
      for line in cluster.said(*CHIEF).splitlines()
      if line.startswith('warning: ')
    ]
    assert re.match(
      r'warning: child step \d+: loss nan, \|g\| [\d.]+, lr [\w.]+, '
      r'arc [\d ]+, computed by worker 1 at %s; '
      r'going back to %s/model.ckpt-\d+, '
      'time 1 of at most 3$'
      % (cluster.addresses['worker'][1], tmp_path / 'run'),
      warning,
    )
  assert _updates(tmp_path) == (24, 12)


@pytest.mark.slow
def test_a_run_that_diverges_ends_for_all(tmp_path, data_path):
  arguments = _arguments(
    data_path, tmp_path, '--child_lr=1e30', '--nan_policy=rollback'
  )
  with Cluster(tmp_path, 'src.cifar10.main', arguments) as cluster:
    cluster.start_all()
    assert cluster.code(*CHIEF) == 1
    last = _last_line(cluster, CHIEF)
    assert last.startswith('error: child step ')
    assert (
      'the last good checkpoint is %s; other random numbers did not'
      % (tmp_path / 'run' / 'model.ckpt-0')
      in last
    )
    assert cluster.said(*CHIEF).count('warning: child step') == 3
    for member in (WORKER, SERVER):
      assert cluster.code(*member) == 1
      assert 'has stopped before the end' in _last_line(cluster, member)
  assert _updates(tmp_path) == (0, 0)


@pytest.mark.slow
def test_the_rest_ends_with_the_chief(tmp_path, data_path):
  arguments = _arguments(data_path, tmp_path, '--num_epochs=200')
  with Cluster(tmp_path, 'src.cifar10.main', arguments) as cluster:
    cluster.start_all()
    _wait_for(cluster, 'Epoch 1: Eval')
    cluster.processes[CHIEF].send_signal(signal.SIGTERM)
    assert cluster.code(*CHIEF) == 128 + signal.SIGTERM
    assert _last_line(cluster, CHIEF) == (
      'stopped by SIGTERM and saved in %s; the same command goes on from here'
      % (tmp_path / 'run')
    )
    for member in (WORKER, SERVER):
      assert cluster.code(*member) == 1
      assert _last_line(cluster, member) == (
        'error: worker 0 at %s has stopped before the end of the run: see '
        'what it says; the same commands go on from its last checkpoint'
        % cluster.addresses['worker'][0]
      )
    before = len(cluster.said(*CHIEF))
    cluster.start_all()
    cluster.wait_until(lambda: 'val_acc' in cluster.said(*CHIEF)[before:])
    assert 'Going on from' in cluster.said(*CHIEF)[before:]
    cluster.processes[CHIEF].kill()
    for member in (WORKER, SERVER):
      assert cluster.code(*member) == 1
      assert _last_line(cluster, member).startswith(
        'error: worker 0 at %s has given no sign of life for %d seconds: '
        % (cluster.addresses['worker'][0], TIMEOUT)
      )


@pytest.mark.slow
def test_nobody_goes_on_without_the_servers(tmp_path, data_path):
  arguments = _arguments(data_path, tmp_path, '--num_epochs=200')
  with Cluster(tmp_path, 'src.cifar10.main', arguments) as cluster:
    cluster.start_all()
    _wait_for(cluster, 'Epoch 1: Eval')
    cluster.processes[SERVER].kill()
    for member in (WORKER, CHIEF):
      assert cluster.code(*member) == 1
      assert _last_line(cluster, member) == (
        'error: a parameter server is gone, or did not answer within '
        '--cluster_timeout=%d seconds; the same commands go on from the last '
        'checkpoint' % TIMEOUT
      )


@pytest.mark.slow
def test_members_can_be_stopped_alone(tmp_path, data_path):
  arguments = _arguments(data_path, tmp_path)
  with Cluster(tmp_path, 'src.cifar10.main', arguments) as cluster:
    for member in (SERVER, WORKER):
      cluster.start(*member)
    cluster.wait_until(lambda: 'This is' in cluster.said(*WORKER))
    for member, number in ((WORKER, signal.SIGINT), (SERVER, signal.SIGTERM)):
      cluster.processes[member].send_signal(number)
      assert cluster.code(*member) == 128 + number
      assert _last_line(cluster, member) == (
        '%s %d at %s was stopped by %s'
        % (*member, cluster.addresses[member[0]][member[1]], number.name)
      )


def test_a_chief_that_gives_no_sign(monkeypatch):
  now = [100.0]
  monkeypatch.setattr(board.time, 'time', lambda: now[0])
  watch = board.Watch(CHIEF_OF_TWO, 5.0, 1.0)

  def _look(seconds, word, beat):
    now[0] += seconds
    watch.look(word, beat)

  _look(0, board.SILENT, 0)
  _look(50.9, board.SILENT, 0)
  with pytest.raises(RunError) as caught:
    _look(0.2, board.SILENT, 0)
  assert str(caught.value) == 'worker 0 at a:1 did not begin for 50 seconds'
  _look(0, board.PAUSED, 0)
  _look(4.9, board.WORKING, 0)
  _look(0, board.WORKING, 1)
  _look(5.9, board.WORKING, 1)
  _look(5.9, board.PAUSED, 2)
  with pytest.raises(RunError) as caught:
    _look(6.1, board.PAUSED, 2)
  assert str(caught.value) == (
    'worker 0 at a:1 has given no sign of life for 5 seconds: see what it '
    'says, or give a longer --cluster_timeout'
  )


def test_nothing_is_saved_after_a_bad_gradient():
  """A save begins with a rest; whatever others had to say is heard there."""
  chief = chief_lib.Chief.__new__(chief_lib.Chief)
  taken_back = []
  chief._take_back = lambda: taken_back.append(True)
  chief._view = team.View(board.PAUSED, 1, np.zeros([2, 4]), 0, b'')
  chief._session = types.SimpleNamespace(run=lambda fetched: fetched)
  chief.rest()
  chief._view = chief._view._replace(trouble=b'child step 3: loss nan')
  with pytest.raises(NotFinite, match='^child step 3: loss nan$'):
    chief.rest()
  assert taken_back == [True, True]


def test_work_of_one_that_is_gone_is_passed_on(monkeypatch):
  now, said, freed, put = [0.0], [], [], []
  monkeypatch.setattr(chief_lib.time, 'time', lambda: now[0])
  chief = chief_lib.Chief.__new__(chief_lib.Chief)
  chief.cluster = cluster_lib.Cluster(
    {'ps': ['c:3'], 'worker': ['a:1', 'b:2', 'd:4']}, 'worker', 0
  )
  chief.timeout, chief._seen, chief._notice = 5.0, {}, said.append
  chief._give_back, chief._put = freed.append, put.extend

  def _pass_on(seconds, *claims):
    now[0] += seconds
    view = team.View(board.WORKING, 1, np.array(claims), 0, b'')
    return chief._pass_on(view, (-1, 7))

  mine, nothing, old = [0, 5, -1, 0], [-1] * 4, [0, 3, 6, 0]
  claimed = [0, 8, 7, 0]
  assert not _pass_on(0, mine, nothing, old)
  assert _pass_on(0, mine, claimed, old)
  assert _pass_on(4.0, mine, claimed, old)
  assert _pass_on(4.0, mine, [0, 9, 7, 0], old), 'it goes on'
  assert (said, freed, put) == ([], [], [])
  assert _pass_on(5.1, mine, [0, 9, 7, 0], old)
  assert freed == [1]
  assert put == [(0, 9, 7, 0)]
  assert said == [
    'warning: worker 1 at b:2 has not finished a step for 5 seconds; others '
    'do it'
  ]


@pytest.mark.slow
def test_codebrim(tmp_path):
  """Two servers; child and controller are trained by both workers."""
  arguments = tiny_runs.arguments(
    codebrim_runs.SEARCH + CLUSTER + SYNC,
    codebrim_runs.write_data(tmp_path / 'data'),
    tmp_path / 'run',
    '--controller_num_replicas=2',
  )[1:]
  with Cluster(tmp_path, 'src.AEROBI.main', arguments, servers=2) as cluster:
    cluster.start_all()
    _all_well(cluster)
    # 6 updates of two gradients, and 4 of two.
    assert 2 <= _computed(cluster) <= 20
  assert _updates(tmp_path) == (6, 4)
