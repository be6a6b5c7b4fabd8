"""Macro search at full size: this graph against one that computes every branch.

  python -m benchmarks.macro_step [--steps=30] [--data_path=data/cifar10]
  python -m benchmarks.macro_step --profile

Both variants run in processes of their own, one after the other, with the
settings of scripts/cifar10_macro_search.sh and the same random architectures.
Ratios are what counts: seconds belong to one machine and its load. With
--profile, prints which kernels a step of the selected branches spends its time
in.
"""

import argparse
import collections
import json
import resource
import subprocess
import sys
import time

import numpy as np

BATCH_SIZE, NUM_LAYERS, FILTERS, NUM_OPERATIONS = 128, 12, 36, 6


def compute_all(index, branches, value, training):
  """Stands in for `lazy.case`: runs every branch, forward and backward."""
  from src.nn import lazy
  from src.tf1 import tf

  del training
  selected = tf.unstack(tf.equal(index, tf.range(len(branches))), len(branches))
  results = [branch(value) for branch in branches]
  kept = [lazy.switch(*pair)[1] for pair in zip(results, selected)]
  merged = tf.raw_ops.Merge(inputs=kept)[0]
  merged.set_shape(results[0].shape)
  return merged


def build():
  """The graph of the macro search script."""
  from src.arc import MACRO_OPERATIONS
  from src.cifar10 import general_child, general_controller, graphs

  return graphs.build(
    general_child.ChildConfig(
      NUM_LAYERS, FILTERS, MACRO_OPERATIONS, keep_prob=0.9
    ),
    graphs.Images(np.full(3, 0.5, np.float32), np.full(3, 0.25, np.float32)),
    seed=0,
    training=graphs.ChildTraining(
      num_batches=352,
      lr_cosine=True,
      lr_max=0.05,
      lr_min=0.0005,
      lr_t_0=10,
      lr_t_mul=2,
      l2_reg=0.00025,
    ),
    controller=general_controller.ControllerConfig(
      NUM_LAYERS,
      NUM_OPERATIONS,
      FILTERS,
      tanh_constant=1.5,
      skip_target=0.4,
    ),
    reinforcement=graphs.ControllerTraining(
      entropy_weight=0.0001, skip_weight=0.8, num_aggregate=20
    ),
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

  def __init__(self, session, graph, images):
    self._session, self._graph, self._images = session, graph, images
    self._labels = np.arange(BATCH_SIZE) % 10

  def _feeds(self, inputs, number):
    from src.arc import MacroArc

    start = number * BATCH_SIZE % (len(self._images) - BATCH_SIZE)
    arc = MacroArc.random(
      NUM_LAYERS, NUM_OPERATIONS, np.random.RandomState(number)
    )
    return {
      inputs.images: self._images[start : start + BATCH_SIZE],
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
    fetches = [trainer.loss, trainer.accuracy, trainer.train_ops.accumulate]
    feeds = self._feeds(self._graph.infer, number)
    return self._session.run(fetches, feeds, **options)


def measure(variant, num_steps, data_path, profile):
  """Builds and runs one variant; returns a dict of what was seen."""
  from src.nn import lazy, variables
  from src.run import session as session_lib
  from src.tf1 import VERSION, tf

  if variant == 'all branches':
    lazy.case = compute_all
  images, held = load_images(data_path)
  seen = collections.OrderedDict(variant=variant, tensorflow=VERSION)
  start = time.time()
  graph = build()
  seen['build s'] = time.time() - start
  seen['graph nodes'] = len(tf.get_default_graph().get_operations())
  with session_lib.open_session(tf.get_default_graph()) as session:
    session_lib.load(session, variables.initial_values(0))
    steps = Steps(session, graph, images)
    for name in ('train', 'controller'):
      step, times = getattr(steps, name), []
      start = time.time()
      step(0)
      seen['first %s step s' % name] = time.time() - start
      for number in range(1, num_steps + 1):
        start = time.time()
        step(number)
        times.append(time.time() - start)
      seen[name + ' step s'] = float(np.mean(times))
    seen['peak memory MB'] = (
      resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
    )
    if profile:
      seen['kernels'] = {
        name: kernel_shares(getattr(steps, name), tf)
        for name in ('train', 'controller')
      }
  del held
  return seen


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


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--steps', type=int, default=30)
  parser.add_argument('--data_path', default='')
  parser.add_argument('--profile', action='store_true')
  parser.add_argument('--variant', help=argparse.SUPPRESS)
  args = parser.parse_args()
  if args.variant:
    seen = measure(args.variant, args.steps, args.data_path, args.profile)
    print(json.dumps(seen))
    return
  results = []
  for variant in ('selected', 'all branches'):
    command = [sys.executable, '-m', 'benchmarks.macro_step']
    command += ['--variant', variant, '--steps', str(args.steps)]
    command += ['--data_path', args.data_path]
    if args.profile and variant == 'selected':
      command.append('--profile')
    output = subprocess.check_output(command, universal_newlines=True)
    results.append(json.loads(output.splitlines()[-1]))
  selected, everything = results
  print(
    'TensorFlow %s, mean of %d steps' % (selected['tensorflow'], args.steps)
  )
  print('%-24s %12s %12s %8s' % ('', 'selected', 'all', 'ratio'))
  for name, value in selected.items():
    if isinstance(value, (int, float)):
      other = everything[name]
      print('%-24s %12.3f %12.3f %8.2f' % (name, value, other, other / value))
  for name, shares in selected.get('kernels', {}).items():
    print('\nkernel time of a %s step:' % name)
    for kind, share in shares:
      print('  %-36s %5.1f %%' % (kind, 100 * share))


if __name__ == '__main__':
  main()
