"""An experiment whose gradients the workers of a cluster compute together.

The chief's log, checkpoints and evaluations are those of one process. Which
batch and which architecture a gradient is of follows from its number, as it
does there; who computes it is a matter of who is free.
"""

from src.cifar10 import experiment
from src.run.cluster import worker as worker_lib

_CHILD, _CONTROLLER = 0, 1


class Replicated(experiment.Experiment):
  """The steps of a run, shared."""

  def __init__(self, config, graph, data, lines, worker, shares_controller):
    """Opens no file and no session yet.

    Args:
      config, graph, data, lines: see `experiment.Experiment`.
      worker: chief.Chief, or in any other process worker.Worker.
      shares_controller: whether the controller's gradients are shared too.
    """
    super().__init__(config, graph, data, lines)
    self._worker = worker
    self._told = {}
    self._rates = {}
    self._works = [
      self._work(
        _CHILD, graph.train.train_ops, config.child_aggregate, self._of_child
      )
    ]
    if shares_controller and graph.controller is not None:
      self._works.append(
        self._work(
          _CONTROLLER,
          graph.controller.train_ops,
          config.controller_aggregate,
          self._of_controller,
        )
      )

  def _work(self, kind, ops, num_aggregate, describe):
    """A worker.Work; describe: function (run) -> (name, feeds, told)."""

    def _run(token):
      name, feeds, told = describe(token.run)
      fed = dict(feeds)
      if ops.shared is None:
        fetches = [told, ops.step, ops.update, ops.learning_rate]
      else:
        fed[ops.shared.local_step] = token.step
        fetches = [told, ops.step, ops.accumulate]
      told, step, _, *rate = self.session.run(fetches, fed)
      if rate:
        self._rates[kind] = rate[0]
      self._told[kind] = told
      self._check_finite(name, step, feeds, told, self._rates.get(kind))

    def _apply():
      self._rates[kind] = self.session.run([ops.learning_rate, ops.update])[0]

    return worker_lib.Work(ops, num_aggregate, _run, _apply)

  def _of_child(self, run):
    return 'child', self._child_feeds(run), self._update()

  def _of_controller(self, draw):
    return 'controller', self._controller_feeds(draw), self._reward()

  def start(self, session, preamble, state=None):
    super().start(session, preamble, state)
    self._worker.begin(self._works)

  def state(self):
    self._worker.pause()
    return super().state()

  def serve(self, session):
    """Computes gradients for the chief until the run is over.

    Returns:
      how many.

    Raises:
      RunError: the chief is gone.
      Interrupted: a signal came.
    """
    self.session = session

    def _prepare(rollbacks):
      self._rollbacks = rollbacks
      self._reseed()

    try:
      return self._worker.serve(self._works, _prepare)
    finally:
      self._close_readers()

  def _child(self, epoch, index):
    """The chief's part of an update of the child."""
    step = self.first_step(epoch) + index + 1
    self._worker.reach(
      self._works, _CHILD, step, self.first_step(epoch + 1), self.rollbacks
    )
    if _CHILD in self._told:
      self._log_update(step, self._told[_CHILD], self._rates[_CHILD])

  def _controller(self, epoch, index):
    """The chief's part of an update, if the reward is the first of one."""
    if len(self._works) == 1:
      super()._controller(epoch, index)
      return
    self._announce_controller(epoch, index)
    count = self.config.controller_aggregate
    if index % count:
      return
    draw = self._draw(epoch, index)
    left = self.config.controller_runs - index
    updates = draw // count + 1
    limit = (draw + left) // count
    self._worker.reach(self._works, _CONTROLLER, updates, limit, self.rollbacks)
    if _CONTROLLER in self._told:
      told, rate = self._told[_CONTROLLER], self._rates[_CONTROLLER]
      self._log_controller(epoch, index, updates, told, rate)
