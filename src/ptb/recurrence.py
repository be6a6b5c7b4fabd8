"""The recurrent cell over a window, with its gradient written out (ENAS 2.1).

A cell is L highway nodes on top of an input node; node i reads node p_i and
applies the activation f_i:

  [h | c] = (n_p * mask) W_i;  c = sigmoid(c);  n_i = n_p + c (f_i(h) - n_p).

Node 0 does so with z_x + (s * mask) W_s in the place of the product, tanh, and
the previous state s in the place of n_p. The next state is a mean of nodes.

One loop goes forward over the steps and keeps what each node made; one goes
backward. Only what a step needs of the step next to it is in the loops: the
factors of the backward pass and the gradients of the weights are computed for
all steps at once. Nodes lie in a TensorArray, where the predecessor is read by
its number, and the gradient of a node is summed in another: nothing is stacked
or copied to choose one. What is constant is made outside of the loops: inside,
it would be an operation at each step. Source: `_rnn_cell` of enas_lm's
`child.py` and `fixed_lib.py`, which differentiate through a stack for each
tensor of each step.
"""

import collections
import functools

from src.nn import lazy, own_gradient, variables
from src.tf1 import tf

# In the order of enas_lm's numbers.
ACTIVATIONS = ('tanh', 'relu', 'sigmoid', 'identity')
_FUNCTIONS = (tf.tanh, tf.nn.relu, tf.sigmoid, lambda h: h)
# The derivatives, of the activation's value.
_SLOPES = (
  lambda a: 1.0 - tf.square(a),
  tf.sign,
  lambda a: a * (1.0 - a),
  tf.ones_like,
)

Wiring = collections.namedtuple(
  'Wiring', ['predecessors', 'activations', 'shares']
)
Wiring.__doc__ = """What an architecture says.

predecessors: list of L ints or int32 scalars, of nodes 1 to L. activations:
list of L+1 of ints or `lazy.Choice`s, in the order of ACTIVATIONS. shares: None
where the next state is the mean of nodes 1 to L; else what each of these counts
in it, L floats or float32 scalars.
"""


def fixed_wiring(arc, loose_ends):
  """Wiring of a `src.arc.RecurrentArc`.

  Args:
    arc: RecurrentArc in either format.
    loose_ends: bool, whether the mean is of the nodes that no other reads.
  """
  names = [operation.name for operation in arc.node_operations()]
  shares = None
  if loose_ends:
    ends = arc.loose_ends
    shares = [
      1.0 / len(ends) if node in ends else 0.0
      for node in range(1, arc.num_nodes)
    ]
  return Wiring(
    list(arc.predecessors), [ACTIVATIONS.index(name) for name in names], shares
  )


def sampled_wiring(tokens, loose_ends):
  """Wiring of int32 [2L] tokens in enas_lm's format; see `fixed_wiring`."""
  count = int(tokens.shape[0]) // 2
  pairs = tf.reshape(tokens, [count, 2])
  predecessors = pairs[:, 0]
  choices = [
    lazy.choice(index, len(ACTIVATIONS))
    for index in tf.unstack(pairs[:, 1], count)
  ]
  shares = None
  if loose_ends:
    read = tf.reduce_max(tf.one_hot(predecessors, count + 1), 0)[1:]
    shares = tf.unstack((1.0 - read) / tf.reduce_sum(1.0 - read), count)
  return Wiring(tf.unstack(predecessors, count), [0] + choices, shares)


def unroll(projected, state, state_weight, weights, wiring, mask=None):
  """Runs the cell over a window.

  Args:
    projected: float32 [T, B, 2H], the inputs times the upper half of W_prev.
    state: float32 [B, H], the state before the window; constant for gradients.
    state_weight: float32 [H, 2H], the lower half of W_prev.
    weights: list of L float32 [H, 2H].
    wiring: Wiring.
    mask: float32 [B, H] that multiplies whatever enters a product, or None.

  Returns:
    float32 [T, B, H], the states after each step. Gradients flow to projected,
    state_weight and weights.
  """
  weights = [state_weight] + weights
  cell = _Cell(wiring, mask, weights, tf.shape(projected)[0])
  states, nodes, values, gates = cell.forward(projected, state)
  return own_gradient.define(
    [projected] + weights,
    states,
    lambda upstream: cell.backward(
      upstream, state, states, nodes, values, gates
    ),
  )


