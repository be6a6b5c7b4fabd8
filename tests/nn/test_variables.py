"""Variables: their collections, initial values and the initialisers."""

import numpy as np
import pytest

from src.nn import variables
from src.run import session as sessions
from src.tf1 import tf
from tests import graph_helpers


def test_initial_values_come_from_outside_the_graph():
  with tf.variable_scope('child'):
    variables.create('w', [2, 3], variables.constant(1.5))
    variables.create('count', [], variables.constant(7), dtype='int32')
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
  assert set(values) == {'child/w', 'child/count'}
  np.testing.assert_array_equal(values['child/w'], np.full([2, 3], 1.5))
  assert values['child/w'].dtype == np.float32
  assert values['child/count'] == 7 and values['child/count'].dtype == np.int32


def test_a_variable_costs_four_nodes(graph):
  variables.create('w', [3, 3, 8, 8], variables.he_normal)
  assert len(graph.get_operations()) == 4


def test_a_slot_costs_three_nodes(graph):
  weight = variables.create('w', [3, 2], variables.ones)
  before = len(graph.get_operations())
  slot = variables.slot(weight, 'Momentum')
  assert len(graph.get_operations()) == before + 3
  assert slot.op.name == 'w/Momentum' and slot.shape.as_list() == [3, 2]
  assert tf.global_variables() == [weight, slot]
  assert tf.trainable_variables() == [weight]
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
    np.testing.assert_array_equal(values['w/Momentum'], np.zeros([3, 2]))
    sessions.load(session, {'w/Momentum': np.full([3, 2], 4.0)})
    values = graph_helpers.read_all(session)
  np.testing.assert_array_equal(values['w/Momentum'], np.full([3, 2], 4.0))
  np.testing.assert_array_equal(values['w'], np.ones([3, 2]))


def test_a_slot_is_there_once():
  weight = variables.create('w', [2], variables.ones)
  variables.slot(weight, 'Momentum')
  with pytest.raises(ValueError, match='variable w/Momentum exists already'):
    variables.slot(weight, 'Momentum')


def test_create_again_returns_the_same_variable():
  with tf.variable_scope('child', reuse=tf.AUTO_REUSE):
    first = variables.create('w', [2], variables.zeros)
    assert variables.create('w', [2], variables.ones) is first
  values = variables.initial_values(0)
  assert list(values) == ['child/w']
  np.testing.assert_array_equal(values['child/w'], [0, 0])


def test_collections():
  weight = variables.create('weight', [1], variables.zeros)
  state = variables.create('state', [1], variables.zeros, trainable=False)
  total = variables.create(
    'total', [1], variables.zeros, trainable=False, saved=False
  )
  assert tf.trainable_variables() == [weight]
  assert tf.global_variables() == [weight, state]
  assert tf.local_variables() == [total]
  assert set(sessions.variables(tf.get_default_graph())) == {
    'weight',
    'state',
    'total',
  }


def test_initial_values_depend_on_seed_and_name_alone(graph):
  with tf.variable_scope('child'):
    variables.create('a', [4, 4], variables.he_normal)
    variables.create('b', [4, 4], variables.he_normal)
  with tf.Graph().as_default() as other, tf.variable_scope('child'):
    variables.create('first', [9], variables.uniform(1.0))
    variables.create('b', [4, 4], variables.he_normal)
  values = variables.initial_values(3, graph)
  others = variables.initial_values(3, other)
  np.testing.assert_array_equal(values['child/b'], others['child/b'])
  assert not np.any(values['child/a'] == values['child/b'])
  assert not np.any(
    values['child/b'] == variables.initial_values(4, graph)['child/b']
  )


def test_load_changes_only_the_variables_it_is_given():
  variables.create('a', [2], variables.ones)
  variables.create('b', [2], variables.ones)
  with graph_helpers.loaded_session() as session:
    sessions.load(session, {'a': [5, 6]})
    values = graph_helpers.read_all(session)
  np.testing.assert_array_equal(values['a'], [5, 6])
  np.testing.assert_array_equal(values['b'], [1, 1])


def test_constant_takes_an_array():
  variables.create('b', [1, 4], variables.constant([10, 10, 0, 0]))
  np.testing.assert_array_equal(
    variables.initial_values(0)['b'], [[10, 10, 0, 0]]
  )


def test_uniform_fills_its_interval():
  draws = variables.uniform(0.1)(np.random.RandomState(0), [100000])
  assert -0.1 <= draws.min() < -0.0999 and 0.0999 < draws.max() <= 0.1
  np.testing.assert_allclose(draws.std(), 0.2 / 12**0.5, rtol=0.01)


@pytest.mark.parametrize(
  'shape, stddev',
  [
    ([5, 40000], 0.6325),
    ([3, 3, 64, 512], 0.0589),
    ([5, 5, 512, 1], 0.0125),
  ],
)
def test_he_normal_spread(shape, stddev):
  draws = variables.he_normal(np.random.RandomState(0), shape)
  assert draws.shape == tuple(shape)
  # Of that many draws the spread is this exact, with room for five sigmas.
  tolerance = 5 / np.sqrt(2 * draws.size)
  np.testing.assert_allclose(draws.std(), stddev, rtol=tolerance + 2e-3)
  assert abs(draws.mean()) < 5 * stddev / np.sqrt(draws.size)


def test_he_normal_is_cut_at_two_sigmas_of_the_whole_normal():
  draws = variables.he_normal(np.random.RandomState(0), [5, 40000])
  largest = np.abs(draws).max() / np.sqrt(2 / 5)
  assert 2.273 < largest < 2.27370
  # Nothing piles up there: outliers are drawn anew, not clipped.
  assert np.mean(np.abs(draws) > 2.2 * np.sqrt(2 / 5)) < 0.01


def test_shared_constant_is_one_node(graph):
  first = variables.shared_constant(0.1)
  with tf.name_scope('layer'), tf.control_dependencies([tf.constant(0)]):
    again = variables.shared_constant(0.1)
    other = variables.shared_constant(0.2)
  assert again is first
  assert other.op.control_inputs == [] and other.op.name.count('/') == 0
  assert [op.type for op in graph.get_operations()] == ['Const'] * 3
  with sessions.open_session(graph) as session:
    assert session.run([first, other]) == [np.float32(0.1), np.float32(0.2)]


def test_a_shared_tensor_is_built_once(graph):
  built = []

  def _build():
    built.append(tf.constant(2.0) * 3.0)
    return built[-1]

  first = variables.shared('six', _build)
  with tf.name_scope('layer'), tf.control_dependencies([tf.constant(0)]):
    assert variables.shared('six', _build) is first
    other = variables.shared('also six', _build)
  assert built == [first, other]
  assert other.op.control_inputs == [] and other.op.name.count('/') == 0
  with sessions.open_session(graph) as session:
    assert session.run([first, other]) == [6.0, 6.0]
