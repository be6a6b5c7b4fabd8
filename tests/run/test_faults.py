"""Faults in real processes: whatever happens, the run ends up the same.

Each test compares with one run that nothing happened to: all variables, the
tables and the log, bit for bit. `fault_driver` strikes between any two file
operations; where, is drawn from fixed seeds.
"""

import collections
import contextlib
import os
import random
import shutil
import signal
import subprocess

import numpy as np
import pytest

from src.cifar10 import main
from src.run import checkpoints
from tests import forked, tiny_runs
from tests.AEROBI import tiny_runs as codebrim_runs
from tests.ptb import tiny_ptb

SETTINGS = tiny_runs.SEARCH + tiny_runs.COSINE
# The program and the settings of each kind of search.
PROGRAMS = {
  'macro': ('src.cifar10.main', SETTINGS),
  'micro': (
    'src.cifar10.main',
    tiny_runs.MICRO_SEARCH + tiny_runs.COSINE + ['--child_num_cells=1'],
  ),
  'codebrim': ('src.AEROBI.main', codebrim_runs.SEARCH + tiny_runs.COSINE),
  'ptb': (
    'src.ptb.main',
    tiny_ptb.SEARCH[1:]
    + ['--controller_shared_batch', '--controller_baseline=leave_one_out'],
  ),
}
FILES = ['stdout', 'metrics.csv', 'architectures.csv']
Result = collections.namedtuple('Result', ['returncode', 'said', 'out'])

NEWEST, BEFORE = 'model.ckpt-6', 'model.ckpt-4'
DATA = '.data-00000-of-00001'


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('faults')


@pytest.fixture(scope='module')
def data_path(folder):
  return tiny_runs.write_data(folder / 'data')


@pytest.fixture(scope='module')
def straight(folder, data_path):
  """The run that nothing happens to."""
  tiny_runs.run(tiny_runs.arguments(SETTINGS, data_path, folder / 'straight'))
  return folder / 'straight'


@pytest.fixture(scope='module')
def stopped(folder, data_path):
  """The same run, stopped after two child steps of its second epoch."""
  argv = tiny_runs.arguments(SETTINGS, data_path, folder / 'stopped')
  flags, _ = tiny_runs.parse(argv)
  tiny_runs.train(flags, lambda position: position == (1, 0, 2))
  return folder / 'stopped'


@pytest.fixture
def half(stopped, tmp_path):
  """A copy of it."""
  shutil.copytree(str(stopped), str(tmp_path / 'half'))
  flags = tmp_path / 'half' / 'flags.json'
  flags.write_text(
    flags.read_text().replace(str(stopped), str(tmp_path / 'half'))
  )
  return tmp_path / 'half'


@pytest.fixture(scope='module')
def process(folder):
  """Runs a program in a process of its own, see `fault_driver`."""
  said = folder / 'said'

  def _process(data_path, out, event='0', number=0, search='macro', size=0):
    module, flags = PROGRAMS[search]
    words = ['tests.run.fault_driver', event, str(int(number)), str(size)]
    words += [module] + tiny_runs.arguments(flags, data_path, out)[1:]
    said.write_text('')
    started = forked.Process(words, os.devnull, said)
    return Result(started.wait(300), said.read_text(), out)

  return _process


@pytest.fixture(scope='module')
def resume(data_path):
  """Runs the program here, where graphs are shared; gives its code."""

  def _resume(out):
    with tiny_runs.shared_graphs:
      return main.main(tiny_runs.arguments(SETTINGS, data_path, out))

  return _resume


def _assert_equal(out, straight):
  for name in FILES:
    assert tiny_runs.text(out, name) == tiny_runs.text(straight, name), name
  wanted, found = map(tiny_runs.variables, (straight, out))
  assert sorted(found) == sorted(wanted)
  for name, value in wanted.items():
    np.testing.assert_array_equal(found[name], value, name)
  last = checkpoints.find(str(out))[-1]
  assert last.state['position'] == [2, 0, 0]
  assert checkpoints.damage(last) is None


def _lines(text):
  """What a program said on stderr, without what other libraries say there."""
  ours = ('error: ', 'stopped by ', 'interrupted', 'Traceback', 'fault: ')
  return [line for line in text.splitlines() if line.startswith(ours)]


def _strike(process, folder, data_path, straight, moments, search='macro'):
  """Has processes struck, each going on where the last one was.

  A run that is complete before that is compared, and another one begun.

  Args:
    moments: list of (signal, event), one for each strike.

  Returns:
    list of (the driver's line, Result), one for each strike.
  """
  faults, runs = [], 1
  while True:
    number, event = (moments + [(0, '0')])[len(faults)]
    out = folder / ('run_%d' % runs)
    result = process(data_path, out, event, number, search)
    found = [line for line in _lines(result.said) if line[:6] == 'fault:']
    if found:
      faults.append((found[0], result))
      continue
    assert result.returncode == 0, result.said
    _assert_equal(out, straight)
    if len(faults) == len(moments):
      return faults
    runs += 1


