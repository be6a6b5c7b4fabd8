"""The cell of enas_lm: highway nodes on top of an input node (ENAS 2.1).

Node i reads node p_i and applies the activation f_i:

  [h | c] = (n_p * mask) W_i;  c = sigmoid(c);  n_i = n_p + c (f_i(h) - n_p).

Node 0 does so with z_x + (s * mask) W_s in the place of the product, z_x being
the step's inputs, and the previous state s in the place of n_p. The output is a
mean of nodes 1 to L; so is the next state, or it is one node. Source:
`_rnn_cell` of enas_lm's `child.py` and `fixed_lib.py`; `RNN.cell` of
ENAS-pytorch hands on the last node.
"""

from src.nn import variables
from src.tf1 import tf


class Highway:
  """A cell, see `src.ptb.cells`; inputs are float32 [B, 2H], the z_x."""

  def __init__(self, weights, wiring, mask=None, state_bound=None):
    """
    Args:
      weights: list of L + 1 float32 [H, 2H], of the state and of nodes 1 to L.
      wiring: wiring.Wiring.
      mask: float32 [B, H] that multiplies whatever enters a product, or None.
      state_bound: float, the largest norm of a row of the next state where
        that is a node of its own; longer ones are scaled to it, by factors
        that are constant for gradients. None: no bound.
    """
    self.weights = weights
    self.wiring = wiring
    self.mask = mask
    self.state_bound = state_bound
    self.num_nodes = len(weights)

  def step(self, inputs, states):
    """(outputs, (next state,)) of inputs and (state,)."""
    nodes = []
    for node, applied in enumerate(self.wiring.activations):
      source = self._source(node, nodes) if node else states[0]
      product = self.product(node, source, inputs)
      nodes.append(self.combine(product, source, applied.value)[0])
    outputs = self.mean(nodes[1:])
    if self.wiring.state is None:
      return outputs, (outputs,)
    state = self._at(self.wiring.state, nodes)
    return outputs, (self.bounded(state),)

  def product(self, node, source, inputs):
    """float32 [B, 2H] that a node's activation and gate are made of."""
    if self.mask is not None:
      source *= self.mask
    value = tf.matmul(source, self.weights[node])
    return value if node else value + inputs

  def combine(self, product, source, activate):
    """(what a node makes, its activation a = f(h), its gate c)."""
    h, c = tf.raw_ops.Split(
      axis=variables.shared_constant(1, 'int32'), value=product, num_split=2
    )
    a = activate(h)
    c = tf.sigmoid(c)
    return source + c * (a - source), a, c

  def mean(self, nodes):
    """The output of nodes 1 to L."""
    if self.wiring.shares is None:
      return tf.add_n(nodes) * variables.shared_constant(1.0 / len(nodes))
    return tf.add_n([n * k for n, k in zip(nodes, self.wiring.shares)])

  def bounded(self, node):
    """The next state, of the node that it is."""
    return node if self.state_bound is None else node * self.scale(node)

  def scale(self, node):
    """float32 [..., 1], what rows of a node [..., H] are multiplied by."""
    return scale(node, self.state_bound)

  def _source(self, node, nodes):
    return self._at(self.wiring.predecessors[node - 1], nodes)

  @staticmethod
  def _at(place, nodes):
    return nodes[place] if isinstance(place, int) else tf.stack(nodes)[place]


def scale(value, bound):
  """float32 [..., 1] that no row of value [..., H] is longer than bound with;
  constant for gradients."""
  norm = tf.sqrt(tf.reduce_sum(tf.square(value), -1, keepdims=True))
  bound = variables.shared_constant(bound)
  return tf.stop_gradient(bound / tf.maximum(norm, bound))
