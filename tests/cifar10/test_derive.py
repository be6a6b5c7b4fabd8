"""`--mode=derive`: what is sampled, how it is ranked, what is written."""

import csv
import html
import json
import os
import pathlib
import shlex
import shutil
import subprocess

import numpy as np
import pytest

from src.arc import (
  ChannelMacroArc,
  MacroArc,
  count_multiply_adds,
  count_parameters,
)
from src.cifar10 import config, evaluate, main
from src.run import checkpoints
from src.run import session as session_lib
from src.view import log, report
from tests import tiny_runs

pytestmark = pytest.mark.usefixtures('shared_graphs')
COLUMNS = [
  'rank', 'arc', 'times_sampled', 'valid_accuracy', 'num_correct',
  'num_examples', 'parameters', 'multiply_adds',
]  # fmt: skip

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
# What a shell would take apart.
DATA = "My $HOME's data"


@pytest.fixture(scope='module')
def search(tmp_path_factory):
  """The folder of a tiny search."""
  folder = tmp_path_factory.mktemp('derive')
  data = tiny_runs.write_data(folder / DATA)
  out = folder / "A $search's"
  argv = tiny_runs.arguments(tiny_runs.SEARCH, data, out)
  assert main.main(argv) == 0
  return out


def _derive(capsys, where, *words):
  """Runs the mode; returns what it printed, as lines."""
  capsys.readouterr()
  argv = ['main.py', '--mode=derive', '--checkpoint_path=%s' % where]
  assert main.main(argv + list(words)) == 0
  return capsys.readouterr().out.splitlines()


def _read(path):
  with open(str(path)) as file:
    rows = list(csv.reader(file))
  assert rows[0] == COLUMNS
  return [dict(zip(COLUMNS, row)) for row in rows[1:]]


@pytest.mark.parametrize('source', ['controller', 'random'])
def test_every_sample_is_scored_and_ranked(tmp_path, capsys, search, source):
  out = tmp_path / 'out.csv'
  words = ['--derive_samples=60', '--derive_from=' + source]
  lines = _derive(capsys, search, '--derive_output=%s' % out, *words)
  rows = _read(out)
  assert [row['rank'] for row in rows] == [
    str(rank) for rank in range(1, len(rows) + 1)
  ]
  # Two operations and three skip bits: only 64 networks, so some come twice.
  arcs = [MacroArc.parse(row['arc'], 3, 2) for row in rows]
  assert len(set(arcs)) == len(arcs) < 60
  assert sum(int(row['times_sampled']) for row in rows) == 60
  accuracies = [float(row['valid_accuracy']) for row in rows]
  assert accuracies == sorted(accuracies, reverse=True)
  for row, accuracy in zip(rows, accuracies):
    assert row['num_examples'] == '16'
    arc = MacroArc.parse(row['arc'], 3, 2)
    assert int(row['parameters']) == count_parameters(arc, 4)
    assert int(row['multiply_adds']) == count_multiply_adds(arc, 4)
    assert accuracy == int(row['num_correct']) / 16.0
  who = {
    'controller': 'sampled from the controller',
    'random': 'drawn at random',
  }[source]
  assert lines == [
    '60 architectures %s, %d of them distinct: %s' % (who, len(rows), out),
    'Best: valid_accuracy %.4f (%s/16)'
    % (accuracies[0], rows[0]['num_correct']),
    'scripts/cifar10_macro_final.sh --output_dir=outputs/final '
    "--child_fixed_arc='%s' --data_path=%s --num_classes=10 "
    '--child_img_size=32 '
    '--child_num_layers=3 --child_num_branches=2'
    % (rows[0]['arc'], shlex.quote(str(search.parent / DATA))),
  ]

  # The same numbers as evaluating these very architectures gives.
  listed = tmp_path / 'arcs.txt'
  listed.write_text('\n'.join(row['arc'] for row in rows))
  argv = ['main.py', '--mode=eval', '--checkpoint_path=%s' % search]
  argv += ['--eval_arcs_file=%s' % listed]
  assert main.main(argv + ['--eval_output=%s' % (tmp_path / 'eval.csv')]) == 0
  with open(str(tmp_path / 'eval.csv')) as file:
    evaluated = [row['accuracy'] for row in csv.DictReader(file)]
  assert evaluated == [row['valid_accuracy'] for row in rows]


