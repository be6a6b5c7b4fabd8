"""How far apart the controller's last states are, and of which cells.

  python -m src.recurrent.analysis.hidden_state_similarity_distribution \\
    --load_path RUN
"""

import sys

import numpy as np

from src.arc import palette
from src.recurrent.analysis import plots, similarity
from src.recurrent.study import command

COLUMNS = ('kind', 'rank', 'i', 'j', 'l2', 'arc_i', 'arc_j')
_DRAWN = 5


def run(opened, output):
  """See `command.Study`."""
  arcs = opened.sample(opened.flags.num_archs)
  hidden = opened.walks(arcs).hidden
  i, j = np.triu_indices(len(arcs), 1)
  distances = similarity.l2(hidden, i, j)
  order = np.argsort(distances, kind='stable')
  rows = []
  output.emptied('networks')
  for kind, places in (('closest', order), ('farthest', order[::-1])):
    for rank, place in enumerate(distinct(distances, places), 1):
      pair = arcs[i[place]], arcs[j[place]]
      rows.append(
        (kind, rank, i[place], j[place], distances[place])
        + tuple(map(str, pair))
      )
      for side, arc in zip(('left', 'right'), pair):
        name = 'networks/%s_%s_%s.png' % (kind, _spelt(distances[place]), side)
        averaged = arc.averaged(opened.flags.output == 'loose_ends')
        palette.draw_dag(arc, output.path(name), averaged=averaged)
  output.results(
    {
      'pairs': len(distances),
      'mean': distances.mean(),
      'min': distances.min(),
      'max': distances.max(),
      'std': distances.std(),
    },
    COLUMNS,
    rows,
  )
  output.figure(
    'distance_density.png',
    plots.density(
      {'': distances},
      '%d pairs of cells of %s' % (len(distances), opened.name),
      'distance of states',
    ),
  )


def distinct(distances, order):
  """The first places of an order whose distances are written differently."""
  kept = {}
  for place in order:
    kept.setdefault(_spelt(distances[place]), place)
    if len(kept) == _DRAWN:
      break
  return list(kept.values())


def _spelt(distance):
  return '%.5f' % distance


STUDY = command.Study(
  run,
  'hidden_states_plots',
  'hidden_state_similarity_distribution',
  num_archs=500,
)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
