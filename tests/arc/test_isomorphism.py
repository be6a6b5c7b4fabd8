"""Which cells are one graph: against all numberings of small ones."""

import itertools

import numpy as np

from src.arc import Dag, RecurrentArc
from src.arc.edits import addable, with_edge, without_node
from src.arc.isomorphism import certificate


def renumbered(dag, order):
  """The cell whose node `place` is the old node `order[place]`, or None where
  an edge would lead to an earlier one."""
  place = {node: number for number, node in enumerate(order)}
  parents = [[place[n] for n in dag.parents[node]] for node in order]
  if any(n >= number for number, reads in enumerate(parents) for n in reads):
    return None
  return Dag(parents, [dag.activations[node] for node in order])


def numberings(dag):
  """set of all `Dag` that are the same graph with the same last node."""
  inner = range(1, dag.num_nodes - 1)
  orders = itertools.permutations(inner)
  found = (renumbered(dag, (0,) + o + (dag.num_nodes - 1,)) for o in orders)
  return set(filter(None, found))


def test_equal_for_all_numberings_of_a_graph_and_for_no_other():
  draw = np.random.RandomState(0)
  seen = {}
  for _ in range(150):
    dag = Dag.of(RecurrentArc.random(6, draw))
    # Few activations and many edges, for graphs with symmetries.
    dag = Dag(dag.parents, ['tanh'] * 5 + ['relu'])
    for _ in range(draw.randint(4)):
      edges = addable(dag)
      if edges:
        dag = with_edge(dag, *edges[draw.randint(len(edges))])
    same = numberings(dag)
    assert len({certificate(one) for one in same}) == 1
    smallest = min(same)
    assert seen.setdefault(certificate(dag), smallest) == smallest
  assert len(seen) > 50


def test_graphs_that_refined_colours_do_not_tell_apart():
  # Six nodes above six, each read by two: as one ring, or as two.
  def rings(*sizes):
    parents, start = [()] + [(0,)] * 6, 1
    for size in sizes:
      for place in range(size):
        parents.append((start + place, start + (place + 1) % size))
      start += size
    parents.append((0,))
    return Dag(parents, ['tanh'] * 14)

  draw = np.random.RandomState(1)
  one, two = rings(6), rings(3, 3)
  for dag in (one, two):
    order = [0] + list(1 + draw.permutation(6)) + list(7 + draw.permutation(6))
    assert certificate(renumbered(dag, order + [13])) == certificate(dag)
  assert certificate(one) != certificate(two)


def test_large_symmetric_cells_take_no_time():
  # 40 equal branches have 40! numberings; 8, of a graph that is no tree, 8!.
  for count, more in ((40, 0), (8, 1)):
    links = [0] * count + list(range(1, count + 1)) + [0] * (1 + more)
    dag = Dag.of(RecurrentArc(links, ['tanh'] * (len(links) + 1)))
    if more:
      dag = with_edge(dag, 1, dag.num_nodes - 1)
    assert len(certificate(dag)) == dag.num_nodes


def test_missing_nodes_do_not_count():
  chain = RecurrentArc([0, 1, 2], ['tanh', 'relu', 'tanh', 'sigmoid'])
  short = RecurrentArc([0, 1], ['tanh', 'tanh', 'sigmoid'])
  assert certificate(without_node(chain, 1)) == certificate(Dag.of(short))
