"""What an architecture of a `DagSpace` says to a highway cell, as tensors."""

from src.ptb.cells.activations import applied
from src.ptb.cells.wiring import Wiring
from src.tf1 import tf


def wiring(space, tokens, all_nodes=False, last_node=True):
  """The wiring that tokens mean; nodes beyond the chosen size count nowhere.

  Args:
    space: `src.arc.dag_space.DagSpace`.
    tokens: int32 [D], one for each of its decisions.
    all_nodes: bool, whether the output is the mean of all nodes but node 0,
      not of those that no other reads.
    last_node: bool, whether the next state is the last node, as in
      ENAS-pytorch, and not the output.

  Returns:
    wiring.Wiring.
  """
  places = {
    (decision.kind, decision.node): place
    for place, decision in enumerate(space.decisions)
  }
  size = space.num_nodes
  if ('nodes', 0) in places:
    size = tokens[places['nodes', 0]] + space.min_nodes
  predecessors, activations = [], []
  for node in range(space.num_nodes):
    place = places.get(('activation', node), places['activation', 0])
    index = tokens[place] if len(space.activations) > 1 else None
    activations.append(applied(space.activations, index))
    if node and space.links is not None:
      predecessors.append(space.links[node - 1])
    elif node:
      predecessors.append(tokens[places['predecessor', node]])
  alive = tf.cast(tf.range(1, space.num_nodes) < size, tf.float32)
  shares = alive
  if not all_nodes:
    one_hot = tf.one_hot(tf.stack(predecessors), space.num_nodes)
    read = tf.reduce_max(one_hot * alive[:, None], 0)[1:]
    shares = alive * (1.0 - read)
  shares /= tf.reduce_sum(shares)
  return Wiring(
    predecessors,
    activations,
    tf.unstack(shares, space.num_nodes - 1),
    size - 1 if last_node else None,
  )
