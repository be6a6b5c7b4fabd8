"""How good the cells are that a finished search samples.

  python -m src.recurrent.analysis.sampled_dag_performance_distribution \\
    --load_path RUN

On the validation text, unless `--split=test` asks for the other.
"""

import sys

import numpy as np

from src.recurrent.analysis import plots
from src.recurrent.study import command

COLUMNS = ('sample', 'arc', 'num_nodes', 'split', 'ppl')


def run(opened, output):
  """See `command.Study`."""
  arcs = opened.sample(opened.flags.num_archs)
  values = np.array(opened.perplexities(arcs))
  split = opened.flags.split
  told = {
    'count': len(arcs),
    'distinct': len(set(arcs)),
    'mean': values.mean(),
    'median': np.median(values),
    'min': values.min(),
    'max': values.max(),
  }
  rows = [
    (number, str(arc), arc.num_nodes, split, value)
    for number, (arc, value) in enumerate(zip(arcs, values))
  ]
  output.results(told, COLUMNS, rows)
  words = 'Mean: %(mean).2f\nMin: %(min).2f\nMax: %(max).2f' % told
  print(words)
  output.figure(
    'density.png',
    plots.density(
      {'': values},
      '%d cells of %s, %d distinct' % (len(arcs), opened.name, len(set(arcs))),
      'perplexity, %s' % split,
      words,
    ),
  )
  if opened.space.min_nodes < opened.space.num_nodes:
    sizes = [arc.num_nodes for arc in arcs]
    title = '%d cells of %s' % (len(arcs), opened.name)
    output.figure('num_nodes.png', plots.counts(sizes, title, 'nodes'))


STUDY = command.Study(
  run,
  'perplexity_distribution_plots',
  num_archs=100,
  trees=False,
)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
