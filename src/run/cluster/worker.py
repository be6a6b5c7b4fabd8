"""How the workers of a cluster share a run.

The chief puts work into a queue, a token each gradient; whichever worker is
free takes the next one and notes that it has it, so that the work of one that
is gone can be given to another. Nobody waits inside TensorFlow: all look again
after a moment, and so notice when they are left alone.
"""

import contextlib
import os
import sys
import threading
import time
import typing

from src.run import session as session_lib
from src.run.cluster import status as status_lib
from src.run.cluster import tf_config
from src.run.trainer import NotFinite
from src.tf1 import tf

# What a run raises if a server is gone or has begun anew.
_LOST = (
  tf.errors.AbortedError,
  tf.errors.CancelledError,
  tf.errors.DeadlineExceededError,
  tf.errors.FailedPreconditionError,
  tf.errors.NotFoundError,
  tf.errors.UnavailableError,
)
_SERVER_GONE = (
  'a parameter server is gone, or did not answer within --cluster_timeout=%g '
  'seconds; the same commands go on from the last checkpoint'
)


class Work(typing.NamedTuple):
  """What is shared: the steps of a child or of a controller.

  Attributes:
    train_ops: updates.TrainOps.
    num_aggregate: int, gradients an update.
    run: function (Token), computes one gradient and applies it or adds it;
      raises NotFinite.
    apply: function (), makes an update of added gradients.
  """

  train_ops: typing.Any
  num_aggregate: int
  run: typing.Callable
  apply: typing.Callable


class View(typing.NamedTuple):
  """The status, as the first server has it.

  Attributes:
    state, heartbeat: int64 scalars, the chief's.
    claims: int64 [workers, 4], the token that each worker has.
    size: int32 scalar, tokens in the queue.
    failure: bytes, see `status_lib.Claims`.
  """

  state: typing.Any
  heartbeat: typing.Any
  claims: typing.Any
  size: typing.Any
  failure: typing.Any


