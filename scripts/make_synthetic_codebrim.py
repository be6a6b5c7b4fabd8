#!/usr/bin/env python3
"""Draws a synthetic data set in CODEBRIM's layout, for demos and tests.

  scripts/make_synthetic_codebrim.py --preset demo --out data

What it does is in src/AEROBI/synthetic. Nothing on it is a CODEBRIM result.
"""

import importlib.util
import os
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _in_the_projects_environment():
  """Starts again with the project's Python where this one lacks OpenCV."""
  python = os.path.join(
    ROOT, os.environ.get('ENAS_VENV', '.venv'), 'bin', 'python'
  )
  if not os.access(python, os.X_OK):
    sys.exit(
      'make_synthetic_codebrim.py needs OpenCV: run scripts/bootstrap.sh first'
    )
  os.execv(python, [python, os.path.abspath(__file__)] + sys.argv[1:])


if importlib.util.find_spec('cv2') is None:
  _in_the_projects_environment()
sys.path.insert(0, ROOT)

from src.AEROBI.synthetic.command_line import main  # noqa: E402

if __name__ == '__main__':
  sys.exit(main())
