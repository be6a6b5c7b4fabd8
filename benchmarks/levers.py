"""What each lever of a macro search does alone, and all of them together.

  python -m benchmarks.levers OUT --data_path=FOLDER --retrained=scores.csv ...
    [--seeds 1 2 3] [--only NAME ...]

Small searches with upstream's behaviour, each with one lever changed, and one
with all that `scripts/study.sh` changes. Of each search and seed, on validation
images that its rewards never saw: how much better 100 architectures of its
controller are than 100 random ones in the same shared weights (the advantage),
and Kendall's tau between those weights' scores of architectures that have been
retrained (`--retrained`, tables of --mode=retrain, of this space) and what they
reached. What is there is not run again.
"""

import argparse
import collections
import os
import subprocess
import sys

import numpy as np

from src.run import errors
from src.view import compare, rank

COMMON = (
  '--search_for=macro --child_num_layers=4 --child_num_branches=6 '
  '--child_out_filters=12 --child_keep_prob=0.9 --child_l2_reg=0.00025 '
  '--child_lr_cosine --child_lr_max=0.05 --child_lr_min=0.0005 '
  '--child_lr_T_0=6 --child_lr_T_mul=2 --batch_size=50 --num_epochs=6 '
  '--num_valids=2000 --derive_split=1000 --noreport '
  '--controller_search_whole_channels --controller_sync_replicas '
  '--controller_lr=0.01 --controller_tanh_constant=1.5 '
  '--controller_entropy_weight=0.0001 --controller_train_every=1 '
  '--controller_train_steps=30 --controller_num_aggregate=10 '
  '--controller_skip_target=0.4 --controller_skip_weight=0.8'
).split()
ALONE = collections.OrderedDict(
  (
    ('upstream', ''),
    ('reward_batch', '--controller_reward_batch_size=100'),
    ('debiased', '--controller_baseline=debiased'),
    ('per_batch', '--controller_baseline=per_batch'),
    (
      'leave_one_out',
      '--controller_baseline=leave_one_out --controller_shared_batch',
    ),
    ('batch_statistics', '--child_eval_bn=batch'),
    ('no_skip_penalty', '--controller_skip_weight=0'),
    ('skip_penalty', '--controller_skip_penalty=softmax'),
  )
)
TOGETHER = (
  'reward_batch', 'per_batch', 'batch_statistics', 'no_skip_penalty',
)  # fmt: skip
ALL = 'all'


def levers():
  """dict from the name of a lever to the list of its flags."""
  made = collections.OrderedDict((name, ALONE[name].split()) for name in ALONE)
  made[ALL] = [flag for name in TOGETHER for flag in made[name]]
  for name in TOGETHER:
    rest = [other for other in TOGETHER if other != name]
    made['all_but_' + name] = [flag for other in rest for flag in made[other]]
  return made


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('out')
  parser.add_argument('--data_path', required=True)
  parser.add_argument('--retrained', nargs='+', required=True)
  parser.add_argument('--seeds', nargs='+', type=int, default=[1, 2, 3])
  parser.add_argument('--only', nargs='+', choices=levers(), default=levers())
  args = parser.parse_args()
  known = retrained(args.retrained)
  found = collections.OrderedDict()
  for seed in args.seeds:
    for name in args.only:
      run = os.path.join(args.out, '%s_%d' % (name, seed))
      found.setdefault(name, []).append(
        measured(run, args.data_path, seed, levers()[name], known)
      )
      told = (name, seed) + found[name][-1]
      print('%s, seed %d: %+.4f %+.3f %+.3f' % told, flush=True)
  for line in table(found):
    print(line)


def retrained(paths):
  """dict from architecture to its mean score over training seeds."""
  scores = collections.OrderedDict()
  for path in paths:
    for row in rank.rows(path, rank.TEST_FIRST)[1]:
      if row.value is not None:
        scores.setdefault(row.arc, []).append(row.value)
  return {arc: np.mean(scores[arc]) for arc in scores}


def measured(run, data_path, seed, flags, known):
  """(advantage, Cliff's delta, tau) of a search, which is run if need be."""

  def _main(*arguments):
    command = [sys.executable, '-m', 'src.cifar10.main']
    command += ['--data_path=%s' % data_path] + list(arguments)
    with open(run + '.txt', 'a') as log:
      subprocess.run(command, stdout=log, stderr=log, check=True)

  os.makedirs(run, exist_ok=True)
  controller, random, scored, arcs = (
    os.path.join(run, name)
    for name in ('derived.csv', 'derived_random.csv', 'scored.csv', 'arcs.txt')
  )
  of_run = ['--search_for=macro', '--checkpoint_path=%s' % run]
  derive = of_run + ['--mode=derive', '--derive_samples=100']
  if not os.path.exists(scored):
    own = ['--seed=%d' % seed, '--output_dir=%s' % run]
    _main(*COMMON + flags + own)
    _main(*derive)
    _main(*derive + ['--derive_from=random'])
    with open(arcs, 'w') as file:
      file.write('\n'.join(known) + '\n')
    _main(
      *of_run + ['--mode=eval', '--eval_split=derive'],
      '--eval_arcs_file=%s' % arcs, '--eval_output=%s' % scored,
    )  # fmt: skip
  ours, chance = _scores(controller), _scores(random)
  shared = {row.arc: row.value for row in rank.rows(scored)[1]}
  pairs = [(shared[arc], known[arc]) for arc in known]
  return (
    float(np.mean(ours) - np.mean(chance)),
    compare.mann_whitney(ours, chance).delta,
    compare.tau(*np.transpose(pairs), draws=1).tau,
  )


def _scores(path):
  """Scores of a ranking, each as often as it was sampled."""
  rows = rank.rows(path)[1]
  return np.repeat([row.value for row in rows], [row.times for row in rows])


def table(found):
  """Yields lines: means over seeds, and changes against the first lever.

  Args:
    found: dict from lever to a list of what `measured` returns, one a seed.
  """
  yield 'advantage in points, delta, tau; each with 95 %, then what it changed'
  first = np.array(next(iter(found.values())))
  for name, of_seeds in found.items():
    cells, values = [], np.array(of_seeds)
    for column, unit in enumerate((100, 1, 1)):
      cells.append(_interval(unit * values[:, column]))
      cells.append(_interval(unit * (values - first)[:, column]))
    yield '%-26s %s' % (name, '  '.join(cells))


def _interval(values):
  found = compare.paired(values)
  return '%+.2f (%+.2f to %+.2f)' % (found.mean, found.low, found.high)


if __name__ == '__main__':
  sys.exit(errors.exit_code_of(main))
