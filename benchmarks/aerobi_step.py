"""Steps and memory of a CODEBRIM search at full size.

  python -m benchmarks.aerobi_step [--steps=10] [--batch_size=16] [--size=224]

With the settings of scripts/AEROBI_macro_search.sh and random images, labels
and architectures. Memory is the largest of the process, build included.
"""

import argparse
import resource
import time

import numpy as np

from src.AEROBI import flags as flag_table
from src.AEROBI.task import Aerobi
from src.arc import MacroArc
from src.cifar10 import config
from src.nn import variables
from src.run import flags as flags_lib
from src.run import session as session_lib
from src.tf1 import VERSION, tf

NUM_LAYERS, NUM_OPERATIONS = 7, 6
SETTINGS = [
  '--search_for=macro',
  '--data_path=none',
  '--output_dir=none',
  '--num_epochs=310',
  '--child_num_layers=7',
  '--child_out_filters=64',
  '--child_l2_reg=0.0005',
  '--child_num_branches=6',
  '--child_lr_cosine',
  '--child_lr_max=0.01',
  '--child_lr_min=0.00001',
  '--child_lr_T_0=10',
  '--child_lr_T_mul=2',
  '--controller_search_whole_channels',
  '--controller_sync_replicas',
  '--controller_num_aggregate=20',
]


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('--steps', type=int, default=10)
  parser.add_argument('--batch_size', type=int, default=16)
  parser.add_argument('--size', type=int, default=224)
  args = parser.parse_args()
  words = [
    '--batch_size=%d' % args.batch_size,
    '--child_img_size=%d' % args.size,
  ]
  flags, _ = flags_lib.parse(flag_table.GROUPS, ['aerobi'] + SETTINGS + words)
  start = time.time()
  with tf.Graph().as_default() as graph:
    handles = Aerobi().graph(
      flags,
      None,
      training=config.child_training(flags, 406),
      reinforcement=config.controller_training(flags),
    )
    values = variables.initial_values(0)
  print('TensorFlow', VERSION)
  print('build s         %8.1f' % (time.time() - start))
  print('graph nodes     %8d' % len(graph.get_operations()))
  draw = np.random.RandomState(0)
  shape = [args.batch_size, args.size, args.size, 3]
  images = draw.uniform(0, 255, shape).astype(np.float32)
  labels = draw.randint(0, 2, [args.batch_size, 6])
  with session_lib.open_session(graph) as session:
    session_lib.load(session, values)
    for name, inputs, fetch in (
      ('train', handles.train, handles.train.train_ops.update),
      ('reward', handles.infer, handles.controller.train_ops.accumulate),
    ):
      times = []
      for _ in range(args.steps + 1):
        arc = MacroArc.random(NUM_LAYERS, NUM_OPERATIONS, draw)
        feeds = {
          inputs.images: images,
          inputs.labels: labels,
          handles.arc: arc.tokens,
          handles.sample_key: [0, 1],
        }
        start = time.time()
        session.run(fetch, feeds)
        times.append(time.time() - start)
      print('first %-6s s  %8.2f' % (name, times[0]))
      print('%-6s step s   %8.2f' % (name, np.mean(times[1:])))
      peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0
      print('peak memory MB  %8.0f' % peak)


if __name__ == '__main__':
  main()
