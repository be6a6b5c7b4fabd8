"""The search space of progressive search as a value (arXiv 1712.00559).

Cells grow block by block. Which inputs a block may have follows from its place:
cells before, and blocks before, as far as they are allowed.
"""

from collections import namedtuple

import numpy as np

from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.pnas import LOOKBACK, PnasArc, check_form, split_words
from src.arc.space import Space, checked_operations, pairs


class PnasSpace(
  Space,
  namedtuple(
    'PnasSpace',
    [
      'name',
      'operations',
      'num_blocks',
      'lookback',
      'lookforward',
      'cell',
      'concat',
      'flags',
    ],
  ),
):
  """Cells of 1 to B blocks.

  Attributes:
    num_blocks: int, B.
    lookback: int, -2 to 0, the earliest cell that a block may read; 0 for none,
      then blocks without blocks to read have 0 as their input, and cells are
      flat.
    lookforward: int, how many of the blocks before may be read; None for all.
    cell, concat: see `PnasArc`.
  """

  __slots__ = ()
  type = 'pnas'

  def __new__(
    cls,
    name,
    operations,
    num_blocks,
    lookback=LOOKBACK,
    lookforward=None,
    cell='dag',
    concat='unused',
    flags=(),
  ):
    operations = checked_operations(name, operations)
    num_blocks = tokens_lib.check_at_least('num_blocks', num_blocks, 1)
    check_form(cell, concat)
    number = tokens_lib.whole_number(lookback)
    if number is None or not LOOKBACK <= number <= 0:
      raise ArcError(
        'lookback is %s, expected %d to 0: how many cells back a block may read'
        % (tokens_lib.quote(lookback), LOOKBACK)
      )
    if cell == 'dag' and not number:
      raise ArcError(
        'lookback is 0, expected -2 or -1: cells that read no cell before them '
        'are flat'
      )
    if lookforward is not None:
      lookforward = tokens_lib.check_at_least('lookforward', lookforward, 0)
    return super().__new__(
      cls, name, operations, num_blocks, number, lookforward, cell, concat,
      pairs(flags),
    )  # fmt: skip

  @property
  def input_values(self):
    """tuple of ints, all inputs there are; arrays of cells index it."""
    return tuple(range(self.lookback, self.num_blocks))

  @property
  def names(self):
    """tuple of str, of the operations."""
    return tuple(operation.name for operation in self.operations)

  def inputs_of(self, block):
    """tuple of ints, what a block may read.

    Args:
      block: int from 0.
    """
    blocks = block
    if self.lookforward is not None:
      blocks = min(block, self.lookforward)
    return tuple(range(self.lookback, blocks)) or (0,)

  def from_tokens(self, tokens):
    """The cell with these tokens; raises ArcError if there is none.

    Blocks may be numbered in another order than those of the space are: what is
    read comes first in one of them, so `lookforward` bounds how much that is.
    """
    arc = PnasArc.from_tokens(tokens, None, self.names, self.cell, self.concat)
    if arc.num_blocks > self.num_blocks:
      raise ArcError(
        'a cell of %d blocks, the search space has at most %d'
        % (arc.num_blocks, self.num_blocks)
      )
    for number, block in enumerate(arc.blocks):
      for read in block[::2]:
        if read < self.lookback:
          raise ArcError(
            'block %d reads %d, expected at least %d'
            % (number, read, self.lookback)
          )
    read = sorted({number for number in arc.tokens[::2] if number >= 0})
    most = len(arc.blocks) if self.lookforward is None else self.lookforward
    if self.cell == 'dag' and len(read) > most:
      raise ArcError(
        'the blocks %s are read by others, at most %d may be'
        % (', '.join(map(str, read)), most)
      )
    return arc

  def parse(self, text):
    """The cell that a string means; raises ArcError if none."""
    return self.from_tokens(split_words(text, self.names))

  def random(self, generator, num_blocks=None):
    """A cell, all choices equally likely.

    Args:
      generator: `numpy.random.RandomState`.
      num_blocks: int, or None for the most.
    """
    tokens = []
    for block in range(num_blocks or self.num_blocks):
      for _ in range(2):
        inputs = self.inputs_of(block)
        tokens.append(inputs[generator.randint(len(inputs))])
        tokens.append(int(generator.randint(self.num_actions)))
    return self.from_tokens(tokens)

  def array(self, arcs):
    """Cells of one length as an array.

    Args:
      arcs: sequence of `PnasArc` of b blocks each.

    Returns:
      int32 array [n, b, 4], of each block (input 1, operation 1, input 2,
      operation 2); inputs are positions in `input_values`.
    """
    cells = np.array([arc.blocks for arc in arcs], np.int32)
    cells[:, :, ::2] -= self.lookback
    return cells

  def arcs(self, cells):
    """The cells of an array as `array` makes it: list of `PnasArc`."""
    cells = np.array(cells)
    cells[:, :, ::2] += self.lookback
    return [
      PnasArc(blocks, self.names, self.cell, self.concat)
      for blocks in cells.tolist()
    ]
