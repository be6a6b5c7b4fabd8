"""Work on a cluster of Ray of this machine, where Ray is installed."""

import os
import subprocess
import sys
import types

import pytest

from src.run import engines
from src.run.errors import RunError, UsageError
from tests.run import test_engines
from tests.run.cluster import processes


def test_without_ray_there_is_one_line(monkeypatch):
  monkeypatch.setitem(sys.modules, 'ray', None)
  with pytest.raises(RunError, match='requirements-ray.txt'):
    engines.named('ray:auto')


def test_what_ray_cannot_do_is_one_line(monkeypatch):
  """Of its errors some are a lost process, all others end the work."""
  names = ['WorkerCrashedError', 'NodeDiedError', 'ObjectLostError']
  base = type('RayError', (Exception,), {})
  found = {name: type(name, (base,), {}) for name in names}
  found.update(RayError=base, OutOfMemoryError=type('Full', (base,), {}))

  def _get(reference):
    raise reference

  ray = types.SimpleNamespace(
    exceptions=types.SimpleNamespace(**found), get=_get
  )
  monkeypatch.setitem(sys.modules, 'ray', ray)
  made = engines.named('ray')
  assert isinstance(made._result(found['NodeDiedError']('gone')), engines.Lost)
  with pytest.raises(RunError, match='--engine=ray: no environment$'):
    made._result(base('no environment\nmore'))


@pytest.fixture(scope='module')
def engine():
  """An engine on a cluster that `ray start` has begun, of two cores."""
  pytest.importorskip('ray')
  address = '127.0.0.1:%d' % processes.free_ports(1)[0]
  words = ['--head', '--block', '--port=' + address.partition(':')[2]]
  words += ['--num-cpus=2', '--include-dashboard=false']
  head = subprocess.Popen(
    [sys.executable, '-m', 'ray.scripts.scripts', 'start'] + words,
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    universal_newlines=True,
    # Newer ones ask for a token where the home folder has one.
    env=dict(os.environ, RAY_AUTH_MODE='disabled'),
  )
  lines = []
  for line in head.stdout:
    lines.append(line)
    if 'Ray runtime started' in line:
      break
  else:
    pytest.fail(''.join(lines))
  yield engines.named('ray:' + address)
  head.terminate()
  head.communicate(timeout=60)


def test_a_fresh_process_for_each_item(engine):
  found = dict(engine.map(test_engines.process, 'ab'))
  assert sorted(found) == ['a', 'b']
  assert len({os.getpid()} | {process for process, _ in found.values()}) == 3
  assert {folder for _, folder in found.values()} == {os.getcwd()}


def test_a_lost_process_costs_one_attempt(engine, tmp_path):
  path = str(tmp_path / 'seen')
  found = dict(engine.map(test_engines.dies, [path, None]))
  assert found[path] == 'done' and isinstance(found[None], engines.Lost)


def test_a_cluster_that_is_not_there_is_one_line(engine):
  address = '127.0.0.1:%d' % processes.free_ports(1)[0]
  with pytest.raises(RunError, match='no cluster of Ray at ' + address):
    list(engines.named('ray:' + address).map(test_engines.process, 'a'))


def test_an_error_ends_the_whole(engine):
  with pytest.raises(UsageError, match='not [ab]'):
    list(engine.map(test_engines.refuses, 'ab'))
