"""Random search: what chance finds in an experiment's space.

  python -m src.robustness.random_search [SET] [EXPERIMENT] [EPOCHS]
    [--num_archs=N] [--flag=value ...]

N architectures are drawn, operations equally likely and skips at the rate of
--controller_skip_target, as --controller=uniform does, and each is trained from
scratch. The folder is that of `src.run.retraining`: started again it goes on,
and with a larger N it keeps what it has.
"""

import sys

import numpy as np

from src.nn import keyed
from src.robustness import driver, names
from src.robustness import flags as flag_table
from src.robustness.task import Robustness, called, settle
from src.run import flags as flags_lib
from src.run import ranges, retraining
from src.run.errors import UsageError, exit_code_of
from src.run.flags import Flag
from src.view import rank

GROUPS = [
  (
    'Random search',
    [
      Flag('num_archs', 'int', 10, 'architectures to draw', ranges.AT_LEAST_ONE)
    ],
  )
] + flag_table.GROUPS
_ENDING = '.random_search'


def main(argv):
  """Runs the program; returns its exit code."""
  return exit_code_of(lambda: _main(list(argv)), '--debug' in argv)


def _main(argv):
  flags = driver.parse(driver.arguments(argv, GROUPS), GROUPS)
  flags_lib.check(GROUPS[:1], flags)
  if flags.mode != 'train' or flags.child_fixed_arc is not None:
    raise UsageError(
      'random_search draws architectures and trains them: leave out --mode and '
      '--child_fixed_arc'
    )
  for name in ('derive', 'fixed_arc'):
    if getattr(flags, name) is not None:
      raise UsageError('--%s is for src.robustness.driver: leave it out' % name)
  task, folder = Robustness(), flags.output_dir
  count = vars(flags).pop('num_archs')  # no matter of a single training
  settle(flags)
  flags.output_dir = folder or (
    names.directory(flags.checkpoints_dir, *called(flags)) + _ENDING
  )
  arcs = drawn(task.space(flags), flags, count)
  table = scores_of(retraining.score_and_tell(task, flags, arcs))
  found = rank.statistics(table)
  print(
    '%d random architectures: best %.4f, mean %.4f, standard deviation %.4f, '
    'worst %.4f' % (found.count, found.best, found.mean, found.std, found.worst)
  )


def drawn(space, flags, count):
  """So many networks, a list of architectures in canonical form.

  The first ones are the same for any number. Actions of one operation are
  drawn as often as they are, but make no other network.
  """
  return [
    space.canonical(
      space.random(
        keyed.generator(flags.seed, 'random search', number),
        flags.controller_skip_target,
      )
    )
    for number in range(count)
  ]


def scores_of(scores):
  """`rank.Table` of the mean score of each architecture over its seeds.

  Args:
    scores: list of `retraining.Score`; failures are left out.
  """
  values = {}
  for score in scores:
    if score.split is not None:
      found = score.found[score.split].value
      values.setdefault(str(score.arc), {})[score.seed] = found
  return rank.Table(
    {arc: (float(np.mean(list(of.values()))), 1) for arc, of in values.items()}
  )


if __name__ == '__main__':
  sys.exit(main(sys.argv))
