"""Trains the network of one PNAS cell: the program.

  python -m src.pnas.main --child_fixed_arc='-1 1 -1 6' --output_dir=outputs ...

`src.pnas.train` searches for cells, and trains what it found by --final_train.
"""

import sys

from src.pnas.task import Pnas
from src.run import program


def main(argv):
  """Runs the program; returns its exit code."""
  return program.main(argv, Pnas())


if __name__ == '__main__':
  sys.exit(main(sys.argv))
