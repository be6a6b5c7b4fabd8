"""Whether quick estimates of a cell's perplexity rank cells as all text does.

  python -m src.recurrent.analysis.validation_set_performance_correlation \\
    --load_path RUN

Of the validation text, `eval` is the words of 64 windows in one row, or in two
where outputs are normalised by their batch, `derive` one window of all rows,
`full` the whole.
"""

import sys

from src.recurrent.analysis import plots
from src.recurrent.study import command
from src.view import samples

ESTIMATES = ('eval', 'derive', 'full')
PAIRS = (('eval', 'derive'), ('eval', 'full'), ('derive', 'full'))
COLUMNS = (
  'estimator_a', 'estimator_b', 'spearman', 'spearman_p', 'pearson',
  'pearson_p',
)  # fmt: skip
_WINDOWS = 64


def run(opened, output):
  """See `command.Study`."""
  arcs = opened.sample(opened.flags.num_archs)
  split, rows = opened.flags.split, opened.fewest_rows
  texts = {
    'eval': opened.text(split, rows, _WINDOWS // rows),
    'derive': opened.text(split, count=1),
    'full': opened.text(split),
  }
  found = {
    name: [opened.perplexity(arc, texts[name]) for arc in arcs]
    for name in ESTIMATES
  }
  told, lines, panels = {}, [], []
  for one, other in PAIRS:
    both = samples.correlation(found[one], found[other])
    told['%s_%s' % (one, other)] = both._asdict()
    lines.append((one, other) + tuple(both)[1:])
    note = plots.spearman(both.spearman)
    print('%s and %s: %s' % (one, other, note))
    panels.append((found[one], found[other], one, other, note))
  output.results(told, COLUMNS, lines)
  output.table(
    'perplexities',
    ('sample', 'arc') + ESTIMATES,
    [
      (number, str(arc)) + tuple(found[name][number] for name in ESTIMATES)
      for number, arc in enumerate(arcs)
    ],
  )
  title = 'perplexity of %d cells of %s, %s' % (len(arcs), opened.name, split)
  output.figure('correlation.png', plots.scatter(panels, title))


STUDY = command.Study(
  run,
  'perplexity_correlation',
  num_archs=100,
  trees=False,
)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
