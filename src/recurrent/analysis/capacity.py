"""Which measures of a cell go with its perplexity, and with overfitting.

  python -m src.recurrent.analysis.capacity --load_path RUN

The gap is ln of the perplexity, of validation or of test text as --split says,
over that of training text. Each cell, sampled by the controller or, with
--derive_from=random, by chance, is there a second time with one activation for
all its nodes, which are taken in turn: mixed against single-activation cells.
With --train=scratch each is trained alone.
"""

import os
import sys

import numpy as np

from src.arc import capacity, describe, edits
from src.recurrent.analysis import plots
from src.recurrent.study import command, scratch
from src.run import ranges
from src.run.flags import Flag
from src.view import compare, samples

_FIRST = ('sample', 'group', 'arc')
CORRELATED = ('measure', 'outcome', 'count', 'spearman', 'p', 'p_holm')
_SHOWN = ('n_leaves', 'depth', 'state_depth', 'nonlinear_depth',
          'n_distinct_activations', 'activation_entropy')  # fmt: skip


def run(opened, output):
  """See `command.Study`."""
  flags = opened.flags
  draw = opened.uniform if flags.derive_from == 'random' else opened.sample
  arcs = draw(flags.num_archs)
  names = opened.space.activations
  single = [
    edits.with_all_activations(arc, names[number % len(names)])
    for number, arc in enumerate(arcs)
  ]
  kinds = outcomes(flags.split)
  if flags.train == 'scratch':
    output = output.within(flags.train)
    output.json('params', dict(vars(flags)))
  found = scores(opened, arcs + single, output)
  rows = {'mixed': [], 'single': []}
  for group, cells in zip(rows, (arcs, single)):
    for number, arc in enumerate(cells):
      train, held_out = found[arc]
      measured = capacity.measured(arc, flags.shared_hid)
      measured.update(sample=number, group=group, arc=str(arc))
      measured.update(zip(kinds, (train, held_out, _gap(train, held_out))))
      rows[group].append(measured)
  table = correlations(rows['mixed'], kinds)
  told = {
    'correlations': [dict(zip(CORRELATED, row)) for row in table],
    'mixed_against_single': against(rows, kinds),
  }
  columns = _FIRST + tuple(capacity.MEASURES) + ('canonical_id',) + kinds
  output.results(
    told,
    columns,
    [[row[name] for name in columns] for of in rows.values() for row in of],
  )
  output.table('correlations', CORRELATED, table)
  _tell(table, told['mixed_against_single'])
  _draw(opened, output, rows, table)


def scores(opened, arcs, output):
  """dict from cell to (perplexity of training text, of that of --split).

  Of several trainings of a cell they are geometric means.
  """
  flags, split = opened.flags, opened.flags.split
  if flags.train == 'shared':
    texts = [train_text(opened), opened.text(split)]
    return {arc: [opened.perplexity(arc, of) for of in texts] for arc in arcs}
  root = os.path.join(output.folder, scratch.TRAININGS)
  found = scratch.trained(flags, arcs, root)
  return {
    arc: [
      float(np.exp(np.mean([np.log(getattr(s, name)) for s in of.values()])))
      for name in ('train', split)
    ]
    for arc, of in found.items()
  }


def outcomes(split):
  """tuple of str, what measures are held against."""
  return 'train_ppl', split + '_ppl', 'gap'


def train_text(opened):
  """evaluate.Text, the first windows of the training text."""
  count = opened.flags.train_batches or len(opened.text('valid').windows)
  return opened.text('train', count=count)


def _gap(train, held_out):
  with np.errstate(all='ignore'):
    return float(np.log(held_out) - np.log(train))


def correlations(rows, kinds):
  """Rows of `CORRELATED`: Spearman of each measure, p corrected by Holm.

  Args:
    rows: list of dicts with the measures and the outcomes of cells.
    kinds: what `outcomes` returned.
  """
  found = []
  for outcome in kinds:
    for measure in capacity.MEASURES:
      both = samples.correlation(
        [row[measure] for row in rows], [row[outcome] for row in rows]
      )
      found.append(
        (measure, outcome, both.count, both.spearman, both.spearman_p)
      )
  corrected = compare.holm([row[-1] for row in found])
  return [row + (p,) for row, p in zip(found, corrected)]


def against(rows, kinds):
  """dict by outcome: mixed against single-activation cells, p by Holm.

  Args:
    rows: dict with the lists of 'mixed' and 'single'; see `correlations`.
    kinds: what `outcomes` returned.
  """
  told = {}
  for outcome in kinds:
    groups = [
      [row[outcome] for row in of if np.isfinite(row[outcome])]
      for of in (rows['mixed'], rows['single'])
    ]
    if min(map(len, groups)) > 1:
      found = samples.difference(*groups)
      told[outcome] = {
        'medians': [float(np.median(group)) for group in groups],
        'shift': found.shift,
        'delta': found.delta,
        'p': found.p_u,
      }
  corrected = compare.holm([entry['p'] for entry in told.values()])
  for entry, p in zip(told.values(), corrected):
    entry['p_holm'] = p
  return told


def _tell(table, groups):
  shown = [row for row in table if not np.isnan(row[3])]
  lines = [CORRELATED] + [
    row[:2] + ('%d' % row[2],) + tuple('%.3g' % value for value in row[3:])
    for row in sorted(shown, key=lambda row: row[4])[:10]
  ]
  for line in describe.side_by_side(lines):
    print(line)
  for outcome, entry in groups.items():
    print(
      '%s, median of mixed %.4g, of single-activation cells %.4g (p %.3g)'
      % ((outcome,) + tuple(entry['medians']) + (entry['p_holm'],))
    )


def _draw(opened, output, rows, table):
  known = {row[:2]: row[3] for row in table}
  panels = [
    (
      [row[measure] for row in rows['mixed']],
      [row['gap'] for row in rows['mixed']],
      measure.replace('_', ' '), 'gap',
      plots.spearman(known[measure, 'gap']),
    )
    for measure in _SHOWN
  ]  # fmt: skip
  title = '%d cells of %s' % (len(rows['mixed']), opened.name)
  output.figure('capacity.png', plots.scatter(panels, title))
  output.figure(
    'mixed_against_single.png',
    plots.density(
      {
        '%s activations' % name: [row['gap'] for row in of]
        for name, of in rows.items()
      },
      title,
      'gap: ln of perplexity, %s over train' % opened.flags.split,
    ),
  )


STUDY = command.Study(
  run,
  'capacity',
  num_archs=100,
  flags=[
    Flag(
      'train_batches', 'int', 0, 'windows of the training text to score on; 0: '
      'as many as validation has', ranges.NOT_NEGATIVE,
    ),
    *scratch.OF_TRAININGS,
  ],
)  # fmt: skip

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
