"""The micro controller: an LSTM that writes two cells (ENAS section 2.4).

For each block of a cell it samples, by attention over the blocks before, two
inputs, and then two operations. The reduction cell follows the normal one with
the state that the LSTM has by then. Source: `src/cifar10/micro_controller.py`
of melodyguan/enas.
"""

import typing

import numpy as np

from src.nn import random_ops, variables
from src.nn.sampler import Attention, Sampler, choose, row, weight
from src.tf1 import tf

# The first two operations, separable convolutions, are favoured: by a bias that
# is learnt from there on, and in normal cells by a constant (FIDELITY, D23).
NUM_FAVOURED = 2
INITIAL_BIAS = (10.0, 0.0)
NORMAL_CELL_BIAS = (0.25, -0.25)


class ControllerConfig(typing.NamedTuple):
  """Flags `controller_*` of the same names; num_cells is blocks a cell.

  Attributes:
    biases: what is added to logits of operations in each cell that is sampled:
      a pair for favoured and other ones, or None.
    num_favoured: int, operations that are.
  """

  num_cells: int
  num_operations: int
  lstm_size: int = 64
  lstm_num_layers: int = 1
  tanh_constant: typing.Optional[float] = None
  op_tanh_reduce: float = 1.0
  temperature: typing.Optional[float] = None
  biases: tuple = (NORMAL_CELL_BIAS, None)
  num_favoured: int = NUM_FAVOURED

  # How often upstream's log says that it builds a sampler: once a cell.
  num_samplers = 2

  def build(self, key):
    """See `sample`."""
    return sample(self, key)


def sample(config, key):
  """Builds the sampler.

  Args:
    config: ControllerConfig.
    key: int32 [2], see `random_ops`; each key has its own architecture.

  Returns:
    reinforce.Sample; the architecture has the tokens of `src.arc.MicroArc`.
    There are no skips to count or penalise. With one bias there is one cell.
  """
  with tf.device('/cpu:0'):
    with tf.variable_scope('controller', reuse=tf.AUTO_REUSE):
      sampler = _Sampler(config)
      noise = _noise(config, key)
      for bias in config.biases:
        sampler.cell(noise, bias)
      return sampler.sample()


def _noise(config, key):
  """Yields Gumbel noise for every choice, [1, n], in the order of sampling."""
  sizes = [
    size
    for _ in config.biases
    for nodes in range(2, config.num_cells + 2)
    for size in (nodes, nodes, config.num_operations, config.num_operations)
  ]
  noise = random_ops.gumbel([1, sum(sizes)], key)
  yield from tf.split(noise, sizes, axis=1)


def _favouring(config, values):
  """[1, n]: the first value for favoured operations, then the second."""
  first, second = values
  favoured = np.arange(config.num_operations) < config.num_favoured
  return np.where(favoured, first, second)[None]


class _Sampler(Sampler):
  """The walk over the blocks of both cells."""

  def __init__(self, config):
    super().__init__(config)
    self.attention = Attention(config.lstm_size)

  def _create_tables(self):
    """(embedding [n, size], softmax [size, n], its bias [1, n])."""
    size, count = self.config.lstm_size, self.config.num_operations
    with tf.variable_scope('emb'):
      embedding = weight('w', [count, size])
    with tf.variable_scope('softmax'):
      softmax = weight('w', [size, count])
      initial = variables.constant(_favouring(self.config, INITIAL_BIAS))
      bias = variables.create('b', [1, count], initial).value()
    return embedding, softmax, bias

  def cell(self, noise, bias):
    """Samples one cell; appends its tokens, index_1 op_1 index_2 op_2 a block.

    Args:
      noise: iterator of Gumbel noise.
      bias: pair added to the logits of favoured and other operations, or None.
    """
    anchors, keys = [], []
    for _ in range(2):
      keys.append(self.attention.key(self.step(self.g_emb)))
      anchors.append(tf.zeros_like(self.g_emb))
    for _ in range(self.config.num_cells):
      value = self.g_emb
      indices, operations = [], []
      for _ in range(2):
        index = self._index(value, keys, next(noise))
        value = row(tf.concat(anchors, 0), index)
        indices.append(index)
      for _ in range(2):
        operation = self._operation(value, bias, next(noise))
        value = row(self.tables[0], operation)
        operations.append(operation)
      anchors.append(self.step(value))
      keys.append(self.attention.key(anchors[-1]))
      self.tokens += [
        indices[0], operations[0], indices[1], operations[1]
      ]  # fmt: skip

  def _index(self, value, keys, noise):
    """An earlier node; int32 [1]."""
    logits = tf.transpose(self.attention.scores(keys, self.step(value)))
    return self._choose(self.squash(logits), noise)

  def _operation(self, value, bias, noise):
    """An operation; int32 [1]."""
    _, softmax, learnt = self.tables
    logits = tf.matmul(self.step(value), softmax) + learnt
    logits = self.squash(logits, self.config.op_tanh_reduce)
    if bias is not None:
      logits += tf.constant(_favouring(self.config, bias), tf.float32)
    return self._choose(logits, noise)

  def _choose(self, logits, noise):
    choice = choose(logits, noise)
    self.record(logits, choice, full_entropy=True)
    return choice
