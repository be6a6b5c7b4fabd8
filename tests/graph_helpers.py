"""Sessions for tests of graph functions."""

import contextlib

from src.nn import variables
from src.run import session as sessions
from src.tf1 import tf


@contextlib.contextmanager
def loaded_session(values=None, seed=0):
  """A session on the default graph, all variables at their initial values.

  Args:
    values: dict from variable name to array; these replace initial values.
    seed: int, the run's seed.
  """
  graph = tf.get_default_graph()
  with sessions.open_session(graph) as session:
    initial = variables.initial_values(seed, graph)
    unknown = set(values or {}) - set(initial)
    assert not unknown, 'no such variables: %s' % sorted(unknown)
    initial.update(values or {})
    sessions.load(session, initial)
    yield session


def read_all(session):
  """The values of all variables, as a dict from name to array."""
  return session.run(sessions.variables(session.graph))


def variable_shapes():
  """{name: shape} of the default graph's global variables."""
  return {
    variable.op.name: tuple(variable.shape.as_list())
    for variable in tf.global_variables()
  }


def executed(session, fetches, feeds=None):
  """The names of the operations that one run really executed."""
  options = tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE)
  metadata = tf.RunMetadata()
  session.run(fetches, feeds, options=options, run_metadata=metadata)
  return {
    node.node_name
    for device in metadata.step_stats.dev_stats
    for node in device.node_stats
  }
