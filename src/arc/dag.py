"""Recurrent cells as directed graphs, of which ablations and studies are made.

Where the cells of a search are trees (`RecurrentArc`), a node of a `Dag` may
have several parents, and nodes may be missing. Nodes keep their numbers
whatever is edited: trained weights are of pairs of these numbers.
"""

from collections import namedtuple

from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.recurrent import LEGACY, RecurrentArc


class Dag(namedtuple('Dag', ['parents', 'activations', 'alive'])):
  """A recurrent cell whose nodes read one or more earlier nodes.

  Attributes:
    parents: tuple of N tuples of ints, ascending; () of node 0, and of nodes
      that are missing.
    activations: tuple of N str, names.
    alive: tuple of N bools, False for nodes that are missing; node 0 and the
      last node, the state, never are.
  """

  __slots__ = ()

  def __new__(cls, parents, activations, alive=None):
    names = tuple(activations)
    count = len(names)
    if alive is None:
      alive = (True,) * count
    alive = tuple(bool(here) for here in alive)
    if not len(parents) == len(alive) == count or not count:
      raise ArcError(
        'a cell of %d nodes: parents of %d, alive of %d'
        % (count, len(parents), len(alive))
      )
    for name in names:
      check_activation(name)
    if not alive[0] or not alive[-1]:
      raise ArcError('node 0 and the last node of a cell cannot be missing')
    checked = []
    for node, found in enumerate(parents):
      reads = tuple(tokens_lib.whole_number(source) for source in found)
      wrong = [
        source
        for source, number in zip(found, reads)
        if number is None or not 0 <= number < node or not alive[number]
      ]
      if wrong:
        raise ArcError(
          'node %d reads %s, which is no node before it'
          % (node, tokens_lib.quote(wrong[0]))
        )
      if len(set(reads)) < len(reads):
        raise ArcError('node %d reads a node twice' % node)
      if bool(reads) != (alive[node] and node > 0):
        raise ArcError(
          'node %d %s'
          % (
            node,
            'is missing and reads a node' if reads else 'reads no node',
          )
        )
      checked.append(tuple(sorted(reads)))
    return super().__new__(cls, tuple(checked), names, alive)

  @classmethod
  def of(cls, arc):
    """The Dag of a `RecurrentArc`; a Dag itself."""
    if isinstance(arc, Dag):
      return arc
    return cls(((),) + tuple((n,) for n in arc.predecessors), arc.activations)

  @property
  def num_nodes(self):
    """int, N, those that are missing included."""
    return len(self.activations)

  @property
  def nodes(self):
    """tuple of ints, ascending, those that are not missing."""
    return tuple(n for n, here in enumerate(self.alive) if here)

  @property
  def edges(self):
    """tuple of (source, target), by target."""
    return tuple(
      (source, node)
      for node, reads in enumerate(self.parents)
      for source in reads
    )

  @property
  def leaves(self):
    """tuple of ints, nodes that no other reads; the output is their mean."""
    read = {source for source, _ in self.edges}
    return tuple(node for node in self.nodes if node not in read)

  def children(self, node):
    """tuple of ints, ascending, the nodes that read one."""
    return tuple(target for source, target in self.edges if source == node)

  def arc(self):
    """The `RecurrentArc` of this cell.

    Where nodes are missing, those after them get lower numbers: it is the same
    cell, but its pairs of numbers are not those of the weights any more.

    Raises:
      ArcError: a node has several parents.
    """
    for node, reads in enumerate(self.parents):
      if len(reads) > 1:
        raise ArcError(
          'node %d reads nodes %s: only cells whose nodes read one node each '
          'are written as numbers' % (node, ' and '.join(map(str, reads)))
        )
    number = {node: place for place, node in enumerate(self.nodes)}
    return RecurrentArc(
      [number[self.parents[node][0]] for node in self.nodes[1:]],
      [self.activations[node] for node in self.nodes],
    )


def check_activation(name):
  """Returns the name of an activation; raises ArcError when it is none."""
  if name not in LEGACY.activations:
    raise ArcError(
      'activation %s: expected one of %s'
      % (tokens_lib.quote(name), ', '.join(LEGACY.activations))
    )
  return name
