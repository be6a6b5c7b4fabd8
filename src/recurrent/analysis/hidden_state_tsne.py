"""The controller's last states in a plane, coloured by the cells' perplexity.

python -m src.recurrent.analysis.hidden_state_tsne --load_path RUN
"""

import sys

from src.recurrent.analysis import plots
from src.recurrent.study import command

PERPLEXITIES = (5, 10, 20, 30)
COLUMNS = ('sample', 'arc', 'split', 'ppl', 'perplexity', 'x', 'y')


def run(opened, output):
  """See `command.Study`."""
  from sklearn.manifold import TSNE

  arcs = opened.sample(opened.flags.num_archs)
  hidden = opened.walks(arcs).hidden
  values = opened.perplexities(arcs)
  split, rows, panels, told = opened.flags.split, [], [], {}
  for wanted in PERPLEXITIES:
    # It has to be less than there are points.
    used = min(wanted, (len(arcs) - 1) / 2.0)
    plane = TSNE(
      perplexity=used, random_state=0, init='random', learning_rate=200.0
    )
    points = plane.fit_transform(hidden)
    told['kl_divergence_%d' % wanted] = plane.kl_divergence_
    panels.append((points, 't-SNE, perplexity %g' % used))
    for number, (arc, ppl, point) in enumerate(zip(arcs, values, points)):
      rows.append((number, str(arc), split, ppl, used) + tuple(point))
  output.results(told, COLUMNS, rows)
  output.figure(
    'performance_tsne.png',
    plots.maps(
      panels,
      values,
      'states of the controller of %s after %d cells'
      % (opened.name, len(arcs)),
      'perplexity of the cell, %s' % split,
    ),
  )


STUDY = command.Study(
  run,
  'hidden_states_plots',
  'hidden_state_tsne',
  num_archs=1000,
  least=4,
  trees=False,
)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
