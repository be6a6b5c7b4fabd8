"""Predictors against slow NumPy, their sizes, fits and invariances."""

import numpy as np
import pytest

from src.pnas import recipes, tokens
from src.pnas.mlp import Mlp
from src.pnas.predictor import SCOPE, Predictor
from src.pnas.recurrent import Lstm
from src.run import session as session_lib
from src.run.errors import RunError
from src.tf1 import tf
from tests.pnas import slow_predictors

SMALL = {'embedding': 5, 'hidden': 6, 'limit': 0.7}
NETWORKS = {
  'mlp': Mlp(**SMALL),
  'symmetric': Mlp(symmetric=True, **SMALL),
  'lstm': Lstm(**SMALL),
  'pairs': Lstm(pairs=True, **SMALL),
}


def _cells(count, num_blocks, num_inputs=4, num_ops=3, seed=0):
  draw = np.random.RandomState(seed)
  sides = [
    draw.randint(size, size=[count, num_blocks])
    for size in (num_inputs, num_ops)
  ]
  return np.stack(sides * 2, -1) // [1, 1, 2, 2]


def _recipe(name, **changed):
  return recipes.Recipe(name, NETWORKS[name], members=1)._replace(**changed)


def _values(predictor, member=None):
  scope = SCOPE + '/' + ('predictor_%d/' % member if member is not None else '')
  return {
    name[len(scope) :]: value
    for name, value in predictor.session.run(predictor.variables()).items()
    if name.startswith(scope)
  }


def _slow(predictor, cells):
  values, network = _values(predictor), predictor.recipe.network
  if isinstance(network, Mlp):
    return [slow_predictors.mlp(values, cell) for cell in cells]
  return [slow_predictors.lstm(values, cell, network.pairs) for cell in cells]


def _fed(predictor, arrays):
  """The scores of the training graph, cells of all lengths in one batch."""
  network = predictor.recipe.network
  padded = tokens.padded([network.tokens(cells, 4) for cells in arrays])
  score = predictor.graph.get_tensor_by_name(SCOPE + '/rnn_score:0')
  return predictor.session.run(score, {predictor.members[0].tokens: padded})


@pytest.mark.parametrize('name', ['mlp', 'lstm', 'pairs'])
def test_scores_are_those_of_slow_numpy(name):
  predictor = Predictor(_recipe(name), 4, 3)
  arrays = [_cells(7, b, seed=b) for b in (1, 2, 5)]
  # Cells that begin alike share what was computed of their beginnings.
  arrays.append(np.concatenate([arrays[-1], arrays[-1][::2]]))
  arrays[-1][7:, -1] = arrays[-1][0, 0]
  slow = [_slow(predictor, cells) for cells in arrays]
  for cells, expected in zip(arrays, slow):
    found = predictor.predict(cells)
    assert found.shape == (len(cells),) and found.std() > 1e-3
    np.testing.assert_allclose(found, expected, rtol=1e-5)
  np.testing.assert_allclose(
    _fed(predictor, arrays), np.concatenate(slow), rtol=1e-5
  )


def test_what_scores_do_not_depend_on():
  cells = _cells(9, 3)
  turned, swapped = cells[:, ::-1], tokens.swapped(cells)
  found = {
    name: [
      np.allclose(predictor.predict(cells), predictor.predict(other), atol=1e-6)
      for other in (turned, swapped)
    ]
    for name, predictor in [
      (name, Predictor(_recipe(name), 4, 3)) for name in NETWORKS
    ]
  }
  assert found == {
    'mlp': [True, False],
    'symmetric': [True, True],
    'lstm': [False, False],
    'pairs': [False, False],
  }


def test_the_references_size_and_first_scores():
  """One LSTM for all devices (E12): its bias has 400 values, cuDNN's 800."""
  recipe = recipes.reference(cells=100)
  predictor = Predictor(recipe, 4, 7)
  shapes = {name: value.shape for name, value in _values(predictor).items()}
  assert (
    sum(
      v.shape.num_elements()
      for v in predictor.graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES)
    )
    == 56721
  )
  assert shapes['input_embeddings'] == (4, 20)
  assert shapes['lstm/kernel'] == (40, 400)
  assert shapes['lstm/bias'] == (400,)
  assert np.abs(predictor.predict(_cells(50, 3, 3, 6)) - 0.5).max() < 0.05


@pytest.mark.parametrize('recipe', [recipes.MLP, recipes.LSTM])
def test_the_papers_begin_with_the_mean_accuracy(recipe):
  recipe = recipe._replace(
    members=2, schedule=recipes.ByLevel(0.0, 0.0), epochs=1
  )
  predictor = Predictor(recipe, 6, 8)
  values = _values(predictor, 1)
  assert values['input_embeddings'].shape == (6, 100)
  assert values['op_embeddings'].shape == (8, 100)
  for table in (values['input_embeddings'], values['op_embeddings']):
    assert 0.095 < np.abs(table).max() <= 0.1
  if recipe.name == 'mlp':
    assert values['hidden/kernel'].shape == (400, 100)
  else:
    assert values['lstm/kernel'].shape == (100, 400)
  first = _cells(20, 1, 6, 8), np.linspace(0.8, 0.916, 20)
  predictor.fit([first])
  # The paper's mean: a bias of 1.8.
  np.testing.assert_allclose(_values(predictor, 1)['scorer/bias'], 1.8, 0.01)
  for num_blocks in range(1, 6):
    cells = _cells(64, num_blocks, 6, 8)
    assert np.abs(predictor.predict_each(cells) - 0.858).max() < 0.02


