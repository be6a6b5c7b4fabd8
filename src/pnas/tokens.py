"""Cells as what predictors read: rows of a table, one step after the other.

A cell of b blocks is an int32 array [b, 4], its rows (in1, op1, in2, op2):
positions in the space's lists of inputs and of operations. Predictors keep one
table, the inputs' rows above those of the operations.
"""

import numpy as np

from src.nn import variables
from src.run.errors import RunError

BRANCH = [2, 3, 0, 1]  # a block with its branches swapped


def checked(cells, num_inputs, num_ops):
  """The cells as int32 [n, b, 4].

  Args:
    cells: ints [n, b, 4] or flat, [n, 4 b].
    num_inputs, num_ops: int, rows of a predictor's table.

  Raises:
    RunError: they have another shape, or one is beyond the table.
  """
  cells = np.asarray(cells, np.int32)
  if cells.ndim == 2 and cells.shape[1] % 4 == 0:
    cells = cells.reshape([len(cells), -1, 4])
  if cells.ndim != 3 or cells.shape[2] != 4 or not cells.shape[1]:
    raise RunError(
      'cells have the shape %s; expected [cells, blocks, 4]'
      % (list(cells.shape),)
    )
  for what, of, size in [('input', 0, num_inputs), ('operation', 1, num_ops)]:
    values = cells[:, :, of::2]
    wrong = values[(values < 0) | (values >= size)]
    if wrong.size:
      raise RunError(
        '%s %d of a cell is none of the %d that the predictor was made for'
        % (what, wrong[0], size)
      )
  return cells


def rows(cells, num_inputs):
  """int32 [n, b, 4], where each entry stands in the table."""
  return cells + np.array([0, num_inputs] * 2, np.int32)


def swapped(cells):
  """The same cells with the two branches of each block exchanged."""
  return cells[:, :, BRANCH]


def padded(arrays):
  """Arrays [n_i, T_i, k] one after the other, -1 behind those that are short.

  Returns:
    int32 [sum of n_i, the largest T_i, k].
  """
  longest = max(array.shape[1] for array in arrays)
  parts = [
    np.pad(
      array,
      [(0, 0), (0, longest - array.shape[1]), (0, 0)],
      'constant',
      constant_values=-1,
    )
    for array in arrays
  ]
  return np.concatenate(parts).astype(np.int32)


def tables(num_inputs, num_ops, size, initial):
  """Creates the embeddings.

  Args:
    num_inputs, num_ops, size: ints.
    initial: one of the initial values of `src.nn.variables`.

  Returns:
    [float32 [num_inputs, size], float32 [num_ops, size]].
  """
  return [
    variables.create(name, [number, size], initial).value()
    for name, number in [
      ('input_embeddings', num_inputs),
      ('op_embeddings', num_ops),
    ]
  ]
