"""How long a cell's evaluation takes, text in rows against text in one row.

Where outputs are normalised by their batch, against two rows.

python -m src.recurrent.analysis.model_evaluation_speed --load_path RUN
"""

import sys
import time

from src.recurrent.analysis import plots
from src.recurrent.study import command

COLUMNS = ('arc', 'batch', 'seconds', 'ppl', 'tokens_per_s')


def run(opened, output):
  """See `command.Study`."""
  split = opened.flags.split
  arcs = list(dict.fromkeys(opened.sample(opened.flags.num_archs)))
  rows, told, speeds = [], {}, {}
  sizes = {opened.flags.test_batch_size, opened.fewest_rows}
  for batch in sorted(sizes, reverse=True):
    text = opened.text(split, batch)
    # The first time there is more to do.
    opened.measured(arcs[0], opened.text(split, batch, count=1))
    for arc in arcs:
      start = time.perf_counter()
      found = opened.measured(arc, text)
      seconds = time.perf_counter() - start
      rows.append(
        (str(arc), batch, seconds, found.value, found.num_words / seconds)
      )
    mine = [row for row in rows if row[1] == batch]
    speeds['batch %d' % batch] = [row[4] for row in mine]
    told['batch_%d' % batch] = {
      'seconds': sum(row[2] for row in mine) / len(mine),
      'tokens_per_s': sum(speeds['batch %d' % batch]) / len(mine),
      'ppl': sum(row[3] for row in mine) / len(mine),
    }
    print(
      'batch %d: %.3f s a cell, %d words/s'
      % (batch, told['batch_%d' % batch]['seconds'],
         told['batch_%d' % batch]['tokens_per_s'])
    )  # fmt: skip
  output.results(told, COLUMNS, rows)
  output.figure(
    'speed.png',
    plots.density(
      speeds,
      'evaluations of %d cells of %s, %s' % (len(arcs), opened.name, split),
      'words a second',
    ),
  )


STUDY = command.Study(
  run,
  'perplexity_speed',
  num_archs=100,
  least=1,
  trees=False,
)

if __name__ == '__main__':
  sys.exit(command.main(STUDY, sys.argv))
