"""Extraction: the original's outputs byte for byte, and what it lacked."""

import csv
import gzip
import os
import shutil
import subprocess
import sys

import numpy as np
import pytest

from src.arc import MicroArc
from src.view import extract, log
from tests import made_log

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
SCRIPT = os.path.join(ROOT, 'scripts', 'extractArcString.py')

# The worked example of the specification.
EXAMPLE = [
  '[5]', '[2 1]', '[3 0 0]', 'val_acc=0.0625', '[4]', '[4 1]', '[4 0 1]',
  'valid_accuracy: 0.1667', 'test_accuracy: 0.2000',
  'valid_accuracy: 0.1090', 'test_accuracy: 0.1531',
]  # fmt: skip
PRINTED = (
  '5\n2 1\n3 0 0\n\n\n4\n4 1\n4 0 1\n\n\n0.1667\n0.2\n0.109\n0.1531\n(2, 2)\n'
  'bv and bv_test\n0.1667\n0.2\n'
)


def _run(folder, *words, **environment):
  return subprocess.run(
    [sys.executable, SCRIPT] + list(words),
    cwd=str(folder),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
    env=dict(os.environ, **environment),
  )


@pytest.mark.parametrize(
  'words', [['--arc-length', '4'], ['--num_layers', '3'], []]
)
def test_the_worked_example_byte_for_byte(tmp_path, words):
  (tmp_path / 'log').write_text('\n'.join(EXAMPLE) + '\n')
  done = _run(tmp_path, '--stdout', 'log', *words)
  assert done.returncode == 0
  assert done.stdout == PRINTED
  rows = (tmp_path / 'arc_string_output.txt').read_bytes()
  assert rows == b'5\n2 1\n3 0 0\n4\n4 1\n4 0 1\n'
  for name, values in (('valid', [0.1667, 0.109]), ('test', [0.2, 0.1531])):
    array = np.load(str(tmp_path / (name + '_accuracy_array.npy')))
    assert array.dtype == np.float64 and array.tolist() == values
  # Beside the original's lines, on stderr.
  assert done.stderr == (
    '1 architectures: ./arcs.csv\n'
    'Best, on one batch: val_acc=0.0625, epoch ?\n'
    '--child_fixed_arc="5 2 1 3 0 0"\n'
  )


def test_the_number_of_rows_only_moves_the_gaps(tmp_path):
  (tmp_path / 'log').write_text('\n'.join(EXAMPLE) + '\n')
  done = _run(tmp_path, '--stdout', 'log', '--arc-length', '3')
  assert done.stdout.startswith('5\n2 1\n\n\n3 0 0\n4\n\n\n4 1\n4 0 1\n\n\n')


def test_a_directory_and_a_summary(tmp_path):
  (tmp_path / 'run').mkdir()
  made_log.write(tmp_path / 'run' / 'stdout', 3, 5)
  done = _run(tmp_path, '--stdout=run', '--out_dir', 'a/b', '--quiet')
  assert done.stderr == ''
  shown = log.load(str(tmp_path / 'run')).history.shown
  assert len(shown) == 30
  with open(str(tmp_path / 'a' / 'b' / 'arcs.csv')) as file:
    rows = list(csv.reader(file))
  assert rows[0] == ['epoch', 'index', 'arc', 'valid_accuracy']
  assert rows[1:] == [
    [str(s.epoch), str(s.index), str(s.arc), str(s.accuracy)] for s in shown
  ]
  best = max(s.accuracy for s in shown)
  winner = [s for s in shown if s.accuracy == best][-1]
  assert done.stdout == (
    '30 architectures: a/b/arcs.csv\n'
    'Best, on one batch: val_acc=%.4f, epoch %d\n'
    '--child_fixed_arc="%s"\n' % (best, winner.epoch, winner.arc)
  )


def test_cells(tmp_path):
  made_log.write(
    tmp_path / 'log', 2, make=lambda draw: MicroArc.random(5, 5, draw)
  )
  shown = []
  history = extract.extract(
    str(tmp_path / 'log'), str(tmp_path / 'out'), show=shown.append
  )
  assert len(history.shown) == 20
  rows = (tmp_path / 'out' / 'arc_string_output.txt').read_text().splitlines()
  assert len(rows) == 40 and all(len(row.split()) == 20 for row in rows)
  assert shown[:4] == [rows[0], rows[1], '\n', rows[2]]


def test_a_log_cut_off_anywhere_is_read(tmp_path):
  text = '\n'.join(made_log.search(1, 4, arcs_an_epoch=2)) + '\n'
  path = tmp_path / 'log'
  for cut in range(0, len(text), 7):
    path.write_text(text[:cut])
    history = extract.extract(
      str(path), str(tmp_path / 'out'), show=lambda line: None
    )
    assert history.skipped == []
    assert len(history.shown) <= 2
  assert len(history.valid) == 1


