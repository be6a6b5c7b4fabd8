"""How the commands that need no TensorFlow read words and report errors."""

import argparse
import sys

from src.arc.errors import ArcError


class Parser(argparse.ArgumentParser):
  """A parser that reports an error in one line."""

  def error(self, message):
    self.exit(2, '%s: %s\n' % (self.prog, message))


def run(parser, arguments):
  """Parses a command line and calls what it chose.

  Args:
    parser: `Parser` whose namespace has `run`, a function of the namespace
      that returns an exit status.
    arguments: list of str, or None for those of the process.

  Returns:
    int, the exit status: 2 after an `ArcError` or `OSError`, which is one line
    on stderr.
  """
  args = parser.parse_args(arguments)
  try:
    return args.run(args)
  except (ArcError, OSError) as error:
    print('%s: %s' % (parser.prog, error), file=sys.stderr)
    return 2
