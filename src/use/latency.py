"""How long fixed networks take on this machine: random weights, fed again.

What a network's weights are does not change how long it takes, so nothing has
to be trained: the graph is that of `--child_fixed_arc` with the flags of the
search, and the values are those that a training would begin with.
"""

import time

import numpy as np

from src.arc import ArcError
from src.nn import variables
from src.run import directory
from src.run import flags as flags_lib
from src.run import session as session_lib
from src.run.errors import RunError, UsageError
from src.tf1 import tf
from src.use import trained
from src.view.top import Latency

WARM_UP, ROUNDS = 5, 30


def measure(path, arcs, batch_size=1):
  """The latency of the fixed network of each architecture.

  Args:
    path: str, the run directory whose flags say all but the architecture.
    arcs: list of architectures.
    batch_size: int, images or words at a time.

  Returns:
    list of Latency.

  Raises:
    ArcError: no fixed network takes one of them, or the flags are damaged.
  """
  try:
    task = trained.task_of(trained.package_of(path))
    flags = _flags(task, path)
    return [_one(task, flags, arc, batch_size) for arc in arcs]
  except (RunError, UsageError) as error:
    raise ArcError(str(error)) from error


def _flags(task, path):
  """Flags of a fixed network sized as the run, on this machine."""
  flags, _ = flags_lib.parse(task.flag_table.GROUPS, ['top'])
  known = vars(flags)
  of_run = directory.read_flags(path)
  if of_run is None:
    raise UsageError(
      '%s has no %s, which says how large networks are: add --nolatency'
      % (path, directory.FLAGS_FILE)
    )
  known.update((n, v) for n, v in of_run.items() if n in known)
  known.update(
    mode='eval',
    controller_training=False,
    data_format='auto',
  )
  return flags


def _one(task, flags, arc, batch_size):
  flags.child_fixed_arc = str(arc)
  graph = tf.Graph()
  with graph.as_default():
    inputs, output = task.untrained(flags)
    values = variables.initial_values(flags.seed)
  random = np.random.RandomState(0)
  feeds = {}
  for tensor in inputs:
    shape = [batch_size] + tensor.shape.as_list()[1:]
    feeds[tensor] = random.randint(0, 256, shape).astype(tensor.dtype.name)
  with session_lib.open_session(graph) as session:
    session_lib.load(session, values)
    run = session.make_callable(output, list(feeds))
    seconds = []
    for _ in range(WARM_UP + ROUNDS):
      start = time.perf_counter()
      run(*feeds.values())
      seconds.append(time.perf_counter() - start)
  low, median, high = 1000 * np.percentile(seconds[WARM_UP:], (25, 50, 75))
  return Latency(*[round(value, 4) for value in (median, low, high)])
