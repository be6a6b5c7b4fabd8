"""What an architecture says to a cell: fixed, or a tensor of tokens."""

import typing

from src.ptb.cells.activations import applied
from src.tf1 import tf


class Wiring(typing.NamedTuple):
  """What an architecture of L + 1 nodes says.

  Attributes:
    predecessors: list of L ints or int32 scalars, of nodes 1 to L.
    activations: list of L + 1 `activations.Applied`.
    shares: None where the output is the mean of nodes 1 to L; else what each
      of these counts in it, L floats or float32 scalars.
    state: the node that the next step begins with, an int or an int32 scalar;
      None where that is the output.
  """

  predecessors: list
  activations: list
  shares: typing.Optional[list] = None
  state: typing.Any = None


def fixed(arc, loose_ends):
  """Wiring of a `src.arc.RecurrentArc`.

  Args:
    arc: RecurrentArc.
    loose_ends: bool, whether the mean is of the nodes that no other reads.
  """
  shares = None
  if loose_ends:
    ends = arc.loose_ends
    shares = [
      1.0 / len(ends) if node in ends else 0.0
      for node in range(1, arc.num_nodes)
    ]
  return Wiring(
    list(arc.predecessors),
    [applied([name]) for name in arc.activations],
    shares,
  )


def sampled(space, tokens, loose_ends):
  """Wiring of tokens.

  Args:
    space: `src.arc.recurrent_space.RecurrentSpace` with a first activation.
    tokens: int32 [2L], in its format.
    loose_ends: see `fixed`.
  """
  count = space.num_nodes - 1
  pairs = tf.reshape(tokens, [count, 2])
  predecessors = pairs[:, 0]
  chosen = [
    applied(space.format.activations, index)
    for index in tf.unstack(pairs[:, 1], count)
  ]
  shares = None
  if loose_ends:
    read = tf.reduce_max(tf.one_hot(predecessors, count + 1), 0)[1:]
    shares = tf.unstack((1.0 - read) / tf.reduce_sum(1.0 - read), count)
  return Wiring(
    tf.unstack(predecessors, count),
    [applied([space.format.first])] + chosen,
    shares,
  )
