"""Whether the extra gradient term is worth it: searches with it and without.

  python -m src.recurrent.analysis.extra_gradient RUN RUN ...

Runs of each --extra_gradient, from the same seeds, are compared by seed: by
what their controllers prefer over chance in their own shared weights
(`--mode=derive`, and the same with --derive_from=random), and by their best
cell trained alone (`--mode=train_scratch`). Their diagnoses say why.
"""

import collections
import csv
import os
import sys

import numpy as np

from src.arc import describe
from src.arc import text as text_lib
from src.arc.errors import ArcError
from src.recurrent import derivation, extra_gradient, lookahead, modes
from src.recurrent.analysis import plots
from src.recurrent.study import command, files
from src.run import directory
from src.run.errors import RunError, UsageError, exit_code_of
from src.view import compare, rank, tables
from src.view.study.words import CLEAR

FOLDER = 'extra_gradient'
PLAIN = lookahead.EXTRA[0]
OUTCOMES = collections.OrderedDict(
  (
    ('gain', 'ln of perplexity below chance, medians, own shared weights'),
    ('retrained', 'ln of perplexity of the best cell, trained alone'),
  )
)
COLUMNS = ('run', 'mode', 'seed') + tuple(OUTCOMES) + ('diagnoses',)
COMPARED = (
  'mode', 'outcome', 'seeds', 'mean', 'low', 'high', 'p', 'p_holm',
  'detectable',
)  # fmt: skip


def main(argv):
  """Runs the program; returns its exit code."""
  parser = command.parser_of_runs(
    'src.recurrent.analysis.extra_gradient', __doc__
  )

  def _main():
    args = parser.parse_args(argv[1:])
    found = [read(run) for run in args.runs]
    _check_twins(found)
    report(found, files.Output(args.results_dir, FOLDER, ''))

  return exit_code_of(_main)


def read(folder):
  """dict of COLUMNS of a run; 'diagnoses' is a list, see `diagnoses`.

  Raises:
    UsageError: it is no run of a search, or was not derived from.
    RunError: a file is damaged.
  """
  flags = directory.read_flags(folder)
  if not flags or 'extra_gradient' not in flags:
    raise UsageError('%s is no run of src.recurrent' % folder)
  told = {'run': os.path.basename(os.path.normpath(folder))}
  told.update(mode=flags['extra_gradient'], seed=flags['random_seed'])
  medians = []
  for source in ('random', 'controller'):
    path = os.path.join(folder, derivation.TABLES[source])
    if not os.path.isfile(path):
      raise UsageError(
        '%s is not there: run --mode=derive --derive_from=%s first'
        % (path, source)
      )
    try:
      table = rank.read(path)
    except ArcError as error:
      raise RunError(str(error)) from error
    medians.append(np.median(rank.values(table)))
  told['gain'] = float(np.log(medians[0] / medians[1]))
  told['retrained'] = _retrained(os.path.join(folder, modes.SCRATCH))
  told['diagnoses'] = []
  if os.path.isfile(os.path.join(folder, extra_gradient.TABLE)):
    told['diagnoses'] = extra_gradient.diagnoses(folder)
  return told


def _check_twins(runs):
  known = {}
  for run in runs:
    key = run['mode'], run['seed']
    if key in known:
      raise UsageError(
        '%s and %s are both --extra_gradient=%s of seed %s: give one'
        % ((known[key], run['run']) + key)
      )
    known[key] = run['run']


def _retrained(folder):
  """ln of the best validation perplexity of a training; nan without one."""
  path = os.path.join(folder, tables.METRICS)
  if not os.path.isfile(path):
    return float('nan')
  try:
    with text_lib.open_text(path) as file:
      values = [
        float(row['perplexity'])
        for row in csv.DictReader(file)
        if row['phase'] == 'valid'
      ]
    return float(np.log(min(values)))
  except (OSError, KeyError, TypeError, ValueError) as error:
    raise RunError('%s is damaged: %s' % (path, error)) from error


def report(runs, output):
  """Writes and tells what runs, as `read`, say together."""
  modes_there = [m for m in lookahead.EXTRA if m in {r['mode'] for r in runs}]
  compared = comparisons(runs)
  verdicts = {
    mode: extra_gradient.verdict(
      [run['diagnoses'] for run in runs if run['mode'] == mode]
    )
    for mode in modes_there
  }
  answers = [answer(row) for row in compared]
  rows = [
    [run[name] for name in COLUMNS[:-1]] + [len(run['diagnoses'])]
    for run in runs
  ]
  output.table('runs', COLUMNS, rows)
  output.results(
    {'answers': answers, 'diagnoses': verdicts}, COMPARED, compared
  )
  for line in describe.side_by_side(
    [COLUMNS] + [[_short(value) for value in row] for row in rows]
  ):
    print(line)
  for line in answers:
    print(line)
  for mode, words in verdicts.items():
    print('%s: %s' % (mode, words))
  _draw(runs, modes_there, output)
  output.told()


def _short(value):
  return '%.4f' % value if isinstance(value, float) else str(value)


def comparisons(runs):
  """Rows of COMPARED: each mode against none, by the seeds that both have.

  Means are above zero where the extra term is better; p is two-sided.

  Args:
    runs: list of what `read` returned.
  """
  known, rows = {}, []
  for run in runs:
    known[run['mode'], run['seed']] = run
  for mode in lookahead.EXTRA[1:]:
    for outcome, sign in (('gain', 1), ('retrained', -1)):
      apart = [
        sign * (run[outcome] - known[PLAIN, seed][outcome])
        for (its, seed), run in known.items()
        if its == mode and (PLAIN, seed) in known
      ]
      apart = [value for value in apart if np.isfinite(value)]
      if apart:
        found = compare.paired(apart, compare.TWO_SIDED)
        rows.append((
          mode, outcome, found.count, found.mean, found.low, found.high,
          found.p_both, found.detectable,
        ))  # fmt: skip
  corrected = compare.holm([row[6] for row in rows])
  return [row[:7] + (p,) + row[7:] for row, p in zip(rows, corrected)]


def answer(row):
  """str, a row of COMPARED in words."""
  of = dict(zip(COMPARED, row))
  said = '%s against %s, %s: %+.3f (%+.3f to %+.3f, %d seeds, p %.2g)' % (
    of['mode'], PLAIN, OUTCOMES[of['outcome']], of['mean'], of['low'],
    of['high'], of['seeds'], of['p_holm'],
  )  # fmt: skip
  if of['p_holm'] < CLEAR:
    return said + (
      ': it is worth it.' if of['mean'] > 0 else ': it is harmful.'
    )
  if np.isnan(of['p_holm']):
    return said + ': too few seeds, or equal ones, to tell.'
  return said + (
    ': no difference shown; with 80 %% power as many seeds show %.3f.'
    % of['detectable']
  )


def _draw(runs, there, output):
  kinds = (('ahead', 'a step on'), ('now', 'now'), ('noise', 'two estimates'))
  rows = [row for run in runs for row in run['diagnoses']]
  if rows:
    output.figure(
      'similarity.png',
      plots.density(
        {words: [row['cos_' + name] for row in rows] for name, words in kinds},
        "The controller's next gradient and others, %d diagnoses" % len(rows),
        'cosine',
      ),
    )
  for outcome, words in OUTCOMES.items():
    values = [
      (mode, run['seed'], run[outcome])
      for mode in there
      for run in runs
      if run['mode'] == mode and np.isfinite(run[outcome])
    ]
    if values:
      output.figure(outcome + '.png', plots.by_seed(values, words))


if __name__ == '__main__':
  sys.exit(main(sys.argv))
