"""Progressive search for cells: the program.

  python -m src.pnas.train [--preset=paper] [--flag=value ...]
  python -m src.pnas.train --final_train=CELL [--N=3 --F=48 ...]

A search that is started again in its directory goes on: `history.jsonl` there
has what was trained. What was being trained goes on from its checkpoint: where
it was after a signal, at its last phase after a kill (docs/RELIABILITY.md).
By the names of `train.py` of titu1994's implementation.
"""

import contextlib
import os
import sys
import time

from src.arc import PNASNET_5, pasted
from src.arc import text as text_lib
from src.pnas import budget, history, search, search_flags
from src.pnas.task import Pnas, settle, space_of
from src.run import (
  directory,
  engines,
  fingerprint,
  lock,
  program,
  scoring,
  session,
)
from src.run import flags as flags_lib
from src.run.errors import RunError, UsageError, exit_code_of

_IMAGES = 50000  # of CIFAR, where nobody has read the data
# How the final network of the micro search is trained
# (scripts/cifar10_micro_final.sh), where flags do not say otherwise.
FINAL = {
  'num_epochs': 630,
  'batch_size': 144,
  'num_valids': 0,
  'N': 3,
  'F': 48,
  'child_optimizer': 'momentum',
  'child_lr_schedule': 'restarts',
  'child_lr_max': 0.05,
  'child_lr_min': 0.0001,
  'child_lr_T_0': 10,
  'child_lr_T_mul': 2,
  'child_l2_reg': 2e-4,
  'child_keep_prob': 0.8,
  'child_drop_path_keep_prob': 0.6,
  'child_use_aux_heads': True,
}


def main(argv):
  """Runs the program; returns its exit code."""
  words = list(argv)
  if any(_named(word)[0] == 'final_train' for word in words[1:]):
    return _final(words)
  debug = any(word.lstrip('-').startswith('debug') for word in words)
  return exit_code_of(lambda: searched(words), debug)


def searched(argv):
  """Searches, as a command line says; see `search.Search.run`.

  Returns:
    list of `history.Result`, as they were asked for; [] for a dry run.
  """
  flags = search_flags.parse(argv)
  return searched_with(flags)


def searched_with(flags):
  """Searches with flag values that are checked each alone; see `searched`."""
  settled = search_flags.child(flags)
  settle(settled)
  space, engine = space_of(settled), engine_of(flags)
  _check(flags, settled, space)
  if flags.dry_run:
    _tell_budget(flags, settled, space)
    return []
  _choose_directory(flags)
  with opened(flags, settled) as (data, told):
    run = search.Search(flags, settled, engine, len(data.labels['train']))
    new = len(run.history.results)
    results = run.run(flags_lib.listing(flags) + told)
    if flags.append and len(run.history.results) > new:
      _append(flags)
  best = history.best(results)
  if best is None:
    raise RunError('no training came to its end')
  print(
    'Best: accuracy %.4f, %s (--final_train=%s)'
    % (
      best.reward,
      best.cell,
      text_lib.quote(os.path.join(flags.output_dir, history.BEST)),
    )
  )
  return results


@contextlib.contextmanager
def opened(flags, settled):
  """Makes the directory of a search, or goes on in it; it is locked within.

  Args:
    flags: flag values of the search.
    settled: those of a child's training, settled.

  Yields:
    (images.data.Data, list of str: what is to be said of flags and data).

  Raises:
    UsageError, RunError: it is of another search, or of other data.
  """
  table = search_flags.groups(flags.preset)
  may_change = {row.name for row in flags_lib.rows(table) if row.may_change}
  directory.check_path(flags.output_dir)
  if not flags.reset_output_dir:
    directory.check_unchanged(flags.output_dir, vars(flags), may_change)
  task, told = Pnas(), flags_lib.notices(table, flags)
  data = task.read_data(settled, told.append)
  directory.prepare(flags.output_dir, flags.reset_output_dir, print)
  with lock.held(flags.output_dir):
    if flags.reset_output_dir:
      directory.empty(flags.output_dir)
    found = task.batches(settled, data).fingerprint()
    fingerprint.keep(found, flags.output_dir)
    directory.write_flags(flags.output_dir, vars(flags))
    yield data, told