@pytest.mark.slow
def test_eight_kills(process, tmp_path, data_path, straight):
  dice = random.Random(20)
  kinds = [('save:', 70), ('steps:', 250), ('save:', 30), ('', 350)] * 2
  moments = [stage + str(dice.randint(1, most)) for stage, most in kinds]
  faults = _strike(
    process,
    tmp_path,
    data_path,
    straight,
    [(signal.SIGKILL, moment) for moment in moments],
  )
  assert [result.returncode for _, result in faults] == [-signal.SIGKILL] * 8
  stages = [line.split(', ')[1].split(':')[0] for line, _ in faults]
  assert stages.count('save') >= 4
  assert stages.count('steps') >= 2
  assert len({line for line, _ in faults}) == 8, 'the moments differ'


@pytest.mark.slow
@pytest.mark.parametrize('search', ['micro', 'codebrim', 'ptb'])
def test_other_searches_are_killed_too(process, tmp_path, data_path, search):
  written_by = {'codebrim': codebrim_runs, 'ptb': tiny_ptb}
  if search in written_by:
    data_path = written_by[search].write_data(tmp_path / 'data')
  straight = tmp_path / 'straight'
  assert process(data_path, straight, search=search).returncode == 0
  dice = random.Random(search)
  moments = [
    (number, stage + str(dice.randint(1, 60)))
    for number, stage in ((signal.SIGTERM, 'steps:'), (signal.SIGKILL, 'save:'))
  ]
  faults = _strike(process, tmp_path, data_path, straight, moments, search)
  assert [result.returncode for _, result in faults] == [143, -signal.SIGKILL]


@pytest.mark.slow
def test_four_times_sigterm(process, tmp_path, data_path, straight):
  moments = ['steps:7', 'steps:90', 'save:14', 'steps:21']
  faults = _strike(
    process,
    tmp_path,
    data_path,
    straight,
    [(signal.SIGTERM, moment) for moment in moments],
  )
  for line, result in faults:
    assert result.returncode == 143, line
    assert _lines(result.said)[1:] == [
      'stopped by SIGTERM and saved in %s; the same command goes on from here'
      % result.out
    ]


def test_sigint_is_130(process, resume, half, data_path, straight):
  result = process(data_path, half, 'steps:5', signal.SIGINT)
  assert result.returncode == 130
  assert _lines(result.said)[1:] == [
    'stopped by SIGINT and saved in %s; the same command goes on from here'
    % half
  ]
  assert tuple(checkpoints.find(str(half))[-1].state['position']) == (1, 0, 3)
  assert resume(half) == 0
  _assert_equal(half, straight)


@pytest.mark.parametrize(
  ('number', 'code', 'moment', 'name'),
  [
    (signal.SIGTERM, -signal.SIGTERM, 2, 'after a session run'),
    (signal.SIGTERM, -signal.SIGTERM, 8, 'writing model.ckpt-7.json.part'),
    (signal.SIGINT, 130, 6, 'fsync of model.ckpt-7.index'),
  ],
)
def test_a_second_signal_ends_at_once(
  process, resume, half, data_path, straight, number, code, moment, name
):
  events = 'steps:5,save:%d' % moment
  result = process(data_path, half, events, number)
  assert result.returncode == code
  lines = _lines(result.said)
  assert ' save: ' in lines[1] and name in lines[1]
  assert lines[2:] == (['interrupted'] if number == signal.SIGINT else [])
  last = checkpoints.find(str(half))[-1]
  assert last.prefix == str(half / NEWEST)
  assert checkpoints.damage(last) is None
  assert resume(half) == 0
  _assert_equal(half, straight)


