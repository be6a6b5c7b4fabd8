"""Runs an experiment so that it survives: resume, signals, bad numbers.

What a task hands in is an `Experiment`: its phases, and the state of its
logs. All the rest of the fault contract is here and in the modules this one
uses; docs/RELIABILITY.md says what it promises.
"""

import signal

from src.arc import text as text_lib
from src.run import checkpoints, loop
from src.run import session as session_lib
from src.run.errors import Interrupted, RunError

MAX_ROLLBACKS = 3
_AGAIN = {
  'stop': 'the same command would end there again: --nan_policy=rollback goes '
  'on from it with other random numbers;',
  'rollback': 'other random numbers did not help:',
}


class NotFinite(Exception):
  """A loss or gradient is not a finite number; the text says where."""


class Diverged(RunError):
  """A run ended because of such a number; one line."""


def train(
  experiment,
  graph,
  directory,
  initial_values,
  preamble,
  num_epochs,
  keep=3,
  nan_policy='stop',
  stop=lambda position: False,
  after_epoch=lambda: None,
  open_session=session_lib.open_session,
):
  """Trains from the start, or from the newest whole checkpoint.

  Args:
    experiment: has plan(epoch) -> list of `loop.Phase`; first_step(epoch) ->
      steps of the first phases before it; log; start(session, preamble, state);
      state()
      -> dict for JSON; close(); roll_back(), after which its steps draw other
      random numbers, and rollbacks, how often that was. Its steps raise
      NotFinite; steadied_by names the flags against it, a str; best_by is how
      the best checkpoint of a directory, %s, is asked for.
    graph: `tf.Graph` with all variables.
    directory: str, the run directory, locked by the caller.
    initial_values: dict from variable name to array.
    preamble: list of the lines a new log begins with.
    num_epochs: int.
    keep: int, how many checkpoints stay.
    nan_policy: 'stop', or 'rollback': go back to the last checkpoint and on
      from there with other random numbers, at most three times.
    stop: function of a `loop.Position`; where it is true, the run is saved and
      ends, as it does when a signal comes.
    after_epoch: function called once an epoch is complete and saved. What it
      raises is told and forgotten: it may not end a run.
    open_session: function of the graph, gives a session as a context.

  Raises:
    Interrupted: a signal came; the run is saved.
    Diverged: of numbers that are not finite; it says which checkpoint is good.
    RunError: it cannot go on for another reason.
  """
  saver = checkpoints.Checkpoints(directory, graph, keep)
  with open_session(graph) as session:

    def _save(position):
      saver.save(
        session,
        _name(experiment, position),
        dict(experiment.state(), position=position),
      )
      if position.epoch and position == (position.epoch, 0, 0):
        _tell_failure(after_epoch, experiment.log.notice)

    def _begin():
      """Sets everything to the newest whole checkpoint, or to the start."""
      found = checkpoints.newest_good(directory, experiment.log.notice)
      if found is None:
        session_lib.load(session, initial_values)
        experiment.start(session, preamble, None)
        _save(loop.START)
        return loop.START
      checkpoints.restore(session, found.prefix)
      experiment.log.notice('Going on from %s' % found.prefix)
      experiment.start(session, preamble, found.state)
      return loop.Position(*found.state['position'])

    position = _begin()
    if position.epoch >= num_epochs:
      experiment.log.notice(
        'This run is complete: it has its %d epochs' % num_epochs
      )
    with loop.signals_noted() as signals:

      def _stop(position):
        return bool(signals) or stop(position)

      while True:
        try:
          loop.run(experiment.plan, num_epochs, position, _save, _stop)
          break
        except NotFinite as error:
          last = checkpoints.find(directory)[-1].prefix
          rollbacks = experiment.rollbacks + 1
          if nan_policy == 'stop' or rollbacks > MAX_ROLLBACKS:
            raise Diverged(
              '%s; the last good checkpoint is %s; %s a new run, with %s or '
              'another --seed, may get further'
              % (error, last, _AGAIN[nan_policy], experiment.steadied_by)
            ) from error
          experiment.log.notice(
            'warning: %s; going back to %s, time %d of at most %d'
            % (error, last, rollbacks, MAX_ROLLBACKS)
          )
          position = _begin()
          while experiment.rollbacks < rollbacks:
            experiment.roll_back()
    experiment.close()
    best = None if signals else checkpoints.best(directory)
    if best is not None:
      experiment.log.notice(
        'Validation was best at %s (%s)'
        % (best.prefix, experiment.best_by % text_lib.quote(directory))
      )
    if signals:
      raise Interrupted(
        signals[0],
        'stopped by %s and saved in %s; the same command goes on from here'
        % (signal.Signals(signals[0]).name, directory),
      )


def _tell_failure(function, notice):
  """Calls function(); an error is told in a line and goes no further."""
  try:
    function()
  except Exception as error:
    notice('warning: %s: %s' % (type(error).__name__, error))


def _name(experiment, position):
  """model.ckpt-STEP, with the phase if it is not the first one."""
  if position.phase == 0:
    step = experiment.first_step(position.epoch) + position.index
    return 'model.ckpt-%d' % step
  phase = experiment.plan(position.epoch)[position.phase].name
  step = experiment.first_step(position.epoch + 1)
  return 'model.ckpt-%d-%s-%d' % (step, phase, position.index)
