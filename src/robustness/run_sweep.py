"""Runs all experiments of a set, several at once.

  python -m src.robustness.run_sweep --set SET [--jobs N] [--flag=value ...]
    [--only=NAME,SET/NAME,...] [--seeds=69,70,71]

Each runs in a process of its own, as the driver would run it; what it prints is
in `results/SET_EXPERIMENT.log`. One that fails holds up no other. Started
again, the sweep goes on: what is concluded is passed over, what has begun
resumes. `results/SET.sweep.csv` says how far each is.
"""

import collections
import contextlib
import os
import sys
import typing

from src.arc import text as text_lib
from src.robustness import driver, results, sets
from src.robustness import flags as flag_table
from src.robustness.task import settle, target
from src.run import engines, ranges, scoring
from src.run import flags as flags_lib
from src.run.errors import RunError, UsageError, exit_code_of
from src.run.flags import Flag

GROUPS = [
  (
    'The sweep',
    [
      Flag('jobs', 'int', 1, 'experiments at a time', ranges.AT_LEAST_ONE),
      Flag(
        'only',
        'str',
        '',
        'names of experiments of the set, or SET/NAME of another one, with '
        'commas between; all of the set unless given',
      ),
      Flag(
        'seeds',
        'str',
        '',
        'run each with so many seeds, numbers with commas between; with that '
        'of --seed unless given',
      ),
    ],
  )
] + flag_table.GROUPS
_OWN = ('jobs', 'only', 'seeds', 'seed', 'set', 'experiment')
COLUMNS = (
  'set', 'experiment', 'seed', 'state', 'epochs', 'val', 'test', 'bad',
  'seconds',
)  # fmt: skip
_WAITING, _CONCLUDED, _FAILED = 'waiting', 'concluded', 'failed'
_ROW = '%-10s %-22s %4s %-10s %6s %7s %7s %6s %9s'


class Item(typing.NamedTuple):
  """One experiment of a sweep; it can be pickled.

  Attributes:
    name: (set, experiment, seed), str.
    words: tuple of str, the driver's command line.
    log: str, the file for what it prints.
  """

  name: tuple
  words: tuple
  log: str


def main(argv):
  """Runs the program; returns its exit code."""
  return exit_code_of(lambda: _main(list(argv)), '--debug' in argv)


def _main(argv):
  flags, given = flags_lib.parse(GROUPS, argv, flag_table.WITHOUT_EFFECT)
  flags_lib.check(GROUPS[:1], flags)
  for name in ('output_dir', 'child_fixed_arc', 'derive', 'fixed_arc'):
    if getattr(flags, name) not in (None, ''):
      raise UsageError('--%s is for one experiment: leave it out' % name)
  found = sets.find_set(flags.set, flags.experiments_dir)
  seeds = _seeds(flags, given)
  shared = [
    driver.as_word(name, getattr(flags, name))
    for name in vars(flags)
    if name in given and name not in _OWN
  ]
  items = [
    _item(named, seed, shared) for seed in seeds for named in _chosen(flags)
  ]
  table = os.path.join(flags.results_dir, found.name + '.sweep.csv')
  _sweep(items, engines.Processes(flags.jobs), table)


def _chosen(flags):
  """(set, experiment) of what is to be run, a list without doubles."""
  found = sets.find_set(flags.set, flags.experiments_dir)
  chosen = []
  words = [word for word in (flags.only or '').split(',') if word]
  for word in words or found.experiments:
    set_name, _, name = word.rpartition('/')
    set_name, one = sets.find(
      set_name or found.name, name, flags.experiments_dir
    )
    if (set_name, one.name) not in chosen:
      chosen.append((set_name, one.name))
  return chosen


def _seeds(flags, given):
  """The seeds of each experiment, a list of str without doubles."""
  if not flags.seeds:
    return [str(flags.seed)]
  words = flags.seeds.split(',')
  if not all(word.isdigit() for word in words):
    raise UsageError(
      '--seeds=%s: expected numbers with commas between' % flags.seeds
    )
  if 'seed' in given:
    raise UsageError('--seed and --seeds: give one of them')
  return list(collections.OrderedDict.fromkeys(words))


def _item(named, seed, shared):
  """The Item of an experiment; raises UsageError for flags that are wrong."""
  words = ['driver'] + list(named) + shared + ['--seed=' + seed]
  words = driver.arguments(words)
  flags = _settled(words)
  driver.check(flags)
  return Item(named + (seed,), tuple(words), target(flags) + '.log')


def _settled(words):
  flags = driver.parse(words)
  settle(flags)
  return flags


def _sweep(items, engine, table):
  """Runs what is not concluded, and tells of each as it ends."""
  states = {item.name: _WAITING for item in items}
  left = []
  for item in items:
    flags = _settled(item.words)
    if driver.epochs_done(flags) >= flags.num_epochs and not flags.restart:
      states[item.name] = _CONCLUDED
    else:
      left.append(item)
  _write(items, states, table)
  print('%d experiments, %d to run' % (len(items), len(left)))
  print(_ROW % COLUMNS)
  for item, code in engine.map(run, left):
    states[item.name] = _CONCLUDED if code == 0 else _FAILED
    _write(items, states, table)
    print(_ROW % _row(item, states[item.name]), flush=True)
    if code != 0:
      reason = getattr(code, 'reason', None) or _last_line(item.log)
      print('  %s: %s' % (item.log, reason), flush=True)
  failed = sorted(
    '%s/%s, seed %s' % name for name in states if states[name] == _FAILED
  )
  print('%d concluded, %d failed: %s' % (
    list(states.values()).count(_CONCLUDED), len(failed), table
  ))  # fmt: skip
  if failed:
    raise RunError(
      'failed: %s; the same command tries them again' % '; '.join(failed)
    )


def run(item):
  """Runs one experiment; returns the exit code of the driver."""
  os.makedirs(os.path.dirname(item.log) or '.', exist_ok=True)
  with contextlib.ExitStack() as stack:
    log = stack.enter_context(text_lib.open_text(item.log, 'a'))
    stack.enter_context(contextlib.redirect_stdout(log))
    stack.enter_context(contextlib.redirect_stderr(log))
    return driver.main(list(item.words))


def _row(item, state):
  """The cells of a table's row, a tuple of str."""
  flags = _settled(item.words)
  own = os.path.join(flags.output_dir, results.FILE)
  rows = results.read(own) if os.path.exists(own) else []
  done = str(driver.epochs_done(flags))
  if not rows:
    return item.name + (state, done, '', '', '', '')
  last = rows[-1]
  return item.name + (
    state,
    done,
    '%.4f' % last['val'],
    '%.4f' % last['test'],
    '%.2f' % last['bad_layers_avg'],
    '%.1f' % last['seconds'],
  )


def _write(items, states, table):
  os.makedirs(os.path.dirname(table) or '.', exist_ok=True)
  rows = [_row(item, states[item.name]) for item in items]
  scoring.write(table, [COLUMNS] + rows)


def _last_line(path):
  """The last line of a file, or ''."""
  with text_lib.open_text(path) as file:
    lines = file.read().split('\n')
  found = [line for line in lines if line.strip()]
  return found[-1] if found else ''


if __name__ == '__main__':
  sys.exit(main(sys.argv))