@pytest.fixture
def shell(tmp_path):
  """Function of a command: its arguments as a shell hands them to Python."""
  shutil.copytree(str(ROOT / 'scripts'), str(tmp_path / 'scripts'))
  (tmp_path / 'scripts' / 'bootstrap.sh').write_text('#!/bin/sh\n')
  fake = tmp_path / 'bin' / 'python'
  fake.parent.mkdir()
  fake.write_text('#!/bin/sh\nprintf "%s\\0" "$@"\n')
  fake.chmod(0o755)

  def words_of(command):
    shown = subprocess.run(
      ['bash', '-c', command],
      cwd=str(tmp_path),
      env=dict(os.environ, ENAS_VENV=str(tmp_path)),
      stdout=subprocess.PIPE,
      check=True,
    ).stdout.decode('utf-8')
    return shown.split('\0')[2:-1]

  return words_of


def test_what_it_prints_trains_on_the_same_data(
  tmp_path, capsys, search, shell
):
  out = tmp_path / 'out.csv'
  words = ['--derive_samples=2', '--derive_output=%s' % out]
  words = shell(_derive(capsys, search, *words)[-1])
  # Later flags win: the published settings, in small.
  words += ['--child_out_filters=4', '--batch_size=8', '--num_epochs=1']
  words += ['--output_dir=%s' % (tmp_path / 'final'), '--noreport']
  assert main.main(['main.py'] + words) == 0
  with open(str(tmp_path / 'final' / 'flags.json')) as file:
    flags = json.load(file)
  assert flags['child_fixed_arc'] == _read(out)[0]['arc']
  assert flags['data_path'] == str(search.parent / DATA)


def test_what_the_report_prints_is_run_as_it_is(capsys, search, shell):
  def commands():
    text = report.page(log.load(str(search)), str(search))
    return html.unescape(text).split('<pre>')[1:]

  derive = next(c.split('</pre>')[0] for c in commands() if '=derive ' in c)
  python, rest = derive.split(' ', 1)
  assert python.endswith('bin/python')
  words = shell('bin/python ' + rest)
  capsys.readouterr()
  assert main.main(['main.py'] + words + ['--derive_samples=2']) == 0
  printed = capsys.readouterr().out.splitlines()[-1]
  # What it trains is what derive says, and that is trained above.
  (train,) = [c.split('</pre>')[0] for c in commands() if '_final.sh' in c]
  assert shell(train) == shell(printed)
  (search / 'derived.csv').unlink()


def test_the_same_seed_derives_the_same(tmp_path, capsys, search):
  tables = []
  for number, seed in enumerate((0, 0, 5)):
    out = tmp_path / str(number)
    _derive(
      capsys, search, '--derive_samples=9', '--derive_output=%s' % out,
      '--seed=%d' % seed,
    )  # fmt: skip
    tables.append(out.read_text())
  assert tables[0] == tables[1] != tables[2]


def test_files_lie_beside_the_checkpoint(capsys, search):
  before = tiny_runs.snapshot(search)
  for source, name in (
    ('controller', 'derived.csv'),
    ('random', 'derived_random.csv'),
  ):
    lines = _derive(
      capsys, search, '--derive_samples=2', '--derive_from=' + source
    )
    assert lines[0].endswith(str(search / name))
    assert 1 <= len(_read(search / name)) <= 2
    (search / name).unlink()
  assert tiny_runs.snapshot(search) == before


def test_the_report_of_the_search_is_written_anew(capsys, search):
  (search / 'report.html').write_text('old')
  _derive(capsys, search, '--derive_samples=2')
  best = _read(search / 'derived.csv')[0]
  text = html.unescape((search / 'report.html').read_text(encoding='utf-8'))
  assert "--child_fixed_arc='%s' " % best['arc'] in text
  # What lies in the way of it ends nothing.
  (search / 'report.html').write_text('old')
  (search / 'report.html.part').mkdir()
  _derive(capsys, search, '--derive_samples=2')
  assert (search / 'report.html').read_text() == 'old'
  (search / 'report.html.part').rmdir()
  for name in ('report.html', 'derived.csv'):
    (search / name).unlink()


