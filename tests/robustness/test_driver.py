"""The command line: words, names, exit codes."""

import csv
import os
import shlex
import signal
import subprocess
import sys
import time

import pytest

from src.robustness import driver
from src.robustness.task import target
from src.run import directory, lock
from src.use import latency
from tests import forked, tiny_runs
from tests.robustness import tiny

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
_HOLD = """
import sys
from src.run import lock
with lock.held(sys.argv[1]):
  print('held', flush=True)
  sys.stdin.read()
"""


def _settled(*words):
  flags = driver.parse(driver.arguments(['driver'] + list(words)))
  driver.check(flags)
  return flags


@pytest.mark.parametrize(
  ('words', 'expected'),
  [
    ([], ('baseline', 'space_0', 300)),
    (['poisoning', 'P1_006'], ('poisoning', 'P1_006', 300)),
    (['enas_poisoning', 'poisoning_0', '7'], ('poisoning', 'poisoning_0', 7)),
    (['enas_types', 'types_0', '2', '--seed=3'], ('neuralarts', 'types_0', 2)),
    (['removal', 'removal_2', '--num_epochs=9'], ('removal', 'removal_2', 9)),
  ],
)
def test_words(words, expected):
  flags = _settled(*words)
  assert (flags.set, flags.experiment, flags.num_epochs) == expected


def test_each_run_has_its_own_name():
  names = [
    (_settled('poisoning', 'poisoning_2B', *more).output_dir, more)
    for more in (
      [], ['--seed=70'], ['--controller=frozen', '--dedup_actions'],
      ['--compat=tf'], ['--skip_from_stem', '--dataset=cifar100'],
    )
  ]  # fmt: skip
  endings = ['', '+seed70', '+frozen+dedup', '+tf', '_cifar100+stem']
  assert [name for name, _ in names] == [
    os.path.join('checkpoints', 'poisoning.P2_036' + end) for end in endings
  ]
  flags = _settled('poisoning', 'P2_036', '--seed=70', '--results_dir=out')
  assert target(flags) == os.path.join('out', 'poisoning_P2_036+seed70')


@pytest.mark.parametrize(
  ('words', 'told'),
  [
    (['nope'], "there is no set 'nope': expected baseline, poisoning"),
    (['removal', 'x'], "no experiment 'x': expected removal_1, removal_2"),
    (['baseline', 'space_0', 'many'], "EPOCHS is 'many', expected a number"),
    (['baseline', 'space_0', '0'], '--num_epochs=0: expected at least 1'),
    (['baseline', 'space_0', '1', '2'], "unexpected word '2'"),
    (['--list', 'a', 'b'], '--list shows one set'),
    (['--controller=best'], 'controller'),
  ],
)
def test_wrong_words_are_one_line(words, told, tmp_path, capsys, monkeypatch):
  monkeypatch.chdir(tmp_path)
  assert driver.main(['driver'] + words) == 2
  lines = capsys.readouterr().err.splitlines()
  assert len(lines) == 1 and told in lines[0]
  assert not os.listdir(str(tmp_path))


def test_list(capsys):
  assert driver.main(['driver', '--list', 'removal']) == 0
  lines = capsys.readouterr().out.splitlines()
  assert lines[0] == 'removal: 5 experiments' and len(lines) == 6


@pytest.fixture(scope='module', autouse=True)
def _graphs():
  with tiny_runs.shared_graphs:
    yield


def test_a_run_is_concluded_once(tmp_path, capsys):
  """And says so when it is asked for again; --restart begins anew."""
  words = tiny.words(tmp_path, '--set=removal', '--experiment=removal_3')
  words += ['--num_epochs=1']
  assert driver.main(words) == 0
  # Its architectures are beside it.
  _, first = sorted((tmp_path / 'results').iterdir())
  assert first.name.startswith('removal_removal_3+2')
  assert str(first) in capsys.readouterr().out
  assert driver.main(words) == 0
  told = capsys.readouterr().out.splitlines()[-1]
  assert told == (
    'removal removal_3 is already concluded at epoch 1: %s; use --restart to '
    'start over' % first
  )
  assert driver.main(words + ['--seed=1']) == 2
  assert 'was made with --seed=69' in capsys.readouterr().err
  assert driver.main(words + ['--restart']) == 0
  assert len(list((tmp_path / 'results').iterdir())) == 4
  assert first.exists()


