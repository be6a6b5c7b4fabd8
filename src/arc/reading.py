"""Tells what kind of architecture a string is.

A macro architecture of L layers has L (L + 1) / 2 tokens, a micro one 8 for
each block, a recurrent one any number; so most strings can mean one kind only.
Only cells of progressive search have negative numbers, and operations by name.
"""

import math

from src.arc import tokens as tokens_lib
from src.arc.channel_macro import ChannelMacroArc
from src.arc.errors import ArcError
from src.arc.hadamard import NAMED, OPS, TYPE, HadamardArc
from src.arc.macro import MacroArc
from src.arc.micro import MicroArc
from src.arc.operations import (
  NUM_MACRO_OPERATIONS,
  NUM_MICRO_OPERATIONS,
  PNAS_OPERATIONS,
  named_operations,
)
from src.arc.pnas import CONCATS, NAMES, PnasArc, split_words
from src.arc.recurrent import RecurrentArc

NUMBERED = ('macro', 'micro', 'recurrent')  # of which numbers tell the kind
KINDS = NUMBERED + ('pnas', TYPE)
# Where no space says what there is, a number of four digits is a mistake.
_LARGEST_GUESS = 1000


def read_arc(
  text, kind=None, size=None, num_operations=None, cell=None, concat=None
):
  """Reads an architecture of any kind.

  Args:
    text: str, the published one-line string, or the lines of a log block.
    kind: one of `KINDS`, or None for the first that the text can be.
    size: int, number of layers, of blocks in a cell, or of nodes; None to
      infer it.
    num_operations: int, size of the search space, or None for the published
      one.
    cell, concat: see `PnasArc`, or None for what the text says of them.

  Returns:
    `MacroArc`, `MicroArc`, `PnasArc`, `RecurrentArc` or `HadamardArc`.

  Raises:
    ArcError: it is none. The message is that of a micro architecture if there
      are 8 numbers a block, else that of a macro architecture.
  """
  readers = {
    'macro': lambda: MacroArc.parse(
      text, size, num_operations or NUM_MACRO_OPERATIONS
    ),
    'micro': lambda: MicroArc.parse(
      text, size, num_operations or NUM_MICRO_OPERATIONS
    ),
    'recurrent': lambda: RecurrentArc.parse(text, size),
    'pnas': lambda: _pnas(text, size, num_operations, cell, concat),
    TYPE: lambda: HadamardArc.parse(text),
  }
  if kind is not None:
    return readers[kind]()
  if text.lower().split()[:1] and text.lower().split()[0] in OPS + tuple(NAMED):
    return readers[TYPE]()
  if _only_pnas(text):
    return readers['pnas']()
  length = len(tokens_lib.split_text(text))
  layers = int(math.sqrt(2 * length))
  order = NUMBERED
  if length and length % 8 == 0 and layers * (layers + 1) != 2 * length:
    order = ('micro', 'macro', 'recurrent')
  first_error = None
  for name in order:
    try:
      return readers[name]()
    except ArcError as error:
      first_error = first_error or error
  raise first_error


def _only_pnas(text):
  words = tokens_lib.split_text(text)
  return bool(
    text.lstrip().startswith('{')
    or any(word.startswith('-') for word in words)
    or set(split_words(text)) & set(NAMES)
  )


def _pnas(text, size, num_operations, cell, concat):
  """A cell, of JSON that says all of it or of tokens."""
  if text.lstrip().startswith('{'):
    arc = PnasArc.from_json(text)
    return PnasArc(
      arc.blocks, arc.operations, cell or arc.cell, concat or arc.concat
    )
  names = named_operations(num_operations or len(NAMES), PNAS_OPERATIONS)
  names = tuple(operation.name for operation in names[:num_operations])
  return PnasArc.parse(text, size, names, cell, concat or CONCATS[0])


def read_arc_of_any_size(text):
  """As `read_arc`, from a larger search space if the numbers need one."""
  try:
    return read_arc(text)
  except ArcError:
    numbers = [tokens_lib.whole_number(word) for word in text.split()]
    if None in numbers:
      raise
    return read_arc(text, num_operations=_space(1, numbers))


def arc_of_rows(rows):
  """The architecture of a log block, its kind told by the lengths of its rows.

  Macro rows grow by one number each; cells have two rows, equally long.

  Args:
    rows: list of lists of ints.

  Returns:
    `MacroArc`, `ChannelMacroArc`, `MicroArc` or `RecurrentArc`; the search
    space is the published one, or larger if a number needs it.

  Raises:
    ArcError: they are of no kind.
  """
  lengths = [len(row) for row in rows]
  tokens = [number for row in rows for number in row]
  head = lengths[0] if lengths else 0
  if len(rows) == 2 and lengths[0] == lengths[1]:
    return MicroArc.from_tokens(
      tokens, None, _space(NUM_MICRO_OPERATIONS, tokens[1::2])
    )
  if lengths == list(range(head, head + len(rows))) and head:
    if head == 1:
      return MacroArc.from_tokens(
        tokens, len(rows), _space(NUM_MACRO_OPERATIONS, next(zip(*rows)))
      )
    if head % 2 == 0 and len(rows) > 1:
      most = 2
      for row in rows:
        for start, count in zip(row[:head:2], row[1:head:2]):
          most = max(most, start + count, count + 1)
      return ChannelMacroArc.from_tokens(tokens, head // 2, most, len(rows))
  if len(rows) == 1:
    return RecurrentArc.from_tokens(tokens)
  raise ArcError(
    'rows of %s numbers are no architecture' % ', '.join(map(str, lengths))
  )


def _space(published, numbers):
  """Size of the search space that operations are from."""
  return min(max([published] + [n + 1 for n in numbers]), _LARGEST_GUESS)
