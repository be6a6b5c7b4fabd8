"""Architectures as people have them: pasted, in a file, in a script, in JSON.

A text may hold numbers with blanks, commas or brackets between them, the shell
lines `fixed_arc="$fixed_arc 3 0"` of a script, the JSON of `to_json`, or that
of ENAS-pytorch's dag.json. A word of a command line is such a text, the name of
a file with it, or `-` for standard input.
"""

import csv
import json
import os
import re
import sys

from src.arc import dag_json
from src.arc import tokens as tokens_lib
from src.arc.channel_macro import ChannelMacroArc
from src.arc.errors import ArcError
from src.arc.hadamard import TYPE, HadamardArc
from src.arc.macro import MacroArc
from src.arc.micro import MicroArc
from src.arc.pnas import PnasArc
from src.arc.recurrent import RecurrentArc

STDIN = '-'
_OF_JSON = {
  'macro': MacroArc,
  'channel_macro': ChannelMacroArc,
  TYPE: HadamardArc,
  'micro': MicroArc,
  'pnas': PnasArc,
  'recurrent': RecurrentArc,
}
_COMMENT = re.compile(r'^[ \t]*#.*$', re.MULTILINE)
_ASSIGNMENT = re.compile(
  r'(?:^|(?<=[\s;]))(?:--)?(\w*arc)='
  r'(?:"([^"]*)"|\'([^\']*)\'|\(([^)]*)\)|\[([^\]]*)\])'
)
_VARIABLE = re.compile(r'\$\{?(\w+)(?:\[[*@]\])?\}?')
_FILE_NAME = re.compile(r'\S*(?:/\S*|\.[A-Za-z]\w*)\Z')


def one(word):
  """The architecture that a word of a command line means, as a string.

  Returns:
    str, numbers with blanks between them; what else was in the text stays, for
    a parser to name it.

  Raises:
    ArcError: a file cannot be read, or JSON is of no architecture.
  """
  text = word
  if word == STDIN or _names_file(word):
    try:
      text = read(word)
    except (OSError, UnicodeDecodeError) as error:
      reason = getattr(error, 'strerror', None) or error
      raise ArcError('cannot read %s: %s' % (word, reason)) from error
  return plain(text)


def several(text):
  """The architectures of a text that has one a line, or is a single one.

  In a CSV they are in the column `arc`.

  Yields:
    (line, text): int from 1, and a text for `plain`.
  """
  if _assigned(text) is not None or _is_json(text, json.loads):
    yield 1, text
    return
  if 'arc' in text.partition('\n')[0].strip().split(','):
    table = csv.DictReader(text.splitlines(True))
    for row in table:
      yield table.line_num, row['arc'] or ''
    return
  start, held = 1, ''
  for number, line in enumerate(text.splitlines(), 1):
    start, held = (start, held + ' ' + line) if held else (number, line)
    if held.count('[') <= held.count(']'):
      if held.strip():
        yield start, held
      held = ''
  if held.strip():
    yield start, held


def plain(text):
  """A text as numbers with blanks between them, as of `one`.

  A PNAS cell in JSON stays that, as its numbers do not say all of it.
  """
  if _is_json(text):
    return _of_json(text)
  value = _assigned(text)
  words = tokens_lib.split_text(text if value is None else value)
  return text if words == text.split() else ' '.join(words)


def read(path):
  """The text of a file, or of standard input where its name is `-`.

  Raises:
    OSError, UnicodeDecodeError: it cannot be read, or is no text.
  """
  if path == STDIN:
    return sys.stdin.read()
  with open(path, encoding='utf-8-sig', errors='strict') as file:
    return file.read()


def _names_file(word):
  if '\n' in word or _is_json(word) or _assigned(word) is not None:
    return False
  if all(map(str.isdigit, tokens_lib.split_text(word))):
    return False
  return os.path.isfile(word) or bool(_FILE_NAME.match(word))


def _is_json(text, load=lambda text: True):
  if not text.lstrip().startswith('{'):
    return False
  try:
    load(text)
  except ValueError:  # perhaps one object a line
    return False
  return True


def _of_json(text):
  try:
    data = json.loads(text)
  except (ValueError, RecursionError) as error:
    raise ArcError('not an architecture in JSON: %s' % error) from None
  if dag_json.is_dag_json(data):
    return str(dag_json.from_dag_json(text))
  kind = data.get('type')
  if kind not in _OF_JSON:
    raise ArcError(
      'not an architecture in JSON: expected "type": one of %s, found %s'
      % (', '.join(sorted(_OF_JSON)), tokens_lib.quote(kind))
    )
  arc = _OF_JSON[kind].from_json(text)
  return arc.to_json() if kind == 'pnas' else str(arc)


def _assigned(text):
  """What the lines of a shell script set last, or None if there are none."""
  values, value = {}, None
  for match in _ASSIGNMENT.finditer(_COMMENT.sub('', text)):
    name, found = match.group(1), next(filter(None, match.groups()[1:]), '')
    value = _VARIABLE.sub(lambda use: values.get(use.group(1), ''), found)
    values[name] = value
  return value
