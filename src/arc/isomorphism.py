"""Which recurrent cells are one graph, however their nodes are numbered.

Of trees there is a form that all numberings share. Of other graphs, colours of
nodes are refined by those of the nodes around them (Weisfeiler and Leman);
where nodes of one colour remain, each is tried as the first of them, but for
those that a symmetry of the graph makes equal to one tried already.
"""

from src.arc.dag import Dag


def certificate(dag):
  """What is equal of two cells if, and only if, they are one graph.

  The state, the last node, is one apart.

  Args:
    dag: `Dag`; nodes that are missing do not count.

  Returns:
    tuple of tuples, of each node in an order that the numbers have no part in:
    its activation, whether it is the state, and the places of its parents.
  """
  if all(len(reads) < 2 for reads in dag.parents):
    tree = dag.arc().canonical(state_last=True)
    order, dag = range(tree.num_nodes), Dag.of(tree)
    return _read(dag, dict(zip(order, order)))
  graph = _Graph(dag)
  return min(_certificates(graph, graph.refined(_first_colours(dag))))


class _Graph:
  """A `Dag` of which readers are asked for often."""

  def __init__(self, dag):
    self.dag = dag
    self._around = {
      node: (dag.parents[node], dag.children(node)) for node in dag.nodes
    }

  def refined(self, colours):
    """Colours told apart by those around them, until none changes."""
    while True:
      finer = _ranked(
        {
          node: (colour,)
          + tuple(
            tuple(sorted(colours[other] for other in side))
            for side in self._around[node]
          )
          for node, colour in colours.items()
        }
      )
      if finer == colours:
        return colours
      colours = finer


def _first_colours(dag):
  last = dag.num_nodes - 1
  return _ranked(
    {node: (dag.activations[node], node == last) for node in dag.nodes}
  )


def _ranked(signs):
  """dict from node to the place of its sign among all."""
  places = {
    sign: place for place, sign in enumerate(sorted(set(signs.values())))
  }
  return {node: places[sign] for node, sign in signs.items()}


def _certificates(graph, colours):
  """set of certificates, the smallest of which numbers have no part in."""
  tied = _tied(colours)
  if not tied:
    return {_read(graph.dag, colours)}
  found = set()
  for node in tied:
    first = graph.refined(_before(colours, node))
    if _greedy(graph, first) not in found:
      found |= _certificates(graph, first)
  return found


def _greedy(graph, colours):
  """One of the certificates, with the first of each tie."""
  tied = _tied(colours)
  while tied:
    colours = graph.refined(_before(colours, tied[0]))
    tied = _tied(colours)
  return _read(graph.dag, colours)


def _tied(colours):
  """The nodes of the first colour that several have, or []."""
  of_colour = {}
  for node in sorted(colours):
    of_colour.setdefault(colours[node], []).append(node)
  several = [c for c, nodes in of_colour.items() if len(nodes) > 1]
  return of_colour[min(several)] if several else []


def _before(colours, node):
  """The colours with one node before the others of its colour."""
  return _ranked(
    {other: (colour, other != node) for other, colour in colours.items()}
  )


def _read(dag, colours):
  """The certificate where each node has a colour of its own."""
  return tuple(
    (
      dag.activations[node],
      node == dag.num_nodes - 1,
      tuple(sorted(colours[source] for source in dag.parents[node])),
    )
    for node in sorted(colours, key=colours.get)
  )
