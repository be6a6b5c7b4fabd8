"""Work in processes of its own: each item once, whatever ends a process."""

import os
import signal
import sys
import threading
import time
from multiprocessing import util

import pytest

from src.run import engines
from src.run.errors import Interrupted, UsageError


@pytest.fixture(autouse=True)
def path(monkeypatch):
  """Processes find these tests where others brought a package `tests` along.

  IPython puts such a folder on the path, whichever test imports it first.
  """
  own = [
    folder
    for folder in sys.path
    if not os.path.exists(os.path.join(folder, 'tests', '__init__.py'))
  ]
  monkeypatch.setattr(sys, 'path', own)


def process(item):
  return os.getpid(), os.getcwd()


def dies(path):
  """Each time, or only the first time where it has a path to remember that."""
  if path is None or not os.path.exists(path):
    if path is not None:
      open(path, 'w').close()
    os.kill(os.getpid(), signal.SIGKILL)
  return 'done'


def refuses(item):
  raise UsageError('not %s' % item)


def _fails(item):
  class Unknown(Exception):
    """Cannot be pickled."""

  raise Unknown('at %s' % item)


def _waits(path):
  def _save(number, frame):
    os.replace(path + '.begun', path + '.saved')
    sys.exit()

  signal.signal(signal.SIGTERM, _save)
  open(path + '.begun', 'w').close()
  time.sleep(60)


def test_a_fresh_process_for_each_item():
  ours = os.getpid(), os.getcwd()
  assert list(engines.Serial().map(process, 'ab')) == [('a', ours), ('b', ours)]
  found = dict(engines.Processes(1).map(process, 'ab'))
  assert sorted(found) == ['a', 'b']
  assert len({ours, *found.values()}) == 3


def _tidies_up(path):
  def _tidy():
    time.sleep(0.5)
    open(path, 'w').close()

  util.Finalize(None, _tidy, exitpriority=0)


def test_a_process_that_is_done_may_tidy_up(tmp_path):
  path = str(tmp_path / 'tidy')
  assert list(engines.Processes(1).map(_tidies_up, [path])) == [(path, None)]
  assert os.path.exists(path)


def test_a_lost_process_costs_one_attempt(tmp_path):
  path = str(tmp_path / 'seen')
  assert dict(engines.Processes(2).map(dies, [path, None])) == {
    path: 'done',
    None: engines.Lost('its process ended with exit code -9'),
  }


def _device(item):
  return os.environ.get('CUDA_VISIBLE_DEVICES')


def test_processes_share_devices():
  found = dict(engines.Processes(2, ['0', '3']).map(_device, 'ab'))
  assert sorted(found.values()) == ['0', '3']


def test_engines_by_name():
  assert isinstance(engines.named('serial'), engines.Serial)
  assert isinstance(engines.named('local:2'), engines.Processes)
  for wrong in ('local', 'local:0', 'locl:2', 'serial:2', ''):
    with pytest.raises(UsageError, match='local:N for N processes'):
      engines.named(wrong)


@pytest.mark.parametrize(
  ('function', 'message'), [(refuses, 'not a'), (_fails, 'Unknown: at a')]
)
def test_an_error_ends_the_whole(function, message):
  with pytest.raises(Exception, match=message):
    list(engines.Processes(1).map(function, 'ab'))


def test_a_signal_has_all_save(tmp_path):
  paths = [str(tmp_path / name) for name in 'abc']

  def _kill():
    while not all(os.path.exists(path + '.begun') for path in paths[:2]):
      time.sleep(0.01)
    os.kill(os.getpid(), signal.SIGTERM)

  threading.Thread(target=_kill, daemon=True).start()
  with pytest.raises(Interrupted, match='SIGTERM; the same command goes on'):
    list(engines.Processes(2).map(_waits, paths))
  assert sorted(os.listdir(str(tmp_path))) == ['a.saved', 'b.saved']
