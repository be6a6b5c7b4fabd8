"""A whole search: its files, that it goes on, and that engines agree."""

import json
import os

import numpy as np
import pytest

from src.arc import PnasArc
from src.pnas import explore, history
from src.run import program
from src.run.errors import RunError
from src.run.trainer import Diverged
from tests import tiny_runs
from tests.pnas import tiny_search


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return tiny_runs.write_data(tmp_path_factory.mktemp('images') / 'data')


@pytest.fixture(scope='module')
def whole(data, tmp_path_factory):
  """(directory, results) of a search."""
  out = tmp_path_factory.mktemp('whole') / 'out'
  with tiny_runs.shared_graphs:
    return out, tiny_search.searched(data, out)


def _found(results):
  """What must not depend on how a search ran."""
  return [result._replace(seconds=0.0, host='') for result in results]


def test_files_of_a_search(whole):
  out, results = whole
  assert [result.level for result in results] == [1, 1, 1, 2, 2]
  assert {result.status for result in results} == {'ok'}
  assert len({result.seed for result in results}) == tiny_search.CHILDREN
  assert {result.examples for result in results} == {tiny_runs.NUM_TRAIN}
  assert results[0].params == 130
  rows = tiny_search.lines(out, 'train_history.csv')
  assert rows[0].split(',')[1:] == ['0', '3x3 maxpool'] * 2
  assert [float(row.split(',')[0]) for row in rows] == [
    result.reward for result in results
  ]
  assert len(tiny_search.lines(out, 'history.jsonl')) == tiny_search.CHILDREN
  # Five networks of two blocks, each with all its inputs written; the best one
  # is trained, and the one that is least like it (--explore).
  scored = [line.split(',') for line in tiny_search.lines(out, 'scores_2.csv')]
  names = ['0', '3x3 maxpool', '1x7-7x1 conv']
  assert len(scored) == 5 and {len(row) for row in scored} == {9}
  cells = [[names.index(word) for word in row[1:]] for row in scored]
  kept = explore.chosen(
    np.reshape(cells, [5, 2, 4]), np.float32([row[0] for row in scored]), 2, 0.5
  )
  assert [row.split(',')[1:] for row in rows[3:]] == [
    scored[number][1:] for number in kept
  ]
  assert not os.path.exists(str(out / 'scores_3.csv'))
  assert tiny_search.lines(out, 'spearman.csv')[0].startswith('level,predictor')
  assert len(tiny_search.lines(out, 'avg_training_time.csv')) == 3
  best = max(results, key=lambda result: result.reward)
  arc = PnasArc.from_json(tiny_search.lines(out, 'best_cell.json')[0])
  assert arc.child() == best.cell and arc.cell == 'flat'
  # Of all checkpoints those of the best child are left.
  kept = list(out.glob('children/*/*/*/model.ckpt-*'))
  assert len({path.parent for path in kept}) == 1
  log = tiny_search.lines(out, 'stdout')
  assert log.count('Finished 3 out of 3 models ! ') == 1
  assert log[-1] == 'Finished !'


def test_a_search_that_was_killed_goes_on(whole, data, tmp_path, monkeypatch):
  train, begun = program.training, []

  def _killed(task, flags):
    begun.append(flags.child_fixed_arc)
    if len(begun) == 5:
      # After a step of the second child of two blocks.
      train(task, flags, lambda position: position.index == 1)
      raise KeyboardInterrupt
    train(task, flags)

  with tiny_runs.shared_graphs, monkeypatch.context() as patch:
    patch.setattr(program, 'training', _killed)
    with pytest.raises(KeyboardInterrupt):
      tiny_search.searched(data, tmp_path)
    done = tiny_search.lines(tmp_path, 'history.jsonl')
    with open(str(tmp_path / 'history.jsonl'), 'a') as file:
      file.write('{"level": 2, "ce')
    found = tiny_search.searched(data, '', '--resume=%s' % tmp_path)
  # Each was begun once, and the last one twice.
  assert len(begun) == tiny_search.CHILDREN + 1 and begun[4] == begun[5]
  assert tiny_search.lines(tmp_path, 'history.jsonl')[:4] == done
  assert _found(found) == _found(whole[1])
  for name in ('scores_2.csv', 'train_history.csv', 'spearman.csv'):
    expected = tiny_search.lines(whole[0], name)
    assert tiny_search.lines(tmp_path, name) == expected


@pytest.mark.parametrize('engine', ['local:2', 'ray'])
def test_engines_agree(whole, data, tmp_path, engine, monkeypatch):
  if engine == 'ray':
    # Newer ones put a token into the home folder.
    monkeypatch.setenv('RAY_AUTH_MODE', 'disabled')
    pytest.importorskip('ray')
  found = tiny_search.searched(data, tmp_path, '--engine=' + engine, '--B=1')
  assert _found(found) == _found(whole[1][:3])


def test_a_child_that_fails_ends_nothing(data, tmp_path, monkeypatch):
  train = program.training

  def _training(task, flags):
    if flags.child_fixed_arc == '0 0 0 1':
      flags.child_lr = 1e30  # with 1e6, Adam and batch norm stay finite
    train(task, flags)

  monkeypatch.setattr(program, 'training', _training)
  with tiny_runs.shared_graphs:
    results = tiny_search.searched(data, tmp_path)
  failed = results[1]
  assert (failed.status, failed.reward) == ('nan', 0.0)
  assert 'nan' in failed.failure and 'step' in failed.failure
  assert len(results) == tiny_search.CHILDREN
  assert tiny_search.lines(tmp_path, 'train_history.csv')[1].startswith('0.0,')
  # It is no example for the predictor.
  assert tiny_search.lines(tmp_path, 'spearman.csv')[1].endswith(',2')
  line = json.loads(tiny_search.lines(tmp_path, 'history.jsonl')[1])
  assert history.Result(**line) == failed


def test_where_all_children_fail_a_line_says_so(data, tmp_path, monkeypatch):
  def _training(task, flags):
    raise Diverged('child step 1: loss nan')

  monkeypatch.setattr(program, 'training', _training)
  words = ['--B=1', '--fit_on_failed']
  with pytest.raises(RunError, match='no training came to its end'):
    tiny_search.searched(data, tmp_path, *words)


def test_of_too_large_a_child_half_the_batch(data, tmp_path, monkeypatch):
  train, sizes = program.training, []

  def _training(task, flags):
    if flags.child_fixed_arc == '0 0 0 1':
      sizes.append(flags.batch_size)
      if flags.batch_size > 8:
        from src.tf1 import tf

        raise tf.errors.ResourceExhaustedError(None, None, 'OOM')
    train(task, flags)

  monkeypatch.setattr(program, 'training', _training)
  with tiny_runs.shared_graphs:
    results = tiny_search.searched(data, tmp_path, '--B=1')
  assert sizes == [16, 8]
  assert sorted(result.status for result in results) == ['ok'] * 3
