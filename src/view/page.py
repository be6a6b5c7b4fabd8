"""Pages: files of HTML that need no network, made from a template."""

import os
import re

from src.arc import text as text_lib


def filled(template, parts):
  """A template's text with what each @NAME@ stands for.

  Args:
    template: str, a path.
    parts: dict from name to str, HTML.
  """
  with text_lib.open_text(template) as file:
    text = file.read()
  return re.sub(
    '@(%s)@' % '|'.join(parts), lambda match: parts[match.group(1)], text
  )


def write(path, text):
  """Writes a text file all at once; raises OSError if that cannot be."""
  with text_lib.open_text(path + '.part', 'w') as file:
    file.write(text)
  os.replace(path + '.part', path)
