"""Scores of a split: the exact match is that of --mode=eval, files say more."""

import contextlib
import csv
import os
import re
import sys

import numpy as np
import pytest

from src.AEROBI import codebrim, main, pipeline
from src.files import photo
from src.images import crop
from src.use import score, trained
from tests import terminal
from tests import tiny_runs as image_runs
from tests.AEROBI import made_codebrim, tiny_runs


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('score')


@pytest.fixture(scope='module')
def data(folder):
  return tiny_runs.write_data(folder / 'data')


@pytest.fixture(scope='module')
def run(folder, data):
  argv = image_runs.arguments(
    tiny_runs.FIXED, data, folder / 'run', '--num_epochs=1'
  )
  assert main.main(argv) == 0
  return str(folder / 'run')


def _fake(monkeypatch, size=16):
  """A network that sees only backgrounds, in the first pixel."""

  def predict(images):
    values = np.full([len(images), 6], 0.1, np.float32)
    values[:, 0] = images[:, 0, 0, 0] / 255
    return values

  @contextlib.contextmanager
  def opened(path, package=None):
    del path, package
    yield trained.Trained(predict, size, list(codebrim.CLASSES))

  monkeypatch.setattr(trained, 'opened', opened)


def _call(capsys, code, *argv):
  capsys.readouterr()
  assert score.main(list(argv)) == code
  return capsys.readouterr()


@pytest.mark.parametrize('split', ['valid', 'test'])
def test_exact_match_is_that_of_an_evaluation(
  run, data, split, tmp_path, capsys
):
  words = ['--checkpoint_path=' + run, '--data_path=' + data]
  table = str(tmp_path / 'eval.csv')
  more = ['--mode=eval', '--eval_split=' + split, '--eval_output=' + table]
  assert main.main(['main.py'] + words + more) == 0
  with open(table) as file:
    (row,) = csv.DictReader(file)
  wanted = row['num_correct'] + '/' + row['num_examples']
  shown = _call(capsys, 0, '--split=' + split, '--batch_size=5', *words)
  lines = shown.out.splitlines()
  start = lines.index('On %s:' % split)
  assert re.match(r'exact match 0\.\d{4} \(%s\)' % wanted, lines[start + 1])
  assert [line.split()[0] for line in lines[start + 3 : start + 10]] == [
    *codebrim.CLASSES, 'mean'
  ]  # fmt: skip
  assert any(line.startswith('0.95 ') for line in lines)
  assert sum(line.startswith('always answering ') for line in lines) == 1


def test_answers_are_of_each_image_once(data, monkeypatch):
  _fake(monkeypatch)
  split = codebrim.read(data, lambda line: None).test
  with trained.opened('') as network:
    reader = pipeline.evaluation(split, 3, network.size)
    found, labels = score.answers(network, reader, one_hot=False)
  np.testing.assert_array_equal(labels, split.labels)
  for row, path in zip(found, split.paths):
    window = crop.center_window(photo.read(path), 16)
    assert row[0] == pytest.approx(window[0, 0, 0] / 255)


def test_files(data, monkeypatch, tmp_path, capsys):
  _fake(monkeypatch)
  out = str(tmp_path / 'scores\udcfc')  # no UTF-8
  words = ['--checkpoint_path=x', '--data_path=' + data, '--out=' + out]
  shown = _call(capsys, 0, *words)
  assert shown.out.splitlines()[-1] == (
    r'written to %s/scores\udcfc' % tmp_path
  )
  assert sorted(os.listdir(out)) == [
    'classes.csv', 'confusion.csv', 'confusion.png', 'confusion.svg',
    'thresholds.csv',
  ]  # fmt: skip
  with open(os.path.join(out, 'classes.csv')) as file:
    rows = list(csv.DictReader(file))
  labels = codebrim.read(data, lambda line: None).test.labels
  assert [int(row['support']) for row in rows] == labels.sum(axis=0).tolist()
  assert rows[1]['recall'] == '0.000000' and rows[1]['precision'] == '-'
  with open(os.path.join(out, 'confusion.svg')) as file:
    assert 'SYNTHETIC' not in file.read()
  with open(os.path.join(out, 'thresholds.csv')) as file:
    assert len(file.readlines()) == 1 + 6 * 19


