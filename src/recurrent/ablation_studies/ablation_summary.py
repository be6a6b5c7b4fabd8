"""What ablations found of several runs, in one table.

  python -m src.recurrent.ablation_studies.ablation_summary RUN RUN ...

It reads the results.json that they have written, of all studies that there are.
"""

import json
import os
import sys

import numpy as np

from src.arc import describe
from src.arc import text as text_lib
from src.recurrent.ablation_studies import core, crossed
from src.recurrent.study import command, files
from src.run.errors import RunError, UsageError, exit_code_of

FOLDER = 'ablation_summary'
STUDIES = (
  'activation_ablation',
  'activation_ablation_single',
  'node_ablation',
  'edge_addition',
  crossed.FOLDER,
)
COLUMNS = (
  'study', 'run', 'split', 'variants', 'original_ppl', 'median_delta',
  'max_improvement', 'max_decrease', 'better', 'best_variant', 'best_ppl',
)  # fmt: skip
_OF_NO_VARIANT = ('original_performance', 'max_improvement', 'max_decrease')


def main(argv):
  """Runs the program; returns its exit code."""
  parser = command.parser_of_runs(
    'src.recurrent.ablation_studies.ablation_summary', __doc__
  )
  parser.add_argument('--split', choices=('valid', 'test'), default='valid')

  def _main():
    args = parser.parse_args(argv[1:])
    names = [os.path.basename(os.path.normpath(run)) for run in args.runs]
    rows = summary(args.results_dir, names)
    output = files.Output(args.results_dir, FOLDER, '')
    output.results([dict(zip(COLUMNS, row)) for row in rows], COLUMNS, rows)
    told = [row for row in rows if row[2] == args.split]
    for line in describe.side_by_side([COLUMNS] + list(map(_shown, told))):
      print(line)
    output.told()

  return exit_code_of(_main)


def summary(root, names):
  """list of rows, by study, then by run.

  Args:
    root: str, the folder of results.
    names: list of str, runs.

  Raises:
    UsageError: there is nothing of one of them.
  """
  rows, seen = [], set()
  for study in STUDIES:
    for name in names:
      path = os.path.join(root, study, name, 'results.json')
      if os.path.isfile(path):
        seen.add(name)
        found = _read(path)
        for key, split in core.SPLITS:
          rows.append((study, name, split) + row_of(found[key]))
  for name in names:
    if name not in seen:
      raise UsageError(
        '%s has no results of ablations of %s: run some first' % (root, name)
      )
  return rows


def _read(path):
  try:
    with text_lib.open_text(path) as file:
      found = json.load(file)
    for key, _ in core.SPLITS:
      found[key]['original_performance']
    return found
  except (OSError, ValueError, KeyError, TypeError) as error:
    raise RunError('%s is damaged: %s' % (path, error)) from error


def row_of(found):
  """The columns from `variants` on, of a split of a results.json."""
  original = found['original_performance']
  flat = dict(_flat(found))
  known = {key: ppl for key, ppl in flat.items() if ppl is not None}
  if original is None or not known:
    return (len(flat), original) + (None,) * 6
  gains = {key: original - ppl for key, ppl in known.items()}
  best = max(gains, key=gains.get)
  return (
    len(flat),
    original,
    float(np.median([-gain for gain in gains.values()])),
    max((gain for gain in gains.values() if gain > 0), default=None),
    min((gain for gain in gains.values() if gain < 0), default=None),
    sum(gain > 0 for gain in gains.values()),
    best,
    known[best],
  )


def _flat(found):
  """Yields (name, perplexity or None) of the variants."""
  for key, value in found.items():
    if key in _OF_NO_VARIANT or key in crossed.SUMMARIES:
      continue
    if isinstance(value, dict):
      for inner, ppl in value.items():
        yield '%s %s' % (key, inner), ppl
    else:
      yield key, value


def _shown(row):
  """list of str or None."""
  words = []
  for value in row:
    if isinstance(value, float):
      value = '%.2f' % value
    words.append(None if value is None else str(value))
  return words


if __name__ == '__main__':
  sys.exit(main(sys.argv))
