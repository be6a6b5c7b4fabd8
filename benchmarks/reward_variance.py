"""How much of a controller's advantage is due to what it sampled.

  python -m benchmarks.reward_variance RUN [--architectures=60]
    [--reward_batch_size=N] [--updates=2000]

RUN is a search, of cells for text or for images. `--architectures` of its
controller are scored on each reward batch (window of text), as the controller's
steps do it. Two-way analysis of variance then splits the rewards into what
belongs to the architecture, to the batch and to neither. After that the rewards
are dealt out as the controller's steps would deal them, ten an update, to each
baseline that flags can choose: what is told is the variance of the advantages,
and how much of it architectures explain, the squared correlation with an
architecture's mean over all batches. Batches of images stay the same here, as
with --controller_baseline=per_batch. Weights stand still meanwhile, so this
leaves out that rewards grow.
"""

import argparse
import sys

import numpy as np

from src.nn import keyed
from src.ptb import evaluate, graphs
from src.ptb.task import Ptb
from src.run import errors
from src.use import trained

AGGREGATE = 10


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('run')
  parser.add_argument('--architectures', type=int, default=60)
  parser.add_argument('--reward_batch_size', type=int)
  parser.add_argument('--updates', type=int, default=2000)
  parser.add_argument('--decay', type=float, default=0.999)
  args = parser.parse_args()
  table = rewards(args.run, args.architectures, args.reward_batch_size)
  parts = analysis(table)
  print(
    '%d architectures x %d batches, mean reward %.4f'
    % (*table.shape, table.mean())
  )
  for name, part in parts.items():
    share = part / sum(parts.values())
    print('%-12s variance %.3e %6.1f %%' % (name, part, 100 * share))
  print('baseline                   variance   explained by the architecture')
  for name, (shared, baseline) in ESTIMATORS.items():
    found = advantages(table, shared, baseline, args.updates, args.decay)
    share = np.corrcoef(found)[0, 1] ** 2
    print('%-26s %.3e %6.1f %%' % (name, np.var(found[1]), 100 * share))


def rewards(run, count, batch_size=None):
  """Rewards of `count` architectures on each batch, float64 [count, batches].

  Args:
    run: str, the directory of a search.
    count: int, architectures that its controller samples.
    batch_size: int, images of a reward batch; the run's own unless given.
  """
  package = trained.package_of(run)
  task = Ptb() if package == 'ptb' else trained.task_of(package)
  flags, prefix = trained.restored_flags(task, run, '--mode=derive')
  with task.scorer(flags, prefix) as scorer:
    arcs = scorer.sample(count)
    if package == 'ptb':
      batches, reward = _windows(task, flags, scorer)
    else:
      batches, reward = _images(task, flags, scorer, batch_size)
    return np.array([[reward(b, arc) for b in batches] for arc in arcs])


def _windows(task, flags, scorer):
  """(reward windows, function of a window and a cell -> reward)."""
  text = evaluate.text(
    task.read_data(flags, lambda line: None),
    'valid',
    flags.batch_size,
    flags.child_bptt_steps,
  )
  infer = scorer.graph.infer

  def _reward(number, arc):
    feeds = dict(text.feeds(infer, number))
    feeds[scorer.graph.arc] = evaluate.tokens(arc)
    return graphs.reward(scorer.session.run(infer.perplexity, feeds))

  return range(len(text.windows)), _reward


def _images(task, flags, scorer, batch_size):
  """(reward batches, function of a batch and an architecture -> reward)."""
  reader = task.batches(
    flags, task.read_data(flags, lambda line: None)
  ).shuffled('valid', flags.seed, 'reward batches', batch_size, True)
  batches = [reader.batch(step) for step in range(reader.num_batches)]
  reader.close()
  infer = scorer.graph.infer

  def _reward(batch, arc):
    images, labels = batch
    feeds = {infer.images: images, infer.labels: labels}
    feeds[scorer.graph.arc] = arc.tokens
    feeds[scorer.graph.sample_key] = keyed.pair(flags.seed, 'rewards', 0)
    return scorer.session.run(infer.hits, feeds) / len(labels)

  return batches, _reward


def analysis(table):
  """Components of variance of a two-way table, one value a field.

  Returns:
    dict with those of 'architecture', 'batch' and 'neither'; the first two are
    estimates without the share of the last in their means.
  """
  rows, columns = table.shape
  total = table.mean()
  of_row = table.mean(axis=1) - total
  of_column = table.mean(axis=0) - total
  rest = table - total - of_row[:, None] - of_column
  noise = (rest**2).sum() / ((rows - 1) * (columns - 1))
  return {
    'architecture': max(0.0, of_row.var(ddof=1) - noise / columns),
    'batch': max(0.0, of_column.var(ddof=1) - noise / rows),
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


# Whether architectures of an update share a batch; the baseline.
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
