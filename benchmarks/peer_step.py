"""The macro and the micro search at full size against a PyTorch version.

  python -m benchmarks.peer_step [--space=macro] [--rounds=3] [--steps=8]
  python -m benchmarks.peer_step --peer_python=/opt/torch/bin/python

Both sides in turn, each time in a process of its own, on the same random
architectures, with the settings of the search scripts and random bytes as
images. `benchmarks.torch_child` is the peer. PyTorch may live in another
Python; where it cannot be imported, only this side is timed. A ratio above 1
says how many times as long the peer took.
"""

import argparse
import json
import statistics
import subprocess
import sys

SPACES = ('macro', 'micro')
HERE, PEER = 'here', 'peer'


def main(arguments=None, run=subprocess.check_output):
  """The command line; prints a table for each search space.

  Args:
    arguments: list of str, the process's own unless given.
    run: function (command, universal_newlines) -> what it printed.
  """
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--space', choices=SPACES, help='only one of the two')
  parser.add_argument('--rounds', type=int, default=3)
  parser.add_argument('--steps', type=int, default=8, help='of a round')
  parser.add_argument(
    '--peer_python', default=sys.executable, help='a Python that has PyTorch'
  )
  args = parser.parse_args(arguments)
  for name in ('rounds', 'steps'):
    if getattr(args, name) < 1:
      parser.error('--%s=%d: expected at least 1' % (name, getattr(args, name)))
  has_peer = _has_torch(args.peer_python, run)
  if not has_peer:
    print(
      '%s cannot import torch: only this side is timed; --peer_python=PATH '
      'names a Python that can' % args.peer_python
    )
  for space in SPACES if args.space is None else [args.space]:
    sides = {
      HERE: [sys.executable, '-m', 'benchmarks.%s_step' % space]
      + ['--only=selected'],
    }
    if has_peer:
      sides[PEER] = [args.peer_python, '-m', 'benchmarks.torch_steps', space]
    seen = {side: [] for side in sides}
    for _ in range(args.rounds):
      for side, command in sides.items():
        output = run(
          command + ['--steps=%d' % args.steps], universal_newlines=True
        )
        seen[side].append(json.loads(output.splitlines()[-1]))
    print('\n'.join(report(space, args.steps, seen)))


def _has_torch(python, run):
  try:
    run([python, '-c', 'import torch'], universal_newlines=True)
  except (OSError, subprocess.CalledProcessError):
    return False
  return True


def report(space, num_steps, seen):
  """Lines: medians of the rounds, their ratio, and each round's ratio.

  Args:
    space: str.
    num_steps: int, of a round.
    seen: dict from side to a list of dicts, one a round, of what was seen;
      without the peer's, if there is none.
  """
  here, peers = seen[HERE], seen.get(PEER, [])
  title = '%s: TensorFlow %s, %d threads' % (
    space, here[0]['tensorflow'], here[0]['threads'],
  )  # fmt: skip
  if peers:
    title += '; PyTorch %s, %d threads' % (
      peers[0]['pytorch'], peers[0]['threads'],
    )  # fmt: skip
  lines = [
    '%s; medians of %d rounds of %d steps' % (title, len(here), num_steps),
    '%-24s %12s' % ('', HERE)
    + ('%12s %8s  each round' % (PEER, 'ratio') if peers else ''),
  ]
  for name, value in here[0].items():
    if isinstance(value, str) or peers and name not in peers[0]:
      continue
    mine = [one[name] for one in here]
    line = '%-24s %12.3f' % (name, statistics.median(mine))
    if peers:
      theirs = [one[name] for one in peers]
      ratio = statistics.median(theirs) / statistics.median(mine)
      line += '%12.3f %8.2f  ' % (statistics.median(theirs), ratio)
      line += ' '.join('%.2f' % (b / a) for a, b in zip(mine, theirs))
    lines.append(line)
  return lines


if __name__ == '__main__':
  main()
