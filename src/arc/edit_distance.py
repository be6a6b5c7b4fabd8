"""How many edits of nodes turn one recurrent cell into another.

A cell is a tree whose nodes are labelled with activations. To remove a node
(those below it come to its parent), to insert one, and to change an activation
cost 1 each; this is the least that is needed, by the dynamic programme of Zhang
and Shasha (1989). Siblings stand in the order that `RecurrentArc.canonical`
gives them, so cells that are one graph have distance 0. Of trees whose siblings
have no order at all the least is hard to find, and may be smaller.
"""

import typing


class Tree(typing.NamedTuple):
  """A tree in post-order, as the programme reads it.

  Attributes:
    labels: list of str.
    first: list of ints, the first place of what is below each node.
    roots: list of ints, ascending, nodes that are no first child.
  """

  labels: list
  first: list
  roots: list


def of_cell(arc):
  """The Tree of a `RecurrentArc`."""
  arc = arc.canonical(state_last=True)
  below = [[] for _ in range(arc.num_nodes)]
  for node, source in enumerate(arc.predecessors, 1):
    below[source].append(node)
  return of_children(below, arc.activations)


def of_children(below, names):
  """A Tree; below: lists of each node's children; names: str; 0 is its root."""
  labels, first, order = [], [], []

  def _visit(node):
    start = len(order)
    for child in below[node]:
      _visit(child)
    first.append(start)
    labels.append(names[node])
    order.append(node)

  _visit(0)
  last_with = {start: place for place, start in enumerate(first)}
  return Tree(labels, first, sorted(last_with.values()))


def distance(one, other):
  """int, edits between two Trees."""
  trees = [[0] * len(other.labels) for _ in one.labels]
  for i in one.roots:
    for j in other.roots:
      _below(one, other, i, j, trees)
  return trees[-1][-1]


def _below(one, other, i, j, trees):
  """Fills in the distances of trees that begin where those of i and j do."""
  top, left = one.first[i], other.first[j]
  rows, columns = i - top + 2, j - left + 2
  forest = [list(range(columns))]
  for x in range(1, rows):
    node = top + x - 1
    starts_there = one.first[node] == top
    before = one.first[node] - top
    label, above, row = one.labels[node], forest[x - 1], [x]
    forest.append(row)
    for y in range(1, columns):
      place = left + y - 1
      least = min(above[y], row[y - 1]) + 1
      if starts_there and other.first[place] == left:
        least = min(least, above[y - 1] + (label != other.labels[place]))
        trees[node][place] = least
      else:
        joined = forest[before][other.first[place] - left]
        least = min(least, joined + trees[node][place])
      row.append(least)
