"""The language model of ENAS-pytorch: one matrix for each pair of nodes.

  node 0: [a | c] = x W_x + b + h W_h;  node j: [a | c] = n_p W[p, j];
  n_j = sigmoid(c) f_j(a) + (1 - sigmoid(c)) n_p

with h in the place of n_p for node 0. The output of a step is the mean of the
nodes that no other reads, batch-normalised; the next state is the last node.
The matrices of a pair serve all activations, or each has its own. One graph
serves every architecture: it is fed, and only the matrices that it uses are
read, differentiated and changed. Source: `models/shared_rnn.py` of
ENAS-pytorch.
"""

import typing

from src.arc import hadamard
from src.nn import optimizers, random_ops, variables
from src.ptb import ptb_ops, word_loss
from src.ptb.cells.highway import Highway
from src.ptb.cells.unroll import unroll
from src.recurrent import norm, wired, words
from src.tf1 import tf

EDGE_WEIGHTS = ('per_edge', 'per_function')


class Drop(typing.NamedTuple):
  """Shares that training drops, scaled up again; flags `shared_*`.

  Attributes:
    words: of the vocabulary, `dropoute`.
    inputs: of the features of embeddings, the same at all steps, `dropouti`.
    outputs: of those of outputs, likewise, `dropout`.
    weights: of the entries of W_h, `wdrop`.
  """

  words: float = 0.0
  inputs: float = 0.0
  outputs: float = 0.0
  weights: float = 0.0


class ChildConfig(typing.NamedTuple):
  """What a child is built of.

  Attributes:
    vocab_size: int, V.
    space: DagSpace or HadamardSpace of the cells that there are weights for;
      N nodes.
    embed_size: int, E.
    hidden_size: int, H.
    tied: bool, whether the embedding is the decoder's matrix; then E is H.
    edge_weights: one of EDGE_WEIGHTS.
    all_nodes: bool, whether outputs are means of all nodes but node 0.
    last_node: bool, whether the next state is the last node, not the output.
    state_bound: float, the largest norm of a row of the next state where that
      is a node; None for no bound.
    batch_norm: bool, of the outputs.
    eval_norm: by which statistics in use, `norm.BATCH` or `norm.MOVING`.
    norm_uniform: bool, whether its scale and offset begin as all other
      weights, as they did in the reference, and not with 1 and 0.
    init_range: float, first weights lie within plus and minus this.
    drop: Drop.
    mean_of_ends: bool, whether outputs of cells of a HadamardSpace are means of
      the nodes that no other reads, and not h_t.
  """

  vocab_size: int
  space: typing.Any
  embed_size: int = 1000
  hidden_size: int = 1000
  tied: bool = True
  edge_weights: str = 'per_edge'
  all_nodes: bool = False
  last_node: bool = True
  state_bound: typing.Optional[float] = 25.0
  batch_norm: bool = True
  eval_norm: str = norm.BATCH
  norm_uniform: bool = False
  init_range: float = 0.025
  drop: Drop = Drop()
  mean_of_ends: bool = False

  @property
  def num_nodes(self):
    return self.space.num_nodes

  @property
  def state_size(self):
    """int, S, features carried from step to step: H, or 2H of [h, c]."""
    return self.hidden_size * (2 if self.space.type == hadamard.TYPE else 1)


