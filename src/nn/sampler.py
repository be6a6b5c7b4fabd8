"""What the controllers of all search spaces have in common (ENAS section 2).

An LSTM walks over the choices of an architecture. At each it turns its state
into logits, samples, and feeds what it chose into its next step. Choices among
earlier places are made by attention. Source: melodyguan/enas's controllers.
"""

from src.nn import lstm, variables
from src.tf1 import tf

LIMIT = 0.1


class Sampler:
  """Weights and running state of one pass of sampling.

  `config` needs the fields lstm_size, lstm_num_layers, tanh_constant and
  temperature. Classes may set other names and another range of first values.
  """

  limit = LIMIT
  lstm_scope = 'lstm/layer_%d'
  start_name = 'g_emb'

  def __init__(self, config):
    self.config = config
    size, layers = config.lstm_size, config.lstm_num_layers
    self.lstm = lstm.weights(size, layers, self.limit, self.lstm_scope)
    self.state = lstm.zero_state(size, layers)
    self.g_emb = weight(self.start_name, [1, size], self.limit)
    self.tables = self._create_tables()
    with tf.variable_scope('attention'):
      self.w_1 = weight('w_1', [size, size], self.limit)
      self.w_2 = weight('w_2', [size, size], self.limit)
      self.v = weight('v', [size, 1], self.limit)
    self.tokens, self.nlls, self.entropies = [], [], []

  def _create_tables(self):
    """The weights between choices and states."""
    raise NotImplementedError

  def step(self, value):
    """One step of the LSTM; returns its output h, [1, size]."""
    output, self.state = lstm.step(value, self.state, self.lstm)
    return output

  def attend(self, keys, output):
    """tanh(keys + h w_2) v, [number of keys, 1]."""
    return tf.matmul(tf.tanh(keys + tf.matmul(output, self.w_2)), self.v)

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
    self.nlls.append(tf.reduce_sum(nll))
    if full_entropy:
      entropy = tf.nn.softmax_cross_entropy_with_logits(
        logits=logits, labels=tf.stop_gradient(tf.nn.softmax(logits))
      )
    else:
      entropy = nll * tf.exp(-nll)
    self.entropies.append(tf.reduce_sum(entropy))

  def sums(self):
    """(negative log-likelihood, entropy) of all choices so far, scalars."""
    return tf.add_n(self.nlls), tf.stop_gradient(tf.add_n(self.entropies))


def choose(logits, noise):
  """Samples a row each of logits [n, k] by Gumbel noise; int32 [n]."""
  return tf.argmax(logits + noise, 1, output_type=tf.int32)


def weight(name, shape, limit=LIMIT):
  """A controller's weight: uniform in +-limit."""
  return variables.create(name, shape, variables.uniform(limit)).value()


def row(table, index):
  """table[index] as a dense product, so that its gradient is dense too."""
  return tf.matmul(tf.one_hot(index, int(table.shape[0])), table)
