"""CIFAR-10 search and final training: the program behind the scripts.

  python -m src.cifar10.main --search_for=micro --data_path=data/cifar10 ...

Source of flags and order: `src/cifar10/main.py` of melodyguan/enas.
"""

import sys

from src.cifar10.task import Cifar10
from src.run import program


def main(argv):
  """Runs the program; returns its exit code."""
  return program.main(argv, Cifar10())


if __name__ == '__main__':
  sys.exit(main(sys.argv))
