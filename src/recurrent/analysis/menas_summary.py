"""What studies of several searches say to the questions MENAS left open.

  python -m src.recurrent.analysis.menas_summary RUN RUN ...

It reads what `extra_gradient`, `random_vs_trained`, `crossed` and `capacity`
have written of these runs (scripts/menas_study.sh makes all of it). The run is
the unit: of each there is one number, and intervals are over the runs.
"""

import collections
import csv
import json
import os
import sys

import numpy as np

from src.arc import text as text_lib
from src.recurrent.ablation_studies import crossed
from src.recurrent.analysis import capacity, extra_gradient, random_vs_trained
from src.recurrent.study import command, files
from src.run.errors import RunError, UsageError, exit_code_of
from src.view import compare
from src.view.study.words import CLEAR

FOLDER = 'menas_summary'
COLUMNS = (
  'question', 'effect', 'unit', 'runs', 'mean', 'low', 'high', 'p', 'p_holm',
  'detectable',
)  # fmt: skip
SCORED = ('shared', 'scratch')
_WEIGHTS = {'shared': 'shared weights', 'scratch': 'trained alone'}


def main(argv):
  """Runs the program; returns its exit code."""
  parser = command.parser_of_runs(
    'src.recurrent.analysis.menas_summary', __doc__
  )

  def _main():
    args = parser.parse_args(argv[1:])
    names = [os.path.basename(os.path.normpath(run)) for run in args.runs]
    if len(names) < 2:
      raise UsageError('%s: intervals are over two runs at least' % names[0])
    output = files.Output(args.results_dir, FOLDER, '')
    rows = effects(args.results_dir, names)
    words = list(answers(args.results_dir, names, rows))
    output.results(collections.OrderedDict(words), COLUMNS, rows)
    for question, lines in words:
      print(question)
      for line in lines:
        print('  ' + line)
    output.told()

  return exit_code_of(_main)


def answers(root, names, rows):
  """Yields (question str, list of str)."""
  path = os.path.join(root, extra_gradient.FOLDER, 'results.json')
  diagnoses = sorted(_json(path, 'diagnoses').items())
  yield (
    'Is the extra gradient term worth it?',
    _json(path, 'answers') + ['%s: %s' % entry for entry in diagnoses],
  )
  lines = []
  for scored in SCORED:
    folder = os.path.join(root, random_vs_trained.FOLDER, '+'.join(names))
    found = _json(os.path.join(folder, scored, 'results.json'), 'verdicts')
    lines += ['%s: %s' % (_WEIGHTS[scored], line) for line in found]
  yield 'Is a trained controller better than chance?', lines
  for question in ('crossed', 'mixed'):
    lines = [_words(row) for row in rows if row[0] == question]
    yield QUESTIONS[question], lines


QUESTIONS = {
  'crossed': 'Do links or activations make a cell good?',
  'mixed': 'Do mixed activations overfit more?',
}


def effects(root, names):
  """Rows of COLUMNS, each an effect over the runs.

  Those of 'crossed' are what the trained links, activations and both are better
  by than random ones, in ln of validation perplexity; those of 'mixed' are
  mixed less single-activation cells. p is two-sided, by Holm for all of them.

  Args:
    root: str, the folder of results.
    names: list of str, runs.

  Raises:
    UsageError, RunError: something is not there, or is damaged.
  """
  rows, by_kind = [], {'links': [], 'activations': [], 'both': []}
  for name in names:
    path = os.path.join(root, crossed.FOLDER, name, 'results.json')
    found = _json(path, 'validation')
    for kind, values in by_kind.items():
      if not found.get(kind):
        raise RunError('%s has no pair that could be compared' % path)
      values.append(found[kind]['mean'])
  for kind, values in by_kind.items():
    rows.append(('crossed', kind, 'ln of perplexity') + _over(values))
  for scored in SCORED:
    apart = [_mixed(root, name, scored) for name in names]
    for outcome in ('train_ppl', 'valid_ppl', 'gap'):
      effect = '%s, %s' % (outcome, _WEIGHTS[scored])
      values = [of[outcome] for of in apart]
      rows.append(('mixed', effect, 'ln of perplexity') + _over(values))
  place = COLUMNS.index('p_holm')
  corrected = compare.holm([row[place - 1] for row in rows])
  return [row[:place] + (p,) + row[place:] for row, p in zip(rows, corrected)]


def _over(values):
  found = compare.paired(values, compare.TWO_SIDED)
  ends = found.low, found.high
  return (found.count, found.mean) + ends + (found.p_both, found.detectable)


def _mixed(root, name, scored):
  """dict of mean differences of cells and what they are with one activation."""
  folder = os.path.join(root, capacity.STUDY.folder, name)
  if scored == 'scratch':
    folder = os.path.join(folder, scored)
  path = os.path.join(folder, 'results.csv')
  values = collections.defaultdict(dict)
  try:
    with text_lib.open_text(path) as file:
      for row in csv.DictReader(file):
        logs = {n: np.log(float(row[n])) for n in ('train_ppl', 'valid_ppl')}
        logs['gap'] = float(row['gap'])
        values[row['sample']][row['group']] = logs
    pairs = [(of['mixed'], of['single']) for of in values.values()]
  except OSError as error:
    raise UsageError('%s is not there: run the study first' % path) from error
  except (KeyError, TypeError, ValueError) as error:
    raise RunError('%s is damaged: %s' % (path, error)) from error
  found = {}
  for outcome in ('train_ppl', 'valid_ppl', 'gap'):
    apart = [mixed[outcome] - single[outcome] for mixed, single in pairs]
    found[outcome] = float(np.mean([d for d in apart if np.isfinite(d)]))
  return found


def _words(row):
  of = dict(zip(COLUMNS, row))
  said = '%s: %+.4f in %s (%+.4f to %+.4f over %d runs, p %.2g by Holm)' % (
    of['effect'], of['mean'], of['unit'], of['low'], of['high'], of['runs'],
    of['p_holm'],
  )  # fmt: skip
  if of['p_holm'] < CLEAR:
    return said
  return said + (
    '; not shown, with 80 %% power as many runs show %.4f' % of['detectable']
  )


def _json(path, name):
  """What the results of a study have by a name."""
  try:
    with text_lib.open_text(path) as file:
      return json.load(file)[name]
  except OSError as error:
    raise UsageError('%s is not there: run the study first' % path) from error
  except (ValueError, KeyError, TypeError) as error:
    raise RunError('%s is damaged: %s' % (path, error)) from error


if __name__ == '__main__':
  sys.exit(main(sys.argv))
