"""How the workers of a cluster share a run.

The chief puts work into a queue, a token each gradient; whichever worker is
free takes the next one and notes that it has it, so that the work of one that
is gone can be given to another. Nobody waits inside TensorFlow: all look again
after a moment, and so notice when they are left alone.
"""

import collections
import contextlib
import os
import sys
import threading
import time

from src.run import board as board_lib
from src.run import cluster as cluster_lib
from src.run import session as session_lib
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

Work = collections.namedtuple(
  'Work', ['train_ops', 'num_aggregate', 'run', 'apply']
)
Work.__doc__ = """What is shared: the steps of a child or of a controller.

train_ops: optimizers.TrainOps. num_aggregate: int, gradients an update. run:
function (Token), computes one gradient and applies it or adds it; raises
NotFinite. apply: function (), makes an update of added gradients.
"""

View = collections.namedtuple(
  'View', ['word', 'beat', 'claims', 'size', 'trouble']
)
View.__doc__ = """How things stand, on the first server.

word, beat: int64 scalars, the chief's. claims: int64 [workers, 4], the token
that each worker has. size: int32 scalar, tokens in the queue. trouble: bytes,
see `board.Claims`.
"""


class Team:
  """A worker's side of it."""

  def __init__(self, cluster, timeout):
    """Adds what the team needs to the current graph.

    Args:
      cluster: Cluster, of which this process is a worker.
      timeout: seconds, after which a member counts as gone.
    """
    self.cluster = cluster
    self.timeout = timeout
    self._target = cluster.start_server()
    count = len(cluster.workers)
    self._boards = [
      board_lib.Board(i, server, count)
      for i, server in enumerate(cluster.servers)
    ]
    self._claims = board_lib.Claims(cluster.servers[0], count)
    with tf.device(cluster_lib.device(cluster.servers[0]) + '/device:CPU:0'):
      self._view = self._look()
      self._take = self._take_token()
      self._tokens = tf.placeholder(
        tf.int64, [None, len(board_lib.Token._fields)]
      )
      queue = self._claims.queue
      self._enqueue = queue.enqueue_many(self._tokens)
      self._throw_away = queue.dequeue_many(queue.size())
      self._worker = tf.placeholder(tf.int32, [])
      self._release = tf.scatter_update(
        self._claims.held, self._worker, tf.constant(board_lib.NONE, tf.int64)
      ).op
      self._text = tf.placeholder(tf.string, [])
      self._set_trouble = tf.assign(self._claims.trouble, self._text).op
    self._word = tf.placeholder(tf.int64, [])
    boards = self._boards
    self._spread = tf.group(*[tf.assign(b.word, self._word) for b in boards])
    self._beat = tf.group(*[tf.assign_add(b.beat, 1) for b in boards])
    self._enter, self._leave = (
      tf.group(
        *[tf.scatter_update(b.left, cluster.number, value) for b in boards]
      )
      for value in (0, 1)
    )
    self._ended = threading.Event()
    self._period = min(1.0, timeout / 10)

  def _look(self):
    """How things stand, a View of tensors."""
    board = self._boards[0]
    return View(
      board.word.value(),
      board.beat.value(),
      self._claims.held.value(),
      self._claims.queue.size(),
      self._claims.trouble.value(),
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
        tf.equal(self._view.word, board_lib.WORKING), self._view.size > 0
      ),
      lambda: _claimed(queue.dequeue()),
      lambda: _claimed(tf.constant(board_lib.NONE, tf.int64)),
    )

  def _next(self, steps):
    """The next token for this worker, or None.

    Args:
      steps: list of the works' numbers of updates; tokens for others than the
        next update are thrown away.
    """
    while True:
      token = board_lib.Token(*map(int, self._session.run(self._take)))
      if token == board_lib.NONE:
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
    cluster.wait_for_servers(board_lib.AT_START * self.timeout)
    members = cluster.servers + [cluster.me]
    devices = [cluster_lib.device(member) for member in members]
    session = session_lib.open_session(
      graph, self._target, devices, board_lib.AT_START * self.timeout
    )
    self._session = session
    try:
      self._wait_for_boards()
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

  def _wait_for_boards(self):
    """The servers make the team's variables; a worker may be faster."""
    until = time.time() + board_lib.AT_START * self.timeout
    while True:
      try:
        self._session.run(self._view)
        return
      except tf.errors.FailedPreconditionError:
        if time.time() > until:
          raise
        time.sleep(board_lib.PAUSE)

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
      if all(cluster_lib.listens(s.address) for s in self.cluster.servers):
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

  def _tell_trouble(self, text):
    """Has the chief learn of it; '' when it is dealt with."""
    self._session.run(self._set_trouble, {self._text: text})

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
    watch = board_lib.Watch(self.cluster, self.timeout)
    rollbacks, claims, count = None, True, 0
    with board_lib.signals_end(self.cluster) as signals:
      while not signals:
        view = self._session.run(self._view)
        if view.word in (board_lib.OVER, board_lib.STOPPED):
          self._session.run(self._leave)
          if view.word == board_lib.STOPPED:
            raise board_lib.stopped(self.cluster)
          return count
        watch.look(view.word, view.beat)
        token = None
        if view.word == board_lib.WORKING and view.size:
          token = self._next(self._session.run(steps_of(works)))
        if token is None:
          if claims:
            self._give_back(self.cluster.number)
            claims = False
          time.sleep(board_lib.PAUSE)
          continue
        claims = True
        if token.rollbacks != rollbacks:
          rollbacks = token.rollbacks
          prepare(rollbacks)
        try:
          works[token.kind].run(token)
        except NotFinite as error:
          self._tell_trouble(
            '%s, computed by %s' % (error, cluster_lib.title(self.cluster.me))
          )
        count += 1
    return count


def steps_of(works):
  """The numbers of updates made, a list of tensors."""
  return [work.train_ops.step for work in works]
