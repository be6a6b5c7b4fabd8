"""PNAS, chance and a controller that learns, at equal numbers of children.

  python -m src.pnas.compare --output_dir=DIR [--seeds=3] [--arms=pnas,random]
    [--flag=value ...]

For each seed a progressive search is run, and the others train as many
children. The folder has a run of each arm and seed, `compare.csv` with all
rewards, and `compare.html`. Started again it goes on. All differences between
arms are those of `src.view.compare`.
"""

import copy
import os
import sys

from src.pnas import history as history_lib
from src.pnas import rivals, search_flags, train
from src.pnas.children import Children
from src.pnas.history import History
from src.pnas.task import Pnas, settle, space_of
from src.run import directory, engines, lock, ranges, scoring
from src.run import flags as flags_lib
from src.run.errors import RunError, UsageError, exit_code_of
from src.run.flags import Flag
from src.view import compare, curves, page
from src.view.page import Section

PNAS, RANDOM, RL = 'pnas', 'random', 'rl'
ARMS = (PNAS, RANDOM, RL)
TABLE, PAGE = 'compare.csv', 'compare.html'
_OWN = [
  Flag(
    'seeds',
    'int',
    3,
    'how often each arm is run, with seeds from seed on',
    ranges.AT_LEAST_ONE,
  ),
  Flag(
    'arms',
    'str',
    ','.join(ARMS),
    'which ones, with commas between them; pnas always is',
  ),
]


# What makes sense for a single search only, and the value it has here.
OF_ONE = {'dry_run': False, 'final_train': None, 'resume': None}


def groups(preset):
  """The flag table of a preset."""
  table = flags_lib.changed(search_flags.groups(preset), tuple(OF_ONE))
  return [('Comparison', _OWN)] + table


def main(argv):
  """Runs the program; returns its exit code."""
  return exit_code_of(lambda: _main(list(argv)), '--debug' in argv)


def _main(argv):
  flags = search_flags.parse(argv, groups)
  arms = [arm for arm in ARMS if arm == PNAS or arm in flags.arms.split(',')]
  if set(flags.arms.split(',')) - set(ARMS):
    raise UsageError(
      '--arms=%s: expected some of %s' % (flags.arms, ', '.join(ARMS))
    )
  if not flags.output_dir:
    raise UsageError('--output_dir is needed: where all runs are kept')
  compared(flags, arms)


def compared(flags, arms):
  """Runs all arms for all seeds, and writes table and page.

  Args:
    flags: flag values of a search, with `seeds`.
    arms: list of some of ARMS, PNAS first.

  Returns:
    dict from arm to a list, one for each seed, of lists of `history.Result`.
  """
  directory.check_path(flags.output_dir)
  directory.prepare(flags.output_dir, False, print)
  found = {arm: [] for arm in arms}
  with lock.held(flags.output_dir):
    for seed in range(flags.seed, flags.seed + flags.seeds):
      for arm in arms:
        own = copy.copy(flags)
        for row in _OWN:
          delattr(own, row.name)
        folder = os.path.join(flags.output_dir, '%s_%d' % (arm, seed))
        vars(own).update(OF_ONE, seed=seed, output_dir=folder)
        if arm == PNAS:
          results = train.searched_with(own)
        else:
          results = _rival(arm, own, len(found[PNAS][-1]))
        found[arm].append(results)
        _write(flags, found)
  for line in page.as_lines(_sections(found)):
    print(line)
  print('Page: %s' % os.path.join(flags.output_dir, PAGE))
  return found


def _rival(arm, flags, count):
  """Results of another arm; see `rivals`."""
  task, settled = Pnas(), search_flags.child(flags)
  settle(settled)
  space, engine = space_of(settled), train.engine_of(flags)
  with train.opened(flags, settled) as (data, _):
    history = History(flags.output_dir)

    def _told(result, number, total, _):
      if total > 1:
        print('%s: %d of %d: %.4f' % (arm, number, total, result.reward))

    images = len(data.labels['train'])
    parts = task, settled, flags, history
    if arm == RANDOM:
      children = Children(*parts, engine, images, _told)
      arcs = rivals.random(space, count, flags.seed)
      results = children.trained(flags.B, arcs)
    else:
      children = Children(*parts, engines.Serial(), images, _told)

      def _trained(arc):
        return children.trained(flags.B, [arc])[0]

      results = rivals.learned(space, count, flags.seed, _trained)
    history_lib.write_tables(flags.output_dir, results)
  return results


def _write(flags, found):
  rows = [['arm', 'seed', 'number', 'blocks', 'reward', 'best', 'examples']]
  for arm, runs in found.items():
    for number, results in enumerate(runs):
      best, examples = 0.0, 0
      for place, result in enumerate(results, 1):
        best = max(best, result.reward)
        examples += result.examples
        rows.append(
          [arm, flags.seed + number, place, result.level, result.reward, best]
          + [examples]
        )
  scoring.write(os.path.join(flags.output_dir, TABLE), rows)
  # Not above: it needs matplotlib.
  from src.pnas import charts

  rewards = {
    arm: [[result.reward for result in results] for results in runs]
    for arm, runs in found.items()
    if runs
  }
  drawn = {'best': curves.as_svg(charts.best_so_far(rewards))}
  text = page.of_sections('PNAS compared', _sections(found), drawn)
  try:
    page.write(os.path.join(flags.output_dir, PAGE), text)
  except OSError as error:
    raise RunError('cannot write %s: %s' % (PAGE, error.strerror)) from error


def _sections(found):
  best = {
    arm: [max(result.reward for result in results) for results in runs]
    for arm, runs in found.items()
    if runs
  }
  table = [('arm', 'seeds', 'children', 'examples', 'best of each seed')]
  for arm, values in best.items():
    runs = found[arm]
    table.append(
      (
        arm,
        str(len(values)),
        str(sum(map(len, runs))),
        str(sum(result.examples for results in runs for result in results)),
        ' '.join('%.4f' % value for value in values),
      )
    )
  lines = []
  for arm, values in best.items():
    if arm == PNAS or len(values) != len(best[PNAS]):
      continue
    pair = compare.paired([a - b for a, b in zip(best[PNAS], values)])
    interval = ''
    if pair.count > 1:
      interval = ' (%+.4f to %+.4f)' % (pair.low, pair.high)
    lines.append(
      'pnas less %s: mean difference of the best %+.4f%s, better in %d of %d '
      'seeds, p %.3f (sign test, one-sided)'
      % (arm, pair.mean, interval, pair.wins, pair.count, pair.p_sign)
    )
  return [Section('Best child at equal numbers', 'best', [table], lines)]


if __name__ == '__main__':
  sys.exit(main(sys.argv))