def test_rates_of_the_paper():
  predictor = Predictor(recipes.MLP._replace(epochs=1, members=1), 6, 8)
  levels = [(_cells(4, b), np.full(4, 0.5)) for b in (1, 2, 3)]
  rates = [predictor.fit(levels[:b]).rate for b in (1, 2, 3)]
  np.testing.assert_allclose(rates, [0.01, 0.002, 0.002])


def test_rates_of_the_reference():
  predictor = Predictor(recipes.reference(epochs=1, cells=3), 4, 7)
  rates = []
  for step in (0, 499, 500, 999, 1000):
    predictor.load({SCOPE + '/global_step': np.int32(step)})
    rates.append(predictor.fit([(_cells(1, 1), [0.5])]).rate)
    assert predictor.step == step + 1
  expected = [0.001, 0.001, 0.00098, 0.00098, 0.0009604]
  np.testing.assert_allclose(rates, expected, rtol=1e-6)


@pytest.mark.parametrize('loss', ['l1', 'mse'])
def test_loss_and_penalty(loss):
  recipe = _recipe('mlp', loss=loss, regularization=0.1, epochs=1)
  predictor = Predictor(recipe._replace(afresh=False), 4, 3)
  cells, labels = _cells(6, 2), np.linspace(0.1, 0.9, 6)
  difference = np.array(_slow(predictor, cells)) - labels
  values = _values(predictor)
  trained = [value for value in values.values() if value.ndim]
  squares = sum((value**2).sum() for value in trained)  # slots are zero
  fit = predictor.fit([(cells, labels)])
  error = np.mean(np.abs(difference) if loss == 'l1' else difference**2)
  np.testing.assert_allclose(fit.error, error, rtol=1e-4)
  np.testing.assert_allclose(fit.loss, error + 0.05 * squares, rtol=1e-4)


@pytest.mark.parametrize('name', ['mlp', 'lstm'])
def test_learns_which_operation_is_good(name):
  cells = _cells(40, 2)
  good = (cells[:, :, 1::2] == 2).mean((1, 2))
  recipe = _recipe(name, members=2, epochs=60, batch_size=16, swap=True)
  predictor = Predictor(recipe, 4, 3)
  fit = predictor.fit([(cells[:0, :1], good[:0]), (cells, good)])
  assert fit.error < 0.08 and fit.steps == 120
  larger = _cells(30, 3, seed=9)
  truth = (larger[:, :, 1::2] == 2).mean((1, 2))
  assert np.corrcoef(predictor.predict(larger), truth)[0, 1] > 0.8
  # Members differ: each has seen other cells.
  assert predictor.predict_each(larger).std(0).min() > 0


@pytest.mark.parametrize('name', ['mlp', 'lstm'])
def test_a_fit_depends_on_examples_and_seed_only(name):
  # More steps than a loop of TensorFlow's has in flight, 10.
  cells, labels = _cells(12, 3), np.linspace(0.2, 0.8, 12)
  recipe = _recipe(name, members=2, epochs=5)
  one, other = (Predictor(recipe, 4, 3, seed=s) for s in (3, 4))
  one.fit([(cells[:5], labels[:5])])
  first = [p.fit([(cells, labels)]) and p.predict(cells) for p in (one, other)]
  again = Predictor(recipe, 4, 3, seed=3)
  again.fit([(cells, labels)])
  np.testing.assert_array_equal(first[0], again.predict(cells))
  assert not np.array_equal(*first)


def test_several_live_in_a_session_that_is_handed_in():
  with session_lib.open_session(tf.get_default_graph()) as session:
    one, other = (
      Predictor(_recipe('mlp'), 4, 3, 1, session, scope)
      for scope in ('controller/policy_network', 'other')
    )
    cells = _cells(5, 1)
    before = other.predict(cells)
    one.fit([(cells, np.full(5, 0.9))])
    np.testing.assert_array_equal(other.predict(cells), before)
    one.close()
    assert one.predict(cells).mean() > 0.8
    assert not set(one.variables()) & set(other.variables())


@pytest.mark.parametrize(
  'cells, labels, message',
  [
    ([[[0, 3, 0, 0]]], [0.5], 'operation 3 of a cell is none of the 3'),
    ([[[0, 0, 4, 0]]], [0.5], 'input 4 of a cell is none of the 4'),
    ([[[-1, 0, 0, 0]]], [0.5], 'input -1 of a cell'),
    ([[[0, 0, 0]]], [0.5], r'the shape \[1, 1, 3\]'),
    ([[0, 0, 0, 0]], [0.5, 0.5], '2 accuracies are given for 1 cells'),
    ([[0, 0, 0, 0]], [float('nan')], 'is no number'),
    (np.zeros([0, 1, 4]), [], 'no accuracies'),
  ],
)
def test_what_cannot_be_learnt_from_is_one_line(cells, labels, message):
  predictor = Predictor(_recipe('mlp'), 4, 3)
  with pytest.raises(RunError, match=message):
    predictor.fit([(np.array(cells), labels)])
  assert predictor.predict(np.zeros([0, 2, 4])).shape == (0,)
