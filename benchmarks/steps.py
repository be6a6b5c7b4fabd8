"""Times a search's steps: the graph as it is against one that computes all.

Where a space has more to compare with, that is a variant too.

What the benchmarks of both search spaces share. Each variant runs in a process
of its own, one after the other, with the same random architectures. Ratios are
what counts: seconds belong to one machine and its load.
"""

import argparse
import collections
import functools
import json
import os
import resource
import subprocess
import sys
import time

import numpy as np

SELECTED, EVERYTHING = 'selected', 'everything'


class Space(
  collections.namedtuple(
    'Space',
    ['module', 'batch_size', 'build', 'random_arc', 'others', 'measure'],
  )
):
  """A search to time.

  module: str, the benchmark to start again for each variant. batch_size: int.
  build: function () that builds the graph at full size and returns it.
  random_arc: function of a `RandomState`. others: what to compare with, a dict
  from a variant's name to a function () that changes the graph functions.
  measure: function like `measure` without the space, where the data are no
  images; then it looks `others` up itself, and the rest may be None.
  """

  __slots__ = ()


Space.__new__.__defaults__ = (None,) * 5


def example_images():
  """graphs.Images of no data set in particular."""
  from src.cifar10 import graphs

  return graphs.Images(
    np.full(3, 0.5, np.float32), np.full(3, 0.25, np.float32)
  )


def load_images(data_path):
  """All of CIFAR-10, or as many random bytes."""
  if data_path:
    from src.cifar10 import data_utils

    images = data_utils.read_data(data_path, log=lambda line: None).images
    return images['train'], images
  images = np.random.RandomState(0).bytes(60000 * 32 * 32 * 3)
  images = np.frombuffer(images, np.uint8).reshape([-1, 32, 32, 3])
  return images, images


class Steps:
  """The two kinds of steps, on random architectures."""

  def __init__(self, session, graph, images, space):
    self._session, self._graph, self._images = session, graph, images
    self._labels = np.arange(space.batch_size) % 10
    self._space = space

  def _feeds(self, inputs, number):
    size = self._space.batch_size
    start = number * size % (len(self._images) - size)
    arc = self._space.random_arc(np.random.RandomState(number))
    return {
      inputs.images: self._images[start : start + size],
      inputs.labels: self._labels,
      self._graph.arc: arc.tokens,
      self._graph.sample_key: [0, number],
    }

  def train(self, number, **options):
    train = self._graph.train
    fetches = [train.loss, train.hits, train.train_ops.update]
    return self._session.run(fetches, self._feeds(train, number), **options)

  def controller(self, number, **options):
    trainer = self._graph.controller
    fetches = [trainer.loss, trainer.score, trainer.train_ops.accumulate]
    feeds = self._feeds(self._graph.infer, number)
    return self._session.run(fetches, feeds, **options)


def measure(space, variant, num_steps, data_path, profile):
  """Builds and runs one variant; returns a dict of what was seen."""
  from src.nn import variables
  from src.run import session as session_lib
  from src.tf1 import VERSION, tf

  if variant != SELECTED:
    space.others[variant]()
  images, held = load_images(data_path)
  seen = collections.OrderedDict(variant=variant, tensorflow=VERSION)
  # TensorFlow's own choice, which no session here changes.
  seen['threads'] = len(os.sched_getaffinity(0))
  start = time.time()
  graph = space.build()
  seen['build s'] = time.time() - start
  seen['graph nodes'] = len(tf.get_default_graph().get_operations())
  seen['trained numbers'] = sum(
    variable.shape.num_elements()
    for variable in tf.trainable_variables('child')
  )
  with session_lib.open_session(tf.get_default_graph()) as session:
    values = variables.initial_values(0)
    session_lib.load(session, values)
    rest = session_lib.variables(session.graph)
    rest = [rest[name] for name in rest if name not in values]
    session.run(tf.variables_initializer(rest))
    steps = Steps(session, graph, images, space)
    for name in ('train', 'controller'):
      step = getattr(steps, name)
      start = time.time()
      seen['first %s loss' % name] = float(step(0)[0])
      seen['first %s step s' % name] = time.time() - start
      seen.update(time_steps(name, step, num_steps))
    seen['peak memory MB'] = peak_memory()
    if profile:
      seen['kernels'] = {
        name: kernel_shares(getattr(steps, name), tf)
        for name in ('train', 'controller')
      }
  del held
  return seen


def peak_memory():
  """MB that this process had at most."""
  return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


def time_steps(name, step, num_steps):
  """Means of steps 1 to num_steps: seconds, and CPU seconds of all threads."""
  start, busy = time.time(), time.process_time()
  for number in range(1, num_steps + 1):
    step(number)
  return {
    name + ' step s': (time.time() - start) / num_steps,
    name + ' step CPU s': (time.process_time() - busy) / num_steps,
  }


def kernel_shares(step, tf, num_steps=6):
  """Share of kernel time per kind of operation, largest first."""
  total = collections.Counter()
  for number in range(num_steps):
    trace = tf.RunMetadata()
    step(
      number,
      options=tf.RunOptions(trace_level=tf.RunOptions.FULL_TRACE),
      run_metadata=trace,
    )
    for device in trace.step_stats.dev_stats:
      for node in device.node_stats:
        kind = node.timeline_label.split('=')[-1].split('(')[0].strip()
        total[kind] += node.op_end_rel_micros - node.op_start_rel_micros
  whole = float(sum(total.values()))
  return [(kind, time / whole) for kind, time in total.most_common(15)]


def main(space, description):
  """The command line of a benchmark; prints a table."""
  parser = argparse.ArgumentParser(description=description)
  parser.add_argument('--steps', type=int, default=30)
  parser.add_argument('--data_path', default='')
  parser.add_argument('--profile', action='store_true')
  variants = [SELECTED] + sorted(space.others or [EVERYTHING])
  parser.add_argument('--only', choices=variants, help='one variant, as JSON')
  args = parser.parse_args()
  if args.only:
    take = space.measure or functools.partial(measure, space)
    seen = take(args.only, args.steps, args.data_path, args.profile)
    print(json.dumps(seen))
    return
  selected, *others = (_in_a_process(space, args, v) for v in variants)
  print(
    'TensorFlow %s, mean of %d steps' % (selected['tensorflow'], args.steps)
  )
  titles = ''.join('%12s %8s' % (name, 'ratio') for name in variants[1:])
  print('%-24s %12s' % ('', SELECTED) + titles)
  for name, value in selected.items():
    if isinstance(value, (int, float)):
      compared = ((other[name], other[name] / value) for other in others)
      line = ''.join('%12.3f %8.2f' % pair for pair in compared)
      print('%-24s %12.3f' % (name, value) + line)
  for name, shares in selected.get('kernels', {}).items():
    print('\nkernel time of a %s step:' % name)
    for kind, share in shares:
      print('  %-36s %5.1f %%' % (kind, 100 * share))


def _in_a_process(space, args, variant):
  command = [sys.executable, '-m', space.module, '--only', variant]
  command += ['--steps', str(args.steps), '--data_path', args.data_path]
  if args.profile and variant == SELECTED:
    command.append('--profile')
  output = subprocess.check_output(command, universal_newlines=True)
  return json.loads(output.splitlines()[-1])
