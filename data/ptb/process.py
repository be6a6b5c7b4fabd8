#!/usr/bin/env python3
"""Turns train, valid and test texts into word ids.

  cd data/ptb && python process.py
  python data/ptb/process.py FOLDER --out FOLDER/ptb.npz

Writes ptb.npz and ptb.vocab.json. What it does is in src/ptb/process.py.
"""

import importlib.util
import os
import sys

ROOT = os.path.dirname(
  os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
)


def _in_the_projects_environment():
  """Starts again with the project's Python where this one lacks NumPy."""
  python = os.path.join(
    ROOT, os.environ.get('ENAS_VENV', '.venv'), 'bin', 'python'
  )
  if not os.access(python, os.X_OK) or 'ENAS_STARTED_AGAIN' in os.environ:
    sys.exit('process.py needs NumPy: run scripts/bootstrap.sh first')
  os.environ['ENAS_STARTED_AGAIN'] = '1'
  os.execv(python, [python, os.path.abspath(__file__)] + sys.argv[1:])


if importlib.util.find_spec('numpy') is None:
  _in_the_projects_environment()
sys.path.insert(0, ROOT)

from src.ptb.process import main  # noqa: E402

if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
