"""Text on its way out: to files, to the terminal, into a shell.

Names of files and what users write need not be valid in the encoding of the
moment: Python keeps such bytes as lone surrogates. Files get the bytes back,
the terminal escapes, a shell what makes it see the bytes.
"""

import codecs
import io
import os
import re
import shlex
import sys

_CONTROL = re.compile('[\0-\x1f\x7f]')


def _keep_bytes(error):
  try:
    return codecs.lookup_error('surrogateescape')(error)
  except UnicodeError:  # a surrogate that stands for no byte
    return codecs.lookup_error('backslashreplace')(error)


codecs.register_error('keep_bytes', _keep_bytes)


def encode(text):
  """UTF-8; the bytes of a name that is none stay what they were."""
  return text.encode('utf-8', 'keep_bytes')


def open_text(path, mode='r', newline=None):
  """Opens a text file, in UTF-8 whatever the locale, that fails on no byte."""
  return open(
    path, mode, newline=newline, encoding='utf-8', errors='keep_bytes'
  )


def stored(value):
  """A flag's value for a file: the same text whatever the locale was."""
  if isinstance(value, str) and not value.isprintable():
    return value.encode(sys.getfilesystemencoding(), 'surrogateescape').decode(
      'utf-8', 'surrogateescape'
    )
  return value


def native(value):
  """What `stored` made, as this process writes names of files."""
  if isinstance(value, str):
    return os.fsdecode(encode(value))
  return value


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


def quote(value):
  """A value as a word for bash: one line that can be printed and copied."""
  word = shlex.quote(str(value))
  if printable(word) == word:
    return word
  return "$'%s'" % ''.join(
    chr(byte) if 32 <= byte < 127 and byte not in b"'\\" else '\\x%02x' % byte
    for byte in encode(str(value))
  )


def lenient_streams():
  """From now on printing escapes what the terminal's encoding cannot say."""
  for name in ('stdout', 'stderr'):
    stream = getattr(sys, name)
    if hasattr(stream, 'reconfigure'):
      stream.reconfigure(errors='backslashreplace')
    elif stream is getattr(sys, '__%s__' % name) and stream is not None:
      stream.flush()  # Python 3.6
      wrapper = io.TextIOWrapper(
        stream.buffer,
        stream.encoding,
        'backslashreplace',
        line_buffering=stream.line_buffering,
      )
      setattr(sys, name, wrapper)
