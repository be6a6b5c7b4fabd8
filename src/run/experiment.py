"""What the experiments of all tasks have in common: files, state, schedule.

A task's own experiment adds the steps. It says what they are in `plan`, draws
random numbers that depend on `rollbacks` only through `_reseed`, and sets
`_score` when it has measured what the best checkpoint is chosen by.
"""

import collections
import math
import os
import time

from src.run import events, logs
from src.run.trainer import NotFinite


class Experiment:
  """Log, tables and events of a run, and what a checkpoint must remember.

  Attributes:
    steadied_by: str, the flags that help against numbers that are not finite.
  """

  steadied_by = 'a smaller --child_lr, --child_grad_bound or --controller_lr'

  def __init__(self, config, graph, metrics, architectures):
    """Opens no file and no session yet.

    Args:
      config: named tuple with the fields output_dir, eval_every_epochs,
        controller_train_every and controller_runs, see the flags.
      graph: named tuple with train, arc, sample and controller, see the
        task's graphs.
      metrics: column names of metrics.csv.
      architectures: those of architectures.csv, which a search has.
    """
    self.config = config
    self.graph = graph
    folder = config.output_dir
    self.log = logs.Log(os.path.join(folder, 'stdout'))
    self.files = collections.OrderedDict([('stdout', self.log)])
    tables = [('metrics.csv', metrics)]
    if self.searches:
      tables.append(('architectures.csv', architectures))
    for name, columns in tables:
      self.files[name] = logs.Table(os.path.join(folder, name), columns)
    self.session = None
    self._events = events.Events(folder)
    self._rollbacks = 0
    self._score = None
    self._elapsed = 0.0
    self._started = time.time()

  def first_step(self, epoch):
    """Steps of the first phases of all epochs before this one."""
    raise NotImplementedError

  def plan(self, epoch):
    """The phases of an epoch, a list of `loop.Phase`."""
    raise NotImplementedError

  def _reseed(self):
    """Called when `rollbacks` is set: steps draw other numbers from here on."""
    raise NotImplementedError

  def _arc(self, feeds):
    """The architecture that these feeds sample."""
    raise NotImplementedError

  @property
  def searches(self):
    """Whether this is a search and not the training of one architecture."""
    return self.graph.sample is not None

  @property
  def rollbacks(self):
    """How often the run went back because of a number that is not finite."""
    return self._rollbacks

  def roll_back(self):
    """From here on, steps draw other random numbers than before."""
    self._rollbacks += 1
    self._reseed()

  def start(self, session, preamble, state=None):
    """Begins, or goes on from a checkpoint's state.

    Args:
      session: open session with all variables set.
      preamble: list of the lines a log begins with.
      state: what `state` returned when the checkpoint was written, or None.

    Raises:
      RunError: a file cannot be written.
    """
    state = state or {'files': {}, 'events': {}, 'elapsed': 0.0}
    self.session = session
    self._rollbacks = state.get('rollbacks', 0)
    self._reseed()
    self._score = None
    self._elapsed = state['elapsed']
    self._started = time.time()
    for name, file in self.files.items():
      file.start(state['files'].get(name, 0))
    if self.log.position == 0:
      for line in preamble:
        self.log.line(line)
    self._events.start(state['events'])

  def state(self):
    """What a checkpoint must remember beside the variables.

    Its score is what was measured since the last checkpoint, or None; higher
    is better.
    """
    score, self._score = self._score, None
    return {
      'elapsed': self._seconds(),
      'events': self._events.positions(),
      'files': {name: file.position for name, file in self.files.items()},
      'rollbacks': self.rollbacks,
      'score': score,
    }

  def close(self):
    for file in self.files.values():
      file.close()
    self._events.close()

  def _trains_controller_after(self, epoch):
    """Whether a controller phase follows epoch number `epoch`, from 1."""
    config = self.config
    return (
      self.graph.controller is not None
      and epoch % config.eval_every_epochs == 0
      and epoch % config.controller_train_every == 0
    )

  def _draw(self, epoch, index):
    """The number of a reward since the start of the run."""
    phases = sum(map(self._trains_controller_after, range(1, epoch + 1)))
    return phases * self.config.controller_runs + index

  def _step(self):
    """How many updates the child has had."""
    return int(self.session.run(self.graph.train.train_ops.step))

  def _check_finite(self, name, step, feeds, loss, grad_norm, rate):
    """Raises NotFinite, which says where, if the loss or gradient is not."""
    if math.isfinite(loss) and math.isfinite(grad_norm):
      return
    where = '%s step %d: loss %s, |g| %s, lr %g' % (
      name,
      step,
      loss,
      grad_norm,
      rate,
    )
    if self.searches:
      where += ', arc ' + str(self._arc(feeds))
    raise NotFinite(where)

  def _seconds(self):
    """Time spent on this run, with that before it was resumed."""
    return self._elapsed + time.time() - self._started

  def _metrics(self, phase, epoch, step, **values):
    """Writes numbers to metrics.csv and to the events."""
    self.files['metrics.csv'].row(phase=phase, epoch=epoch, step=step, **values)
    self._events.scalars(
      step, **{phase + '__' + name: value for name, value in values.items()}
    )
