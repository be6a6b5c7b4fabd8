"""Cells of progressive search as values (Liu et al. 2018, arXiv 1712.00559).

One cell is stacked to a network. It is a row of blocks. A block applies an
operation to each of two inputs and adds the results; inputs are the outputs of
the two cells before, -1 and -2, and the blocks before, 0 and up. The cell's
output are its blocks side by side: those that no other block reads, or all.

In a flat cell, as titu1994's implementation builds them, all operations read
the cell's input, and all results are put side by side: the inputs are written,
maybe as 0, and mean nothing.
"""

import json
import re
import typing
from collections import namedtuple

import numpy as np

from src.arc import cell_spelling
from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.micro import Block
from src.arc.operations import PNAS_OPERATIONS, operations_named

LOOKBACK = -2
KINDS_OF_CELL = ('dag', 'flat')
CONCATS = ('unused', 'all')
NAMES = tuple(operation.name for operation in PNAS_OPERATIONS)
_NEGATIVE = re.compile(r'-[1-9][0-9]{0,8}\Z')
_QUOTES = str.maketrans('\'"', '  ')


class Layer(typing.NamedTuple):
  """A cell in its place in a network: width of its blocks, and its stride."""

  filters: int
  stride: int


def stacked(cells_per_stage, filters, num_reductions=2):
  """The cells of a network, in order.

  The first cell of each stage but the first has stride 2 and doubles the width.

  Args:
    cells_per_stage: int, N of the paper.
    filters: int, F, width of the blocks of the first stage.
    num_reductions: int, stages but one.

  Returns:
    list of N * (num_reductions + 1) `Layer`.
  """
  cells_per_stage = tokens_lib.check_at_least(
    'cells_per_stage', cells_per_stage, 1
  )
  filters = tokens_lib.check_at_least('filters', filters, 1)
  tokens_lib.check_at_least('num_reductions', num_reductions, 0)
  return [
    Layer(filters * 2**stage, 2 if stage and not number else 1)
    for stage in range(num_reductions + 1)
    for number in range(cells_per_stage)
  ]


def split_words(text, operations=NAMES):
  """The numbers and names in a text, in which names may have blanks.

  Returns:
    list of str.
  """
  if isinstance(text, str):
    text = text.translate(_QUOTES)
    for name in operations:
      text = text.replace(name, name.replace(' ', '_'))
  spelt = {name.replace(' ', '_'): name for name in operations}
  return [spelt.get(word, word) for word in tokens_lib.split_text(text)]


def check_form(cell, concat):
  """Raises ArcError unless they are of `KINDS_OF_CELL` and `CONCATS`."""
  for what, found, allowed in (
    ('cell', cell, KINDS_OF_CELL),
    ('concat', concat, CONCATS),
  ):
    if found not in allowed:
      raise ArcError(
        '%s is %s, expected %s'
        % (what, tokens_lib.quote(found), ' or '.join(allowed))
      )


