"""How the commands that need no TensorFlow read words and report errors."""

import argparse
import os
import sys

from src.arc import text as text_lib
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
    on stderr. That nobody reads what is printed is no error.
  """
  text_lib.lenient_streams()
  args = parser.parse_args(arguments)
  try:
    status = args.run(args)
    sys.stdout.flush()
    return status
  except BrokenPipeError:  # whoever read this has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
  except (ArcError, OSError) as error:
    print('%s: %s' % (parser.prog, _told(error, args)), file=sys.stderr)
    return 2


def _told(error, args):
  """An error in words; that of a full disk does not say itself where it was."""
  if not isinstance(error, OSError) or error.filename is not None:
    return str(error)
  places = [getattr(args, name, None) for name in ('output', 'path')]
  place = next((place for place in places if place), 'a file')
  return 'cannot write %s: %s' % (place, error.strerror or error)
