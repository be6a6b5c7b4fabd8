"""Recurrent cells with a change made to them: what ablations compare.

Each function takes a `RecurrentArc` or, where it says so, a `Dag`, and returns
a new value. Changes that leave every node one parent and none missing are
`RecurrentArc` again; the others are `Dag`, in which nodes keep their numbers.
"""

from src.arc.dag import Dag, check_activation
from src.arc.errors import ArcError
from src.arc.recurrent import RecurrentArc


def with_activation(arc, node, name):
  """The cell, a `RecurrentArc` or a `Dag`, in which a node applies another."""
  _check_node(arc, node)
  names = list(arc.activations)
  names[node] = check_activation(name)
  return _with_names(arc, names)


def with_all_activations(arc, name):
  """The cell, a `RecurrentArc` or a `Dag`, in which all nodes apply one."""
  return _with_names(arc, [check_activation(name)] * arc.num_nodes)


def _with_names(arc, names):
  if isinstance(arc, Dag):
    return Dag(arc.parents, names, arc.alive)
  return RecurrentArc(arc.predecessors, names)


def removable(arc):
  """tuple of ints, the nodes of a cell or `Dag` that `without_node` takes."""
  dag = Dag.of(arc)
  return tuple(n for n in dag.nodes if 0 < n < dag.num_nodes - 1)


def without_node(arc, node):
  """A cell, a `RecurrentArc` or a `Dag`, without one node.

  Those that read it read what it read, with the activations they have.

  Returns:
    `Dag`.

  Raises:
    ArcError: it is node 0, the last node, or none of the cell.
  """
  dag = Dag.of(arc)
  if node not in removable(dag):
    raise ArcError(
      'node %s of a cell of %d nodes cannot be removed: expected one of %s'
      % (node, dag.num_nodes, ', '.join(map(str, removable(dag))) or 'none')
    )
  parents = []
  for reads in dag.parents:
    if node in reads:
      reads = sorted(set(reads) - {node} | set(dag.parents[node]))
    parents.append(tuple(reads))
  parents[node] = ()
  alive = list(dag.alive)
  alive[node] = False
  return Dag(parents, dag.activations, alive)


def addable(arc):
  """tuple of (source, target), the edges that `with_edge` adds to a cell or
  `Dag`: those to a later node, from none that is a loose end."""
  dag = Dag.of(arc)
  return tuple(
    (source, target)
    for source in dag.nodes
    if source not in dag.leaves
    for target in dag.nodes
    if source < target and source not in dag.parents[target]
  )


def with_edge(dag, source, target):
  """A cell, a `RecurrentArc` or a `Dag`, whose node `target` reads one more.

  Returns:
    `Dag`; the node has both parents, where the reference lets one replace the
    other (`replaced_edge`).

  Raises:
    ArcError: there is such an edge, it does not lead to a later node, or it
      comes from a loose end.
  """
  dag = Dag.of(dag)
  _check_edge(dag, source, target)
  parents = list(dag.parents)
  parents[target] = tuple(sorted(parents[target] + (source,)))
  return Dag(parents, dag.activations, dag.alive)


def replaced_edge(arc, source, target, name):
  """What the reference computes for an edge that it adds (menas).

  There a node holds one value: that of the parent which is visited last,
  breadth-first from node 0. If this is the new one, the node reads it and
  applies the new edge's activation; if not, the cell stays as it was. A node
  that loses its last reader so is no loose end, and what only led to it counts
  no more.

  Args:
    arc: `RecurrentArc`.
    source, target: ints, the edge; as of `with_edge`.
    name: str, the activation of the edge.

  Returns:
    `Dag`.
  """
  dag = Dag.of(arc)
  _check_edge(dag, source, target)
  check_activation(name)
  (before,) = dag.parents[target]
  visits = _breadth_first(dag)
  if visits.index(source) < visits.index(before):
    return dag
  parents, alive = list(dag.parents), list(dag.alive)
  names = list(dag.activations)
  parents[target], names[target] = (source,), name
  while before is not None and not any(before in reads for reads in parents):
    above = parents[before]
    parents[before], alive[before] = (), False
    before = above[0] if above else None
  return Dag(parents, names, alive)


def _breadth_first(dag):
  """list of ints, the nodes of a tree as they are visited from node 0."""
  order = [0]
  for node in order:
    order.extend(dag.children(node))
  return order


def neighbours(arc, activations):
  """All cells that are one edit away.

  Args:
    arc: `RecurrentArc`.
    activations: sequence of str, those that a node may apply.

  Returns:
    list of `RecurrentArc`: those with another activation of one node, node by
    node, then those with another predecessor of one.
  """
  found = [
    with_activation(arc, node, name)
    for node, now in enumerate(arc.activations)
    for name in activations
    if name != now
  ]
  for place, now in enumerate(arc.predecessors):
    for source in range(place + 1):
      if source != now:
        links = list(arc.predecessors)
        links[place] = source
        found.append(RecurrentArc(links, arc.activations))
  return found


def crossed(a, b):
  """The `RecurrentArc` with the links of one and the activations of another.

  Raises:
    ArcError: they have different sizes.
  """
  if a.num_nodes != b.num_nodes:
    raise ArcError(
      'links of %d nodes and activations of %d: cells of one size are crossed'
      % (a.num_nodes, b.num_nodes)
    )
  return RecurrentArc(a.predecessors, b.activations)


def _check_node(arc, node):
  if node not in Dag.of(arc).nodes:
    raise ArcError('a cell of %d nodes has no node %s' % (arc.num_nodes, node))


def _check_edge(dag, source, target):
  _check_node(dag, source)
  _check_node(dag, target)
  edge = 'edge from node %d to node %d: ' % (source, target)
  if source >= target:
    raise ArcError(edge + 'edges lead to later nodes')
  if source in dag.parents[target]:
    raise ArcError(edge + 'the cell has it')
  if source in dag.leaves:
    raise ArcError(edge + 'node %d is a loose end' % source)
