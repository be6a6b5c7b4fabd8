"""The language model: a recurrent cell between a tied embedding and softmax.

The search child shares weights: node i has a matrix for each activation and
predecessor, [actions, i, H, 2H], of which an architecture takes one. It is
taken out once a run, and only it is masked, differentiated and updated. The
fixed child has the one matrix of each node. Source: `child.py` and
`fixed_lib.py` of enas_lm (google-research), under the roles of
melodyguan/enas's `src/ptb`.
"""

import typing

from src.arc.recurrent_space import RecurrentSpace
from src.nn import optimizers, variables
from src.ptb import ptb_ops
from src.ptb.cells import wiring as wiring_lib
from src.ptb.cells.highway import Highway
from src.ptb.cells.unroll import unroll
from src.tf1 import tf


class ChildConfig(typing.NamedTuple):
  """Flags `child_*`.

  Attributes:
    space: RecurrentSpace of the cells that there are weights for.
    arc: RecurrentArc of a fixed child, or None for the search child.
    average_loose_ends: whether the state is the mean of the nodes no other
      reads, not of nodes 1 to L.
  """

  vocab_size: int
  hidden_size: int
  space: RecurrentSpace
  arc: typing.Any = None
  init_range: float = 0.04
  keep: ptb_ops.Keep = ptb_ops.KEEP_ALL
  average_loose_ends: bool = False

  @property
  def num_nodes(self):
    """int, L, those that read another node."""
    return self.space.num_nodes - 1

  @property
  def scope(self):
    """Where enas_lm's variables of such a child are."""
    return 'child' if self.arc is None else 'language_model'


class Weights(typing.NamedTuple):
  """The weights of an architecture.

  Attributes:
    embedding: float32 [V, H].
    w_prev: float32 [2H, 2H], its upper half for inputs, its lower for the
      state.
    layers: list of L float32 [H, 2H].
    trained: what the optimiser is to change, in this order, variables or
      `optimizers.Slice`s.
    wiring: wiring.Wiring.
  """

  embedding: typing.Any
  w_prev: typing.Any
  layers: typing.Sequence
  trained: typing.Sequence
  wiring: wiring_lib.Wiring


class Outputs(typing.NamedTuple):
  """What a window gives.

  Attributes:
    outputs: float32 [T, B, H], of the cell, undropped.
    tops: float32 [T * B, H], what enters the softmax.
    final: float32 [B, H], the state after it.
  """

  outputs: typing.Any
  tops: typing.Any
  final: typing.Any


def weights(config, tokens=None):
  """Creates the variables, or finds them, and takes an architecture's out.

  Args:
    config: ChildConfig.
    tokens: int32 [2L], the architecture as the space numbers it; of the
      search child only.

  Returns:
    Weights.
  """
  size, actions = config.hidden_size, config.space.num_actions
  initial = variables.uniform(config.init_range)
  with tf.variable_scope(config.scope, reuse=tf.AUTO_REUSE):
    embedding = variables.create(
      'embedding/w', [config.vocab_size, size], initial
    )
    with tf.variable_scope('rnn_cell'):
      w_prev = variables.create('w_prev', [2 * size, 2 * size], initial)
      if config.arc is None:
        names, shapes = (
          [form(node) for node in range(1, config.num_nodes + 1)]
          for form in ('layer_{}/w'.format, lambda node: [actions, node])
        )
      else:
        names = ['layer_%d/w' % node for node in range(config.num_nodes)]
        shapes = [[]] * config.num_nodes
      layers = [
        variables.create(name, shape + [size, 2 * size], initial)
        for name, shape in zip(names, shapes)
      ]
  trained = [embedding, w_prev]
  if config.arc is None:
    wiring = wiring_lib.sampled(config.space, tokens, config.average_loose_ends)
    places = tf.reverse(tf.reshape(tokens, [config.num_nodes, 2]), [1])
    places = tf.unstack(places, config.num_nodes)
    taken = [
      tf.gather_nd(layer.value(), place) for layer, place in zip(layers, places)
    ]
    trained += [
      optimizers.Slice(*parts) for parts in zip(layers, places, taken)
    ]
  else:
    wiring = wiring_lib.fixed(config.arc, config.average_loose_ends)
    taken = [layer.value() for layer in layers]
    trained += layers
  return Weights(embedding.value(), w_prev.value(), taken, trained, wiring)


def state(config, batch_size):
  """The variable of the state carried from window to window, [B, H], zeros."""
  with tf.variable_scope(config.scope, reuse=tf.AUTO_REUSE):
    return variables.create(
      'init_states/batch/s',
      [batch_size, config.hidden_size],
      variables.zeros,
      trainable=False,
    )


def run(config, weights, inputs, state, key=None):
  """Reads a window.

  Args:
    config: ChildConfig.
    weights: Weights.
    inputs: int32 [B, T], ids of words.
    state: float32 [B, H], before the window.
    key: function (purpose str) -> int32 [2] for dropout; None without.

  Returns:
    Outputs.
  """
  size = config.hidden_size
  ids = tf.transpose(inputs)
  masks = ptb_ops.masks(
    config.keep,
    key,
    config.vocab_size,
    tf.shape(inputs)[0],
    size,
    config.num_nodes,
  )
  of_input, of_state = tf.split(weights.w_prev, 2)
  recurrent = [of_state] + weights.layers
  if masks.weights is not None:
    recurrent = [w * mask for w, mask in zip(recurrent, masks.weights)]
  value = ptb_ops.embed(weights.embedding, ids, masks)
  projected = tf.matmul(tf.reshape(value, [-1, size]), of_input)
  projected = tf.reshape(projected, tf.concat([tf.shape(ids), [2 * size]], 0))
  cell = Highway(recurrent, weights.wiring, masks.state)
  outputs, (states,) = unroll(cell, projected, (state,))
  tops = tf.reshape(ptb_ops.times(outputs, masks.outputs), [-1, size])
  return Outputs(outputs, tops, states[-1])


def parameter_counts(config):
  """(all parameters, those of one child)."""
  size, nodes = config.hidden_size, config.num_nodes
  common = config.vocab_size * size + 4 * size**2
  one = common + 2 * nodes * size**2
  if config.arc is not None:
    return one, one
  # The sum over i of [num_actions, i, H, 2H].
  actions = config.space.num_actions
  return common + actions * nodes * (nodes + 1) * size**2, one
