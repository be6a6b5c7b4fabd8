"""PTB search and final training: the program behind the scripts.

  python -m src.ptb.main --search_for=enas --data_path=data/ptb ...

Source of flags and order: `src/ptb/main.py` of melodyguan/enas.
"""

import sys

from src.ptb.task import Ptb
from src.run import program


def main(argv):
  """Runs the program; returns its exit code."""
  return program.main(argv, Ptb())


if __name__ == '__main__':
  sys.exit(main(sys.argv))