class Weights(typing.NamedTuple):
  """The weights of an architecture.

  Attributes:
    embedding: float32 [V, E].
    decoder: float32 [V, H]; the embedding where they are tied.
    bias: float32 [V], of the decoder.
    w_x: float32 [E, 2H], and b: float32 [2H], of the inputs.
    w_h: float32 [H, 2H], of the state.
    layers: list of N-1 float32 [H, 2H].
    norm: norm.Norm or None.
    trained: what the optimiser is to change, variables or
      `optimizers.Slice`s.
    wiring: wiring.Wiring.
  """

  embedding: typing.Any
  decoder: typing.Any
  bias: typing.Any
  w_x: typing.Any
  b: typing.Any
  w_h: typing.Any
  layers: typing.Sequence
  norm: typing.Any
  trained: typing.Sequence
  wiring: typing.Any

  def unrolled(self, config, value, state, mask, cell):
    """The cell over a window.

    Args:
      config: ChildConfig.
      value: float32 [T, B, E], its inputs.
      state: float32 [B, S] before it.
      mask: function (a field of Drop, shape, optionally a str that tells masks
        of one field apart) -> what multiplies, or None.
      cell: see `run`.

    Returns:
      (float32 [T, B, H], outputs; float32 [T, B, S], states after each step).
    """
    flat = tf.reshape(value, [-1, config.embed_size])
    projected = tf.matmul(flat, self.w_x) + self.b
    width = [2 * config.hidden_size]
    projected = tf.reshape(
      projected, tf.concat([tf.shape(value)[:2], width], 0)
    )
    shape = [config.hidden_size] + width
    w_h = ptb_ops.times(self.w_h, mask('weights', shape))
    built = cell([w_h] + self.layers, self.wiring, None, config.state_bound)
    outputs, (states,) = unroll(built, projected, (state,))
    return outputs, states


class Outputs(typing.NamedTuple):
  """What a window gives.

  Attributes:
    outputs: float32 [T, B, H], before dropout.
    dropped: float32 [T, B, H], after it.
    states: float32 [T, B, S], after each step.
  """

  outputs: typing.Any
  dropped: typing.Any
  states: typing.Any

  @property
  def tops(self):
    """float32 [T * B, H], what enters the decoder."""
    return tf.reshape(self.dropped, [-1, int(self.dropped.shape[2])])

  @property
  def hidden(self):
    """float32 [T, B, H], h of the states."""
    size = int(self.dropped.shape[2])
    if int(self.states.shape[2]) == size:
      return self.states
    return self.states[..., :size]


def weights(config, tokens):
  """Creates the variables, or finds them, and takes an architecture's out.

  Args:
    config: ChildConfig.
    tokens: int32 [D], the architecture as the space numbers it.

  Returns:
    Weights.
  """
  wires = wired.wiring(config.space, tokens, config.all_nodes, config.last_node)
  whole = tables(config, wires)
  parts = []
  for node, layer in enumerate(whole.layers, 1):
    index = [wires.predecessors[node - 1]]
    if config.edge_weights == 'per_function':
      index.insert(0, _number(wires.activations[node]))
    index = tf.stack(index)
    value = tf.gather_nd(layer.value(), index)
    parts.append(optimizers.Slice(layer, index, value))
  return whole._replace(
    layers=[part.value for part in parts], trained=whole.trained + parts
  )


def tables(config, wiring):
  """The Weights whose layers are whole variables, [.., p, H, 2H] of node p + 1.

  Args:
    config: ChildConfig.
    wiring: what the cell is to be told beside them.
  """
  size = config.hidden_size
  initial = variables.uniform(config.init_range)
  found = words.weights(config)
  with tf.variable_scope('child/rnn_cell', reuse=tf.AUTO_REUSE):

    def _create(name, shape):
      return variables.create(name, shape, initial)

    w_x = _create('w_x', [config.embed_size, 2 * size])
    b = _create('b', [2 * size])
    w_h = _create('w_h', [size, 2 * size])
    layers = [
      _create('layer_%d/w' % node, places + [size, 2 * size])
      for node, places in enumerate(_places(config), 1)
    ]
  return Weights(
    w_x=w_x.value(),
    b=b.value(),
    w_h=w_h.value(),
    layers=layers,
    wiring=wiring,
    **found.around([w_x, b, w_h]),
  )


