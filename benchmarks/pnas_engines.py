"""How long equal children take on each engine.

  python -m benchmarks.pnas_engines [--engines serial local:2] [--rounds=2]
    [--children=8] [--epochs=4] [--threads=1]

Children are those of the demo: one block (separable convolution and maximum),
8 filters, 1,000 of the embedded images an epoch. Engines take turns. Others may
use the machine meanwhile, so beside the time of the clock there is that of
processors: all that our processes used, their start included, and how many
cores others had. Spread evenly, processor time over the number of processes is
the clock's time on a machine of one's own.
"""

import argparse
import os
import resource
import tempfile
import time
import typing

from src.pnas import search_flags
from src.pnas.task import Pnas, settle
from src.run import engines, retraining, session

_CELL = '-1 3x3_dconv -1 3x3_maxpool'
_SIZE = [
  '--preset=paper', '--B=1', '--N=1', '--F=8', '--batch_size=50',
  '--num_valids=500', '--subset=1000', '--data_path=data/cifar10_mini',
]  # fmt: skip


class Spent(typing.NamedTuple):
  """What a list of children took.

  Attributes:
    clock: float, seconds.
    processor: float, seconds, of this process and of those it started.
    others: float, cores that other processes used on average.
  """

  clock: float
  processor: float
  others: float


def spent(function):
  """Calls a function; returns what that took, a Spent."""
  before = time.time(), _own(), _busy()
  function()
  clock, own, busy = (
    after - start
    for start, after in zip(before, (time.time(), _own(), _busy()))
  )
  return Spent(clock, own, max(0.0, busy - own) / clock)


def alone(engine, found):
  """Seconds that it would take on a free core for each process."""
  _, _, count = engine.partition(':')
  return found.processor / int(count or 1)


def _own():
  who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
  used = [resource.getrusage(one) for one in who]
  return sum(one.ru_utime + one.ru_stime for one in used)


def _busy():
  """Processor seconds of all processes of the machine since it started."""
  with open('/proc/stat') as file:
    ticks = list(map(int, file.readline().split()[1:8]))
  idle = sum(ticks[3:5])
  return (sum(ticks) - idle) / float(os.sysconf('SC_CLK_TCK'))


def trainings(engine, count, epochs, folder):
  """A function without arguments that trains equal children."""
  flags = search_flags.parse(['x', '--max_epochs=%d' % epochs] + _SIZE)
  child, task = search_flags.child(flags), Pnas()
  settle(child)
  arc = task.parse_arc(child, _CELL)
  asked = [(arc, seed) for seed in range(count)]

  def _train():
    scores = retraining.score_all(
      task, child, asked, folder, engines.named(engine)
    )
    failed = [score.failure for score in scores if score.failure]
    if failed:
      raise SystemExit('a child failed: %s' % failed[0])

  return _train


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--engines', nargs='+', default=['serial', 'local:2'])
  parser.add_argument('--rounds', type=int, default=2)
  parser.add_argument('--children', type=int, default=8)
  parser.add_argument('--epochs', type=int, default=4)
  parser.add_argument('--threads', type=int, default=1)
  args = parser.parse_args()
  os.environ[session.THREADS] = str(args.threads)
  for number in range(args.rounds):
    first = None
    for engine in args.engines:
      with tempfile.TemporaryDirectory() as folder:
        found = spent(trainings(engine, args.children, args.epochs, folder))
      first = first or found
      print(
        'round %d %-8s %6.1f s, %6.1f s of processors, others had %.2f cores; '
        'to %s: %.2f, on cores of its own %.2f'
        % (
          (number, engine)
          + found
          + (args.engines[0], found.clock / first.clock)
          + (alone(engine, found) / alone(args.engines[0], first),)
        ),
        flush=True,
      )


if __name__ == '__main__':
  main()
