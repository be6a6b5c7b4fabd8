"""Searches on poisoned, typed and cut-down spaces: the program.

  python -m src.robustness.driver [SET] [EXPERIMENT] [EPOCHS] [--flag=value ...]
  python -m src.robustness.driver SET EXPERIMENT EPOCHS --derive=N
    --fixed_arc={auto,ARC}
  python -m src.robustness.driver --list [SET]

The words are those of rhubarbwu/ENAS-Experiments: baseline, space_0 and 300
where they are left out, from the last one on.
"""

import sys

from src.robustness import final, results, sets
from src.robustness import flags as flag_table
from src.robustness.task import Robustness, target
from src.run import checkpoints, program
from src.run import flags as flags_lib
from src.run.errors import UsageError, exit_code_of

_WORDS = ('set', 'experiment', 'num_epochs')
_LIST = '--list'


def main(argv):
  """Runs the program; returns its exit code."""
  task, left = Robustness(), []

  def _main():
    if _LIST in argv:
      _show_sets(argv)
      return
    words = arguments(argv)
    flags, given = _parsed(words)
    if flags.derive is not None or flags.fixed_arc is not None:
      final.main(task, flags, given)
      return
    if _trains(flags):
      check(flags)
      if not flags.reset_output_dir and epochs_done(flags) >= flags.num_epochs:
        _tell_concluded(flags)
        return
    left.append((words, flags))

  code = exit_code_of(_main, '--debug' in argv)
  if code or not left:
    return code
  ((words, flags),) = left
  code = program.main(words, task)
  if code == 0 and _trains(flags):
    code = exit_code_of(lambda: _conclude(flags))
  return code


def arguments(argv, groups=None):
  """A command line in which everything is a flag.

  Args:
    argv: list of str, the program's name first, then up to three words.
    groups: flag table of the program; that of the driver unless given.

  Returns:
    list of str; what is given later counts, so flags count before words, and
    both before what goes with --compat.

  Raises:
    UsageError: a number of epochs that is none.
  """
  flags, named = list(argv[1:]), []
  for name in _WORDS:
    if not flags or flags[0].startswith('-'):
      break
    named.append('--%s=%s' % (name, flags.pop(0)))
  if len(named) == len(_WORDS) and not named[-1].split('=')[1].isdigit():
    raise UsageError(
      'EPOCHS is %r, expected a number' % named[-1].split('=', 1)[1]
    )
  words = argv[:1] + named + flags
  if parse(words, groups).compat == 'tf':
    words[1:1] = [as_word(*item) for item in sorted(flag_table.TF.items())]
  return words


def as_word(name, value):
  """A flag as it is written on a command line."""
  if isinstance(value, bool):
    return '--%s%s' % ('' if value else 'no', name)
  return '--%s=%s' % (name, value)


def parse(words, groups=None):
  """The flag values of such a command line; see `arguments`."""
  return _parsed(words, groups)[0]


def _parsed(words, groups=None):
  """(flag values, names that were given)."""
  groups = groups or flag_table.GROUPS
  return flags_lib.parse(groups, words, flag_table.WITHOUT_EFFECT)


def check(flags):
  """Settles flags; raises UsageError and others for what makes no sense."""
  program.check(Robustness(), flags)


def _show_sets(argv):
  words = [word for word in argv[1:] if word != _LIST]
  names = [word for word in words if not word.startswith('-')]
  if len(names) > 1:
    raise UsageError('--list shows one set, or all of them')
  flags = parse(argv[:1] + [word for word in words if word not in names])
  for line in sets.listing(*names or [None], folder=flags.experiments_dir):
    print(line)


def _trains(flags):
  return flags.mode == 'train' and flags.child_fixed_arc is None


def epochs_done(flags):
  """How many epochs a run has; flags are settled."""
  found = checkpoints.find(flags.output_dir)
  return found[-1].state['position'][0] if found else 0


def _tell_concluded(flags):
  """What a run that has its epochs says instead of training."""
  _conclude(flags)
  tables = results.concluded(target(flags))
  print(
    '%s %s is already concluded at epoch %d%s; use --restart to start over'
    % (
      flags.set,
      flags.experiment,
      epochs_done(flags),
      ': ' + tables[-1] if tables else '',
    )
  )


def _conclude(flags):
  """Gives the results of a run that came to its end their last name."""
  if epochs_done(flags) >= flags.num_epochs:
    path = results.conclude(target(flags))
    if path:
      print('Results: %s' % path)


if __name__ == '__main__':
  sys.exit(main(sys.argv))
