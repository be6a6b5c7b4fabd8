"""Which cells are kept: the best ones, and some of what is hardly used.

A predictor that has seen one level likes few operations, and cells that do not
occur are never measured: titu1994's 64 cells of two blocks share two new ones.
"""

import numpy as np


def chosen(cells, scores, count, share=0.0):
  """The numbers of the cells that are kept, the best ones first.

  A share of them is taken one by one, by how often the inputs and operations of
  a cell's last block occur in the last blocks that are kept by then; the rarest
  comes first, of equal ones the best.

  Args:
    cells: int array [n, b, 4], with inputs and operations counted from 0.
    scores: float array [n].
    count: int, how many are kept; None for all.
    share: float from 0 to 1, of those.

  Returns:
    int array [min(count, n)].
  """
  order = np.argsort(-scores, kind='stable')
  if count is None or count >= len(order):
    return order
  best = count - int(round(share * count))
  kept, left = list(order[:best]), order[best:]
  if best == count:
    return order[:count]
  # Inputs in the first half of a table, operations in the second.
  size = cells[:, -1].max() + 1
  values = cells[:, -1] + np.array([0, size, 0, size])
  used = np.bincount(values[kept].ravel(), minlength=2 * size)
  while len(kept) < count:
    rarest = used[values[left]].sum(1).argmin()
    kept.append(left[rarest])
    used += np.bincount(values[left[rarest]], minlength=2 * size)
    left = np.delete(left, rarest)
  return np.array(kept)
