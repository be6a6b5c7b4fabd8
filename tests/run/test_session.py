"""Sessions and putting values into variables."""

import numpy as np
import pytest

from src.nn import variables
from src.run import session as session_lib
from src.run.errors import UsageError
from src.tf1 import tf


@pytest.fixture
def graph():
  graph = tf.Graph()
  with graph.as_default():
    variables.create('w', [2, 3], variables.ones)
    variables.create(
      'step', [], variables.zeros, trainable=False, dtype='int32'
    )
    variables.create('sum', [2], variables.zeros, False, saved=False)
  return graph


def test_global_and_local_variables_by_name(graph):
  found = session_lib.variables(graph)
  assert sorted(found) == ['step', 'sum', 'w']
  assert found['w'].shape.as_list() == [2, 3]


def test_load_sets_what_is_given_and_nothing_else(graph):
  with session_lib.open_session(graph) as session:
    session_lib.load(session, variables.initial_values(0, graph))
    values = np.arange(6, dtype=np.float32).reshape(2, 3)
    session_lib.load(session, {'w': values, 'step': 7})
    named = session_lib.variables(graph)
    found = session.run(named)
  np.testing.assert_array_equal(found['w'], values)
  assert found['step'] == 7
  np.testing.assert_array_equal(found['sum'], [0, 0])


def test_load_refuses_another_shape(graph):
  with session_lib.open_session(graph) as session:
    with pytest.raises(ValueError, match='shape'):
      session_lib.load(session, {'w': np.zeros([3, 2])})


def test_session_takes_gpu_memory_as_needed(graph):
  with session_lib.open_session(graph) as session:
    assert session.graph is graph
    config = session._config
  assert config.gpu_options.allow_growth
  assert config.allow_soft_placement


def test_has_gpu_asks_tensorflow(monkeypatch):
  for devices in ([], ['gpu:0']):
    monkeypatch.setattr(
      tf.config.experimental,
      'list_physical_devices',
      lambda kind, devices=devices: devices if kind == 'GPU' else ['cpu:0'],
    )
    assert session_lib.has_gpu() is bool(devices)


def test_a_number_of_threads_that_is_none(monkeypatch):
  monkeypatch.setenv(session_lib.THREADS, 'all')
  with pytest.raises(UsageError, match='ENAS_THREADS=all: expected a number'):
    session_lib.config()
