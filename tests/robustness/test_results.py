"""Tables of results: what counts as bad, and their names."""

import datetime

import numpy as np
import pytest

from src.arc import MacroArc
from src.robustness import results, sets
from src.run.errors import RunError


def _arc(ops):
  return MacroArc(ops, [[0] * layer for layer in range(len(ops))], 8)


def test_layers_are_counted():
  """A17: bad from the split on, means rounded to two decimals."""
  _, one = sets.find('poisoning', 'P6P3_002_100')
  arcs = [_arc([6, 0, 7, 5]), _arc([0] * 4), _arc([7] * 4)]
  assert results.layers(arcs, one.is_bad) == {
    'good_layers_avg': 2.0,
    'bad_layers_avg': 2.0,
    'good_layers_best': 2,
    'bad_layers_best': 2,
  }
  assert results.layers(arcs[:1] + arcs[1:] * 1 + arcs[1:2] * 4, one.is_bad)[
    'bad_layers_avg'
  ] == round(6 / 7.0, 2)
  _, typed = sets.find('neuralarts', 'T1_kd04')
  assert results.layers(arcs, typed.is_bad)['bad_layers_avg'] == 0.0


def test_entropies_of_a_decision():
  """By layers of 1, 2 and 3 choices: operation; operation, skips; and so on."""
  found = results.entropies([np.array([3.0, 2.0, 0.5, 1.0, 1.0]), [3.0]])
  assert found == {'entropy_op': (3 + 2 + 1 + 3) / 4.0, 'entropy_skip': 0.5}
  assert all(np.isnan(value) for value in results.entropies([]).values())


def test_a_table_becomes_the_last_one_once(tmp_path):
  target = str(tmp_path / 'out' / 'set_one')
  (tmp_path / results.FILE).write_text('val,controller\n0.5,rl\n')
  (tmp_path / results.ARCS_FILE).write_text('epoch,rank,arc\n0,1,0\n')
  assert results.publish(str(tmp_path), target) == target + '.csv.temp'
  now = datetime.datetime(2026, 11, 29, 9, 8, 7, 12)
  path = results.conclude(target, now)
  assert path == target + '+20261129T090807.000012.csv'
  with open(path[: -len('.csv')] + '.arcs.csv') as file:
    assert file.read() == 'epoch,rank,arc\n0,1,0\n'
  assert results.conclude(target, now) is None
  results.publish(str(tmp_path), target + '+uniform')
  other = results.conclude(target + '+uniform')
  assert results.concluded(target) == [path]
  assert results.concluded(target + '+uniform') == [other]
  assert results.read(path) == [{'val': 0.5, 'controller': 'rl'}]


def test_a_folder_that_cannot_be_written(tmp_path):
  (tmp_path / 'file').write_text('')
  (tmp_path / results.FILE).write_text('')
  with pytest.raises(RunError, match='cannot write .*file/a.csv.temp'):
    results.publish(str(tmp_path), str(tmp_path / 'file' / 'a'))
