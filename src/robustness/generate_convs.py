"""Writes the settings of the typed sets, one file a set, one a line.

python -m src.robustness.generate_convs --out DIR
"""

import argparse
import os
import sys

from src.arc import text as text_lib
from src.robustness import typed
from src.run.errors import RunError, exit_code_of


def main(argv):
  """Writes kd04.txt and so on; returns the exit code."""
  parser = argparse.ArgumentParser(
    prog='python -m src.robustness.generate_convs',
    description='Writes the convolutions (k,p,d) of the typed sets.',
  )
  parser.add_argument('--out', required=True, help='folder; it is made')
  options = parser.parse_args(argv)
  return exit_code_of(lambda: _write(options.out))


def _write(folder):
  try:
    os.makedirs(folder, exist_ok=True)
    for name, found in typed.settings().items():
      path = os.path.join(folder, name + '.txt')
      with text_lib.open_text(path, 'w') as file:
        file.writelines(str(setting) + '\n' for setting in found)
      print('%s: %d' % (path, len(found)))
  except OSError as error:
    raise RunError('cannot write %s: %s' % (folder, error.strerror)) from error


if __name__ == '__main__':
  sys.exit(main(sys.argv[1:]))
