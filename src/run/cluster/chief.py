"""The worker that keeps the run: hands out work, and does its share of it."""

import contextlib
import time

import numpy as np

from src.run.cluster import status as status_lib
from src.run.cluster import tf_config
from src.run.cluster import worker as worker_lib
from src.run.trainer import NotFinite
from src.tf1 import tf

# Seconds after which a queue that is empty, and nobody at work, is believed.
_BELIEVED = 1.0


class Chief(worker_lib.Worker):
  """The side of the worker that keeps the run."""

  def __init__(self, cluster, timeout, notice):
    """Args: see `Worker`; notice: function of a line for the terminal."""
    super().__init__(cluster, timeout)
    self._notice = notice
    self._issued = {}
    self._seen = {}
    self._works = False

  @contextlib.contextmanager
  def session(self, graph):
    """As `Worker.session`; at its end all members learn how it ended."""
    with super().session(graph) as session:
      try:
        yield session
      except tf.errors.OpError:
        raise  # There may be no server that would pass it on.
      except BaseException:
        with contextlib.suppress(tf.errors.OpError):
          self._set_state(status_lib.STOPPED)
        raise
      self._set_state(status_lib.OVER)

  def _set_state(self, state):
    """Tells all members."""
    self._session.run(self._spread, {self._state: state})
    self._works = state == status_lib.WORKING
    if state in (status_lib.OVER, status_lib.STOPPED):
      self._session.run(self._leave)

  def pause(self):
    """Takes all work back and waits until nobody is at it.

    Raises:
      NotFinite: a gradient of another worker, so the values are worth nothing.
    """
    self._take_back()
    self._check(self._session.run(self._view))

  @staticmethod
  def _check(view):
    """Raises what another worker had to say of its gradient."""
    if view.failure:
      raise NotFinite(view.failure.decode('utf-8'))

  def _take_back(self):
    self._set_state(status_lib.PAUSED)
    until = time.time() + self.timeout
    while True:
      view = self._session.run(self._view)
      busy = self._busy(view)
      if not busy or time.time() > until:
        break
      time.sleep(status_lib.PAUSE)
    for worker in busy:
      self._give_back(worker)
    if view.size:
      self._session.run(self._throw_away)
    self._issued = {}

  def begin(self, works):
    """Clears away what an earlier chief may have left."""
    self._take_back()
    self._report_failure('')
    for work in works:
      if work.train_ops.shared is not None:
        step = self._session.run(work.train_ops.step)
        work.train_ops.shared.restart(self._session, int(step))

  def reach(self, works, kind, target, limit, rollbacks):
    """Has updates made until there are `target`, and does its share.

    Args:
      works: list of Work.
      kind: int, place in it of the one meant.
      target: int, updates since the start of the run.
      limit: int, updates that may be made before the chief asks again, at least
        `target`; where several gradients make an update, only those for the
        next one are computed at a time.
      rollbacks: int, of the run.

    Raises:
      NotFinite: a gradient of any worker; nobody is at work then.
    """
    try:
      self._reach(works, kind, target, limit, rollbacks)
    except NotFinite:
      self._take_back()
      raise

  def _reach(self, works, kind, target, limit, rollbacks):
    work = works[kind]
    shared = work.train_ops.shared
    ready_op = work.train_ops.step if shared is None else shared.ready
    idle_since = None
    while True:
      steps, ready, view = self._session.run(
        [worker_lib.steps_of(works), ready_op, self._view]
      )
      self._check(view)
      step = int(steps[kind])
      if step >= target:
        return
      if shared is not None and ready >= work.num_aggregate:
        work.apply()
        continue
      if self._issued.get(kind, 0) <= step:
        self._issue(kind, work, step, limit, rollbacks)
      token = self._next(steps)
      if token is not None:
        work.run(token)
      elif view.size or self._pass_on(view, (-1, step)):
        idle_since = None
        time.sleep(status_lib.PAUSE)
      else:
        idle_since = idle_since or time.time()
        if time.time() - idle_since > _BELIEVED:
          # Somebody took a token and is gone: there is one too few.
          self._issued[kind] = 0
          idle_since = None
        time.sleep(status_lib.PAUSE)

  def _issue(self, kind, work, step, limit, rollbacks):
    """Puts the tokens of the next update, or of all up to the limit."""
    if work.train_ops.shared is None:
      self._issued[kind] = limit
      tokens = [
        status_lib.Token(kind, run, -1, rollbacks) for run in range(step, limit)
      ]
    else:
      self._issued[kind] = step + 1
      size = max(work.num_aggregate, len(self.cluster.workers))
      runs = range(step * size, (step + 1) * size)
      tokens = [status_lib.Token(kind, run, step, rollbacks) for run in runs]
    self._put(tokens)
    if not self._works:
      self._set_state(status_lib.WORKING)

  def _put(self, tokens):
    self._session.run(self._enqueue, {self._tokens: np.array(tokens)})

  def _busy(self, view):
    """dict from the number of another worker to the Token it has."""
    tokens = [status_lib.Token(*map(int, row)) for row in view.claims]
    return {
      worker: token
      for worker, token in enumerate(tokens)
      if token != status_lib.NONE and worker != self.cluster.number
    }

  def _pass_on(self, view, steps):
    """Gives work that somebody has had for too long to the others.

    Args:
      view: View.
      steps: those of tokens that are still worth it.

    Returns:
      whether anybody is at work.
    """
    seen, now, at_work = {}, time.time(), False
    for worker, token in self._busy(view).items():
      if token.step not in steps:
        continue
      at_work = True
      before, since = self._seen.get(worker, (token, now))
      if token != before:
        since = now
      if now - since > self.timeout:
        self._notice(
          'warning: %s has not finished a step for %g seconds; others do it'
          % (tf_config.title(self.cluster.workers[worker]), self.timeout)
        )
        self._give_back(worker)
        self._put([token])
      else:
        seen[worker] = (token, since)
    self._seen = seen
    return at_work
