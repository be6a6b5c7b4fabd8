"""How much a recurrent cell can compute: pure functions of its graph.

Measures after the open questions of georgeadam/menas: which properties of a
cell go with its perplexity, on the text it was trained on and on other text.
Each takes a `RecurrentArc` or a `Dag`, of which missing nodes do not count, or
what it is registered for.
"""

import collections
import functools
import hashlib
import math

from src.arc.dag import Dag
from src.arc.isomorphism import certificate

HIDDEN_SIZE = 1000  # ENAS-pytorch's default


@functools.singledispatch
def n_nodes(arc):
  """int, how many nodes the cell has."""
  return len(Dag.of(arc).nodes)


@functools.singledispatch
def n_leaves(arc):
  """int, how many loose ends."""
  return len(Dag.of(arc).leaves)


@functools.singledispatch
def n_paths(arc):
  """int, how many ways there are from node 0 to a loose end."""
  dag = Dag.of(arc)
  found = _along(dag, sum, first=1, each=lambda node: 0)
  return sum(found[leaf] for leaf in dag.leaves)


def depths(arc):
  """list of ints, of each node the edges on the longest way from node 0 to it;
  None of nodes that are missing."""
  return _along(arc, max, first=0, each=lambda node: 1)


@functools.singledispatch
def depth(arc):
  """int, edges on the longest way from node 0 to a loose end."""
  return max(depths(arc)[leaf] for leaf in Dag.of(arc).leaves)


@functools.singledispatch
def mean_leaf_depth(arc):
  """float, mean over loose ends of the edges on the longest way to each."""
  ends = [depths(arc)[leaf] for leaf in Dag.of(arc).leaves]
  return sum(ends) / float(len(ends))


@functools.singledispatch
def state_depth(arc):
  """int, edges on the longest way to the last node, which is the next state."""
  return depths(arc)[-1]


@functools.singledispatch
def nonlinear_depth(arc):
  """int, the most nodes that are not identity on a way to a loose end."""
  dag = Dag.of(arc)
  bends = [int(name != 'identity') for name in dag.activations]
  found = _along(dag, max, first=bends[0], each=bends.__getitem__)
  return max(found[leaf] for leaf in dag.leaves)


@functools.singledispatch
def activation_counts(arc):
  """Counter of the activations that nodes apply."""
  dag = Dag.of(arc)
  return collections.Counter(dag.activations[node] for node in dag.nodes)


def n_distinct_activations(arc):
  """int, how many activations the nodes apply."""
  return len(activation_counts(arc))


def activation_entropy(arc):
  """float in nats, the entropy of the activation of a node drawn at random."""
  return entropy(activation_counts(arc).values())


def entropy(counts):
  """float in nats, of what is drawn in proportion to counts."""
  shares = [count / float(sum(counts)) for count in counts]
  return abs(-sum(share * math.log(share) for share in shares))


@functools.singledispatch
def n_cell_params(arc, hidden=HIDDEN_SIZE, embed=None):
  """int, weights and biases of the matrices that the cell uses.

  Args:
    arc: `RecurrentArc` or `Dag`.
    hidden: int, size of the state.
    embed: int, of a word's vector; None for that of the state.
  """
  embed = hidden if embed is None else embed
  of_node_0 = embed * hidden + hidden + hidden**2
  return 2 * (of_node_0 + len(Dag.of(arc).edges) * hidden**2)


@functools.singledispatch
def canonical_id(arc):
  """str of 12 letters, equal for cells that are one graph with one state."""
  return graph_id(Dag.of(arc))


def graph_id(dag):
  """str of 12 letters of the `isomorphism.certificate` of a graph."""
  text = repr(certificate(dag))
  return hashlib.sha1(text.encode('ascii')).hexdigest()[:12]


MEASURES = collections.OrderedDict(
  (function.__name__, function)
  for function in (
    n_nodes,
    n_leaves,
    n_paths,
    depth,
    state_depth,
    mean_leaf_depth,
    nonlinear_depth,
    n_distinct_activations,
    activation_entropy,
    n_cell_params,
  )
)


def measured(arc, hidden=HIDDEN_SIZE):
  """All there is to say of a cell in numbers.

  Args:
    arc: `RecurrentArc` or `Dag`.
    hidden: int, for `n_cell_params`.

  Returns:
    OrderedDict from the names in `MEASURES`, and 'canonical_id', to values.
  """
  found = collections.OrderedDict(
    (name, measure(arc)) for name, measure in MEASURES.items()
  )
  found['n_cell_params'] = n_cell_params(arc, hidden)
  found['canonical_id'] = canonical_id(arc)
  return found


def _along(arc, joined, first, each):
  """A value of each node made of those of its parents.

  Args:
    arc: `RecurrentArc` or `Dag`.
    joined: function of a list of values, of the parents.
    first: the value of node 0.
    each: function of a node that returns what it adds.

  Returns:
    list of values, None of nodes that are missing.
  """
  dag = Dag.of(arc)
  values = [None] * dag.num_nodes
  for node in dag.nodes:
    reads = [values[source] for source in dag.parents[node]]
    values[node] = joined(reads) + each(node) if reads else first
  return values
