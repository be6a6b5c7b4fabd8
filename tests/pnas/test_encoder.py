"""The encoder by the reference's names: steps, files, lines, going on."""

import csv
import os
import types

import numpy as np
import pytest

from src.arc import ArcError
from src.pnas import recipes
from src.pnas.encoder import ControllerManager, Encoder
from src.pnas.state_space import StateSpace
from src.run import session as session_lib
from src.run.errors import RunError, UsageError
from src.tf1 import tf

TWO = ['3x3 maxpool', '1x7-7x1 conv']
SIX = ['3x3 dconv', '5x5 dconv', '7x7 dconv'] + TWO[::-1] + ['3x3 avgpool']
QUICK = recipes.MLP._replace(epochs=20, members=2)


def _space(B, operators=TWO):
  return StateSpace(B, operators, 0, 0)


def _encoder(folder, B=3, K=8, operators=TWO, **options):
  options.setdefault('log', lambda line: None)
  return Encoder(
    None,
    _space(max(B, 1), operators),
    B=B,
    K=K,
    directory=str(folder),
    **options,
  )


def _table(folder, name):
  with open(str(folder / name), encoding='utf-8', errors='strict') as file:
    return list(csv.reader(file))


def test_a_session_may_be_given_first():
  with session_lib.open_session(tf.get_default_graph()) as session:
    encoder = Encoder(session, _space(2), B=2, K=4)
    assert encoder.predictor.session is session
    name = 'controller/policy_network/scorer/kernel'
    assert name in session_lib.variables(session.graph)
    encoder.close()
    assert session.run(tf.constant(3)) == 3
  own = ControllerManager(_space(2), B=2, K=4)
  assert own.predict(own.state_space.children).shape == (4,)
  own.close()


def test_steps_of_the_reference_and_its_lines(tmp_path):
  lines = []
  encoder = _encoder(
    tmp_path, 2, 6, train_iterations=3, controller_cells=4, log=lines.append
  )  # fmt: skip
  assert [np.ravel(of).tolist() for of in encoder.get_actions()] == [
    [0, 0, 0, 0], [0, 0, 0, 1], [0, 1, 0, 0], [0, 1, 0, 1]
  ]  # fmt: skip
  assert len(encoder.get_actions(top_k=3)) == 3
  loss = encoder.train_step(np.linspace(0.2, 0.6, 4))
  assert encoder.global_step == 12
  assert encoder.loss == loss and 0 < loss < 0.2
  assert lines[:4] == [
    'Controller: Number of training steps required for this stage : 12',
    'Controller: Begin training epoch 1',
    'Controller: Begin training - B = 1',
    'Controller: Finished training epoch 1 / 3 of B = 1 / 1',
  ]
  assert encoder.b_ == 1
  encoder.update()
  assert encoder.b_ == 2 and len(encoder.state_space.children) == 6
  encoder.train(np.linspace(0.3, 0.5, 6))
  assert encoder.global_step == 12 + 30
  assert [len(of) for of in encoder.children_history] == [4, 6]
  assert [len(of) for of in encoder.score_history] == [4, 6]
  encoder.update()
  assert encoder.b_ == 2 and 'Max B' in lines[-1]


def test_every_500_scores_are_told(tmp_path):
  lines = []
  encoder = _encoder(
    tmp_path, 2, 4, SIX, recipe=QUICK, log=lines.append
  )  # fmt: skip
  encoder.update_step()
  assert [line.split(' = ')[0] for line in lines] == [
    'Scored 500 models. Current model score',
    'Scored 1000 models. Current model score',
  ]
  rows = _table(tmp_path, 'scores_2.csv')
  assert lines[0].endswith('%0.4f' % float(rows[499][0]))


def test_scores_are_in_the_order_of_expansion_and_the_best_are_kept(tmp_path):
  encoder = _encoder(tmp_path, recipe=QUICK)
  encoder.train_step([0.1, 0.4, 0.4, 0.6])
  encoder.update_step()
  rows = _table(tmp_path, 'scores_2.csv')
  assert len(rows) == 16 and {len(row) for row in rows} == {9}
  assert rows[0][1:] == ['0', TWO[0]] * 4
  assert rows[1][1:] == ['0', TWO[0]] * 3 + ['0', TWO[1]]
  scores = [float(row[0]) for row in rows]
  kept = encoder.predict(encoder.state_space.children)
  assert len(kept) == 8 and (np.diff(kept) <= 0).all()
  np.testing.assert_allclose(kept, sorted(scores)[:-9:-1], rtol=1e-6)
  assert encoder.state_space.children[0] == [0, TWO[1]] * 4


def test_without_k_all_are_kept(tmp_path):
  encoder = _encoder(tmp_path, 3, None, recipe=QUICK)
  for _ in range(3):
    encoder.update_step()
  assert [len(_table(tmp_path, 'scores_%d.csv' % b)) for b in (2, 3)] == [
    16,
    64,
  ]
  assert len(encoder.state_space.children) == 64
  assert not (tmp_path / 'scores_4.csv').exists()