def test_no_accuracy_and_no_architecture(tmp_path):
  (tmp_path / 'log').write_text('words\n')
  done = _run(tmp_path, '--stdout', 'log')
  assert (done.returncode, done.stdout) == (1, '(0, 0)\n')
  assert done.stderr == 'The log shows no whole architecture.\n'


def test_what_is_passed_over_is_said(tmp_path):
  (tmp_path / 'log').write_text('[1]\n[2 7]\nval_acc=0.5000\n')
  done = _run(tmp_path, '--stdout', 'log')
  assert done.stderr.splitlines()[0].startswith('passed over: line 3: token 3')


def test_a_log_of_enas_lm_gzipped_and_cut_off(tmp_path, capsys):
  line = 'step=%d ent=5.9 ppl=26.9 rw=0.0%d bl=0.0 arc=[0 2 1 3]\n'
  data = gzip.compress(''.join(line % (i, i) for i in range(1, 9)).encode())
  (tmp_path / 'log.gz').write_bytes(data)
  words = ['--stdout', str(tmp_path / 'log.gz'), '--out_dir', str(tmp_path)]
  assert extract.main(words + ['--quiet']) == 0
  assert 'Best, on one batch: rw=0.0800' in capsys.readouterr().out
  (tmp_path / 'log.gz').write_bytes(data[:-9])
  assert extract.main(words) == 2
  error = capsys.readouterr().err
  assert 'cannot read %s' % (tmp_path / 'log.gz') in error
  assert error.count('\n') == 1


def test_errors_are_one_line(tmp_path):
  (tmp_path / 'log').write_text('\n'.join(EXAMPLE))
  (tmp_path / 'file').write_text('')
  for words, message in (
    (['--stdout', 'no'], "extractArcString.py: path to stdout doesn't exist: "
     'no\n'),
    ([], 'extractArcString.py: the following arguments are required: --stdout'
     '\n'),
    (['--stdout', 'log', '--num_layers', '0'], 'extractArcString.py: '
     '--num_layers, or --arc-length less 1, is 0, expected a whole number of '
     'at least 1\n'),
  ):  # fmt: skip
    done = _run(tmp_path, *words)
    assert (done.returncode, done.stdout, done.stderr) == (2, '', message)
  done = _run(tmp_path, '--stdout', 'log', '--out_dir', 'file/x')
  assert done.returncode == 2 and done.stderr.count('\n') == 1


def test_a_python_without_numpy_hands_over_to_the_project(tmp_path):
  scripts = tmp_path / 'scripts'
  scripts.mkdir()
  shutil.copy(SCRIPT, str(scripts))
  words = [sys.executable, '-S', '-s', str(scripts / 'extractArcString.py')]
  environment = {'PATH': os.environ['PATH']}

  def run():
    return subprocess.run(
      words + ['--stdout', 'x'],
      env=environment,
      stdout=subprocess.PIPE,
      stderr=subprocess.PIPE,
      universal_newlines=True,
    )

  done = run()
  assert done.returncode == 1
  assert done.stderr == (
    'extractArcString.py needs NumPy: run scripts/bootstrap.sh first\n'
  )
  python = tmp_path / '.venv' / 'bin' / 'python'
  python.parent.mkdir(parents=True)
  python.write_text('#!/bin/sh\necho "$@"\n')
  python.chmod(0o755)
  assert run().stdout == '%s --stdout x\n' % (scripts / 'extractArcString.py')
  # One that lacks NumPy itself is started once, not for ever.
  python.write_text('#!/bin/sh\nexec %s -S -s "$@"\n' % sys.executable)
  assert run().stderr == done.stderr


def test_310_epochs(tmp_path):
  path = made_log.write(tmp_path / 'log', 310, 2)
  done = _run(tmp_path, '--stdout', path, '--quiet')
  assert done.stdout.startswith('3100 architectures: ')


def test_a_reader_who_stops_listening_loses_no_file(tmp_path):
  made_log.write(tmp_path / 'log', 40)
  command = '%s %s --stdout log | head -2' % (sys.executable, SCRIPT)
  done = subprocess.run(
    ['bash', '-o', 'pipefail', '-c', command],
    cwd=str(tmp_path),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  assert (done.returncode, done.stderr) == (0, '')
  assert len((tmp_path / 'arcs.csv').read_text().splitlines()) == 401
  assert len(np.load(str(tmp_path / 'test_accuracy_array.npy'))) == 40
