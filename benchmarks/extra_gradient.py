"""What the extra gradient term of a recurrent controller costs.

  python -m benchmarks.extra_gradient [--rewards=20] [--size=128] [--nodes=6]

Graphs of a search without it and with each of its modes, on words drawn at
random: nodes and building time, seconds of a reward (the median, in turns), of
what begins a phase of them, and both relative to a search without.
"""

import argparse
import os
import tempfile
import time

import numpy as np

VOCAB, BATCH, LENGTH = 2635, 32, 35
WORDS = BATCH * LENGTH * 12


def _run(mode, args, folder):
  """(experiment.Experiment, open session, seconds to build, nodes)."""
  from src.nn import variables
  from src.ptb import corpus as corpus_lib
  from src.recurrent import config, graphs, train_regular
  from src.recurrent import experiment as experiment_lib
  from src.run import session as sessions
  from src.tf1 import tf

  argv = [
    'x', '--train_type=orig', '--num_blocks=%d' % args.nodes,
    '--shared_embed=%d' % args.size, '--shared_hid=%d' % args.size,
    '--batch_size=%d' % BATCH, '--test_batch_size=%d' % BATCH,
    '--output_dir=%s' % folder, '--shared_lr=5', '--extra_gradient=' + mode,
    '--controller_max_step=%d' % (args.rewards + 1), '--nouse_tensorboard',
  ]  # fmt: skip
  flags, _ = train_regular.parse(argv)
  config.settle(flags)
  words = np.random.RandomState(0).randint(VOCAB, size=WORDS).astype(np.int32)
  names = tuple('w%d' % number for number in range(VOCAB))
  corpus = corpus_lib.Corpus(words, words, words, names)
  began = time.time()
  with tf.Graph().as_default() as graph:
    built = graphs.build(
      config.child_config(flags, VOCAB),
      0,
      config.child_training(flags, 12),
      config.controller_config(flags),
      config.controller_training(flags),
    )
    values = variables.initial_values(0, graph)
  seconds = time.time() - began
  session = sessions.open_session(graph).__enter__()
  sessions.load(session, values)
  run = experiment_lib.Experiment(config.run_config(flags), built, corpus)
  run.start(session, [])
  return run, session, seconds, len(graph.as_graph_def().node)


def measure(args):
  """Rows of (mode, nodes, seconds to build, to begin, of a reward)."""
  from src.recurrent.lookahead import EXTRA

  with tempfile.TemporaryDirectory() as folder:
    for mode in EXTRA:
      os.mkdir(os.path.join(folder, mode))
    runs = {
      mode: _run(mode, args, os.path.join(folder, mode)) for mode in EXTRA
    }
    begun, took = {}, {mode: [] for mode in EXTRA}
    for mode, (run, *_) in runs.items():
      run.child_step(0, 0)
      for _again in range(2):  # the first one plans the graph
        began = time.time()
        run._announce_controller(0, 0)
        begun[mode] = time.time() - began
      run._controller(0, 0)
    for number in range(1, args.rewards + 1):
      for mode, (run, *_) in runs.items():
        began = time.time()
        run._controller(0, number)
        took[mode].append(time.time() - began)
    for run, *_ in runs.values():
      run.close()
  return [
    (mode, nodes, seconds, begun[mode], float(np.median(took[mode])))
    for mode, (_, _, seconds, nodes) in runs.items()
  ]


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  for name, default in (('rewards', 20), ('size', 128), ('nodes', 6)):
    parser.add_argument('--' + name, type=int, default=default)
  rows = measure(parser.parse_args())
  print('mode            nodes  build s  begin s  reward s  ratio')
  for mode, nodes, seconds, begun, took in rows:
    ratio = took / rows[0][4]
    print(
      '%-12s %8d %8.1f %8.2f %9.3f %6.2f'
      % (mode, nodes, seconds, begun, took, ratio)
    )


if __name__ == '__main__':
  main()