class _Cell:
  """Both passes; weights[0] is that of the state, weights[i] of node i."""

  def __init__(self, wiring, mask, weights, num_steps):
    self.wiring = wiring
    self.mask = mask
    self.weights = weights
    self.num_steps = num_steps
    self.size = int(weights[0].shape[0])
    self.num_nodes = len(weights)
    self.predecessors = tf.stack(wiring.predecessors)
    self.places = tf.range(self.num_nodes)

  def forward(self, projected, state):
    """Returns (states [T, B, H], arrays of the nodes, their a and their c).

    Element t (L + 1) + i of an array is of node i at step t: n_i, the value of
    its activation a = f(h) and its gate c = sigmoid(c), each [B, H].
    """
    count = self.num_nodes

    def _step(time, state, states, nodes, values, gates):
      places, sources = self._places(time)
      made = []
      for node in range(count):
        if node == 0:
          source = state
          product = self._product(state, 0) + _row(projected, time)
        else:
          source = nodes.read(sources[node - 1])
          source.set_shape(state.shape)
          product = self._product(source, node)
        h, c = tf.raw_ops.Split(axis=_constant(1), value=product, num_split=2)
        a = _apply(self.wiring.activations[node], _FUNCTIONS, h)
        c = tf.sigmoid(c)
        outcome = source + c * (a - source)
        made.append(outcome)
        nodes = nodes.write(places[node], outcome)
        values = values.write(places[node], a)
        gates = gates.write(places[node], c)
      state = self._mean(made[1:])
      time_after = time + _constant(1)
      return time_after, state, states.write(time, state), nodes, values, gates

    loop = tf.while_loop(
      lambda time, *rest: time < self.num_steps,
      _step,
      [0, state, _array(self.num_steps)]
      + [_array(self.num_steps * count) for _ in range(3)],
      parallel_iterations=1,
    )
    states = loop[2].stack()
    states.set_shape([None, None, self.size])
    return (states,) + tuple(loop[3:])

  def backward(self, upstream, state, states, nodes, values, gates):
    """Gradients of `projected` and all weights, of upstream [T, B, H].

    With g = dn_i: dh = g c f'(h), dc = g (a - n_p) c (1 - c), of the source
    g (1 - c) + mask * ([dh | dc] W^T). The three factors of g are made for all
    steps beforehand.
    """
    count = self.num_nodes
    before = tf.concat([state[None], states[:-1]], 0)
    steps = tf.range(self.num_steps) * count
    sources, factors = [], []
    for node in range(count):
      source = before
      if node > 0:
        source = self._at(nodes, steps + self.wiring.predecessors[node - 1])
      a, c = self._at(values, steps + node), self._at(gates, steps + node)
      slope = _apply(self.wiring.activations[node], _SLOPES, a)
      kept = 1.0 - c
      sources.append(source)
      factors.append((c * slope, (a - source) * c * kept, kept))
    name = tf.get_default_graph().unique_name('node_gradients')
    sums = nodes.grad(name)

    def _step(time, carried, flow, products):
      sums = nodes.grad(name, flow=flow)
      places, read_from = self._places(time)
      g = carried + _row(upstream, time)
      shares = self._shares(g)
      for place, share in zip(places[1:], shares):
        sums = sums.write(place, share)
      for node in reversed(range(count)):
        g = sums.read(places[node])
        g.set_shape([None, self.size])
        of_h, of_c, kept = (g * _row(factor, time) for factor in factors[node])
        product = tf.raw_ops.ConcatV2(values=[of_h, of_c], axis=_constant(1))
        products = products.write(places[node], product)
        back = tf.matmul(product, self.weights[node], transpose_b=True)
        if self.mask is not None:
          back *= self.mask
        back += kept
        if node > 0:
          sums = sums.write(read_from[node - 1], back)
      return time - _constant(1), back, sums.flow, products

    loop = tf.while_loop(
      lambda time, *rest: time >= _constant(0),
      _step,
      [
        self.num_steps - 1,
        tf.zeros_like(state),
        sums.flow,
        _array(self.num_steps * count),
      ],
      parallel_iterations=1,
    )
    of_weights = []
    for node, source in enumerate(sources):
      product = self._at(loop[3], steps + node, 2)
      if node == 0:
        of_projected = product
      if self.mask is not None:
        source *= self.mask
      of_weights.append(
        tf.matmul(
          tf.reshape(source, [-1, self.size]),
          tf.reshape(product, [-1, 2 * self.size]),
          transpose_a=True,
        )
      )
    return [of_projected] + of_weights

  def _product(self, source, node):
    if self.mask is not None:
      source *= self.mask
    return tf.matmul(source, self.weights[node])

  def _places(self, time):
    """Where a step's nodes lie, and where lies what nodes 1 to L read."""
    base = time * _constant(self.num_nodes)
    return (
      tf.unstack(base + self.places, self.num_nodes),
      tf.unstack(base + self.predecessors, self.num_nodes - 1),
    )

  def _mean(self, made):
    if self.wiring.shares is None:
      return tf.add_n(made) * variables.shared_constant(1.0 / len(made))
    return tf.add_n([n * k for n, k in zip(made, self.wiring.shares)])

  def _shares(self, gradient):
    """What of the gradient of the mean each of nodes 1 to L gets."""
    count = self.num_nodes - 1
    if self.wiring.shares is None:
      return [gradient * variables.shared_constant(1.0 / count)] * count
    return [gradient * share for share in self.wiring.shares]

  def _at(self, array, places, times=1):
    """Elements of an array as [T, B, times * H]."""
    value = array.gather(places)
    value.set_shape([None, None, times * self.size])
    return value


def _apply(activation, functions, value):
  """What a static or sampled activation makes of a value."""
  if isinstance(activation, int):
    return functions[activation](value)
  return lazy.choose(activation, functions, value, training=False)


def _row(value, index):
  """value[index] of the first axis."""
  return tf.raw_ops.GatherV2(params=value, indices=index, axis=_constant(0))


_constant = functools.partial(variables.shared_constant, dtype='int32')


def _array(size):
  return tf.TensorArray(
    tf.float32, size, clear_after_read=False, infer_shape=False
  )
