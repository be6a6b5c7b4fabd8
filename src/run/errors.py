"""The errors a user can meet, and how a program ends because of them.

Bad usage ends with exit code 2, bad data or a failed run with 1, a run that
another process is at with 3, each with one line on stderr; `--debug` shows the
traceback as well.
"""

import os
import signal
import sys
import traceback

from src.arc import text as text_lib
from src.arc.errors import ArcError
from src.files.errors import FileError


class UsageError(Exception):
  """What was typed cannot be done: one line, exit code 2."""


class RunError(Exception):
  """Data, files or the run itself failed: one line, exit code 1."""


class InUse(RunError):
  """Another process has the run: one line, exit code 3."""


class Interrupted(Exception):
  """A signal ended the run after it was saved; exit code 128 + signal."""

  def __init__(self, signal_number, message):
    super().__init__(message)
    self.signal_number = signal_number


# Whose text is a line for the user.
ONE_LINE = (UsageError, ArcError, FileError, RunError)
# What ends in a line instead of a traceback.
_TOLD = ONE_LINE + (Interrupted, KeyboardInterrupt)


def exit_code_of(function, debug=False):
  """Calls function() and turns the errors above into a line and a code.

  Args:
    function: what to run.
    debug: whether to print the traceback too.

  Returns:
    int, the exit code: 0 if nothing was raised; 128 + SIGPIPE, without a
    line, if whoever read what is printed has seen enough.
  """
  text_lib.lenient_streams()
  try:
    function()
    sys.stdout.flush()
    return 0
  except BrokenPipeError:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 128 + signal.SIGPIPE
  except _TOLD as e:
    if debug:
      traceback.print_exc()
    code, message = _code_and_message(e)
    print(message, file=sys.stderr)
    return code


def _code_and_message(error):
  if isinstance(error, KeyboardInterrupt):
    return 128 + signal.SIGINT, 'interrupted'
  if isinstance(error, Interrupted):
    return 128 + error.signal_number, str(error)
  code = 1
  if isinstance(error, InUse):
    code = 3
  elif isinstance(error, (UsageError, ArcError)):
    code = 2
  return code, 'error: %s' % error
