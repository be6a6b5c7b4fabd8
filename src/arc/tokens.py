"""Reading and checking the whole numbers that architectures are written in.

What every kind of architecture shares: splitting text, checking each number
against the slot it stands in, the log's way of printing a row, and JSON.
"""

import json
import operator
import re
import typing

import numpy as np

from src.arc.errors import ArcError


class Slot(typing.NamedTuple):
  """What a number means, and the smallest and largest allowed."""

  what: str
  low: int
  high: int


_NUMBER = re.compile(r'(?:0|[1-9][0-9]{0,8})\Z')
_LOG_COLUMNS = 75
_SHOWN = 24  # letters of a token in an error line
_SPACES = str.maketrans('[](),;', ' ' * 6)


class Written:
  """How every kind of architecture is written; a subclass has `rows`.

  Attributes:
    kind: str, what it is called, such as 'macro network'.
    measure: str, what a search gives it a number for.
    skip_rate: float, the share of skip connections that it has, or None where
      there are none to have.
  """

  __slots__ = ()
  kind = None
  measure = 'accuracy'
  skip_rate = None

  @property
  def tokens(self):
    """tuple of ints, the architecture as one flat sequence."""
    return tuple(number for row in self.rows() for number in row)

  def log_lines(self):
    """list of str, one per row, as the search's log shows them.

    A row of more than 75 columns holds line breaks, as NumPy wraps it.
    """
    return [log_line(row) for row in self.rows()]

  def __str__(self):
    return ' '.join(map(str, self.tokens))


def split_text(text):
  """Splits a text into tokens; brackets and commas count as spaces."""
  if not isinstance(text, str):
    raise ArcError(
      'an architecture is a string of numbers, found %s' % type(text).__name__
    )
  return text.translate(_SPACES).split()


def check_at_least(name, value, least):
  """Returns `value` as an int, or raises ArcError when it is too small."""
  number = whole_number(value)
  if number is None or number < least:
    raise ArcError(
      '%s is %s, expected a whole number of at least %d'
      % (name, quote(value), least)
    )
  return number


def check_token(token, position, length, slot):
  """Returns a token as an int.

  Args:
    token: an int, its decimal string, or anything else that is wrong.
    position: int, its place from 0.
    length: int, how many tokens there are.
    slot: `Slot`.

  Raises:
    ArcError: it is no number, or not one that the slot allows.
  """
  number = whole_number(token)
  if number is None or not slot.low <= number <= slot.high:
    raise ArcError(
      'token %d of %d, %s: found %s, expected %d %s %d'
      % (
        position + 1,
        length,
        slot.what,
        quote(token),
        slot.low,
        'or' if slot.high == slot.low + 1 else 'to',
        slot.high,
      )
    )
  return number


def whole_number(token):
  """The int a token stands for, or None."""
  if isinstance(token, str):
    return int(token) if _NUMBER.match(token) else None
  try:
    return operator.index(token)
  except TypeError:
    return None


def quote(token):
  """A token as an error line shows it: printable, and not too long."""
  show, room = (ascii, _SHOWN + 2) if isinstance(token, str) else (str, _SHOWN)
  text = str(token)
  shown, kept = show(text[: _SHOWN + 1]), _SHOWN - 3
  while len(shown) > room:  # an escape takes more room than a letter
    shown = show(text[:kept] + '...')
    kept -= 1
  return shown


def log_line(row):
  """A row as NumPy prints an int array: aligned, wrapped at 75 columns."""
  return np.array2string(
    np.array(row), max_line_width=_LOG_COLUMNS, threshold=len(row) + 1
  )


def load_json(text, kind, fields, optional=()):
  """Reads a JSON object that describes an architecture.

  Args:
    text: str.
    kind: str, what its entry "type" must say.
    fields: names of all its other entries.
    optional: names of further ones that it may have.

  Returns:
    dict of the fields.

  Raises:
    ArcError: it is no such object.
  """
  try:
    data = json.loads(text)
  except (TypeError, ValueError, RecursionError) as error:
    raise ArcError('not an architecture in JSON: %s' % error) from None
  if not isinstance(data, dict) or data.pop('type', None) != kind:
    raise ArcError(
      'not an architecture in JSON: expected an object with "type": "%s"' % kind
    )
  if set(data) - set(optional) != set(fields):
    raise ArcError(
      'not an architecture in JSON: expected the fields %s, found %s'
      % (', '.join(sorted(fields)), ', '.join(sorted(data)) or 'none')
    )
  return data
