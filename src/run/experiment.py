"""What the experiments of all tasks have in common: files and their state.

A task's own experiment adds the steps. It says what they are in `plan`, draws
random numbers that depend on `rollbacks` only through `_reseed`, and sets
`_score` when it has measured what the best checkpoint is chosen by.
"""

import collections
import os
import time

from src.run import events, logs


class Experiment:
  """Log, tables and events of a run, and what a checkpoint must remember."""

  def __init__(self, output_dir, tables):
    """Opens no file and no session yet.

    Args:
      output_dir: str, the run directory.
      tables: dict from the name of a CSV file to its column names.
    """
    self.log = logs.Log(os.path.join(output_dir, 'stdout'))
    self.files = collections.OrderedDict([('stdout', self.log)])
    for name, columns in tables.items():
      self.files[name] = logs.Table(os.path.join(output_dir, name), columns)
    self.session = None
    self._events = events.Events(output_dir)
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

  def _seconds(self):
    """Time spent on this run, with that before it was resumed."""
    return self._elapsed + time.time() - self._started

  def _metrics(self, phase, epoch, step, **values):
    """Writes numbers to metrics.csv and to the events."""
    self.files['metrics.csv'].row(phase=phase, epoch=epoch, step=step, **values)
    self._events.scalars(
      step, **{phase + '__' + name: value for name, value in values.items()}
    )
