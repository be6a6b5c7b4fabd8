"""Clusters of real processes: all work, some die, and how each then ends.

One parameter server and two workers on loopback; worker 0 is the chief.
"""

import os
import re
import signal
import types

import numpy as np
import pytest

from src.run.cluster import chief as chief_lib
from src.run.cluster import status as status_lib
from src.run.cluster import tf_config
from src.run.cluster import worker as worker_lib
from src.run.errors import Interrupted, RunError
from src.run.trainer import NotFinite
from tests import tiny_runs
from tests.run.cluster.processes import TIMEOUT, Cluster

CLUSTER = [
  '--child_num_replicas=2', '--cluster_timeout=%d' % TIMEOUT,
  '--child_num_layers=2',
]  # fmt: skip
CHIEF, WORKER, SERVER = ('worker', 0), ('worker', 1), ('ps', 0)
CHIEF_OF_TWO = tf_config.Cluster(
  {'ps': ['c:3'], 'worker': ['a:1', 'b:2']}, 'worker', 1
)


@pytest.fixture(scope='module')
def data_path(tmp_path_factory):
  return tiny_runs.write_data(tmp_path_factory.mktemp('cluster') / 'data')


def _arguments(data_path, folder, *more):
  return tiny_runs.arguments(
    tiny_runs.SEARCH + CLUSTER, data_path, folder / 'run', *more
  )[1:]


def _last_line(cluster, member):
  return cluster.said(*member).rstrip().split('\n')[-1]


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
def test_the_rest_goes_on_when_a_worker_is_killed(tmp_path, data_path):
  """Two servers; child and controller are trained by both workers."""
  arguments = _arguments(
    data_path, tmp_path, '--num_epochs=3', '--controller_num_replicas=2'
  )
  with Cluster(tmp_path, 'src.cifar10.main', arguments, servers=2) as cluster:
    cluster.start_all()
    _wait_for(cluster, 'Epoch 1: Eval')
    cluster.processes[WORKER].kill()
    assert cluster.code(*CHIEF, timeout=90) == 0
    assert cluster.code(*SERVER) == cluster.code('ps', 1) == 0
  assert _updates(tmp_path) == (12, 6)


@pytest.mark.slow
def test_the_rest_ends_with_the_chief_or_a_server(tmp_path, data_path):
  arguments = _arguments(data_path, tmp_path, '--num_epochs=200')
  with Cluster(tmp_path, 'src.cifar10.main', arguments) as cluster:
    cluster.start_all()
    _wait_for(cluster, 'Epoch 1: Eval')
    cluster.processes[CHIEF].send_signal(signal.SIGTERM)
    assert cluster.code(*CHIEF) == 128 + signal.SIGTERM
    assert 'stopped by SIGTERM and saved' in _last_line(cluster, CHIEF)
    for member in (WORKER, SERVER):
      assert cluster.code(*member) == 1
      assert re.match(
        'error: worker 0 at .* has stopped before the end of the run',
        _last_line(cluster, member),
      )
    before = len(cluster.said(*CHIEF))
    cluster.start_all()
    cluster.wait_until(lambda: 'val_acc' in cluster.said(*CHIEF)[before:])
    assert 'Going on from' in cluster.said(*CHIEF)[before:]
    cluster.processes[SERVER].kill()
    for member in (WORKER, CHIEF):
      assert cluster.code(*member) == 1
      assert _last_line(cluster, member).startswith(
        'error: a parameter server is gone'
      )


def test_a_signal_ends_a_member_in_one_line():
  with pytest.raises(
    Interrupted, match='worker 1 at b:2 was stopped by SIGTERM'
  ):
    with status_lib.signals_end(CHIEF_OF_TWO) as signals:
      os.kill(os.getpid(), signal.SIGTERM)
      assert signals


def test_a_bad_gradient_of_another_worker_stops_all_before_a_rollback():
  """The trainer rolls back on `NotFinite`; nobody may be at work then."""
  chief = chief_lib.Chief.__new__(chief_lib.Chief)
  calls = []

  def _reach(*arguments):
    calls.append(arguments)
    raise NotFinite('child step 3: loss nan, computed by worker 1')

  chief._reach = _reach
  chief._take_back = lambda: calls.append('taken back')
  with pytest.raises(NotFinite, match='worker 1'):
    chief.reach([], 0, 4, 8, 0)
  assert calls == [([], 0, 4, 8, 0), 'taken back']


def test_a_chief_that_gives_no_sign(monkeypatch):
  now = [100.0]
  monkeypatch.setattr(status_lib.time, 'time', lambda: now[0])
  monitor = status_lib.HeartbeatMonitor(CHIEF_OF_TWO, 5.0, 1.0)

  def _view_of(seconds, state, heartbeat):
    now[0] += seconds
    monitor.check(state, heartbeat)

  _view_of(0, status_lib.SILENT, 0)
  _view_of(50.9, status_lib.SILENT, 0)
  with pytest.raises(RunError) as caught:
    _view_of(0.2, status_lib.SILENT, 0)
  assert str(caught.value).startswith(
    'worker 0 at a:1 did not begin for 50 seconds: '
  )
  _view_of(0, status_lib.PAUSED, 0)
  _view_of(4.9, status_lib.WORKING, 0)
  _view_of(0, status_lib.WORKING, 1)
  _view_of(5.9, status_lib.WORKING, 1)
  _view_of(5.9, status_lib.PAUSED, 2)
  with pytest.raises(RunError) as caught:
    _view_of(6.1, status_lib.PAUSED, 2)
  assert str(caught.value).startswith(
    'worker 0 at a:1 has given no sign of life for 5 seconds'
  )


def test_nothing_is_saved_after_a_bad_gradient():
  """A save begins with a rest; whatever others had to say is heard there."""
  chief = chief_lib.Chief.__new__(chief_lib.Chief)
  taken_back = []
  chief._take_back = lambda: taken_back.append(True)
  chief._view = worker_lib.View(status_lib.PAUSED, 1, np.zeros([2, 4]), 0, b'')
  chief._session = types.SimpleNamespace(run=lambda fetched: fetched)
  chief.pause()
  chief._view = chief._view._replace(failure=b'child step 3: loss nan')
  with pytest.raises(NotFinite, match='^child step 3: loss nan$'):
    chief.pause()
  assert taken_back == [True, True]


def test_work_of_one_that_is_gone_is_passed_on(monkeypatch):
  now, said, freed, put = [0.0], [], [], []
  monkeypatch.setattr(chief_lib.time, 'time', lambda: now[0])
  chief = chief_lib.Chief.__new__(chief_lib.Chief)
  chief.cluster = tf_config.Cluster(
    {'ps': ['c:3'], 'worker': ['a:1', 'b:2', 'd:4']}, 'worker', 0
  )
  chief.timeout, chief._seen, chief._notice = 5.0, {}, said.append
  chief._give_back, chief._put = freed.append, put.extend

  def _pass_on(seconds, *claims):
    now[0] += seconds
    view = worker_lib.View(status_lib.WORKING, 1, np.array(claims), 0, b'')
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
