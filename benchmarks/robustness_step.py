"""What many actions and many operations cost a step of a search.

  python -m benchmarks.robustness_step [--steps=20] [--layers=12]
    [--filters=36] [--batch=128]
  python -m benchmarks.robustness_step --build=T1_kd08

`P6P5_300` has 306 actions for the 12 operations that `P6P5_006` has 12 for, and
`space_0` six operations. All graphs are built in one process, at full size
unless given, and take their steps in turn on random images, there and back, so
that a busy machine slows all of them. Two rounds: architectures of all 12
operations, and of the six that all three have, each mapped to the actions that
mean the same operations. What is told is the median of a step, and the median
of the ratios to the first graph's step with the same architecture: of seconds,
and of the processor time of all threads, which other processes hardly change.
With --build, one graph is built only.
"""

import argparse
import resource
import time

import numpy as np

POISONED = ('P6P5_006', 'P6P5_300')
CLEAN = 'space_0'
NUM_CLEAN = 6


class Search:
  """The graph of an experiment, and steps on it."""

  def __init__(self, set_name, experiment, layers=12, filters=36, batch=128):
    from src.images.data import Data
    from src.nn import variables
    from src.robustness import driver
    from src.robustness.task import Robustness
    from src.run import session as sessions
    from src.tf1 import tf

    task = Robustness()
    words = ['driver', set_name, experiment, '--output_dir=unused']
    words += ['--child_num_layers=%d' % layers]
    words += ['--child_out_filters=%d' % filters, '--batch_size=%d' % batch]
    flags = driver.parse(driver.arguments(words))
    task.check(flags)
    data = Data({}, {}, np.zeros(3), np.ones(3), list('abcdefghij'))
    start = time.process_time()
    with tf.Graph().as_default() as graph:
      self._built = task.graph(
        flags,
        data,
        training=task.child_training(flags, 352),
        reinforcement=task.controller_training(flags, 40),
      )
    # Of this process, which other ones do not slow.
    self.build_seconds = time.process_time() - start
    self.num_nodes = len(graph.get_operations())
    self._session = sessions.open_session(graph)
    sessions.load(self._session, variables.initial_values(0, graph))
    self.num_actions, self._layers = task.space(flags).num_actions, layers
    draw = np.random.RandomState(0)
    self._images = draw.randint(0, 256, [batch, 32, 32, 3])
    self._labels = np.arange(batch) % 10

  def _feeds(self, inputs, tokens, number):
    return {
      inputs.images: self._images,
      inputs.labels: self._labels,
      self._built.arc: tokens,
      self._built.sample_key: [0, number],
    }

  def tokens(self, number, num_operations):
    """Tokens of a random architecture, of its number and these operations.

    Each added operation is meant by the last of its actions.
    """
    draw = np.random.RandomState(number)
    each = max(1, (self.num_actions - NUM_CLEAN) // 6)
    tokens = []
    for layer in range(self._layers):
      operation = draw.randint(num_operations)
      added = max(0, operation - NUM_CLEAN + 1)
      tokens.append(operation + added * (each - 1))
      tokens += list(draw.randint(0, 2, layer))
    return tokens

  def seconds(self, tokens, number):
    """float [2, 2]: of a step of the child, of one of the controller.

    Each in seconds, and in those of the processor. The controller samples too
    in both, as it does in a search, although other tokens are fed.
    """
    train, trainer = self._built.train, self._built.controller
    sampled, times = self._built.sample.arc, [_clocks()]
    feeds = self._feeds(train, tokens, number)
    self._session.run([train.train_ops.update, sampled], feeds)
    times.append(_clocks())
    feeds = self._feeds(self._built.infer, tokens, number)
    self._session.run([trainer.train_ops.accumulate, sampled], feeds)
    times.append(_clocks())
    return np.diff(times, axis=0)


def _clocks():
  return time.time(), time.process_time()


def compare(searches, num_operations, num_steps):
  """What steps take, of the child and of the controller.

  Returns:
    dict by experiment to (medians, medians of ratios to the first experiment's
    step with the same architecture), both float [2, 2], see `Search.seconds`.
  """
  found = {name: [] for name in searches}
  for number in range(num_steps + 1):
    order = list(searches) if number % 2 else list(searches)[::-1]
    for name in order:
      tokens = searches[name].tokens(number, num_operations)
      found[name].append(searches[name].seconds(tokens, number))
  # The first step of a graph prepares it.
  seconds = {name: np.array(found[name][1:]) for name in found}
  base = seconds[next(iter(searches))]
  return {
    name: (np.median(seconds[name], 0), np.median(seconds[name] / base, 0))
    for name in seconds
  }


def _tell(name, search):
  peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0**2
  print(
    '%-10s %3d actions: %6d nodes, built in %.1f s, peak so far %.1f GB'
    % (name, search.num_actions, search.num_nodes, search.build_seconds, peak)
  )


def main():
  parser = argparse.ArgumentParser(description=__doc__.split('\n')[0])
  parser.add_argument('--steps', type=int, default=20)
  parser.add_argument('--build', help='a typed set, such as T1_kd08')
  parser.add_argument('--layers', type=int, default=12)
  parser.add_argument('--filters', type=int, default=36)
  parser.add_argument('--batch', type=int, default=128)
  options = parser.parse_args()
  sizes = options.layers, options.filters, options.batch
  if options.build:
    _tell(options.build, Search('neuralarts', options.build, *sizes))
    return
  searches = {CLEAN: Search('baseline', CLEAN, *sizes)}
  for name in POISONED:
    searches[name] = Search('poisoning', name, *sizes)
  for name, search in searches.items():
    _tell(name, search)
  poisoned = {name: searches[name] for name in POISONED}
  for words, group, count in (
    ('all 12 operations', poisoned, 12),
    ('the six clean ones', searches, NUM_CLEAN),
  ):
    print('Architectures of %s:' % words)
    found = compare(group, count, options.steps)
    for name, (seconds, ratios) in found.items():
      for step, of, ratio in zip(('child', 'controller'), seconds, ratios):
        print(
          '  %-10s %-10s %.3f s (%.3fx), processor %.3f s (%.3fx)'
          % (name, step, of[0], ratio[0], of[1], ratio[1])
        )


if __name__ == '__main__':
  main()
