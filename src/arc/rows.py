"""Reading and writing macro architectures as rows of whole numbers.

A macro architecture has one row per layer: a head (the operation, or the
channel ranges) of fixed length, then as many skip bits as there are layers
before it. The rows joined are the published one-line string; each row printed
as an array is a line of the search's log.
"""

import operator
import re
from collections import namedtuple

import numpy as np

from src.arc.errors import ArcError

Slot = namedtuple('Slot', ['what', 'low', 'high'])
Slot.__doc__ = 'What a number means, and the smallest and largest allowed.'

_NUMBER = re.compile(r'(?:0|[1-9][0-9]{0,8})\Z')
_LOG_COLUMNS = 75


def tensor_name(index):
  """Name of a tensor in the list [stem, out_0, out_1, ...]."""
  return 'stem' if index == 0 else 'layer %d' % (index - 1)


def skip_slot(bit):
  """The slot of one skip bit."""
  return Slot('skip bit %d (from %s)' % (bit, tensor_name(bit)), 0, 1)


def split_text(text):
  """Splits a string or a log block into tokens; brackets count as spaces."""
  if not isinstance(text, str):
    raise ArcError(
      'an architecture is a string of numbers, found %s' % type(text).__name__
    )
  return text.replace('[', ' ').replace(']', ' ').split()


def check_at_least(name, value, least):
  """Returns `value` as an int, or raises ArcError when it is too small."""
  number = _whole_number(value)
  if number is None or number < least:
    raise ArcError(
      '%s is %s, expected a whole number of at least %d'
      % (name, _quote(value), least)
    )
  return number


def read_rows(tokens, head, slot, num_layers=None):
  """Cuts tokens into the rows of a macro architecture and checks each.

  Args:
    tokens: sequence of ints, or of their decimal strings.
    head: int, how many numbers come before the skip bits of a row.
    slot: function (column, row) -> `Slot` of a head column, where `row` holds
      the ints before it in that row.
    num_layers: int, or None to infer it from the number of tokens.

  Returns:
    list of tuples of ints, one per layer, of length head + layer.

  Raises:
    ArcError: names the first token that is no number, else the wrong length,
      else the first number out of range.
  """
  tokens = list(tokens)
  numbers = [_whole_number(token) for token in tokens]
  if None in numbers:
    _check_rows(tokens, numbers[: numbers.index(None) + 1], head, slot)
  length = len(tokens)
  fitting = _layers_of(length, head)
  if num_layers is None:
    if _length(fitting, head) != length or not length:
      sizes = [n for n in (fitting, fitting + 1) if n > 0]
      raise ArcError(
        'a macro architecture has %s tokens, found %d'
        % (
          ' or '.join(
            '%d (%s)' % (_length(n, head), _layers(n)) for n in sizes
          ),
          length,
        )
      )
  elif _length(check_at_least('num_layers', num_layers, 1), head) != length:
    also = ''
    if fitting and _length(fitting, head) == length:
      also = ', which would be %s' % _layers(fitting)
    raise ArcError(
      'an architecture of %s has %d tokens, found %d%s'
      % (_layers(num_layers), _length(num_layers, head), length, also)
    )
  return _check_rows(tokens, numbers, head, slot)


def log_line(row):
  """A row as NumPy prints an int array: aligned, wrapped at 75 columns."""
  return np.array2string(
    np.array(row), max_line_width=_LOG_COLUMNS, threshold=len(row) + 1
  )


def _check_rows(tokens, numbers, head, slot):
  """Cuts and checks; a number that is None stands for a token that is none."""
  rows, row = [], []
  for position, number in enumerate(numbers):
    column = len(row)
    allowed = slot(column, row) if column < head else skip_slot(column - head)
    if number is None or not allowed.low <= number <= allowed.high:
      raise ArcError(
        'token %d of %d, layer %d, %s: found %s, expected %d %s %d'
        % (
          position + 1,
          len(tokens),
          len(rows),
          allowed.what,
          _quote(tokens[position]),
          allowed.low,
          'or' if allowed.high == allowed.low + 1 else 'to',
          allowed.high,
        )
      )
    row.append(number)
    if len(row) == head + len(rows):
      rows.append(tuple(row))
      row = []
  return rows


def _whole_number(token):
  """The int a token stands for, or None."""
  if isinstance(token, str):
    return int(token) if _NUMBER.match(token) else None
  try:
    return operator.index(token)
  except TypeError:
    return None


def _quote(token):
  """A token as an error line shows it: printable, and not too long."""
  text = str(token)
  text = text if len(text) <= 24 else text[:21] + '...'
  return ascii(text) if isinstance(token, str) else text


def _length(num_layers, head):
  """Number of tokens of an architecture."""
  return head * num_layers + num_layers * (num_layers - 1) // 2


def _layers_of(length, head):
  """The most layers that take no more than `length` tokens."""
  num_layers = 0
  while _length(num_layers + 1, head) <= length:
    num_layers += 1
  return num_layers


def _layers(count):
  return '1 layer' if count == 1 else '%d layers' % count
