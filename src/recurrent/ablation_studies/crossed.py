"""Whether links or activations make a cell good: both are exchanged.

Pairs of a cell that the trained controller samples and a random one give four
cells: the links of either with the activations of either.

  python -m src.recurrent.ablation_studies.crossed --load_path RUN
"""

import sys

import numpy as np

from src.arc import describe, edits
from src.recurrent.ablation_studies import chart, core
from src.recurrent.study import command
from src.run import ranges
from src.run.flags import Flag
from src.view import compare

KINDS = ('trained', 'random')
CELLS = [(links, names) for links in KINDS for names in KINDS]
FOLDER = 'crossed_ablation'
# What results.json has beside the four means.
SUMMARIES = ('geometric', 'links', 'activations', 'both')
COLUMNS = core.COLUMNS + ('pair',)


def run(opened, output):
  """See `command.Study`."""
  count = opened.flags.num_pairs
  trained = opened.sample(count)
  random = opened.random(trained, 'cells to cross')
  values = {split: np.zeros([count, 2, 2]) for _, split in core.SPLITS}
  rows = []
  for number, pair in enumerate(zip(trained, random)):
    first = opened.scores(pair[0])
    for i, j in np.ndindex(2, 2):
      cell = edits.crossed(pair[i], pair[j])
      scores = opened.scores(cell)
      for _, split in core.SPLITS:
        values[split][number, i, j] = scores[split]
        variant = core.Variant(
          ('%s links, %s activations' % (KINDS[i], KINDS[j]),), cell
        )
        rows.append(
          core.row(FOLDER, opened.name, variant, split, scores, first)
          + (number,)
        )
  output.results(
    {name: summary(values[split]) for name, split in core.SPLITS}, COLUMNS, rows
  )
  split = opened.flags.split
  means = geometric(values[split])
  words = '%d pairs, geometric mean of ppl, %s' % (count, split)
  table = [(words,) + tuple('%s activations' % name for name in KINDS)]
  for kind, row in zip(KINDS, means):
    table.append(('%s links' % kind,) + tuple('%.2f' % mean for mean in row))
  for line in describe.side_by_side(table):
    print(line)
  output.figure(
    FOLDER + '.png',
    chart.crossed(
      {(KINDS[i], KINDS[j]): means[i, j] for i, j in np.ndindex(2, 2)},
      'links and activations, %d pairs of %s' % (count, opened.name),
      'perplexity, %s, geometric mean' % split,
    ),
  )


def geometric(values):
  """floats [2, 2], geometric means of [P, 2, 2]: one bad cell counts less."""
  return np.exp(np.log(values).mean(0))


def summary(values):
  """What results.json says of a split.

  Args:
    values: floats [P, 2, 2], perplexities by pair, links and activations, the
      trained ones first.

  Returns:
    dict: the means of the four cells, plain and geometric; and of links, of
    activations and of both together, what the trained ones are better by in
    log perplexity, a `compare.Paired` as a dict. Pairs with a perplexity that
    is not finite count in the means only.
  """
  found = {'original_performance': values[:, 0, 0].mean()}
  found.update(_named(values.mean(0)))
  found['geometric'] = _named(geometric(values))
  logs = np.log(values)
  logs = logs[np.isfinite(logs).all((1, 2))]
  effects = {
    'links': (logs[:, 1] - logs[:, 0]).mean(1),
    'activations': (logs[:, :, 1] - logs[:, :, 0]).mean(1),
    'both': logs[:, 1, 1] - logs[:, 0, 0],
  }
  for name, differences in effects.items():
    found[name] = None
    if len(differences):
      found[name] = compare.paired(differences)._asdict()
  return found


def _named(means):
  return {
    '%s_links_%s_activations' % (KINDS[i], KINDS[j]): means[i, j]
    for i, j in np.ndindex(2, 2)
  }


STUDY = command.Study(
  run,
  FOLDER,
  flags=[
    Flag('num_pairs', 'int', 30, 'pairs of cells', ranges.at_least(2)),
  ],
)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
