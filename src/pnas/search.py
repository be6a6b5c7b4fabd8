"""The search: level by level, children are trained and a predictor chooses.

Of all it does only the trainings are remembered (`history`): a search that is
started again does everything else anew, and comes to where it was. Source:
`train.py` of titu1994's implementation, and arXiv 1712.00559, section 4.
"""

import os

from src.arc import ArcError
from src.pnas import history as history_lib
from src.pnas import recipes, task, weights
from src.pnas.children import Children
from src.pnas.encoder import Encoder
from src.pnas.history import History
from src.pnas.state_space import StateSpace
from src.run import events, logs
from src.run.errors import RunError


def state_space(flags, settled):
  """The StateSpace of a search.

  Args:
    flags: flag values of the search.
    settled: those of a child's training, settled.
  """
  return StateSpace(
    flags.B,
    [operation.name for operation in task.operations_of(settled)],
    settled.lookback,
    settled.lookforward,
    flags.dedup,
    settled.cell,
  )


def recipe(flags):
  """The predictor's Recipe."""
  if flags.predictor == 'reference':
    return recipes.reference(
      flags.regularization,
      flags.controller_cells,
      epochs=flags.rnn_training_epochs,
    )
  chosen = {'mlp': recipes.MLP, 'lstm': recipes.LSTM}[flags.predictor]
  return chosen._replace(
    network=chosen.network._replace(hidden=flags.controller_cells),
    regularization=flags.regularization,
    epochs=flags.rnn_training_epochs,
    members=flags.ensemble,
  )


class Search:
  """One search in its directory, which the caller has locked."""

  def __init__(self, flags, settled, engine, num_images):
    """
    Args:
      flags: flag values of the search.
      settled: those of a child's training, settled.
      engine: one of `engines`.
      num_images: int, images of an epoch.
    """
    self._flags = flags
    self._out = flags.output_dir
    self.log = logs.Log(os.path.join(self._out, 'stdout'))
    self.history = History(self._out)
    self._space = state_space(flags, settled)
    self._arcs = task.space_of(settled)
    self._children = Children(
      task.Pnas(), settled, flags, self.history, engine, num_images, self._tell
    )
    self._done = []  # Results of whole levels
    self.encoder = None

  def run(self, preamble=()):
    """Searches, from the start or from where the history ends.

    Args:
      preamble: list of lines that the log begins with.

    Returns:
      list of Result, level by level, as they were asked for.

    Raises:
      UsageError, RunError, ArcError: one line each.
      Interrupted: a signal came; all is saved.
    """
    self.log.start()
    writer = events.Events(self._out)
    writer.start({})
    try:
      for line in preamble:
        self.log.line(line)
      self.encoder = Encoder(
        None,
        self._space,
        self._flags.B,
        self._flags.K or None,
        recipe=recipe(self._flags),
        seed=self._flags.seed,
        directory=self._out,
        log=self.log.line,
        events=writer,
        explore=self._flags.explore,
      )
      self._restore()
      for level in range(1, self._flags.B + 1):
        self._one_level(level)
      self.log.line('Finished !')
    finally:
      if self.encoder is not None:
        self.encoder.close()
      writer.close()
      self.log.close()
    return self._done

  def _restore(self):
    folder = self._flags.restore_controller
    if folder:
      found = weights.Weights(
        os.path.join(folder, 'weights'), self.encoder.predictor
      ).restore(self.log.notice)
      if found is None:
        raise RunError(
          '--restore_controller=%s: there is no predictor in its folder weights'
          % folder
        )
      self.log.line('Loading Controller Checkpoint !')

  def _one_level(self, level):
    arcs = [self._arcs.from_tokens(child) for child in self._space.children]
    results = self._children.trained(level, arcs)
    self._done += results
    self._write(self._done)
    failed = [result for result in results if result.status != history_lib.OK]
    if len(failed) == len(results) and not self._flags.fit_on_failed:
      raise RunError(
        'all %d children of %d blocks failed, the last of them: %s'
        % (len(failed), level, failed[-1].failure)
      )
    loss = self.encoder.train_step(
      [
        result.reward
        if result.status == history_lib.OK or self._flags.fit_on_failed
        else None
        for result in results
      ]
    )
    self.log.line('Trial %d: ControllerManager loss : %0.6f' % (level, loss))
    self.encoder.update_step()
    if self._flags.report:
      self._report()

  def _report(self):
    # Not above: importing matplotlib takes half a second.
    from src.pnas import report

    try:
      report.write(self._out, self._done, self._arcs)
    except (ArcError, OSError) as error:
      self.log.notice('warning: %s is not written: %s' % (report.FILE, error))

  def _write(self, results):
    history_lib.write_tables(self._out, results)
    best = history_lib.best(results)
    if best is not None:
      history_lib.write_best(self._out, self._arcs.from_tokens(best.cell))

  def _tell(self, result, number, count, new):
    """What is said of a child that is done; see `Children`."""
    log = self.log.line
    self._space.print_actions(self._space.entity_encode_child(result.cell))
    log('Model #%d / #%d' % (number, count))
    log('%s' % (result.cell,))
    if result.failure:
      log('No score (%s): %s' % (result.status, result.failure))
    log('Manager: Accuracy =  %s' % result.reward)
    log('Final Accuracy :  %s' % result.reward)
    log('Finished %d out of %d models ! ' % (number, count))
    log('')
    if new:
      self._write(self._done + self._children.known())
