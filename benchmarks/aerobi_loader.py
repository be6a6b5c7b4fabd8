"""How fast crops are decoded, cut and batched, by the number of threads.

  python -m benchmarks.aerobi_loader DATA_PATH [--size=224] [--batches=30]

DATA_PATH is a folder in CODEBRIM's layout. Files are read once before, so that
the disk is not what is measured. Ratios are to one thread.
"""

import argparse
import os
import time

from src.AEROBI import codebrim, pipeline


def main():
  parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
  parser.add_argument('data_path')
  parser.add_argument('--size', type=int, default=224)
  parser.add_argument('--batch_size', type=int, default=16)
  parser.add_argument('--batches', type=int, default=30)
  parser.add_argument('--threads', type=int, nargs='+', default=[1, 2, 4, 8])
  args = parser.parse_args()
  data = codebrim.read(args.data_path, log=lambda line: None)
  for path in data.train.paths:
    with open(path, 'rb') as file:
      file.read()
  print('%d cores' % os.cpu_count())
  alone = None
  for threads in args.threads:
    with pipeline.shuffled(
      data.train, args.batch_size, args.size, 0, 'benchmark', threads=threads
    ) as reader:
      reader.batch(0)
      start = time.time()
      for step in range(1, args.batches + 1):
        reader.batch(step)
      rate = args.batches * args.batch_size / (time.time() - start)
    alone = alone or rate
    print('%2d threads %8.1f images/s %6.2fx' % (threads, rate, rate / alone))


if __name__ == '__main__':
  main()
