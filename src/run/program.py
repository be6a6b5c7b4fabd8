"""The program that every task is: flags in, a run or a table out.

A task hands in its flags, data and graphs; order, directories, locks and exit
codes are the same for all and are here.
"""

import os
import sys

from src.arc import ArcError, pasted, record
from src.run import (
  checkpoints,
  common_flags,
  directory,
  fingerprint,
  lock,
  logs,
  trainer,
)
from src.run import flags as flags_lib
from src.run.cluster import engine as engine_lib
from src.run.errors import UsageError, exit_code_of
from src.tf1 import tf

_ALONE = engine_lib.SingleProcess()


class Task:
  """What is particular to a task.

  Attributes:
    flag_table: module with GROUPS and WITHOUT_EFFECT, see `flags.parse`.
    modes: dict from each value of --mode but `train` to a function (task,
      flags, names of the flags that were given).
    distributed: whether the workers of a cluster can share a training.
    of_data: names of flags that `read_data` sets where they are not given.
    derived: names of values that follow from flags, and so are neither kept nor
      compared.
    score: named tuple, what an evaluation finds, see `scoring.Scorer`.
  """

  flag_table = None
  score = None
  modes = {}
  distributed = False
  of_data = ()
  derived = ()

  def check(self, flags):
    """Raises UsageError or ArcError for values that make no sense.

    Here each is looked at alone; tasks add what several say together.
    """
    flags_lib.check(self.flag_table.GROUPS, flags)

  def space(self, flags):
    """The search space, a value of `src.arc.spaces`."""
    raise NotImplementedError

  def parse_arc(self, flags, text):
    """The architecture of that space that a string means."""
    return self.space(flags).parse(text)

  def record(self, flags, data=None):
    """What readers of the run's directory are told, a `src.arc` Record.

    Args:
      flags: flag values.
      data: what `read_data` returned; None where only the space matters.
    """
    raise NotImplementedError

  def read_data(self, flags, log):
    """Returns the data; `log` takes the lines that say what they are."""
    raise NotImplementedError

  def build(self, flags, data, worker=None):
    """Builds all that is trained, in the default graph.

    Args:
      flags: flag values.
      data: what `read_data` returned.
      worker: cluster.worker.Worker that shares the run; only if `distributed`.

    Returns:
      (experiment for `trainer.train`, dict from variable name to initial
      value, lines with which the log announces the graph)
    """
    raise NotImplementedError


def main(argv, task):
  """Runs a task's program; returns its exit code."""

  def _main():
    flags, given = flags_lib.parse(
      task.flag_table.GROUPS, argv, task.flag_table.WITHOUT_EFFECT
    )
    for row in flags_lib.rows(task.flag_table.GROUPS):
      if row.is_arc and row.name in given:
        setattr(flags, row.name, pasted.one(getattr(flags, row.name)))
    if flags.mode == 'train':
      engine = engine_lib.of(os.environ)
      if engine.keeps_run:
        training(task, flags, engine=engine)
      else:
        engine.help(task, flags)
    else:
      task.modes[flags.mode](task, flags, given)

  debug = any(word.lstrip('-').startswith('debug') for word in argv)
  return exit_code_of(_main, debug)


def check(task, flags, engine=_ALONE):
  """Whether a training makes sense and `output_dir`, if it exists, is its own.

  Args: see `training`.

  Raises:
    UsageError, RunError, ArcError: one line each.
  """
  engine.check(task, flags)
  directory.check_path(flags.output_dir)
  unknown = {name for name in task.of_data if getattr(flags, name) is None}
  _check_unchanged(task, flags, unknown)


def _check_unchanged(task, flags, but=frozenset()):
  if not flags.reset_output_dir:
    rows = flags_lib.rows(task.flag_table.GROUPS)
    may_change = {row.name for row in rows if row.may_change}
    # What an older version did not know was as the default is.
    defaults = {
      row.name: row.default for row in rows if row.name not in task.of_data
    }
    but = but | set(task.derived)
    directory.check_unchanged(
      flags.output_dir, vars(flags), may_change | but, defaults
    )


def training(task, flags, stop=lambda position: False, engine=_ALONE):
  """Trains, from the start or from where `output_dir` left off.

  Args:
    task: Task.
    flags: flag values, see the task's flag table.
    stop: function of a `loop.Position`; where it is true, the run is saved and
      ends, as it does when a signal comes.
    engine: what computes it, see `cluster.engine`.

  Raises:
    UsageError, RunError, ArcError: one line each.
    Interrupted: a signal came; the run is saved.
  """
  check(task, flags, engine)
  told = []
  data = task.read_data(flags, told.append)
  _check_unchanged(task, flags)
  lines = [logs.RULE] + flags_lib.listing(flags) + told
  lines += common_flags.warnings(flags)
  directory.prepare(flags.output_dir, flags.reset_output_dir, print)
  with lock.held(flags.output_dir):
    if flags.reset_output_dir:
      directory.empty(flags.output_dir)
    print('Logging to %s/stdout' % flags.output_dir)
    graph = tf.Graph()
    with graph.as_default(), tf.device(engine.device):
      open_session, built = engine.build(task, flags, data)
      experiment, values, announced = built
      experiment.draws = flags.report
      # Before anything is said of these data in the run's directory.
      known = fingerprint.of_run(flags.output_dir)
      fingerprint.check(experiment.fingerprint, known, 'this run')
      kept = {k: v for k, v in vars(flags).items() if k not in task.derived}
      directory.write_flags(flags.output_dir, kept)
      directory.write(
        flags.output_dir, record.FILE, task.record(flags, data).to_json() + '\n'
      )
      trainer.train(
        experiment,
        graph,
        flags.output_dir,
        values,
        lines + announced,
        flags.num_epochs,
        keep=flags.keep_checkpoints,
        nan_policy=flags.nan_policy,
        stop=stop,
        after_epoch=lambda: _write_report(flags),
        open_session=open_session,
      )


def _write_report(flags):
  if flags.report:
    # Not above: importing matplotlib takes half a second.
    from src.view import log, report

    try:
      report.write(flags.output_dir)
    except log.NothingYet:
      pass  # a first epoch shorter than --log_every


def renew_report(folder):
  """Writes the report of a run directory anew, if it has one.

  What keeps it from being written is told on stderr and ends nothing.
  """
  # Not above, see _write_report.
  from src.view import report

  if not os.path.isfile(os.path.join(folder, report.FILE)):
    return
  try:
    report.write(folder)
  except (ArcError, OSError) as error:
    print(
      'warning: %s is as before: %s' % (report.FILE, error), file=sys.stderr
    )


def locate_checkpoint(task, flags, given):
  """Path prefix of `--checkpoint_path`; takes flags over from its run.

  Args:
    task: Task.
    flags: flag values; those of the model that were not given are replaced by
      those in the run's `flags.json`, if there is one.
    given: set of the names that were given.

  Raises:
    UsageError, RunError, ArcError: one line each.
  """
  if not flags.checkpoint_path:
    raise UsageError(
      '--checkpoint_path is needed: a checkpoint or a run directory'
    )
  directory.check_path(flags.checkpoint_path)
  prefix = checkpoints.locate(flags.checkpoint_path).prefix
  rows = flags_lib.rows(task.flag_table.GROUPS)
  own = {
    row.name
    for row in rows
    if (row.may_change if row.inherited is None else not row.inherited)
  }
  directory.inherit_flags(prefix, vars(flags), given | own)
  task.check(flags)
  return prefix
