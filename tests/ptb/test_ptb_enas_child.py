"""The language model: its variables, their counts, which of them take part."""

import os

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.arc.recurrent_space import RecurrentSpace
from src.ptb import graphs, ptb_enas_child, ptb_enas_controller
from src.tf1 import tf
from tests import graph_helpers
from tests.ptb import golden

_DATA = os.path.join(os.path.dirname(__file__), '..', 'data')
_FINAL = RecurrentArc.parse('0 2 1 0 2 1 2 2 4 0 5 0 3 2 6 2')
# Windows follow from the step, and the state of a test is fed: the reference's
# variables for these are not needed.
_LEFT_OUT = {'start_idx', 'language_model/init_states/test/s'}


def _reference(name):
  with open(os.path.join(_DATA, name), encoding='utf-8') as lines:
    entries = [line.split() for line in lines if not line.startswith('#')]
  return {
    name: (
      dtype,
      [] if shape == '-' else [int(size) for size in shape.split(',')],
      trainable == 'yes',
    )
    for name, dtype, shape, trainable in entries
    if name not in _LEFT_OUT
  }


def _described(graph):
  trainable = set(tf.trainable_variables())
  return {
    v.op.name: (v.dtype.base_dtype.name, v.shape.as_list(), v in trainable)
    for v in graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)
  }


def _parameters(scope):
  return sum(v.shape.num_elements() for v in tf.trainable_variables(scope))


def test_variables_of_the_search_are_the_references(graph):
  config = ptb_enas_child.ChildConfig(10000, 200, RecurrentSpace(10))
  graphs.build(
    config,
    0,
    graphs.ChildTraining(128),
    ptb_enas_controller.ControllerConfig(9),
    graphs.ControllerTraining(num_aggregate=10),
  )
  assert _described(graph) == _reference('ptb_search.txt')
  assert ptb_enas_child.parameter_counts(config) == (16560000, 2880000)
  assert _parameters('child/') == 16560000
  assert _parameters('controller/') == 41344
  assert _parameters('') == 16601344


def test_variables_of_the_fixed_child_are_the_references(graph):
  config = ptb_enas_child.ChildConfig(10000, 800, RecurrentSpace(9), arc=_FINAL)
  graphs.build(config, 0, graphs.ChildTraining(64, averaging=True))
  assert _described(graph) == _reference('ptb_fixed.txt')
  assert ptb_enas_child.parameter_counts(config) == (20800000, 20800000)
  assert _parameters('') == 20800000
  wider = config._replace(hidden_size=850)
  assert ptb_enas_child.parameter_counts(wider)[0] == 22950000


@pytest.mark.parametrize('arc', [None, golden.FIXED])
def test_initial_values_are_uniform(arc):
  config = golden.child(arc=arc, init_range=0.3)
  ptb_enas_child.weights(config, tf.constant(golden.FIXED.tokens))
  ptb_enas_child.state(config, 2)
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
  assert not values.pop(config.scope + '/init_states/batch/s').any()
  for value in values.values():
    assert 0.2 < np.abs(value).max() <= 0.3


def test_only_the_selected_matrices_change():
  graph = golden.search()
  tokens = [0, 3, 1, 2, 0, 1]
  fed = golden.feeds(graph.train, {graph.arc: tokens})
  with graph_helpers.loaded_session(golden.search_values()) as session:
    before = graph_helpers.read_all(session)
    session.run(graph.train.update, fed)
    after = graph_helpers.read_all(session)
  for node in (1, 2, 3):
    name = 'child/rnn_cell/layer_%d/w' % node
    changed = (before[name] != after[name]).any(axis=(2, 3))
    place, activation = tokens[2 * node - 2 : 2 * node]
    expected = np.zeros([4, node], bool)
    expected[activation, place] = True
    np.testing.assert_array_equal(changed, expected)


def test_weight_dropout_masks_the_recurrent_half_and_the_nodes():
  keep = golden.ptb_enas_child.ptb_ops.KEEP_ALL._replace(w=1e-9)
  config = golden.child(arc=golden.FIXED, keep=keep)
  weights = ptb_enas_child.weights(config)
  outputs = ptb_enas_child.run(
    config,
    weights,
    tf.constant(golden.WINDOW[0]),
    tf.ones([2, 4]),
    lambda purpose: tf.constant([1, 2]),
  )
  values = golden.fixed_values()
  with graph_helpers.loaded_session(values) as session:
    states = session.run(outputs.outputs)
  # Without products the gates are open by half, and only node 0 has an input.
  w_prev = values['language_model/rnn_cell/w_prev'][:4]
  x = values['language_model/embedding/w'][golden.WINDOW[0][:, 0]]
  h, c = np.split(x.dot(w_prev), 2, axis=1)
  node = 1 + (np.tanh(h) - 1) / (1 + np.exp(-c))
  first = node / 2 + 0.25  # sigmoid
  expected = (first + first / 2 + node / 2) / 3  # tanh of it, relu of node 0
  np.testing.assert_allclose(states[0], expected, rtol=1e-5)
