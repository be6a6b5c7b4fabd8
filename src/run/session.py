"""The one place where sessions are opened and variables get values."""

import os

from src.run.errors import UsageError
from src.tf1 import tf

# Environment variable: how many threads a session has; all cores without it.
THREADS = 'ENAS_THREADS'


def open_session(graph, target='', devices=(), timeout=None):
  """A session for the graph; GPU memory is taken as needed.

  Args:
    graph: `tf.Graph`.
    target: str, of the `tf.train.Server` that runs it; this process unless
      given.
    devices: of a cluster, the only ones it is concerned with; all unless given.
    timeout: seconds after which a run is given up, or None.
  """
  settings = config()
  settings.device_filters.extend(devices)
  if timeout is not None:
    settings.operation_timeout_in_ms = int(1000 * timeout)
  return tf.Session(target, graph=graph, config=settings)


def config():
  """How sessions and servers use the machine, a `tf.ConfigProto`.

  Of TensorFlow's graph optimisers only the one that fuses operations is left
  on. The others find nothing to gain in these graphs, but take as long as
  building them did, at the first step (docs/RESULTS.md).

  Raises:
    UsageError: the environment's number of threads is none.
  """
  settings = tf.ConfigProto(allow_soft_placement=True)
  settings.gpu_options.allow_growth = True
  threads = os.environ.get(THREADS) or '0'
  if not threads.isdecimal():
    raise UsageError(
      '%s=%s: expected a number of threads, 0 for all' % (THREADS, threads)
    )
  threads = int(threads)
  settings.intra_op_parallelism_threads = threads
  settings.inter_op_parallelism_threads = threads
  optimizers = settings.graph_options.rewrite_options
  optimizers.meta_optimizer_iterations = optimizers.ONE
  optimizers.memory_optimization = optimizers.NO_MEM_OPT
  for name in (
    'arithmetic_optimization',
    'constant_folding',
    'debug_stripper',
    'dependency_optimization',
    'function_optimization',
    'layout_optimizer',
    'loop_optimization',
    'shape_optimization',
  ):
    setattr(optimizers, name, optimizers.OFF)
  return settings


def load(session, values):
  """Puts arrays into variables.

  Args:
    session: the session that holds the variables; each has a placeholder as
      its initial value (`src.nn.variables`).
    values: dict from variable name to array.
  """
  initializers, feeds = [], {}
  for name, variable in variables(session.graph).items():
    if name in values:
      initializers.append(variable.initializer)
      feeds[variable.initializer.inputs[1]] = values[name]
  session.run(initializers, feeds)


def variables(graph):
  """All variables, global and local, as a dict from name to variable."""
  kinds = (tf.GraphKeys.GLOBAL_VARIABLES, tf.GraphKeys.LOCAL_VARIABLES)
  return {
    variable.op.name: variable
    for kind in kinds
    for variable in graph.get_collection(kind)
  }


def has_gpu():
  """Whether TensorFlow sees a GPU it can use."""
  return bool(tf.config.experimental.list_physical_devices('GPU'))
