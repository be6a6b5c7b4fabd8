"""Whether cells whose controller states are close perform alike.

  python -m src.recurrent.analysis.hidden_state_performance_similarity \\
    --load_path RUN

Each distinct cell is scored once. Pairs share cells, so their p values are
smaller than they should be.
"""

import sys

import numpy as np

from src.recurrent.analysis import plots, similarity
from src.recurrent.analysis.hidden_state_naive_similarity import named
from src.recurrent.study import command
from src.view import samples

_WORDS = ('distance of states', 'cosine of states')


def run(opened, output):
  """See `command.Study`."""
  arcs = opened.sample(opened.flags.num_archs)
  found = similarity.pairs(arcs, opened.walks(arcs).hidden)
  values = np.array(opened.perplexities(arcs))
  with np.errstate(invalid='ignore'):
    apart = np.abs(values[found.i] - values[found.j])
  told = {}
  for name in similarity.DISTANCES:
    told.update(
      named(name + '_', samples.correlation(getattr(found, name), apart))
    )
    print(
      '%s and difference in perplexity: Spearman %.3f'
      % (name.replace('_', ' '), told[name + '_spearmanr']['correlation'])
    )
  output.results(told, similarity.COLUMNS, found.rows(apart))
  panels = [
    (
      getattr(found, name), apart, label, 'difference in perplexity',
      plots.spearman(told[name + '_spearmanr']['correlation']),
    )
    for name, label in zip(similarity.DISTANCES, _WORDS)
  ]  # fmt: skip
  title = '%d pairs of cells of %s, %s' % (
    len(apart),
    opened.name,
    opened.flags.split,
  )
  output.figure('performance.png', plots.scatter(panels, title))


STUDY = command.Study(run, 'hidden_states_performance', num_archs=100)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
