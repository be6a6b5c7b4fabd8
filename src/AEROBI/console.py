"""Lines on stdout that cannot fail, whatever a file is called."""

import re
import sys

_CONTROL = re.compile('[\0-\x1f\x7f]')


def printable(text, encoding='utf-8'):
  """The text in one line, with escapes for what an encoding cannot say.

  Args:
    text: str, maybe with line breaks, or with the surrogates that stand for
      the bytes of a name that is no UTF-8.
    encoding: str.
  """
  text = _CONTROL.sub(lambda found: repr(found.group())[1:-1], text)
  return text.encode(encoding, 'backslashreplace').decode(encoding)


def say(text):
  """Prints a line on stdout."""
  print(printable(text, sys.stdout.encoding or 'ascii'))
