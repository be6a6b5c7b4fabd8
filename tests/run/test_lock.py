"""One process per run directory, whatever became of the one before."""

import json
import os
import socket
import subprocess
import sys

import pytest

from src.cifar10 import main
from src.run import directory, lock
from src.run.errors import RunError
from tests import tiny_runs

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
_HOLD = """
import sys
from src.run import lock
with lock.held(sys.argv[1]):
  print('held', flush=True)
  sys.stdin.read()
"""


@pytest.fixture
def other(tmp_path):
  """A process that holds the lock of `tmp_path` until its stdin ends."""
  process = subprocess.Popen(
    [sys.executable, '-c', _HOLD, str(tmp_path)],
    cwd=ROOT,
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    universal_newlines=True,
  )
  assert process.stdout.readline() == 'held\n'
  yield process
  process.kill()
  process.communicate()


def _refusal(path, pid):
  return (
    '%s is in use by process %d on %s: wait for it, stop it, or choose '
    'another --output_dir' % (path, pid, socket.gethostname())
  )


def _assert_free(path):
  with lock.held(str(path)):
    pass


def test_the_file_names_the_holder(tmp_path):
  with lock.held(str(tmp_path)):
    content = json.loads((tmp_path / 'lock').read_text())
  assert content == {'pid': os.getpid(), 'host': socket.gethostname()}


def test_twice_in_one_process(tmp_path):
  with lock.held(str(tmp_path)):
    with pytest.raises(RunError) as caught:
      with lock.held(str(tmp_path)):
        raise AssertionError('held twice')
    assert str(caught.value) == _refusal(tmp_path, os.getpid())
    content = json.loads((tmp_path / 'lock').read_text())
    assert content['pid'] == os.getpid(), 'the refused one wrote nothing'
  _assert_free(tmp_path)


def test_another_process_is_named_and_its_end_frees(tmp_path, other):
  with pytest.raises(RunError) as caught:
    _assert_free(tmp_path)
  assert str(caught.value) == _refusal(tmp_path, other.pid)
  other.communicate()
  assert other.returncode == 0
  _assert_free(tmp_path)


def test_a_killed_process_frees(tmp_path, other):
  other.kill()
  other.wait()
  content = json.loads((tmp_path / 'lock').read_text())
  assert content['pid'] == other.pid, 'its file is left behind'
  with lock.held(str(tmp_path)):
    content = json.loads((tmp_path / 'lock').read_text())
    assert content['pid'] == os.getpid()


@pytest.mark.parametrize('content', ['', '{"pid": 1', '[]', 'x' * 5000])
def test_a_stale_file_is_taken_over(tmp_path, content):
  (tmp_path / 'lock').write_text(content)
  with lock.held(str(tmp_path)):
    found = json.loads((tmp_path / 'lock').read_text())
    assert found == {'pid': os.getpid(), 'host': socket.gethostname()}


def test_an_unreadable_holder_is_another_process(tmp_path, other):
  (tmp_path / 'lock').write_text('{')
  with pytest.raises(RunError, match='is in use by another process: wait'):
    _assert_free(tmp_path)
  assert other.poll() is None


def test_an_exception_frees(tmp_path):
  with pytest.raises(ZeroDivisionError):
    with lock.held(str(tmp_path)):
      raise ZeroDivisionError
  _assert_free(tmp_path)


def test_no_directory(tmp_path):
  missing = tmp_path / 'missing'
  with pytest.raises(RunError) as caught:
    _assert_free(missing)
  assert str(caught.value) == (
    'cannot write %s: No such file or directory' % (missing / 'lock')
  )


def test_no_room_for_the_file(tmp_path):
  """One clear error, not a traceback."""
  script = """
import resource, sys
from src.run import directory, lock
from src.run.errors import exit_code_of
resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
def hold():
  with lock.held(sys.argv[1]):
    print('held')
sys.exit(exit_code_of(hold))
"""
  result = subprocess.run(
    [sys.executable, '-c', script, str(tmp_path)],
    cwd=ROOT,
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  assert result.returncode == 1
  assert result.stderr == (
    'error: cannot write %s: File too large\n' % (tmp_path / 'lock')
  )
  assert result.stdout == ''


@pytest.mark.parametrize('more', [[], ['--reset_output_dir']])
def test_a_run_in_use_is_left_alone(tmp_path, other, capsys, more):
  """Also by what would delete it."""
  data_path = tiny_runs.write_data(tmp_path / 'data')
  argv = tiny_runs.arguments(tiny_runs.FIXED, data_path, tmp_path, *more)
  flags, _ = tiny_runs.parse(
    tiny_runs.arguments(tiny_runs.FIXED, data_path, tmp_path)
  )
  flags.num_classes = 10  # as the data say
  directory.write_flags(str(tmp_path), vars(flags))
  (tmp_path / 'stdout').write_text('a log\n')
  before = tiny_runs.snapshot(tmp_path)
  assert main.main(argv) == 3
  assert capsys.readouterr().err == (
    'error: %s\n' % _refusal(tmp_path, other.pid)
  )
  assert tiny_runs.snapshot(tmp_path) == before
