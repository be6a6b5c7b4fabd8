"""Whether the controller's last state is close for cells one edit apart.

  python -m src.recurrent.analysis.neighbours --load_path RUN

It is told sampled cells and all their neighbours: one activation or one link is
another. Their distances stand against those of pairs of sampled cells. The
state does not know the last decision, so two cells that differ there alone have
the same.
"""

import sys

import numpy as np

from src.arc import ArcError, edits
from src.recurrent.analysis import plots
from src.recurrent.study import command
from src.run.errors import UsageError
from src.view import compare

COLUMNS = ('centre', 'kind', 'l2', 'arc')
KINDS = ('activation', 'link', 'random')


def run(opened, output):
  """See `command.Study`."""
  arcs = opened.sample(opened.flags.num_archs)
  hidden = opened.walks(arcs).hidden
  rows = []
  for centre, arc in enumerate(arcs):
    found = of_space(opened.space, arc)
    if found:
      states = opened.walks([other for _, other in found]).hidden
      rows += _rows(centre, found, states - hidden[centre])
  if not rows:
    raise UsageError('no cell of this search space has a neighbour in it')
  for centre in range(len(arcs)):
    later = range(centre + 1, len(arcs))
    others = [('random', arcs[number]) for number in later]
    rows += _rows(centre, others, hidden[centre + 1 :] - hidden[centre])
  groups = {
    kind: np.array([row[2] for row in rows if row[1] == kind]) for kind in KINDS
  }
  told = results(groups)
  output.results(told, COLUMNS, rows)
  print(
    'A random pair is farther apart than neighbours with probability %.3f '
    '(%.3f to %.3f, p %.3g)'
    % (told['auc'], told['auc_low'], told['auc_high'], told['p'])
  )
  output.figure(
    'neighbours.png',
    plots.density(
      {
        'one %s' % kind if kind != 'random' else 'random pairs': values
        for kind, values in groups.items()
        if len(values)
      },
      '%d cells of %s and all their neighbours' % (len(arcs), opened.name),
      'distance of states',
    ),
  )


def of_space(space, arc):
  """list of (kind, RecurrentArc), the neighbours that a space has."""
  found = []
  for other in edits.neighbours(arc, space.activations):
    try:
      space.tokens(other)
    except ArcError:
      continue
    same = other.predecessors == arc.predecessors
    found.append((KINDS[0] if same else KINDS[1], other))
  return found


def _rows(centre, others, differences):
  distances = np.linalg.norm(differences, axis=1)
  return [
    (centre, kind, distance, str(arc))
    for (kind, arc), distance in zip(others, distances)
  ]


def results(groups):
  """dict: how well distances tell random pairs from neighbours.

  The test is Mann and Whitney's, one-sided: random pairs are farther apart.

  Args:
    groups: dict from `KINDS` to floats.
  """
  near = np.concatenate([groups[kind] for kind in KINDS[:2]])
  found = compare.mann_whitney(groups['random'], near)
  told = {
    'auc': (found.delta + 1) / 2,
    'auc_low': (found.low + 1) / 2,
    'auc_high': (found.high + 1) / 2,
    'p': found.p,
  }
  for kind, values in groups.items():
    told[kind] = {
      'count': len(values),
      'mean': values.mean() if len(values) else None,
    }
  return told


STUDY = command.Study(run, 'neighbours', num_archs=20)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
