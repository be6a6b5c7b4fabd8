"""What the controllers of all search spaces have in common (ENAS section 2).

An LSTM walks over the choices of an architecture. At each it turns its state
into logits, samples, and feeds what it chose into its next step. Choices among
earlier places are made by attention. Source: melodyguan/enas's controllers.
"""

from src.nn import lstm, reinforce, variables
from src.tf1 import tf

LIMIT = 0.1


class Sampler:
  """Weights and running state of one pass of sampling.

  `config` needs the fields lstm_size, lstm_num_layers, tanh_constant and
  temperature. Classes may set other names and another range of first values.
  """

  limit = LIMIT
  bias_limit = None
  lstm_scope = 'lstm/layer_%d'
  start_name = 'g_emb'

  def __init__(self, config):
    self.config = config
    size, layers = config.lstm_size, config.lstm_num_layers
    self.lstm = lstm.weights(
      size, layers, self.limit, self.lstm_scope, self.bias_limit
    )
    self.state = lstm.zero_state(size, layers)
    self.g_emb = weight(self.start_name, [1, size], self.limit)
    self.tables = self._create_tables()
    self.tokens, self._nlls, self._entropies, self._states = [], [], [], []

  def _create_tables(self):
    """The weights between choices and states."""
    raise NotImplementedError

  def step(self, value):
    """One step of the LSTM; returns its output h, [1, size]."""
    output, self.state = lstm.step(value, self.state, self.lstm)
    return output

  def squash(self, logits, tanh_reduce=1.0):
    """Divides by the temperature, then bounds by the tanh constant."""
    config = self.config
    if config.temperature is not None:
      logits /= config.temperature
    if config.tanh_constant is not None:
      logits = config.tanh_constant / tanh_reduce * tf.tanh(logits)
    return logits

  def record(self, logits, choice, full_entropy):
    """Adds a choice's negative log-likelihood and entropy to the sums.

    Args:
      logits: [n, k].
      choice: int32 [n].
      full_entropy: whether to take the entropy of each row's distribution, not
        -p log p of the choice alone.
    """
    nll = tf.nn.sparse_softmax_cross_entropy_with_logits(
      logits=logits, labels=choice
    )
    self._nlls.append(tf.reduce_sum(nll))
    if full_entropy:
      entropy = tf.nn.softmax_cross_entropy_with_logits_v2(
        logits=logits, labels=tf.nn.softmax(logits)
      )
    else:
      entropy = nll * tf.exp(-nll)
    self._entropies.append(tf.reduce_sum(entropy))
    self._states.append(self.state[-1][1])

  def sample(self, **metrics):
    """The reinforce.Sample of all choices so far."""
    return reinforce.Sample(
      arc=tf.concat(self.tokens, 0),
      nll=tf.add_n(self._nlls),
      entropy=tf.add_n(self._entropies),
      log_probs=-tf.stack(self._nlls),
      entropies=tf.stack(self._entropies),
      states=tf.concat(self._states, 0),
      metrics=metrics,
    )


class Attention:
  """Scores places that a sampler has been at: tanh(keys + h w_2) v.

  Source: equations of section 2.1 and 2.3 of ENAS, as melodyguan/enas has them.
  """

  def __init__(self, size, limit=LIMIT):
    with tf.variable_scope('attention'):
      self._w_1 = weight('w_1', [size, size], limit)
      self._w_2 = weight('w_2', [size, size], limit)
      self._v = weight('v', [size, 1], limit)

  def key(self, output):
    """What a place is known by later; [1, size].

    Args:
      output: [1, size], the LSTM's output h there.
    """
    return tf.matmul(output, self._w_1)

  def scores(self, keys, output):
    """One score a place, [number of keys, 1].

    Args:
      keys: list of what `key` returned.
      output: [1, size], the output h now.
    """
    query = tf.concat(keys, 0) + tf.matmul(output, self._w_2)
    return tf.matmul(tf.tanh(query), self._v)


def choose(logits, noise):
  """Samples a row each of logits [n, k] by Gumbel noise; int32 [n]."""
  return tf.argmax(logits + noise, 1, output_type=tf.int32)


def weight(name, shape, limit=LIMIT):
  """A controller's weight: uniform in +-limit."""
  return variables.create(name, shape, variables.uniform(limit)).value()


def row(table, index):
  """table[index] as a dense product, so that its gradient is dense too."""
  return tf.matmul(tf.one_hot(index, int(table.shape[0])), table)