def moved(weights, change):
  """The same architecture with its weights at another point.

  Args:
    weights: Weights, or a record like it.
    change: function of an entry of `trained` that returns what is added to its
      value, float32 of its shape.

  Returns:
    the record with other values; `trained` is what it was.
  """
  values = {}
  for part in weights.trained:
    before = optimizers.value_of(part)
    values[before.name] = before + change(part)

  def _at(held):
    if isinstance(held, tf.Tensor):
      return values.get(held.name, held)
    if isinstance(held, norm.Norm):
      return held._replace(scale=_at(held.scale), offset=_at(held.offset))
    return [_at(each) for each in held] if isinstance(held, list) else held

  kept = ('trained', 'wiring')
  fields = weights._asdict().items()
  return weights._replace(**{n: _at(v) for n, v in fields if n not in kept})


def _number(activation):
  """Which of the space's activations a node applies, int32 scalar."""
  return 0 if activation.choice is None else activation.choice.index


def _places(config):
  """list of the leading axes of each layer's variable."""
  functions = []
  if config.edge_weights == 'per_function':
    functions = [len(config.space.activations)]
  return [functions + [node] for node in range(1, config.num_nodes)]


def state(config, batch_size, name='state'):
  """A variable of a state carried from window to window, [B, S], zeros."""
  with tf.variable_scope('child', reuse=tf.AUTO_REUSE):
    shape = [batch_size, config.state_size]
    return variables.create(name, shape, variables.zeros, trainable=False)


def run(config, weights, inputs, state, key=None, cell=Highway, noise=None):
  """Reads a window.

  Args:
    config: ChildConfig.
    weights: Weights.
    inputs: int32 [B, T], ids of words.
    state: float32 [B, S], before the window.
    key: function (purpose str) -> int32 [2]: the model is trained, it drops
      what `config.drop` says, and its norm folds statistics in. None: the
      model is used.
    cell: function of (list of float32 [H, 2H], wiring, mask, state_bound).
    noise: function of a shape [3], int32, that returns what is added to the
      vectors of words, float32 [T, B, E]; or None.

  Returns:
    Outputs.
  """
  ids = tf.transpose(inputs)
  rows = tf.shape(inputs)[0]
  drop = config.drop if key is not None else Drop()

  def _mask(name, shape, of=''):
    share = getattr(drop, name)
    if not share:
      return None
    purpose = 'dropout ' + name + of
    return random_ops.dropout_mask(shape, 1 - share, key(purpose))

  masks = ptb_ops.Masks(
    words=_mask('words', [config.vocab_size]),
    inputs=_mask('inputs', [rows, config.embed_size]),
  )
  value = ptb_ops.embed(weights.embedding, ids, masks)
  if noise is not None:
    value += noise(tf.shape(value))
  outputs, states = weights.unrolled(config, value, state, _mask, cell)
  if weights.norm is not None:
    statistics = config.eval_norm if key is None else norm.FOLD
    outputs = weights.norm.of(outputs, statistics)
  locked = _mask('outputs', [rows, config.hidden_size])
  return Outputs(outputs, ptb_ops.times(outputs, locked), states)


def mean_loss(weights, outputs, targets):
  """Mean cross entropy of a window in nats, with a gradient."""
  return word_loss.mean(
    outputs.tops, weights.decoder, _flat(targets), weights.bias
  )


def total_loss(weights, outputs, targets):
  """Summed cross entropy of a window in nats."""
  return word_loss.total(
    outputs.tops, weights.decoder, _flat(targets), weights.bias
  )


def _flat(targets):
  """Targets [B, T] in the order of `Outputs.tops`, int32 [T * B]."""
  return tf.reshape(tf.transpose(targets), [-1])


def parameter_count(config):
  """int, all parameters of the shared model."""
  size, nodes = config.hidden_size, config.num_nodes
  functions = 1
  if config.edge_weights == 'per_function':
    functions = len(config.space.activations)
  count = config.vocab_size * (config.embed_size + 1)
  if not config.tied:
    count += config.vocab_size * size
  count += 2 * (config.embed_size + 1) * size + 2 * size**2
  count += functions * nodes * (nodes - 1) * size**2
  return count + (2 * size if config.batch_norm else 0)
