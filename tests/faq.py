"""The programs that docs/FAQ.md prints, and how a user would run them."""

import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def run(telling, folder):
  """Runs the one program that holds a text; returns what it prints.

  Args:
    telling: str.
    folder: where it runs, knowing nothing of this project; str or path.
  """
  with open(os.path.join(ROOT, 'docs', 'FAQ.md'), encoding='utf-8') as file:
    programs = re.findall(r'^```python\n(.*?)^```$', file.read(), re.M | re.S)
  (program,) = [text for text in programs if telling in text]
  done = subprocess.run(
    [sys.executable, '-c', program],
    cwd=str(folder),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  assert done.returncode == 0, done.stderr
  return done.stdout.splitlines()
