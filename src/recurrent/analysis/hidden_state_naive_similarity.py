"""Whether the controller's last state tells how alike two cells are.

  python -m src.recurrent.analysis.hidden_state_naive_similarity \\
    --load_path RUN

Pairs share cells, so their p values are smaller than they should be.
"""

import sys

from src.recurrent.analysis import plots, similarity
from src.recurrent.study import command
from src.view import samples

_WORDS = {
  'connections': 'common links',
  'activations': 'common activations',
  'edit_distance': 'edit distance',
}


def run(opened, output):
  """See `command.Study`."""
  arcs = opened.sample(opened.flags.num_archs)
  found = similarity.pairs(arcs, opened.walks(arcs).hidden)
  told = results(found)
  output.results(told, similarity.COLUMNS, found.rows())
  panels = []
  for name in similarity.ATTRIBUTES:
    value = told[name + '_l2_distance_spearmanr']
    print(
      '%s and distance: Spearman %.3f'
      % (name.replace('_', ' '), value['correlation'])
    )
    panels.append(
      (
        getattr(found, name), found.l2_distance,
        _WORDS[name],
        'distance of states', plots.spearman(value['correlation']),
      )
    )  # fmt: skip
  output.figure(
    'similarity.png',
    plots.scatter(
      panels, '%d pairs of cells of %s' % (len(found.i), opened.name)
    ),
  )


def results(found):
  """dict: statistics, and under `i_j` what is known of each pair.

  Args:
    found: similarity.Pairs.
  """
  told = {}
  for name in similarity.ATTRIBUTES:
    values = getattr(found, name)
    for distance in similarity.DISTANCES:
      key = '%s_%s_' % (name, distance)
      told.update(
        named(key, samples.correlation(values, getattr(found, distance)))
      )
    line = samples.regression(values, found.l2_distance)
    told[name + '_l2_distance_reg'] = line._asdict()
  names = similarity.ATTRIBUTES + similarity.DISTANCES
  columns = [getattr(found, name) for name in names]
  for i, j, *values in zip(found.i, found.j, *columns):
    told['%d_%d' % (i, j)] = dict(zip(names, values))
  return told


def named(key, found):
  """A `samples.Correlation` as results.json of MENAS has it."""
  return {
    key + 'spearmanr': {
      'correlation': found.spearman,
      'pvalue': found.spearman_p,
    },
    key + 'pearsonr': {'correlation': found.pearson, 'pvalue': found.pearson_p},
  }


STUDY = command.Study(run, 'hidden_states_naive', num_archs=100)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
