"""All experiments of a set: what fails holds up no other."""

import csv
import json
import os
import subprocess
import sys

import pytest

from src.robustness import run_sweep
from src.run import engines, lock
from tests import tiny_runs
from tests.robustness import tiny

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))


@pytest.fixture
def place(tmp_path, monkeypatch):
  """An empty folder to work in, with two experiments of one's own."""
  monkeypatch.chdir(tmp_path)
  tiny_runs.write_data(tmp_path / 'data')
  mine = tmp_path / 'experiments' / 'mine'
  mine.mkdir(parents=True)
  for name, poison in (
    ('one', {'kind': 'identity'}),
    ('two', {'kind': 'dropout', 'rate': 0.5, 'count': 3}),
  ):
    text = json.dumps({'operations': ['conv_3x3', poison], 'bad_op_split': 1})
    (mine / (name + '.json')).write_text(text)
  return tmp_path


def _words(*more):
  words = ['sweep', '--set=mine', '--data_path=data'] + tiny.SIZES
  return words + ['--num_epochs=1'] + list(more)


def _table(place):
  with open(str(place / 'results' / 'mine.sweep.csv')) as file:
    return {row['experiment']: row for row in csv.DictReader(file)}


def test_it_goes_on_after_a_failure_and_when_started_again(
  place, capsys, monkeypatch
):
  monkeypatch.setattr(engines, 'Processes', lambda jobs: engines.Serial())
  folder = place / 'checkpoints' / 'mine.one'
  folder.mkdir(parents=True)
  with lock.held(str(folder)):
    assert run_sweep.main(_words()) == 1
  told = capsys.readouterr()
  assert '2 experiments, 2 to run' in told.out
  assert 'results/mine_one.log: error: checkpoints/mine.one is in u' in told.out
  assert told.err == (
    'error: failed: mine/one, seed 69; the same command tries them again\n'
  )
  table = _table(place)
  assert {name: row['state'] for name, row in table.items()} == {
    'one': 'failed',
    'two': 'concluded',
  }
  assert [table['one'][name] for name in ('epochs', 'val')] == ['0', '']
  assert 0 <= float(table['two']['test']) <= 1
  assert run_sweep.main(_words('--jobs=2')) == 0
  out = capsys.readouterr().out
  assert '2 experiments, 1 to run' in out
  assert '2 concluded, 0 failed: results/mine.sweep.csv' in out
  for ending, count in (('[0-9].csv', 2), ('.arcs.csv', 2)):
    found = (place / 'results').glob('mine_*+2*' + ending)
    assert len(list(found)) == count
  assert 'Epoch 0: Eval' in (place / 'results' / 'mine_two.log').read_text()


def test_seeds_and_experiments_of_several_sets(place, monkeypatch):
  """Each seed has all of them before the next one begins; nothing is twice."""
  started = []
  monkeypatch.setattr(
    run_sweep, '_sweep', lambda items, *_: started.extend(items)
  )
  only = '--only=removal/removal_3,two,two,mine/two,'
  assert run_sweep.main(_words(only, '--seeds=70,3,70', '--jobs=2')) == 0
  assert [item.name for item in started] == [
    ('removal', 'removal_3', '70'),
    ('mine', 'two', '70'),
    ('removal', 'removal_3', '3'),
    ('mine', 'two', '3'),
  ]
  assert started[-1].log == 'results/mine_two+seed3.log'
  assert run_sweep.driver.parse(started[0].words).seed == 70


@pytest.mark.slow
def test_processes_of_their_own(place):
  done = subprocess.run(
    [sys.executable, '-m', 'src.robustness.run_sweep']
    + _words('--jobs=2', '--only=two,one')[1:],
    cwd=str(place),
    env=dict(os.environ, PYTHONPATH=ROOT),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  assert done.returncode == 0, done.stderr
  assert {row['state'] for row in _table(place).values()} == {'concluded'}


@pytest.mark.parametrize(
  ('words', 'told'),
  [
    (['--set=nope'], "there is no set 'nope'"),
    (['--only=one,three'], "no experiment 'three': expected one, two"),
    (['--output_dir=x'], '--output_dir is for one experiment'),
    (['--derive=5'], '--derive is for one experiment'),
    (['--only=none/one'], "there is no set 'none'"),
    (['--seeds=1,x'], '--seeds=1,x: expected numbers'),
    (['--seeds=1', '--seed=2'], 'give one of them'),
    (['--jobs=0'], '--jobs=0: expected at least 1'),
    (['--child_num_layers=0'], '--child_num_layers=0: expected at least 1'),
  ],
)
def test_wrong_words_start_nothing(place, capsys, words, told):
  assert run_sweep.main(_words(*words)) == 2
  lines = capsys.readouterr().err.splitlines()
  assert len(lines) == 1 and told in lines[0]
  assert sorted(os.listdir(str(place))) == ['data', 'experiments']