def test_one_process_at_a_time(tmp_path, capsys):
  """A15: the second one ends with 3 and names the holder; a kill frees."""
  words = tiny.words(tmp_path, '--num_epochs=1')
  flags = driver.parse(words)
  run = tmp_path / 'run'
  run.mkdir()
  holder = subprocess.Popen(
    [sys.executable, '-c', _HOLD, str(run)],
    cwd=ROOT,
    stdin=subprocess.PIPE,
    stdout=subprocess.PIPE,
    universal_newlines=True,
  )
  try:
    assert holder.stdout.readline() == 'held\n'
    assert driver.main(words) == 3
    told = capsys.readouterr().err
    assert 'is in use by process %d on ' % holder.pid in told
    assert directory.read_flags(flags.output_dir) is None
  finally:
    holder.kill()
    holder.communicate()
  with lock.held(str(run)):
    pass


@pytest.mark.slow
def test_a_run_is_taken_over_from_a_process_that_was_killed(tmp_path):
  """A15, A14: it goes on as if nothing had been."""
  words = tiny.words(tmp_path, '--num_epochs=2')
  straight = words + ['--output_dir=%s' % (tmp_path / 'straight')]
  assert driver.main(straight + ['--results_dir=%s' % (tmp_path / 'b')]) == 0
  words[0] = 'src.robustness.driver'
  process = forked.Process(words + ['--num_epochs=500'], tmp_path / 'out.txt')
  table = tmp_path / 'run' / 'results.csv'
  for _ in range(2400):
    if table.exists() and table.read_text().count('\n') > 1:
      break
    assert process.poll() is None
    time.sleep(0.05)
  assert driver.main(words) == 3
  process.kill()
  assert process.wait(60) == -signal.SIGKILL
  done = driver.epochs_done(driver.parse(words))
  words.append('--num_epochs=%d' % max(2, done))
  assert driver.main(words) == 0

  def _rows(name):
    with open(str(tmp_path / name / 'results.csv')) as file:
      return [dict(row, seconds=None) for row in csv.DictReader(file)][:2]

  assert len(_rows('run')) == 2 and _rows('run') == _rows('straight')


@pytest.mark.slow
def test_from_a_search_to_a_network_of_its_own(tmp_path, capsys):
  """What is derived is trained by the command that is printed then."""
  words = tiny.words(tmp_path, '--set=poisoning', '--experiment=P6P5_006')
  words += ['--num_epochs=1', '--report']
  assert driver.main(words) == 0
  report = (tmp_path / 'run' / 'report.html').read_text(encoding='utf-8')
  assert 'stretched 50' in report
  found = ['--mode=derive', '--checkpoint_path=%s' % (tmp_path / 'run')]
  assert driver.main(['driver', '--derive_samples=3'] + found) == 0
  line = capsys.readouterr().out.splitlines()[-1]
  script, *options = shlex.split(line)
  assert script == 'scripts/robustness.sh'
  assert '--experiment=P6P5_006' in options
  # With what poisons, whatever the best one has.
  arc = '7 9 1 11 0 1'
  (measured,) = latency.measure(str(tmp_path / 'run'), [arc])
  assert 0 < measured[0] < 1000
  options += ['--child_fixed_arc=' + arc, '--num_epochs=1', '--noreport']
  options += ['--child_out_filters=4', '--batch_size=8']
  options += ['--output_dir=%s' % (tmp_path / 'final')]
  assert driver.main(['driver'] + options) == 0
  log = (tmp_path / 'final' / 'stdout').read_text()
  assert 'test_accuracy: 0.' in log and 'Training controller' not in log
