"""How sure the controller is of each of its decisions.

  python -m src.recurrent.analysis.probability_evolution --load_path RUN

It samples cells as it always does, and again from a state and an input of
standard normal noise.
"""

import sys

import numpy as np

from src.recurrent.analysis import plots
from src.recurrent.study import command

COLUMNS = ('sample', 'decision', 'kind', 'max_prob', 'entropy', 'first_state')
_BINS = 25
STATES = (
  ('zero', 'probability_%s.png', 'hidden_state_heatmap.png'),
  ('random', 'probability_%s_random_state.png',
   'hidden_state_random_heatmap.png'),
)  # fmt: skip


def run(opened, output):
  """See `command.Study`."""
  count = opened.flags.num_archs
  walks = {
    'zero': opened.walks(opened.sample(count)),
    'random': opened.random_walks(count),
  }
  kinds = [decision.kind for decision in opened.space.decisions]
  rows, told = [], {}
  for name, _, _ in STATES:
    rows += _rows(walks[name], kinds, name)
    told[name] = {
      'max_prob': list(plots.moments(_taken(walks[name], 'max_probs'))[0]),
      'entropy': list(plots.moments(_taken(walks[name], 'entropies'))[0]),
    }
  output.results(told, COLUMNS, rows)
  for name, of_probabilities, of_states in STATES:
    title = '%s, %d cells%s' % (
      opened.name, count, ' from a random state' if name == 'random' else '',
    )  # fmt: skip
    values = _taken(walks[name], 'max_probs')
    output.figure(
      of_probabilities % 'density',
      plots.image(
        shares(values), title, 'decision',
        'probability of the likeliest choice', 'share of cells', (0, 1),
      ),
    )  # fmt: skip
    output.figure(
      of_probabilities % 'lineplot',
      plots.over_decisions(
        values, title, 'probability of the likeliest choice'
      ),
    )
    output.figure(
      of_states,
      plots.image(
        walks[name].hidden, title, 'unit of the last state', 'cell', 'value'
      ),
    )
  output.figure(
    'entropy.png',
    plots.bands(
      {
        'from %s' % ('zeros' if name == 'zero' else 'a random state'): _taken(
          walk, 'entropies'
        )
        for name, walk in walks.items()
      },
      '%s, %d cells' % (opened.name, count),
      'entropy of a decision, nats',
    ),
  )


def shares(values):
  """floats [bins, D]: how many of the values lie in each bin of 0 to 1."""
  columns = [
    np.histogram(column[np.isfinite(column)], _BINS, (0, 1))[0]
    for column in values.T
  ]
  return np.array(columns).T / np.maximum(1.0, np.sum(columns, 1))


def _taken(walks, name):
  """floats [A, D], nan where no decision was taken."""
  return np.where(walks.taken, getattr(walks, name), np.nan)


def _rows(walks, kinds, name):
  return [
    (sample, place, kinds[place], walks.max_probs[sample, place],
     walks.entropies[sample, place], name)
    for sample, place in zip(*np.nonzero(walks.taken))
  ]  # fmt: skip


STUDY = command.Study(
  run,
  'hidden_states_plots',
  'probability_evolution',
  num_archs=100,
  trees=False,
)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
