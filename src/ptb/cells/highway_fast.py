"""The cell of enas_lm over a window, with its gradient written out.

The same numbers as `unroll.scan` of a `highway.Highway`. One loop goes forward
over the steps and keeps what each node made; one goes backward. Only what a
step needs of the step next to it is in the loops: the factors of the backward
pass and the gradients of the weights are computed for all steps at once. Nodes
lie in a TensorArray, where the predecessor is read by its number, and the
gradient of a node is summed in another: nothing is stacked or copied to choose
one. What is constant is made outside of the loops: inside, it would be an
operation at each step.
"""

import functools

from src.nn import own_gradient, variables
from src.ptb.cells import highway
from src.tf1 import tf


def serves(cell):
  """Whether the gradient written here is that of a cell."""
  return type(cell) is highway.Highway and all(
    option.slope is not None
    for applied in cell.wiring.activations
    for option in applied.options
  )


def unroll(cell, inputs, state):
  """Runs the cell over a window.

  Args:
    cell: highway.Highway.
    inputs: float32 [T, B, 2H].
    state: float32 [B, H], the state before the window; constant for gradients.

  Returns:
    (float32 [T, B, H], the outputs of each step; float32 [T, B, H], the states
    after it). Gradients flow to inputs and to the cell's weights.
  """
  passes = _Passes(cell, tf.shape(inputs)[0])
  outputs, states, *arrays = passes.forward(inputs, state)
  together = outputs if states is outputs else tf.concat([outputs, states], 2)
  together = own_gradient.define(
    [inputs] + cell.weights,
    together,
    lambda upstream: passes.backward(upstream, state, states, *arrays),
  )
  if states is outputs:
    return together, together
  return tuple(tf.split(together, 2, axis=2))


class _Passes:
  """Forward and backward."""

  def __init__(self, cell, num_steps):
    self.cell = cell
    self.wiring = cell.wiring
    self.num_steps = num_steps
    self.size = int(cell.weights[0].shape[0])
    self.num_nodes = cell.num_nodes
    self.predecessors = tf.stack(self.wiring.predecessors)
    self.places = tf.range(self.num_nodes)

  def forward(self, inputs, state):
    """Returns (outputs, states, arrays of the nodes, their a and their c).

    Outputs and states are [T, B, H], and the same tensor where a cell's state
    is its output. Element t (L + 1) + i of an array is of node i at step t:
    n_i, the value of its activation a = f(h) and its gate c = sigmoid(c), each
    [B, H].
    """
    count = self.num_nodes

    def _step(time, state, outputs, nodes, values, gates):
      places, sources = self._places(time)
      made = []
      for node in range(count):
        source, row = state, None
        if node == 0:
          row = _row(inputs, time)
        else:
          source = nodes.read(sources[node - 1])
          source.set_shape(state.shape)
        outcome, a, c = self.cell.combine(
          self.cell.product(node, source, row),
          source,
          functools.partial(self.wiring.activations[node].only, 'function'),
        )
        made.append(outcome)
        nodes = nodes.write(places[node], outcome)
        values = values.write(places[node], a)
        gates = gates.write(places[node], c)
      output = self.cell.mean(made[1:])
      outputs = outputs.write(time, output)
      state = output
      if self.wiring.state is not None:
        state = nodes.read(self._of_state(places))
        state.set_shape(output.shape)
        state = self.cell.bounded(state)
      return time + _constant(1), state, outputs, nodes, values, gates

    loop = tf.while_loop(
      lambda time, *rest: time < self.num_steps,
      _step,
      [0, state, _array(self.num_steps)]
      + [_array(self.num_steps * count) for _ in range(3)],
      parallel_iterations=1,
    )
    outputs = loop[2].stack()
    outputs.set_shape([None, None, self.size])
    states = outputs
    if self.wiring.state is not None:
      steps = tf.range(self.num_steps) * count
      states = self.cell.bounded(self._at(loop[3], steps + self.wiring.state))
    return (outputs, states) + tuple(loop[3:])

  def backward(self, upstream, state, states, nodes, values, gates):
    """Gradients of the inputs and all weights.

    With g = dn_i: dh = g c f'(h), dc = g (a - n_p) c (1 - c), of the source
    g (1 - c) + mask * ([dh | dc] W^T), where g has the cell's features alone.
    The three factors of g are made for all steps beforehand.

    Args:
      upstream: [T, B, H], of the outputs; [T, B, 2H], of outputs and states
        side by side, where a state is a node of its own.
    """
    count = self.num_nodes
    steps = tf.range(self.num_steps) * count
    of_states = scale = None
    if self.wiring.state is not None:
      upstream, of_states = tf.split(upstream, 2, axis=2)
      if self.cell.state_bound is not None:
        node = self._at(nodes, steps + self.wiring.state)
        scale = self.cell.scale(node)
    before = tf.concat([state[None], states[:-1]], 0)
    sources, factors = [], []
    for node in range(count):
      source = before
      if node > 0:
        source = self._at(nodes, steps + self.wiring.predecessors[node - 1])
      a, c = self._at(values, steps + node), self._at(gates, steps + node)
      slope = self.wiring.activations[node].only('slope', a)
      kept = 1.0 - c
      sources.append(source)
      factors.append((c * slope, (a - source) * c * kept, kept))
    name = tf.get_default_graph().unique_name('node_gradients')
    sums = nodes.grad(name)

    def _step(time, carried, flow, products):
      sums = nodes.grad(name, flow=flow)
      places, read_from = self._places(time)
      g = _row(upstream, time)
      if of_states is None:
        g += carried
      else:
        carried += _row(of_states, time)
        if scale is not None:
          carried *= _row(scale, time)
        sums = sums.write(self._of_state(places), carried)
      for place, share in zip(places[1:], self._shares(g)):
        sums = sums.write(place, share)
      for node in reversed(range(count)):
        g = sums.read(places[node])
        g.set_shape([None, self.size])
        if self.cell.features is not None:
          g *= self.cell.features
        of_h, of_c, kept = (g * _row(factor, time) for factor in factors[node])
        product = tf.raw_ops.ConcatV2(values=[of_h, of_c], axis=_constant(1))
        products = products.write(places[node], product)
        back = tf.matmul(product, self.cell.weights[node], transpose_b=True)
        if self.cell.mask is not None:
          back *= self.cell.mask
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
        of_inputs = product
      if self.cell.mask is not None:
        source *= self.cell.mask
      of_weights.append(
        tf.matmul(
          tf.reshape(source, [-1, self.size]),
          tf.reshape(product, [-1, 2 * self.size]),
          transpose_a=True,
        )
      )
    return [of_inputs] + of_weights

  def _places(self, time):
    """Where a step's nodes lie, and where lies what nodes 1 to L read."""
    base = time * _constant(self.num_nodes)
    return (
      tf.unstack(base + self.places, self.num_nodes),
      tf.unstack(base + self.predecessors, self.num_nodes - 1),
    )

  def _of_state(self, places):
    """Where the node lies that is the next state; places: of a step's nodes."""
    state = self.wiring.state
    return places[state] if isinstance(state, int) else places[0] + state

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


def _row(value, index):
  """value[index] of the first axis."""
  return tf.raw_ops.GatherV2(params=value, indices=index, axis=_constant(0))


_constant = functools.partial(variables.shared_constant, dtype='int32')


def _array(size):
  return tf.TensorArray(
    tf.float32, size, clear_after_read=False, infer_shape=False
  )