def test_each_sample_has_a_key_of_its_own():
  seen = {}

  class _Session:
    def run(self, fetch, feeds):
      del fetch
      seen.setdefault('keys', []).append(feeds['key'])
      return np.array([0, 1, 1])

  graph = type('Graph', (), {'sample': type('S', (), {'arc': 'arc'})(),
                             'sample_key': 'key'})()  # fmt: skip
  space = type('Space', (), {'from_tokens': staticmethod(tuple)})()
  arcs = evaluate.Scorer(_Session(), graph, None, 4, space, None).sample(3)
  assert arcs == [(0, 1, 1)] * 3
  assert len({key[0] for key in seen['keys']}) == 1
  assert [key[1] for key in seen['keys']] == [0, 1, 2]


def test_a_controller_that_is_sure_derives_one_architecture(
  tmp_path, capsys, monkeypatch, search
):
  real = checkpoints.restore

  def _restore(session, prefix):
    """The checkpoint, with a controller that always says 1 and no skips."""
    real(session, prefix)
    named = session_lib.variables(session.graph)
    values = {}
    for name, variable in named.items():
      if name.startswith('controller/'):
        values[name] = np.zeros(variable.shape.as_list(), np.float32)
    ones = np.ones_like(values['controller/lstm/layer_0/w'])
    values['controller/lstm/layer_0/w'] = ones
    values['controller/g_emb'] += 1
    values['controller/emb/w'] += 1
    values['controller/softmax/w'][:, 1] = 99
    values['controller/attention/w_2'] += 1
    # The logits of no and yes are -q and q.
    values['controller/attention/v'] -= 99
    session_lib.load(session, values)

  monkeypatch.setattr(checkpoints, 'restore', _restore)
  out = tmp_path / 'out.csv'
  # Without the squashing of logits, which leaves some chance to all choices.
  words = ['--derive_samples=20', '--controller_tanh_constant=99']
  _derive(capsys, search, '--derive_output=%s' % out, *words)
  (row,) = _read(out)
  assert (row['arc'], row['times_sampled']) == ('1 1 0 1 0 0', '20')


def test_random_architectures_are_of_the_flags_space():
  draw = np.random.RandomState(3)

  def random(*words):
    settings = tiny_runs.SEARCH + ['--child_num_branches=6'] + list(words)
    flags, _ = tiny_runs.parse(tiny_runs.arguments(settings, 'd', 'o'))
    return [config.space(flags).random(draw) for _ in range(300)]

  whole = random()
  assert {op for arc in whole for op in arc.ops} == set(range(6))
  skips = np.mean([arc.num_skips / 3.0 for arc in whole])
  assert abs(skips - 0.5) < 0.06
  connection = random('--search_for=connection')
  assert {op for arc in connection for op in arc.ops} == {0}
  assert len({arc.skips for arc in connection}) == 8
  partial = random('--nocontroller_search_whole_channels')[0]
  assert isinstance(partial, ChannelMacroArc)
  assert (partial.num_branches, partial.num_filters) == (6, 4)


def _refused(capsys, code, *words):
  capsys.readouterr()
  assert main.main(['main.py', '--mode=derive'] + list(words)) == code
  shown = capsys.readouterr()
  assert shown.out == '' and shown.err.count('\n') == 1
  return shown.err[:-1]


def test_what_cannot_be_derived_is_one_line(tmp_path, capsys, search):
  where = '--checkpoint_path=%s' % search
  assert _refused(capsys, 2) == (
    'error: --checkpoint_path is needed: a checkpoint or a run directory'
  )
  assert _refused(capsys, 2, where, '--derive_samples=0') == (
    'error: --derive_samples=0: expected at least 1'
  )
  assert _refused(
    capsys, 2, where, '--child_fixed_arc=0 1 1 0 0 1',
    '--nocontroller_training',
  ) == (
    'error: --mode=derive needs the checkpoint of a search; a fixed network '
    'has its one architecture'
  )  # fmt: skip


def test_a_place_that_cannot_be_written_is_found_before_the_work(
  tmp_path, capsys, monkeypatch, search
):
  monkeypatch.setattr(checkpoints, 'restore', None)
  where = '--checkpoint_path=%s' % search
  target = tmp_path / 'no' / 'out.csv'
  assert (
    _refused(
      capsys, 1, where, '--derive_samples=1', '--derive_output=%s' % target
    )
    == 'error: cannot write %s: No such file or directory' % target
  )
