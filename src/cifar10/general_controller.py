"""The macro controller: an LSTM that writes architectures (ENAS section 2.3).

For each layer it samples an operation, and then, by attention over the states
it had at earlier layers, which of their outputs to skip in. Source:
`src/cifar10/general_controller.py` of melodyguan/enas.
"""

import typing

from src.nn import random_ops
from src.nn.sampler import Attention, Sampler, choose, row, weight
from src.tf1 import tf


class ControllerConfig(typing.NamedTuple):
  """Flags `controller_*` of the same names; search_for as the flag.

  Attributes:
    lstm_bias: bool, whether the LSTM has biases.
    keeps_skip_state: bool, whether the LSTM goes on to the next layer from the
      state after the step that chose skips; else from the one before it.
  """

  num_layers: int
  num_operations: int
  out_filters: int
  whole_channels: bool = True
  search_for: str = 'macro'
  lstm_size: int = 64
  lstm_num_layers: int = 1
  tanh_constant: typing.Optional[float] = None
  temperature: typing.Optional[float] = None
  skip_target: float = 0.8
  skip_penalty: str = 'sigmoid'
  full_entropy: bool = False
  lstm_bias: bool = False
  keeps_skip_state: bool = True

  # How often upstream's log says that it builds a sampler.
  num_samplers = 1

  def build(self, key):
    """See `sample`."""
    return sample(self, key)


def sample(config, key):
  """Builds the sampler.

  Args:
    config: ControllerConfig.
    key: int32 [2], see `random_ops`; each key has its own architecture.

  Returns:
    reinforce.Sample; the architecture has the tokens of `src.arc`'s
    `MacroArc`, or `ChannelMacroArc` with partial channels.
  """
  with tf.device('/cpu:0'):
    with tf.variable_scope('controller', reuse=tf.AUTO_REUSE):
      return _Sampler(config, key).run()


class _Sampler(Sampler):
  """The walk over the layers."""

  def __init__(self, config, key):
    if config.lstm_bias:
      # PyTorch's range for a cell of this size.
      self.bias_limit = config.lstm_size**-0.5
    super().__init__(config)
    self.attention = Attention(config.lstm_size)
    self.noise = self._noise(key)
    self.skip_counts, self.skip_penalties = [], []

  def _create_tables(self):
    """One (embedding [n, size], softmax [size, n]) pair per kind of choice."""
    config, size = self.config, self.config.lstm_size
    if config.whole_channels:
      choices = [('', 'w', config.num_operations)]
    else:
      choices = []
      for branch in range(config.num_operations):
        scope = '/branch_%d' % branch
        choices.append((scope, 'w_start', config.out_filters))
        choices.append((scope, 'w_count', config.out_filters - 1))
    tables = []
    for scope, name, count in choices:
      with tf.variable_scope('emb' + scope):
        embedding = weight(name, [count, size])
      with tf.variable_scope('softmax' + scope):
        tables.append((embedding, weight(name, [size, count])))
    return tables

  def _noise(self, key):
    """Gumbel noise for every choice, in the order in which they are made.

    Yields [n] for a choice of one among n, and [i, 2] for i skip bits.
    """
    layers = self.config.num_layers
    sizes = [int(embedding.shape[0]) for embedding, _ in self.tables]
    bits = layers * (layers - 1) // 2
    noise = random_ops.gumbel([layers * sum(sizes) + 2 * bits], key)
    of_heads = tf.split(noise[: layers * sum(sizes)], sizes * layers)
    of_bits = tf.reshape(noise[layers * sum(sizes) :], [bits, 2])
    of_bits = tf.split(of_bits, list(range(layers)))
    for layer in range(layers):
      start = layer * len(sizes)
      yield from of_heads[start : start + len(sizes)]
      if layer > 0:
        yield of_bits[layer]

  def run(self):
    value = self.g_emb
    anchors, keys = [], []
    for layer in range(self.config.num_layers):
      if self.config.whole_channels:
        value = self._operation(value)
      else:
        value = self._channel_ranges(value)
      state = self.state
      output = self.step(value)
      value = self.g_emb
      if layer > 0:
        value = self._skips(output, tf.concat(anchors, 0), keys)
      if not self.config.keeps_skip_state:
        self.state = state
      anchors.append(output)
      keys.append(self.attention.key(output))
    zero = tf.zeros([])
    return self.sample(
      skip_count=tf.add_n(self.skip_counts) if self.skip_counts else zero,
      skip_penalty=(
        tf.add_n(self.skip_penalties) / len(self.skip_penalties)
        if self.skip_penalties
        else zero
      ),
    )

  def _choose(self, logits):
    """Samples a row each of logits [n, k]; returns int32 [n]."""
    return choose(logits, next(self.noise))

  def _record(self, tokens, logits, choice):
    self.tokens.append(tokens)
    # Upstream's entropy is of the sampled token alone (FIDELITY, D10).
    self.record(logits, choice, self.config.full_entropy)

  def _operation(self, value):
    embedding, softmax = self.tables[0]
    logits = self.squash(tf.matmul(self.step(value), softmax))
    choice = self._choose(logits)
    if self.config.search_for == 'connection':
      # Only skips are searched: every layer has operation 0.
      choice = tf.zeros([1], tf.int32)
    self._record(choice, logits, choice)
    return row(embedding, choice)

  def _channel_ranges(self, value):
    """A first channel and a number of channels for each operation."""
    filters = self.config.out_filters
    for branch in range(self.config.num_operations):
      embedding, softmax = self.tables[2 * branch]
      logits = self.squash(tf.matmul(self.step(value), softmax))
      start = self._choose(logits)
      self._record(start, logits, start)
      value = row(embedding, start)

      embedding, softmax = self.tables[2 * branch + 1]
      logits = self.squash(tf.matmul(self.step(value), softmax))
      # The range must end within the filters; one channel always fits.
      fits = tf.range(filters - 1) <= filters - 1 - start
      logits = tf.where(
        fits[None], logits, tf.fill(tf.shape(logits), logits.dtype.min)
      )
      count = self._choose(logits)
      self._record(count + 1, logits, count)
      value = row(embedding, count)
    return value

  def _skips(self, output, anchors, keys):
    """Skip bits of one layer from attention over the earlier layers.

    Args:
      output: [1, size], the LSTM's output h at this layer.
      anchors: [i, size], its outputs at the i earlier layers.
      keys: list of their i keys, see `Attention`.

    Returns:
      [1, size], mean over the chosen anchors and one zero vector.
    """
    scores = self.attention.scores(keys, output)
    logits = self.squash(tf.concat([-scores, scores], 1))
    bits = self._choose(logits)
    self._record(bits, logits, bits)
    chosen = tf.cast(bits, tf.float32)
    count = tf.reduce_sum(chosen)
    self.skip_counts.append(count)
    # A sigmoid of each logit stands for the policy's probability here,
    # although sampling uses their softmax (FIDELITY, D11), unless asked.
    target = self.config.skip_target
    prior = tf.constant([[1.0 - target, target]])
    if self.config.skip_penalty == 'softmax':
      rate = tf.nn.softmax(logits)
    else:
      rate = tf.sigmoid(logits)
    self.skip_penalties.append(tf.reduce_sum(rate * tf.log(rate / prior)))
    return tf.matmul(chosen[None], anchors) / (1.0 + count)
