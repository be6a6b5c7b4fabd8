"""Reading and writing macro architectures as rows of whole numbers.

A macro architecture has one row per layer: a head (the operation, or the
channel ranges) of fixed length, then as many skip bits as there are layers
before it. The rows joined are the published one-line string; each row printed
as an array is a line of the search's log.
"""

from src.arc.errors import ArcError
from src.arc.tokens import Slot, check_at_least, check_token, whole_number


def tensor_name(index):
  """Name of a tensor in the list [stem, out_0, out_1, ...]."""
  return 'stem' if index == 0 else 'layer %d' % (index - 1)


def skip_slot(bit, first=0):
  """The slot of one skip bit; `first` is the tensor that bit 0 is from."""
  return Slot('skip bit %d (from %s)' % (bit, tensor_name(bit + first)), 0, 1)


def read_rows(tokens, head, slot, num_layers=None, first=0):
  """Cuts tokens into the rows of a macro architecture and checks each.

  Args:
    tokens: sequence of ints, or of their decimal strings.
    head: int, how many numbers come before the skip bits of a row.
    slot: function (column, row) -> `Slot` of a head column, where `row` holds
      the ints before it in that row.
    num_layers: int, or None to infer it from the number of tokens.
    first: int, index of the tensor that skip bit 0 is from.

  Returns:
    list of tuples of ints, one per layer, of length head + layer.

  Raises:
    ArcError: names the first token that is no number, else the wrong length,
      else the first number out of range.
  """
  tokens = list(tokens)
  if None in map(whole_number, tokens):
    _check_rows(tokens, head, slot, first)
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
  return _check_rows(tokens, head, slot, first)


def _check_rows(tokens, head, slot, first):
  """Cuts into rows and checks each number."""
  rows, row = [], []
  for position, token in enumerate(tokens):
    column = len(row)
    allowed = (
      slot(column, row) if column < head else skip_slot(column - head, first)
    )
    what = 'layer %d, %s' % (len(rows), allowed.what)
    row.append(
      check_token(token, position, len(tokens), allowed._replace(what=what))
    )
    if len(row) == head + len(rows):
      rows.append(tuple(row))
      row = []
  return rows


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