@pytest.mark.parametrize('append, count', [(False, 16), (True, 32)])
def test_a_second_run_writes_anew_or_behind(tmp_path, append, count):
  for _ in range(2):
    _encoder(tmp_path, recipe=QUICK, append=append).update_step()
  assert len(_table(tmp_path, 'scores_2.csv')) == count


@pytest.mark.parametrize('recipe', [None, QUICK])
def test_a_restored_one_goes_on_as_if_nothing_had_been(tmp_path, recipe):
  def _begin(folder, **options):
    return _encoder(
      folder, recipe=recipe, train_iterations=2, controller_cells=5, **options
    )

  levels, steps = [[0.1, 0.4, 0.4, 0.6], np.linspace(0.3, 0.6, 8)], []
  events = types.SimpleNamespace(
    scalars=lambda step, **values: steps.append(step)
  )
  whole = _begin(tmp_path / 'whole', seed=3, events=events)
  stopped = _begin(tmp_path / 'stopped', seed=3)
  for encoder in (whole, stopped):
    encoder.train_step(levels[0])
  stopped.close()
  lines = []
  # Its seed is the checkpoint's, too.
  resumed = _begin(
    tmp_path / 'stopped', seed=4, restore_controller=True, log=lines.append
  )
  assert lines == ['Loading Controller Checkpoint !']
  resumed.children_history = stopped.children_history
  resumed.score_history = stopped.score_history
  for encoder in (whole, resumed):
    encoder.update_step()
    encoder.train_step(levels[1])
    encoder.update_step()
  assert whole.global_step == resumed.global_step
  assert steps == ([20, 40] if recipe else [8, 32])
  assert whole.state_space.children == resumed.state_space.children
  for name in ('scores_2.csv', 'scores_3.csv'):
    assert _table(tmp_path / 'whole', name) == _table(
      tmp_path / 'stopped', name
    )
  names = os.listdir(str(tmp_path / 'stopped' / 'weights'))
  assert {'controller.ckpt-1.index', 'controller.ckpt-2.index'} <= set(names)


def test_a_smaller_b_is_restored_by_input_b(tmp_path):
  options = {'controller_cells': 3, 'train_iterations': 1}
  _encoder(tmp_path, 2, 4, **options).train_step([0.1, 0.2, 0.3, 0.4])
  with pytest.raises(RunError, match='input_embeddings is .*input_B'):
    _encoder(tmp_path, 4, 4, restore_controller=True, **options)
  larger = _encoder(
    tmp_path, 4, 4, restore_controller=True, input_B=2, **options
  )  # fmt: skip
  assert larger.global_step == 4
  for _ in range(3):
    larger.update_step()
  assert larger.b_ == 4 and len(larger.state_space.children[0]) == 16


def test_nothing_to_restore_is_no_error(tmp_path):
  lines = []
  _encoder(tmp_path, recipe=QUICK, restore_controller=True, log=lines.append)
  assert not lines


def test_children_that_failed_teach_nothing(tmp_path):
  encoder = _encoder(tmp_path, recipe=QUICK)
  encoder.train_step([0.1, None, float('nan'), 0.6])
  assert encoder.score_history[0].tolist() == np.float32([0.1, 0.6]).tolist()
  assert encoder.children_history[0][:, 0, 1].tolist() == [0, 1]


def test_spearman_of_each_level(tmp_path):
  encoder = _encoder(tmp_path, recipe=QUICK._replace(epochs=100))
  encoder.train_step([0.1, 0.4, 0.4, 0.6])
  assert _table(tmp_path, 'spearman.csv')[1][3] == ''
  encoder.update_step()
  # What was foretold comes true.
  encoder.train_step(encoder.predict(encoder.state_space.children))
  rows = _table(tmp_path, 'spearman.csv')
  assert rows[0] == ['level', 'predictor', 'train', 'extrapolation', 'n']
  # A member has seen two of the four.
  assert rows[1][:2] == ['1', 'mlp x2'] and float(rows[1][2]) > 0
  assert rows[1][3:] == ['1.0000', '4']
  assert rows[2][:2] == ['2', 'mlp x2'] and rows[2][3:] == ['', '12']


def test_wrong_numbers_are_one_line(tmp_path):
  encoder = _encoder(tmp_path, controller_cells=3)
  with pytest.raises(RunError, match='3 rewards are given for 4 children'):
    encoder.train_step([0.1] * 3)
  with pytest.raises(ArcError, match='block 0, op_1'):
    encoder.predict([[0, '9x9 conv', 0, TWO[0]]])
  with pytest.raises(ArcError, match='has 4 entries, expected 8'):
    encoder.predict([[0, TWO[0]] * 4, [0, TWO[0]] * 2])
  for options in ({'B': 0}, {'K': 0}, {'input_B': 4}):
    with pytest.raises(UsageError, match='%s=' % list(options)[0]):
      _encoder(tmp_path, **options)
  with pytest.raises(UsageError, match='a state space'):
    Encoder(None)
