"""From a search to a network of its own: derive, then train from scratch.

Both steps are those of all searches: the ranking of --mode=derive, and the
trainings of --mode=retrain, in a folder beside that of the search. Started
again, a training goes on. Source: section "fixed architecture" of
rhubarbwu/ENAS-Experiments, where it cannot start.
"""

import copy
import os

from src.arc import pasted
from src.robustness.flags import OF_NETWORKS
from src.run import checkpoints, directory, retraining, scoring
from src.run.errors import UsageError
from src.view import commands, derived

AUTO = 'auto'
_ENDING = '.fixed'
# Of the first layer; they double with each reduction.
_FILTERS = 128


def main(task, flags, given):
  """What --derive and --fixed_arc ask for.

  Args:
    task: task.Robustness.
    flags: flag values, not settled yet.
    given: set of the names that were given.

  Raises:
    UsageError, RunError, ArcError: one line each.
    Interrupted: a signal came; all is saved.
  """
  if flags.mode != 'train' or flags.child_fixed_arc is not None:
    raise UsageError(
      '--derive and --fixed_arc derive and train: leave out --mode and '
      '--child_fixed_arc'
    )
  task.check(flags)
  derives = flags.derive is not None or flags.fixed_arc == AUTO
  arcs = _derived(task, flags, given) if derives else []
  if flags.fixed_arc is not None:
    own = _of_training(task, flags, given)
    if flags.fixed_arc != AUTO:
      arcs = [task.parse_arc(own, pasted.one(flags.fixed_arc))]
    retraining.score_and_tell(task, own, arcs[:1])


def _derived(task, flags, given):
  """The architectures that a search has found, best first."""
  if not checkpoints.find(flags.output_dir):
    raise UsageError(
      'there is no search in %s: run it first, without --derive and --fixed_arc'
      % flags.output_dir
    )
  own = copy.copy(flags)
  vars(own).update(mode='derive', checkpoint_path=flags.output_dir)
  own.derive_samples = flags.derive or flags.derive_samples
  path = flags.derive_output or os.path.join(flags.output_dir, derived.FILE)
  # EPOCHS and filters may be those of the training.
  task.modes['derive'](task, own, given - {'num_epochs', 'child_out_filters'})
  return scoring.read_arcs(path, lambda text: task.parse_arc(own, text))


def _of_training(task, flags, given):
  """The flags of the training: data and space are those of the search."""
  own = copy.copy(flags)
  searched = directory.read_flags(flags.output_dir) or {}
  names = [name for name, _ in task.space(own).flags]
  names += [*commands.data_of(searched), *OF_NETWORKS]
  for name in names:
    if name in searched and name not in given:
      setattr(own, name, searched[name])
  if 'child_out_filters' not in given:
    own.child_out_filters = _FILTERS
  own.output_dir = flags.output_dir + _ENDING
  own.derive = own.fixed_arc = None
  return own