class Worker:
  """A process that computes gradients."""

  def __init__(self, cluster, timeout):
    """Adds what a worker needs to the current graph.

    Args:
      cluster: Cluster, of which this process is a worker.
      timeout: seconds, after which a member counts as gone.
    """
    self.cluster = cluster
    self.timeout = timeout
    self._target = cluster.start_server()
    count = len(cluster.workers)
    self._statuses = [
      status_lib.Status(i, server, count)
      for i, server in enumerate(cluster.servers)
    ]
    self._claims = status_lib.Claims(cluster.servers[0], count)
    with tf.device(tf_config.device(cluster.servers[0]) + '/device:CPU:0'):
      self._view = self._view_of()
      self._take = self._take_token()
      self._tokens = tf.placeholder(
        tf.int64, [None, len(status_lib.Token._fields)]
      )
      queue = self._claims.queue
      self._enqueue = queue.enqueue_many(self._tokens)
      self._throw_away = queue.dequeue_many(queue.size())
      self._worker = tf.placeholder(tf.int32, [])
      self._release = tf.scatter_update(
        self._claims.held, self._worker, tf.constant(status_lib.NONE, tf.int64)
      ).op
      self._text = tf.placeholder(tf.string, [])
      self._set_failure = tf.assign(self._claims.failure, self._text).op
    self._state = tf.placeholder(tf.int64, [])
    statuses = self._statuses
    self._spread = tf.group(
      *[tf.assign(s.state, self._state) for s in statuses]
    )
    self._beat = tf.group(*[tf.assign_add(s.heartbeat, 1) for s in statuses])
    self._enter, self._leave = (
      tf.group(
        *[tf.scatter_update(s.left, cluster.number, value) for s in statuses]
      )
      for value in (0, 1)
    )
    self._ended = threading.Event()
    self._period = min(1.0, timeout / 10)

  def _view_of(self):
    """The status, a View of tensors."""
    status = self._statuses[0]
    return View(
      status.state.value(),
      status.heartbeat.value(),
      self._claims.held.value(),
      self._claims.queue.size(),
      self._claims.failure.value(),
    )

  def _take_token(self):
    """A token, if there is one and work may be done; and the claim to it."""
    queue, held = self._claims.queue, self._claims.held

    def _claimed(token):
      claim = tf.scatter_update(held, self.cluster.number, token)
      with tf.control_dependencies([claim]):
        return tf.identity(token)

    return tf.cond(
      tf.logical_and(
        tf.equal(self._view.state, status_lib.WORKING), self._view.size > 0
      ),
      lambda: _claimed(queue.dequeue()),
      lambda: _claimed(tf.constant(status_lib.NONE, tf.int64)),
    )

  def _next(self, steps):
    """The next token for this worker, or None.

    Args:
      steps: list of the works' numbers of updates; tokens for others than the
        next update are thrown away.
    """
    while True:
      token = status_lib.Token(*map(int, self._session.run(self._take)))
      if token == status_lib.NONE:
        return None
      if token.step in (-1, steps[token.kind]):
        return token

  @contextlib.contextmanager
  def session(self, graph):
    """A session of the whole cluster, in which the chief's heart beats.

    If a server goes later on, the process ends, with a line and exit code 1.

    Raises:
      RunError: a parameter server does not answer.
    """
    cluster = self.cluster
    cluster.wait_for_servers(status_lib.AT_START * self.timeout)
    members = cluster.servers + [cluster.me]
    devices = [tf_config.device(member) for member in members]
    session = session_lib.open_session(
      graph, self._target, devices, status_lib.AT_START * self.timeout
    )
    self._session = session
    try:
      self._wait_for_status()
      session.run(self._enter)
      threading.Thread(target=self._watch_servers, daemon=True).start()
      if cluster.is_chief:
        threading.Thread(target=self._keep_beating, daemon=True).start()
      yield session
    except _LOST:
      self._end_without_servers()
    finally:
      session.close()
      self._ended.set()

  def _wait_for_status(self):
    """The servers make the status variables; a worker may be faster."""
    until = time.time() + status_lib.AT_START * self.timeout
    while True:
      try:
        self._session.run(self._view)
        return
      except tf.errors.FailedPreconditionError:
        if time.time() > until:
          raise
        time.sleep(status_lib.PAUSE)

  def _end_without_servers(self):
    """Ends the process at once; nothing is left that could be saved.

    Not by an exception, as TensorFlow waits for the servers whenever a session
    is closed or deleted.
    """
    print('error: ' + _SERVER_GONE % self.timeout, file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(1)

  def _watch_servers(self):
    """Ends the process where TensorFlow would wait for ever.

    A run that a server dies in the middle of cannot be cancelled: neither a
    time limit nor closing the session ends it.
    """
    since = time.time()
    while not self._ended.wait(self._period):
      if all(tf_config.listens(s.address) for s in self.cluster.servers):
        since = time.time()
      elif time.time() - since > self.timeout:
        self._end_without_servers()

  def _keep_beating(self):
    with contextlib.suppress(tf.errors.OpError, RuntimeError):
      while not self._ended.wait(self._period):
        self._session.run(self._beat)

  def _give_back(self, worker):
    """Has a worker's claim forgotten."""
    self._session.run(self._release, {self._worker: worker})

  def _report_failure(self, text):
    """Has the chief learn of it; '' when it is dealt with."""
    self._session.run(self._set_failure, {self._text: text})

  def serve(self, works, prepare):
    """A worker's life: does what comes until the chief says it is over.

    Args:
      works: list of Work.
      prepare: function of the run's number of rollbacks, called before the
        first token and when it changes.

    Returns:
      how many gradients this worker computed.

    Raises:
      RunError: the chief stopped early, or gives no sign.
      Interrupted: a signal came.
    """
    monitor = status_lib.HeartbeatMonitor(self.cluster, self.timeout)
    rollbacks, claims, count = None, True, 0
    with status_lib.signals_end(self.cluster) as signals:
      while not signals:
        view = self._session.run(self._view)
        if view.state in (status_lib.OVER, status_lib.STOPPED):
          self._session.run(self._leave)
          if view.state == status_lib.STOPPED:
            raise status_lib.stopped(self.cluster)
          return count
        monitor.check(view.state, view.heartbeat)
        token = None
        if view.state == status_lib.WORKING and view.size:
          token = self._next(self._session.run(steps_of(works)))
        if token is None:
          if claims:
            self._give_back(self.cluster.number)
            claims = False
          time.sleep(status_lib.PAUSE)
          continue
        claims = True
        if token.rollbacks != rollbacks:
          rollbacks = token.rollbacks
          prepare(rollbacks)
        try:
          works[token.kind].run(token)
        except NotFinite as error:
          self._report_failure(
            '%s, computed by %s' % (error, tf_config.title(self.cluster.me))
          )
        count += 1
    return count


def steps_of(works):
  """The numbers of updates made, a list of tensors."""
  return [work.train_ops.step for work in works]
