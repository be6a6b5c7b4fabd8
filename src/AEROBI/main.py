"""CODEBRIM search and final training: the program behind the scripts.

  python -m src.AEROBI.main --search_for=macro --data_path=data/codebrim ...

Source of flags and order: `src/AEROBI/main.py` of the CODEBRIM fork of
melodyguan/enas.
"""

import sys

from src.AEROBI.task import Aerobi
from src.run import program


def main(argv):
  """Runs the program; returns its exit code."""
  return program.main(argv, Aerobi())


if __name__ == '__main__':
  sys.exit(main(sys.argv))
