"""How much of the controller's advantage is due to the cell it sampled.

  python -m benchmarks.ptb_reward RUN [--cells=60] [--updates=2000]

RUN is a search of `src.ptb`. `--cells` of its controller are scored on each
reward window, as the controller's steps do it. Two-way analysis of variance
then splits the rewards into what belongs to the cell, to the window and to
neither. After that the rewards are dealt out as the controller's steps would
deal them, ten an update, to each baseline that flags can choose: what is told
is the variance of the advantages, and how much of it cells explain, the squared
correlation with a cell's mean over all windows. Weights stand still meanwhile,
so this leaves out that rewards grow.
"""

import argparse
import sys

import numpy as np

from src.run import errors

AGGREGATE = 10


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('run')
  parser.add_argument('--cells', type=int, default=60)
  parser.add_argument('--updates', type=int, default=2000)
  parser.add_argument('--decay', type=float, default=0.999)
  args = parser.parse_args()
  table = rewards(args.run, args.cells)
  parts = analysis(table)
  print(
    '%d cells x %d windows, mean reward %.4f' % (*table.shape, table.mean())
  )
  for name, part in parts.items():
    share = part / sum(parts.values())
    print('%-8s variance %.3e %6.1f %%' % (name, part, 100 * share))
  print('baseline                   variance   explained by the cell')
  for name, (shared, baseline) in ESTIMATORS.items():
    found = advantages(table, shared, baseline, args.updates, args.decay)
    share = np.corrcoef(found)[0, 1] ** 2
    print('%-26s %.3e %6.1f %%' % (name, np.var(found[1]), 100 * share))


def rewards(run, count):
  """Rewards of `count` cells on each window, float64 [cells, windows]."""
  from src.ptb import evaluate
  from src.ptb import flags as flag_table
  from src.ptb.task import Ptb
  from src.run import flags as flags_lib
  from src.run import program

  flags, given = flags_lib.parse(
    flag_table.GROUPS,
    ['ptb_reward', '--mode=derive', '--checkpoint_path=' + run],
  )
  task = Ptb()
  prefix = program.locate_checkpoint(task, flags, given)
  corpus = task.read_data(flags, lambda line: None)
  text = evaluate.text(
    corpus, 'valid', flags.batch_size, flags.child_bptt_steps
  )
  with task.scorer(flags, prefix) as scorer:
    table = [
      [
        _reward(scorer, text, number, evaluate.tokens(arc))
        for number in range(len(text.windows))
      ]
      for arc in scorer.sample(count)
    ]
  return np.array(table)


def _reward(scorer, text, number, tokens):
  from src.ptb import graphs

  infer = scorer.graph.infer
  feeds = dict(text.feeds(infer, number))
  feeds[scorer.graph.arc] = tokens
  return graphs.reward(scorer.session.run(infer.perplexity, feeds))


def analysis(table):
  """Components of variance of a two-way table, one value a field.

  Returns:
    dict with those of 'cell', 'window' and 'neither'; the first two are
    estimates without the share of the last in their means.
  """
  rows, columns = table.shape
  total = table.mean()
  of_row = table.mean(axis=1) - total
  of_column = table.mean(axis=0) - total
  rest = table - total - of_row[:, None] - of_column
  noise = (rest**2).sum() / ((rows - 1) * (columns - 1))
  return {
    'cell': max(0.0, of_row.var(ddof=1) - noise / columns),
    'window': max(0.0, of_column.var(ddof=1) - noise / rows),
    'neither': noise,
  }


def _moving(history, reward, decay, key):
  """One moving mean over all rewards, begun at the first."""
  del key
  value = history.get('mean', reward)
  history['mean'] = value - (1 - decay) * (value - reward)
  return history['mean']


def _of_window(history, reward, decay, key):
  window, windows, _ = key
  mean, seen = history.get(window, (0.0, 0))
  share = max(1 - decay**windows, 1 / (seen + 1))
  history[window] = mean + share * (reward - mean), seen + 1
  return history[window][0]


def _of_update(history, reward, decay, key):
  del decay
  if history.get('update') != key[2]:
    history.update(update=key[2], rewards=[])
  history['rewards'].append(reward)
  return np.mean(history['rewards'])


# Whether cells of an update share a window; the baseline.
ESTIMATORS = {
  'global': (False, _moving),
  'per_batch': (False, _of_window),
  'global, shared batch': (True, _moving),
  'per_batch, shared batch': (True, _of_window),
  'per_update, shared batch': (True, _of_update),
}


def advantages(table, shared, baseline, updates, decay):
  """Advantages of `updates` updates, without the first fifth.

  Returns:
    float64 [2, steps], the mean reward of the cell of each step, its advantage.
  """
  draw, history, found = np.random.RandomState(0), {}, []
  cells, windows = table.shape
  for step in range(updates * AGGREGATE):
    update = step // AGGREGATE
    window = (update if shared else step) % windows
    cell = draw.randint(cells)
    reward = table[cell, window]
    key = window, windows, update
    advantage = reward - baseline(history, reward, decay, key)
    found.append((table[cell].mean(), advantage))
  return np.array(found[len(found) // 5 :]).T


if __name__ == '__main__':
  sys.exit(errors.exit_code_of(main))
