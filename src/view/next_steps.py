"""What to do next with a run: commands, complete, for bash."""

import os
import sys

from src.arc import text as text_lib
from src.view import commands, derived, frames


def commands_of(run, directory, scored):
  """A list of (what it is for, command, or None where there is none).

  Args:
    run: log.Run.
    directory: str, the run directory.
    scored: list of derived.Derived, best first; may be empty.
  """
  python = os.path.relpath(sys.executable)
  if python.startswith('..'):
    python = '.venv/bin/python'
  python = text_lib.quote(python)
  steps = [
    (
      'The same command as before goes on where this run stopped; all scalars '
      'in TensorBoard:',
      '%s -m tensorboard.main --logdir %s'
      % (python, text_lib.quote(directory)),
    )
  ]
  if run.flags.get('child_fixed_arc'):
    return steps + _in_use(run, directory, python)
  if run.history.shown:
    return steps + _of_search(run, directory, python, scored)
  return steps


def _of_search(run, directory, python, scored):
  folder, package = text_lib.quote(directory), run.record.package
  program = 'main --mode=derive --checkpoint_path'
  if package == 'recurrent':
    program = 'train_regular --mode=derive --load_path'
  return [
    (
      'Sample architectures, score each on the validation split, rank them:',
      '%s -m src.%s.%s=%s' % (python, package, program, folder),
    ),
    _retraining(run, scored),
    (
      'The search as a video:',
      '%s -m src.view video %s -o search.mp4' % (python, folder),
    ),
  ]


def _retraining(run, scored):
  """(what for, command): of the best architecture that is known."""
  if scored:
    best = run.record.space.parse(scored[0].arc)
    what = (
      'Train one from scratch, here the first of %s (%g on the whole '
      'validation split):' % (derived.FILE, scored[0].value)
    )
  else:
    best = frames.ranked(run.history.shown)[0].arc
    what = (
      'Train one from scratch, here the best of those shown, each on one batch:'
    )
  found, line = commands.retraining(best, run.flags, run.record)
  return (what, line) if found else (line, None)


def _in_use(run, directory, python):
  """What to do with a trained network."""
  package, history = run.record.package, run.history
  if package == 'recurrent':
    return []
  which = 'of its last checkpoint'
  if history.valid or history.perplexity['valid']:
    directory += ':best'
    which = (
      'of the checkpoint with the best validation; without :best, the last'
    )
  path = text_lib.quote(directory)
  steps = [
    (
      'The network as a SavedModel, %s:' % which,
      '%s -m src.%s.main --mode=export --checkpoint_path=%s'
      % (python, package, path),
    )
  ]
  if package != 'ptb':
    steps.append(
      (
        'What it sees in the images of a folder:',
        '%s -m src.use.predict --checkpoint_path=%s FOLDER' % (python, path),
      )
    )
  return steps
