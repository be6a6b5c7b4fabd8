"""The smallest spelling of cells, all at once.

A cell is a row of blocks, each of which applies an operation to two earlier
nodes and adds the results. Its halves may change places, and blocks may be
renumbered as long as each comes after those it reads: spellings of one network.
Of all of them the smallest stands for the network, so that two cells are
isomorphic if and only if their smallest spellings are equal.

Place after place is filled with the smallest block that can stand there. Where
several blocks are equally small, all are followed, but for those that nothing
tells apart: blocks that no other reads. What is written down is a number for
each block, so that hundreds of thousands of cells are compared as arrays.
"""

import numpy as np

_UNNAMED = -1
_LARGEST = np.iinfo(np.int64).max


def canonical(cells, num_inputs, form='dag'):
  """The one spelling of each network; see `smallest`.

  Args:
    cells, num_inputs: as there.
    form: 'dag', or 'flat' where nothing matters but how often each operation is
      there: then they are sorted, and all nodes are `num_inputs`.

  Returns:
    int32 array [n, b, 4].
  """
  if form == 'dag':
    return smallest(cells, num_inputs)
  spelt = np.full(np.shape(cells), num_inputs, np.int32)
  count, num_blocks = spelt.shape[:2]
  operations = np.sort(np.asarray(cells)[:, :, 1::2].reshape(count, -1))
  spelt[:, :, 1::2] = operations.reshape(count, num_blocks, 2)
  return spelt


def smallest(cells, num_inputs):
  """The smallest spelling of each cell.

  Args:
    cells: int array [n, b, 4], of each block (node 1, operation 1, node 2,
      operation 2). Nodes below `num_inputs` are what all blocks may read, block
      k is node `num_inputs` + k. Each block reads earlier nodes only.
    num_inputs: int.

  Returns:
    int32 array [n, b, 4].
  """
  cells = np.asarray(cells)
  count, num_blocks = cells.shape[:2]
  if not cells.size:
    return cells.astype(np.int32)
  width = int(cells[:, :, 1::2].max()) + 1
  num_nodes = num_inputs + num_blocks
  read = np.zeros((count, num_nodes), bool)
  for half in (0, 2):
    for block in range(num_blocks):
      read[np.arange(count), cells[:, block, half]] = True

  origin = np.arange(count)
  names = np.full((count, num_nodes), _UNNAMED)
  names[:, :num_inputs] = np.arange(num_inputs)
  spelt = np.zeros((count, num_blocks), np.int64)
  for place in range(num_blocks):
    codes = _codes(cells[origin], names, width, num_inputs)
    least = codes.min(axis=1)
    alike = codes == least[:, None]
    loose = alike & ~read[origin, num_inputs:]
    alike &= ~loose | (loose.cumsum(axis=1) == 1)
    # A cell is followed only where it is as small as in any other way.
    firsts = np.flatnonzero(np.r_[True, origin[1:] != origin[:-1]])
    best = np.repeat(
      np.minimum.reduceat(least, firsts), np.diff(np.r_[firsts, len(origin)])
    )
    fronts, block = np.nonzero(alike & (least == best)[:, None])
    origin, names, spelt = origin[fronts], names[fronts], spelt[fronts]
    names[np.arange(len(fronts)), num_inputs + block] = num_inputs + place
    spelt[:, place] = least[fronts]
  kept = np.searchsorted(origin, np.arange(count))
  return _cells(spelt[kept], width, num_nodes)


def _codes(cells, names, width, num_inputs):
  """One number a block, int [n, b]: what it would be if it stood next.

  The numbers are in the order of the blocks; those that stand already, or read
  what does not, have a number above all others.
  """
  rows = np.arange(len(cells))[:, None]
  scale = names.shape[1] * width
  halves = []
  ready = names[:, num_inputs:] == _UNNAMED
  for half in (0, 2):
    named = names[rows, cells[:, :, half]]
    ready &= named != _UNNAMED
    halves.append(named * width + cells[:, :, half + 1])
  codes = np.minimum(*halves) * scale + np.maximum(*halves)
  return np.where(ready, codes, scale**2)


def _cells(codes, width, num_nodes):
  """The cells that rows of numbers mean, int32 [n, b, 4]."""
  halves = np.stack(np.divmod(codes, num_nodes * width), axis=-1)
  parts = np.stack(np.divmod(halves, width), axis=-1)
  return parts.reshape(codes.shape + (4,)).astype(np.int32)


def first_of_each(cells):
  """Positions of the cells that no earlier one equals, ascending.

  Args:
    cells: int array [n, b, 4].

  Returns:
    int array [m].
  """
  if not len(cells):
    return np.arange(0)
  flat = np.asarray(cells, np.int64).reshape(len(cells), -1)
  keys, largest = np.zeros(len(flat), np.int64), 0
  for column in flat.T:
    size = int(column.max()) + 1
    if (largest + 1) * size > _LARGEST:  # what is told apart so far, renumbered
      keys = np.unique(keys, return_inverse=True)[1]
      largest = int(keys.max())
    keys = keys * size + column
    largest = (largest + 1) * size - 1
  return np.sort(np.unique(keys, return_index=True)[1])
