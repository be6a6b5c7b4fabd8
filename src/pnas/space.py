"""Cells of one block, and all cells with one block more, as arrays.

A level's cells are int32 arrays [n, b, 4] as `PnasSpace.array` makes them.
Without twins (`dedup`) each network is there once, in the spelling that stands
for all of its, at the place of the first; else all spellings are there.
"""

import numpy as np

from src.arc import ArcError, cell_spelling

# Cells of five blocks of which 1.6 GB are held at once.
MOST_CANDIDATES = 10 * 1000 * 1000


def blocks(space, number, dedup=True):
  """All that a block may be.

  Args:
    space: `PnasSpace`.
    number: int from 0, the block's place in its cell.
    dedup: bool, whether halves that have changed places are left out. Then
      all blocks before may be read, as cells are spelt in another order than
      `lookforward` has in mind; `expanded` leaves out what reads too many.

  Returns:
    int32 array [m, 4], the last column the fastest; m is (inputs * operations)
    squared, or with `dedup` the number of unordered pairs.
  """
  if dedup and _limited(space):
    space = space._replace(lookforward=None)
  inputs = np.array(space.inputs_of(number)) - space.lookback
  ops = np.arange(space.num_actions)
  grid = np.meshgrid(inputs, ops, inputs, ops, indexing='ij')
  found = np.stack(grid, axis=-1).reshape(-1, 4).astype(np.int32)
  if dedup:
    halves = found[:, ::2] * space.num_actions + found[:, 1::2]
    found = found[halves[:, 0] <= halves[:, 1]]
  return found


def initial(space, dedup=True):
  """The cells of one block, int32 [n, 1, 4]."""
  return _distinct(space, blocks(space, 0, dedup)[:, None], dedup)


def expanded(space, cells, dedup=True):
  """All cells that are one of some cells and a further block.

  Args:
    space: `PnasSpace`.
    cells: int32 array [k, b, 4], in the order of their rank.
    dedup: bool, see above.

  Returns:
    int32 array [n, b + 1, 4], cell by cell, block by block.

  Raises:
    ArcError: the space has no further block, or there are too many.
  """
  cells = np.asarray(cells, np.int32)
  count, num_blocks = cells.shape[:2]
  if num_blocks >= space.num_blocks:
    raise ArcError('cells have at most %d blocks' % space.num_blocks)
  added = blocks(space, num_blocks, dedup)
  check_count(num_blocks + 1, count * len(added))
  larger = np.empty((count, len(added), num_blocks + 1, 4), np.int32)
  larger[:, :, :-1] = cells[:, None]
  larger[:, :, -1] = added
  larger = larger.reshape(-1, num_blocks + 1, 4)
  if dedup and _limited(space):
    larger = larger[_num_read(space, larger) <= space.lookforward]
  return _distinct(space, larger, dedup)


def _limited(space):
  """Whether blocks may read some of those before them, but not all."""
  return bool(space.lookforward) and space.cell == 'dag'


def _num_read(space, cells):
  """How many blocks of each cell are read by others, int [n]."""
  reads = cells[:, :, ::2].reshape(len(cells), -1) + space.lookback
  return sum((reads == block).any(1) for block in range(cells.shape[1]))


def check_count(num_blocks, count):
  """Raises ArcError if a level has more candidates than are held at once."""
  if count > MOST_CANDIDATES:
    raise ArcError(
      'there are %d candidates of %d blocks, at most %d can be scored: keep '
      'fewer cells of each level (K)' % (count, num_blocks, MOST_CANDIDATES)
    )


def canonical(space, cells):
  """The spellings that stand for the networks of cells, int32 [n, b, 4]."""
  return cell_spelling.canonical(cells, -space.lookback, space.cell)


def _distinct(space, cells, dedup):
  if not dedup:
    return cells
  spelt = canonical(space, cells)
  return spelt[cell_spelling.first_of_each(spelt)]