def test_pictures_of_synthetic_data_say_so(tmp_path, monkeypatch, capsys):
  _fake(monkeypatch)
  root = made_codebrim.write(tmp_path / 'made')
  (root / codebrim.NOTICE).write_text('SYNTHETIC')
  titles = []
  draw = score.confusion_picture.draw
  monkeypatch.setattr(
    score.confusion_picture,
    'draw',
    lambda found, title: titles.append(title) or draw(found, title),
  )
  _call(
    capsys, 0, '--checkpoint_path=x', '--data_path=%s' % root,
    '--out=%s' % (tmp_path / 'out'), '--split=train',
  )  # fmt: skip
  assert titles == ['What the network sees in the train images (SYNTHETIC)']


@pytest.mark.parametrize(
  'words, code, message',
  [
    (['--batch_size=0'], 2, '--batch_size must be at least 1'),
    (['--threads=0'], 2, '--threads must be at least 1'),
    (['--threshold=2'], 2, '--threshold=2: expected 0 to 1'),
    (['--data_path=no/such'], 1, 'there is no folder no/such'),
    (['--out=/dev/null/x'], 1, 'cannot write /dev/null/x: Not a directory'),
  ],
)
def test_bad_usage(data, monkeypatch, capsys, words, code, message):
  _fake(monkeypatch)
  shown = _call(
    capsys, code, '--checkpoint_path=x', '--data_path=' + data, *words
  )
  assert shown.err.startswith('error: ' + message)
  assert shown.err.count('\n') == 1


def test_a_place_that_cannot_be_written_is_refused_first(
  data, tmp_path, monkeypatch, capsys
):
  def opened(path, package):
    raise AssertionError('the network was opened')

  monkeypatch.setattr(trained, 'opened', opened)
  out = tmp_path / 'file'
  out.write_text('mine')
  words = ['--checkpoint_path=x', '--data_path=' + data, '--out=%s' % out]
  assert _call(capsys, 1, *words).err == (
    'error: cannot write %s: File exists\n' % out
  )
  assert out.read_text() == 'mine'


def test_damaged_images_are_named_or_left_out(tmp_path, monkeypatch, capsys):
  _fake(monkeypatch)
  root = made_codebrim.write(tmp_path / 'made', (4, 3, 3))
  names = codebrim.read(str(root), lambda line: None)
  for path in (names.train.paths[0], names.test.paths[1]):
    with open(path, 'wb'):
      pass
  problem = '1 unreadable images: %s is empty (0 bytes)' % names.test.paths[1]
  words = ['--checkpoint_path=x', '--data_path=%s' % root]
  shown = _call(capsys, 1, *words)
  assert shown.err.startswith('error: ' + problem)
  shown = _call(capsys, 0, '--skip_unreadable_images', *words)
  lines = shown.out.splitlines()
  assert 'skipped ' + problem in lines
  assert '/2) at threshold 0.5' in lines[lines.index('On test:') + 1]


def test_a_bar_on_a_terminal(data, monkeypatch, capsys):
  _fake(monkeypatch)
  screen = terminal.Terminal()
  monkeypatch.setattr(sys, 'stderr', screen)
  _call(capsys, 0, '--checkpoint_path=x', '--data_path=' + data)
  assert '1/1 [' in screen.getvalue() and 'batch' in screen.getvalue()


def test_images_reduced_too_far(tmp_path, monkeypatch, capsys):
  _fake(monkeypatch)
  root = made_codebrim.write(tmp_path / 'made')
  (root / codebrim.PREPARED).write_text('{"short_side": 12}')
  words = ['--checkpoint_path=x', '--data_path=%s' % root]
  error = _call(capsys, 2, *words).err
  assert error.startswith(
    'error: the network looks at 16 pixels, but the images in %s were reduced '
    'to a short side of 12: ' % root
  )
  assert 'src.AEROBI.prepare makes with --short_side=16 or' in error


def test_a_network_of_nan(data, monkeypatch, capsys):
  monkeypatch.setattr(
    score, 'answers', lambda *_: (np.full([7, 6], np.nan), np.zeros([7, 6]))
  )
  _fake(monkeypatch)
  shown = _call(capsys, 1, '--checkpoint_path=x', '--data_path=' + data)
  assert shown.err.startswith(
    'error: the network gives values that are no numbers: give an earlier --ch'
  )
