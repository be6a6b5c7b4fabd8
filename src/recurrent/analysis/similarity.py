"""How alike pairs of cells are, and how far apart the controller's states."""

import typing

import numpy as np

from src.arc import edit_distance

ATTRIBUTES = ('connections', 'activations', 'edit_distance')
DISTANCES = ('l2_distance', 'cosine')
COLUMNS = (
  'i', 'j', 'common_links', 'common_activations', 'edit_distance', 'cosine',
  'l2', 'abs_ppl_diff',
)  # fmt: skip


class Pairs(typing.NamedTuple):
  """All pairs i < j of cells, in the order of their numbers; arrays [P].

  Attributes:
    i, j: ints, the cells.
    connections: ints, nodes that read the same node in both.
    activations: ints, of these those that apply the same in both; node 0, which
      always reads the same, is one of them.
    edit_distance: ints, see `src.arc.edit_distance`.
    cosine: floats, of the angle between the states of the controller.
    l2_distance: floats, between them.
  """

  i: np.ndarray
  j: np.ndarray
  connections: np.ndarray
  activations: np.ndarray
  edit_distance: np.ndarray
  cosine: np.ndarray
  l2_distance: np.ndarray

  def rows(self, differences=None):
    """Rows of `COLUMNS`; differences: floats [P] of perplexities, or None."""
    if differences is None:
      differences = [''] * len(self.i)
    return list(
      zip(
        self.i, self.j, self.connections, self.activations,
        self.edit_distance, self.cosine, self.l2_distance, differences,
      )
    )  # fmt: skip


def pairs(arcs, hidden):
  """Pairs of cells.

  Args:
    arcs: list of A RecurrentArc.
    hidden: floats [A, size], the controller's state of each.
  """
  i, j = np.triu_indices(len(arcs), 1)
  common = [_common(arcs[a], arcs[b]) for a, b in zip(i, j)]
  norms = np.linalg.norm(hidden, axis=1)
  return Pairs(
    i,
    j,
    np.array([links for links, _ in common]),
    np.array([names for _, names in common]),
    _edits(arcs, i, j),
    np.sum(hidden[i] * hidden[j], 1) / np.maximum(norms[i] * norms[j], 1e-12),
    l2(hidden, i, j),
  )


def l2(hidden, i, j):
  """floats [P], distances between the states of cells i and j."""
  return np.linalg.norm(hidden[i] - hidden[j], axis=1)


def _common(one, other):
  """(links, activations) that two cells share."""
  links = names = 0
  sides = [
    zip((None,) + arc.predecessors, arc.activations) for arc in (one, other)
  ]
  for mine, yours in zip(*sides):
    links += mine[0] is not None and mine[0] == yours[0]
    names += mine == yours
  return links, names


def _edits(arcs, i, j):
  """ints [P]; pairs of the same two cells are compared once."""
  trees = {arc: edit_distance.of_cell(arc) for arc in set(arcs)}
  known = {}
  for a, b in zip(i, j):
    key = arcs[a], arcs[b]
    if key not in known:
      found = edit_distance.distance(*(trees[arc] for arc in key))
      known[key] = known[key[::-1]] = found
  return np.array([known[arcs[a], arcs[b]] for a, b in zip(i, j)])