def engine_of(flags):
  """The engine of flags; sets how many threads trainings have."""
  devices = [word for word in flags.devices.split(',') if word]
  engine = engines.named(
    flags.engine, devices, max(1, flags.threads), flags.child_gpus
  )
  threads = flags.threads
  kind, _, count = flags.engine.partition(':')
  if not threads and kind == 'local':
    threads = max(1, (os.cpu_count() or 1) // int(count))
  elif not threads and kind == 'ray':
    threads = 1  # the core that was asked for
  if threads:
    os.environ[session.THREADS] = str(threads)
  return engine


def _check(flags, settled, space):
  """Raises UsageError or ArcError before anything is trained."""
  if settled.num_valids < 1:
    raise UsageError(
      '--num_valids=%d: children are judged by validation images'
      % settled.num_valids
    )
  if flags.final_train is not None:
    raise UsageError(
      '--final_train is for the command line: it is not read from a file'
    )
  if flags.restore_controller and flags.predictor != 'reference':
    raise UsageError(
      '--restore_controller is for --predictor=reference: an %s is fitted '
      'afresh at each level' % flags.predictor
    )
  if flags.resume is not None:
    if flags.output_dir not in ('', flags.resume):
      raise UsageError('--resume is an --output_dir: give one of them')
    flags.output_dir = flags.resume
    if directory.read_flags(flags.resume) is None:
      raise UsageError(
        '--resume=%s: there is no search (no %s)'
        % (flags.resume, directory.FLAGS_FILE)
      )
  probe = flags_lib.Values(vars(settled))
  cell = ' '.join(str(value) for value in (space.inputs_of(0)[0], 0) * 2)
  vars(probe).update(child_fixed_arc=cell, output_dir='probe')
  Pnas().check(probe)


def _choose_directory(flags):
  if not flags.output_dir:
    name = time.strftime('%Y-%m-%d-%H-%M-%S')
    flags.output_dir = os.path.join('outputs', 'pnas', name)


def _tell_budget(flags, settled, space):
  images = settled.subset or _IMAGES - settled.num_valids
  found = budget.budget(space, flags.K or None, flags.dedup)
  for line in budget.lines(found, images * flags.max_epochs):
    print(line)


def _append(flags):
  """Rows of this search behind those of others, in the working directory."""
  names = [history.TRAINED]
  names += ['scores_%d.csv' % level for level in range(2, flags.B + 1)]
  for name in names:
    with text_lib.open_text(os.path.join(flags.output_dir, name)) as file:
      rows = [line.rstrip('\n').split(',') for line in file]
    scoring.write(name, rows, append=True)


def _named(word):
  """(name, '=' or '', value) of a flag; the name is '' for other words."""
  if not word.startswith('-'):
    return '', '', word
  return word.lstrip('-').partition('=')


def _final(argv):
  """Trains the network of one cell; its flags are those of `src.pnas.main`."""
  words, cell = [argv[0]], None
  rest = iter(argv[1:])
  for word in rest:
    name, given, value = _named(word)
    if name == 'final_train':
      cell = value if given else next(rest, '')
    else:
      words.append(word)
  defaults = [_as_word(name, value) for name, value in sorted(FINAL.items())]

  def _main():
    text = PNASNET_5.to_json() if cell == 'pnasnet5' else pasted.one(cell)
    arguments = words[:1] + defaults
    arguments += ['--child_fixed_arc=' + text] + words[1:]
    codes.append(program.main(arguments, Pnas()))

  codes = []
  return exit_code_of(_main, '--debug' in argv) or codes[0]


def _as_word(name, value):
  if isinstance(value, bool):
    return '--%s%s' % ('' if value else 'no', name)
  return '--%s=%s' % (name, value)


if __name__ == '__main__':
  sys.exit(main(sys.argv))