class PnasArc(
  tokens_lib.Written,
  namedtuple('PnasArc', ['blocks', 'operations', 'cell', 'concat']),
):
  """A cell of one or more blocks.

  Attributes:
    blocks: tuple of `micro.Block`; index_1 and index_2 are -2, -1 or the number
      of an earlier block.
    operations: tuple of str, names of all operations of its search space, which
      op_1 and op_2 are positions in.
    cell: 'dag' or 'flat'.
    concat: 'unused' or 'all', which blocks are the output of a 'dag'.
  """

  __slots__ = ()
  kind = 'PNAS cell'

  def __new__(cls, blocks, operations=NAMES, cell='dag', concat='unused'):
    for number, block in enumerate(blocks):
      if len(block) != 4:
        raise ArcError(
          'block %d: found %d numbers, expected 4' % (number, len(block))
        )
    tokens = [number for block in blocks for number in block]
    return cls.from_tokens(tokens, None, operations, cell, concat)

  @classmethod
  def from_tokens(
    cls,
    tokens,
    num_blocks=None,
    operations=NAMES,
    cell='dag',
    concat='unused',
  ):
    """Makes a cell from its flat sequence of 4b tokens.

    Args:
      tokens: sequence of ints (a NumPy array too), or of their decimal strings:
        each block as index_1 op_1 index_2 op_2. Operations may be names.
      num_blocks: int, b, or None to infer it.
      operations, cell, concat: see the class.

    Raises:
      ArcError: wrong length, or a token out of range, named with its place.
    """
    check_form(cell, concat)
    tokens, operations = list(tokens), tuple(operations)
    if num_blocks is None:
      num_blocks = max(len(tokens) // 4, 1)
    num_blocks = tokens_lib.check_at_least('num_blocks', num_blocks, 1)
    if len(tokens) != 4 * num_blocks:
      raise ArcError(
        'a cell of %d blocks has %d tokens, found %d'
        % (num_blocks, 4 * num_blocks, len(tokens))
      )
    numbers = []
    for position, token in enumerate(tokens):
      block, column = divmod(position, 4)
      if column % 2:
        low, high = 0, len(operations) - 1
        token = operations.index(token) if token in operations else token
      else:
        low = LOOKBACK
        high = max(block - 1, 0) if cell == 'flat' else block - 1
        if isinstance(token, str) and _NEGATIVE.match(token):
          token = int(token)
      slot = tokens_lib.Slot(
        'block %d, %s' % (block, Block._fields[column]), low, high
      )
      numbers.append(tokens_lib.check_token(token, position, len(tokens), slot))
    blocks = tuple(
      Block(*numbers[4 * block : 4 * block + 4]) for block in range(num_blocks)
    )
    return super().__new__(cls, blocks, operations, cell, concat)

  @classmethod
  def parse(
    cls, text, num_blocks=None, operations=NAMES, cell=None, concat='unused'
  ):
    """Reads a line of numbers, or of inputs and names of operations.

    Both forms that titu1994's implementation prints are read: a row of
    `train_history.csv` without its score, and a list in Python's notation.

    Args:
      cell: 'dag' or 'flat'; None for 'flat' where the first block reads 0,
        which is there in no 'dag', else 'dag'.
    """
    tokens = split_words(text, operations)
    if cell is None:
      cell = 'flat' if tokens[0:3:2] == ['0', '0'] else 'dag'
    return cls.from_tokens(tokens, num_blocks, operations, cell, concat)

  @classmethod
  def from_json(cls, text):
    """Reads what `to_json` wrote; raises ArcError when it is anything else."""
    data = tokens_lib.load_json(text, 'pnas', cls._fields)
    for name in ('blocks', 'operations'):
      of = list if name == 'blocks' else str
      if not isinstance(data[name], list) or not all(
        isinstance(entry, of) for entry in data[name]
      ):
        raise ArcError(
          'not an architecture in JSON: field %s is not a list of %s'
          % (name, name)
        )
    return cls(**data)

  @classmethod
  def random(
    cls,
    num_blocks,
    generator,
    operations=NAMES,
    cell='dag',
    concat='unused',
  ):
    """Draws all inputs and operations uniformly.

    Args:
      num_blocks: int, b.
      generator: `numpy.random.RandomState`.
      operations, cell, concat: see the class.
    """
    tokens = [
      int(generator.randint(low, high))
      for block in range(num_blocks)
      for low, high in 2 * ((LOOKBACK, block), (0, len(operations)))
    ]
    return cls.from_tokens(tokens, num_blocks, operations, cell, concat)

  @property
  def num_blocks(self):
    return len(self.blocks)

  @property
  def num_operations(self):
    """int, size of the search space it was taken from."""
    return len(self.operations)

  def rows(self):
    """list with one tuple, the 4b tokens."""
    return [tuple(number for block in self.blocks for number in block)]

  def child(self):
    """list of 4b inputs and names of operations, as the seed has a cell."""
    return [
      self.operations[number] if column % 2 else number
      for column, number in enumerate(self.tokens)
    ]

  def reads(self):
    """Which cells before it are read: tuple of some of -2, -1, ascending."""
    if self.cell == 'flat':
      return (-1,)
    return tuple(sorted({n for n in self.tokens[::2] if n < 0}))

  def outputs(self):
    """tuple of the blocks that are the cell's output, ascending."""
    if self.concat == 'all' or self.cell == 'flat':
      return tuple(range(self.num_blocks))
    read = set(self.tokens[::2])
    return tuple(n for n in range(self.num_blocks) if n not in read)

  def block_operations(self, operations=None):
    """list of b pairs of `Operation`, those of each block.

    Args:
      operations: sequence of `Operation`, what the numbers mean; None for those
        of `PNAS_OPERATIONS` with the cell's names.

    Raises:
      ArcError: there are fewer than the search space has; a name is not known.
    """
    if operations is None:
      operations = operations_named(self.operations)
    if self.num_operations > len(operations):
      raise ArcError(
        'the architecture is from a space of %d operations, but %d are given'
        % (self.num_operations, len(operations))
      )
    return [
      (operations[block.op_1], operations[block.op_2]) for block in self.blocks
    ]

  def operation_counts(self):
    """list of ints, how often each operation is used."""
    ops = self.tokens[1::2]
    return [ops.count(op) for op in range(self.num_operations)]

  def canonical(self):
    """The form that all spellings of one network share.

    The halves of a block may change places, and blocks may be renumbered as
    long as each comes after those it reads; in a flat cell all operations may
    change places. Of all such spellings this is the smallest one.
    """
    cells = np.array(self.blocks)[None]
    cells[:, :, ::2] -= LOOKBACK
    spelt = cell_spelling.canonical(cells, -LOOKBACK, self.cell)[0]
    spelt[:, ::2] += LOOKBACK
    return PnasArc(spelt.tolist(), *self[1:])

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    return json.dumps(dict(self._asdict(), type='pnas'), sort_keys=True)

  def __repr__(self):
    return 'PnasArc.parse(%r, operations=%r, cell=%r, concat=%r)' % (
      (str(self),) + self[1:]
    )


# The cell of the paper's result, with the output of its published code, which
# has all blocks (tensorflow/models#4729).
PNASNET_5 = PnasArc.parse(
  '-2 2 -2 6  -1 3 -1 6  -1 2 -1 1  2 1 -1 6  -2 1 -1 0', concat='all'
)