def _flip(path):
  content = bytearray(path.read_bytes())
  content[len(content) // 2] ^= 0x10
  path.write_bytes(bytes(content))


def _truncate(path):
  path.write_bytes(path.read_bytes()[:-9])


def test_no_byte_of_a_mark_may_change(half):
  """A mark that still reads as JSON, but says another step, is damaged."""
  mark = half / (NEWEST + '.json')
  content = mark.read_bytes()
  unnoticed = []
  for place in range(len(content.rstrip())):
    changed = bytearray(content)
    changed[place] ^= 1
    mark.write_bytes(bytes(changed))
    warnings = []
    checkpoints.newest_good(str(half), warnings.append)
    if len(warnings) != 1:
      unnoticed.append(bytes(changed[max(0, place - 9) : place + 1]))
    with contextlib.suppress(FileNotFoundError):
      (half / (NEWEST + '.json.damaged')).unlink()
  assert unnoticed == []


@pytest.mark.parametrize(
  ('ending', 'harm', 'reason'),
  [
    (DATA, _flip, NEWEST + DATA + ' is damaged'),
    ('.index', _flip, NEWEST + '.index is damaged'),
    ('.json', _flip, NEWEST + '.json is damaged'),
    (DATA, _truncate, NEWEST + DATA + ' is damaged'),
    ('.json', _truncate, NEWEST + '.json is damaged'),
    ('.index', lambda path: path.unlink(), NEWEST + '.index is missing'),
    (DATA, lambda path: path.unlink(), NEWEST + DATA + ' is missing'),
  ],
)
def test_the_newest_is_damaged(half, ending, harm, reason):
  harm(half / (NEWEST + ending))
  warnings = []
  good = checkpoints.newest_good(str(half), warnings.append)
  assert good.prefix == str(half / BEFORE)
  assert warnings == [_passed_over(half, reason)]


def _passed_over(half, reason):
  return 'warning: the checkpoint %s is passed over, because %s; %s is used' % (
    half / NEWEST,
    reason,
    half / BEFORE,
  )


def test_a_run_goes_on_from_the_one_before(half, resume, straight, capsys):
  _flip(half / (NEWEST + DATA))
  assert resume(half) == 0
  assert [
    line
    for line in capsys.readouterr().out.splitlines()
    if line.startswith('warning:')
  ] == [_passed_over(half, NEWEST + DATA + ' is damaged')]
  _assert_equal(half, straight)


def test_the_list_for_other_tools_may_be_garbage(
  half, resume, straight, capsys
):
  (half / 'checkpoint').write_bytes(b'\x00\xffgarbage')
  assert resume(half) == 0
  out = capsys.readouterr().out
  assert 'warning:' not in out
  assert 'Going on from %s\n' % (half / NEWEST) in out
  _assert_equal(half, straight)
  assert 'model.ckpt-8"' in (half / 'checkpoint').read_text()


def test_all_are_damaged(half, resume, capsys):
  marks = sorted(half.glob('model.ckpt-*.json'))
  assert len(marks) == 3
  for mark in marks:
    _flip(mark.with_suffix(DATA))
  before = tiny_runs.snapshot(half)
  assert resume(half) == 1
  error = capsys.readouterr().err
  assert len(_lines(error)) == 1
  assert error.startswith(
    'error: none of the checkpoints in %s is whole (' % half
  )
  for mark in marks:
    assert mark.stem + DATA + ' is damaged' in error
  after = tiny_runs.snapshot(half)
  assert after.pop('lock') != b''
  assert after == {k: v for k, v in before.items() if k != 'lock'}


@pytest.mark.parametrize('what', ['stdout', 'checkpoint'])
def test_no_file_may_grow(process, resume, half, data_path, straight, what):
  size = 300000
  if what == 'stdout':
    size = (half / 'stdout').stat().st_size + 150
  assert size < (half / (NEWEST + DATA)).stat().st_size
  result = process(data_path, half, size=size)
  assert result.returncode == 1
  name = 'stdout' if what == 'stdout' else 'model.ckpt-8-controller-0'
  lines = _lines(result.said)
  assert len(lines) == 1 and 'cannot write' in lines[0], result.said
  assert '%s: ' % (half / name) in lines[0]
  assert 'File too large' in lines[0]
  assert checkpoints.newest_good(str(half), pytest.fail).prefix == str(
    half / NEWEST
  )
  assert resume(half) == 0
  _assert_equal(half, straight)


@contextlib.contextmanager
def _small_disk(place):
  """A disk of 8 MB in memory, mounted inside."""
  place.mkdir()
  done = subprocess.run(
    ['mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', str(place)],
    stdout=subprocess.PIPE,
    stderr=subprocess.STDOUT,
    universal_newlines=True,
  )
  if done.returncode:
    pytest.skip('a test may not mount a disk here: ' + done.stdout.strip())
  try:
    yield place
  finally:
    subprocess.run(['umount', '--lazy', str(place)], check=True)


def _fill(path, left):
  """Fills a disk but for some bytes with one file."""
  disk = os.statvfs(str(path.parent))
  with open(str(path), 'wb') as file:
    file.write(bytes(disk.f_bavail * disk.f_frsize - left))


@pytest.mark.parametrize(
  ('left', 'name'), [(0, 'flags.json'), (300000, 'model.ckpt-8-controller-0')]
)
def test_disk_full(
  process, resume, tmp_path, stopped, data_path, straight, left, name
):
  with _small_disk(tmp_path / 'disk') as disk:
    shutil.copytree(str(stopped), str(disk / 'run'))
    _fill(disk / 'filler', left)
    result = process(data_path, disk / 'run')
    assert result.returncode == 1, result.said
    lines = _lines(result.said)
    assert len(lines) == 1, result.said
    assert lines[0].startswith('error: cannot write'), lines
    assert '%s: ' % (disk / 'run' / name) in lines[0]
    assert 'No space left on device' in lines[0]
    good = checkpoints.newest_good(str(disk / 'run'), pytest.fail)
    assert good.prefix == str(disk / 'run' / NEWEST)
    (disk / 'filler').unlink()
    assert resume(disk / 'run') == 0
    _assert_equal(disk / 'run', straight)
