"""What the members of a cluster know of each other.

It is in variables on the parameter servers, beside those of the model but in no
checkpoint: the state of the run, its heartbeat, which gradients are to be
computed, and who is at which.
"""

import contextlib
import signal
import time
import typing

from src.run import loop
from src.run.cluster import tf_config
from src.run.errors import Interrupted, RunError
from src.tf1 import tf

# The state of the run: no chief yet, wait, work, done, stopped early.
SILENT, PAUSED, WORKING, OVER, STOPPED = range(5)

# How many times longer members wait for each other at the start, when images
# are pulled, data read and graphs built.
AT_START = 10
# Seconds between two looks at the servers.
PAUSE = 0.01
# Seconds by which servers wait longer than workers for a sign of the chief.
GRACE = 3.0


class Token(typing.NamedTuple):
  """A gradient to compute, as int64 [4] in the queue.

  Attributes:
    kind: int, place in the list of works.
    run: int, which one, keys data and architecture.
    step: int, the update it is for; -1 if it is one by itself.
    rollbacks: int, of the run.
  """

  kind: int
  run: int
  step: int
  rollbacks: int


NONE = Token(-1, -1, -1, -1)


class Status:
  """What a server holds: the run's state, the chief's heartbeat, who left."""

  def __init__(self, number, server, num_workers):
    with tf.device(tf_config.device(server) + '/device:CPU:0'):
      self.state = _variable('state_%d' % number, [])
      self.heartbeat = _variable('heartbeat_%d' % number, [])
      self.left = _variable('left_%d' % number, [num_workers])


class Claims:
  """On the first server: the queue of tokens, who has which, what went wrong.

  failure: str, what a worker says of a gradient that is no finite number.
  """

  def __init__(self, server, num_workers):
    with tf.device(tf_config.device(server) + '/device:CPU:0'):
      size = len(Token._fields)
      self.held = _variable('claims', [num_workers, size], -1)
      self.failure = _variable('failure', [], '', tf.string)
      self.queue = tf.FIFOQueue(
        -1, [tf.int64], [[size]], shared_name='cluster/tokens'
      )


def _variable(name, shape, value=0, dtype=tf.int64):
  """A variable that no checkpoint has."""
  with tf.variable_scope('cluster'):
    return tf.get_variable(
      name,
      shape,
      dtype,
      initializer=tf.constant_initializer(value),
      trainable=False,
      use_resource=False,
      collections=[],
    )


@contextlib.contextmanager
def signals_end(cluster):
  """Signals that come inside end the member, with one line."""
  with loop.signals_noted() as noted:
    yield noted
  if noted:
    raise Interrupted(
      noted[0],
      '%s was stopped by %s'
      % (tf_config.title(cluster.me), signal.Signals(noted[0]).name),
    )


class HeartbeatMonitor:
  """Notices that the chief's heartbeat stands still.

  Its first state is a sign of life too: it may come long after the members
  began to wait, and before the first heartbeat.
  """

  def __init__(self, cluster, timeout, grace=0.0):
    """
    Args:
      cluster: Cluster.
      timeout: seconds, how long it may; at the start AT_START times that.
      grace: seconds, how much later this is said.
    """
    self._chief = cluster.workers[0]
    self._timeout = timeout
    self._grace = grace
    self._seen = (None, time.time())

  def check(self, state, heartbeat):
    """
    Raises:
      RunError: it stood still for too long.
    """
    sign = (state == SILENT, heartbeat)
    if sign != self._seen[0]:
      self._seen = (sign, time.time())
      return
    patience, what = self._timeout, 'has given no sign of life'
    if state == SILENT:
      patience, what = AT_START * self._timeout, 'did not begin'
    if time.time() - self._seen[1] > patience + self._grace:
      raise RunError(
        '%s %s for %g seconds: see what it says, or give a longer '
        '--cluster_timeout' % (tf_config.title(self._chief), what, patience)
      )


def stopped(cluster):
  """What a member says when the chief ended before the run did."""
  return RunError(
    '%s has stopped before the end of the run: see what it says; the same '
    'commands go on from its last checkpoint'
    % tf_config.title(cluster.workers[0])
  )
