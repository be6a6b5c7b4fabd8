"""Cell architectures as values (ENAS paper, section 2.4: micro search).

Two cells make a network: the normal cell keeps the resolution, the reduction
cell halves it. A cell has nodes 0 and 1, the outputs of the two layers before
it (0 is the older one), and K blocks, nodes 2 to K+1. A block picks two earlier
nodes, applies an operation to each and adds the results. Nodes that no block
picks are the cell's output.
"""

import json
import typing
from collections import namedtuple

from src.arc import cell_spelling
from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.operations import MICRO_OPERATIONS, NUM_MICRO_OPERATIONS

CELLS = ('normal', 'reduce')
CELL_NAMES = {'normal': 'normal cell', 'reduce': 'reduction cell'}


class Block(typing.NamedTuple):
  """Operation op_1 on node index_1, op_2 on node index_2, added."""

  index_1: int
  op_1: int
  index_2: int
  op_2: int


class MicroArc(
  tokens_lib.Written, namedtuple('MicroArc', CELLS + ('num_operations',))
):
  """A normal and a reduction cell.

  Attributes:
    normal, reduce: tuples of K `Block`.
    num_operations: int, size of the search space it was taken from.
  """

  __slots__ = ()
  kind = 'micro network'

  def __new__(cls, normal, reduce, num_operations=NUM_MICRO_OPERATIONS):
    if len(normal) != len(reduce):
      raise ArcError(
        'the normal cell has %d blocks, the reduction cell %d'
        % (len(normal), len(reduce))
      )
    tokens = []
    for name, blocks in zip(CELLS, (normal, reduce)):
      for number, block in enumerate(blocks):
        if len(block) != 4:
          raise ArcError(
            '%s, block %d: found %d numbers, expected 4'
            % (CELL_NAMES[name], number, len(block))
          )
        tokens.extend(block)
    return cls.from_tokens(tokens, len(normal), num_operations)

  @classmethod
  def from_tokens(
    cls, tokens, num_cells=None, num_operations=NUM_MICRO_OPERATIONS
  ):
    """Makes an architecture from its flat sequence of 8K ints.

    Args:
      tokens: sequence of ints (a NumPy array too): normal cell, then reduction
        cell, each block as index_1 op_1 index_2 op_2.
      num_cells: int, K (the flag `child_num_cells`), or None to infer it.
      num_operations: int, size of the search space.

    Raises:
      ArcError: wrong length, or a token out of range, named with its place.
    """
    tokens = list(tokens)
    num_operations = tokens_lib.check_at_least(
      'num_operations', num_operations, 1
    )
    if num_cells is None:
      num_cells = max(1, len(tokens) // 8)
    num_cells = tokens_lib.check_at_least('num_cells', num_cells, 1)
    if len(tokens) != 8 * num_cells:
      raise ArcError(
        'a micro architecture of %d blocks a cell has %d tokens, found %d'
        % (num_cells, 8 * num_cells, len(tokens))
      )
    cells = []
    for cell, name in enumerate(CELLS):
      blocks = []
      for block in range(num_cells):
        numbers = []
        for column, what in enumerate(Block._fields):
          high = num_operations - 1 if column % 2 else block + 1
          slot = tokens_lib.Slot(
            '%s, block %d, %s' % (CELL_NAMES[name], block, what), 0, high
          )
          position = 4 * (cell * num_cells + block) + column
          numbers.append(
            tokens_lib.check_token(
              tokens[position], position, len(tokens), slot
            )
          )
        blocks.append(Block(*numbers))
      cells.append(tuple(blocks))
    return super().__new__(cls, cells[0], cells[1], num_operations)

  @classmethod
  def parse(cls, text, num_cells=None, num_operations=NUM_MICRO_OPERATIONS):
    """Reads the published one-line string, or the two lines of a log block."""
    return cls.from_tokens(
      tokens_lib.split_text(text), num_cells, num_operations
    )

  @classmethod
  def from_json(cls, text):
    """Reads what `to_json` wrote; raises ArcError when it is anything else."""
    data = tokens_lib.load_json(text, 'micro', cls._fields)
    for name in CELLS:
      blocks = data[name]
      if not isinstance(blocks, list) or not all(
        isinstance(block, list) for block in blocks
      ):
        raise ArcError(
          'not an architecture in JSON: field %s is not a list of blocks' % name
        )
    return cls(**data)

  @classmethod
  def random(cls, num_cells, num_operations, generator):
    """Draws all indices and operations uniformly.

    Args:
      num_cells: int, K.
      num_operations: int.
      generator: `numpy.random.RandomState`.
    """
    tokens = [
      generator.randint(high)
      for _ in CELLS
      for block in range(num_cells)
      for high in (block + 2, num_operations, block + 2, num_operations)
    ]
    return cls.from_tokens(tokens, num_cells, num_operations)

  @property
  def num_cells(self):
    """int, blocks in each cell."""
    return len(self.normal)

  def rows(self):
    """list of two tuples of 4K ints, one per cell."""
    return [
      tuple(number for block in blocks for number in block)
      for blocks in (self.normal, self.reduce)
    ]

  def loose_ends(self, cell):
    """tuple of the nodes that no block of a cell picks, ascending.

    Args:
      cell: 'normal' or 'reduce'.
    """
    blocks = getattr(self, cell)
    used = {index for block in blocks for index in (block[0], block[2])}
    return tuple(n for n in range(len(blocks) + 2) if n not in used)

  def block_operations(self, cell, operations=MICRO_OPERATIONS):
    """list of K pairs of `Operation`, those of each block.

    Raises:
      ArcError: the architecture is from a larger search space.
    """
    if self.num_operations > len(operations):
      raise ArcError(
        'the architecture is from a space of %d operations, but %d are given'
        % (self.num_operations, len(operations))
      )
    return [
      (operations[block.op_1], operations[block.op_2])
      for block in getattr(self, cell)
    ]

  def operation_counts(self):
    """list of ints, how often each operation is used in both cells."""
    ops = [op for row in self.rows() for op in row[1::2]]
    return [ops.count(op) for op in range(self.num_operations)]

  def canonical(self):
    """The form that all strings of one network share.

    The halves of a block may change places, and blocks may be renumbered as
    long as each comes after those it picks. Of all such spellings this is the
    smallest one.
    """
    cells = cell_spelling.smallest([self.normal, self.reduce], 2).tolist()
    return MicroArc(cells[0], cells[1], self.num_operations)

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    return json.dumps(dict(self._asdict(), type='micro'), sort_keys=True)

  def __repr__(self):
    return 'MicroArc.parse(%r, num_operations=%d)' % (
      str(self),
      self.num_operations,
    )
