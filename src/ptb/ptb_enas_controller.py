"""The controller of recurrent cells: an LSTM that writes one (ENAS 2.1).

For each node it chooses, by attention over the nodes before, which of them to
read, and then an activation. Source: `controller.py` of enas_lm.
"""

import typing

from src.arc.recurrent import ENAS_LM
from src.nn import random_ops
from src.nn.sampler import Attention, Sampler, choose, row, weight
from src.tf1 import tf


class ControllerConfig(typing.NamedTuple):
  """Flags `controller_*` of the same names; num_nodes is L.

  num_funcs: int, how many activations may be chosen, the space's first.
  distance_penalty: float or None; reading k places back costs its logit
  k^2 / distance_penalty, outside of the tanh (docs/FIDELITY.md).
  """

  num_nodes: int
  num_funcs: int = len(ENAS_LM.activations)
  lstm_size: int = 64
  tanh_constant: typing.Optional[float] = None
  temperature: typing.Optional[float] = None
  distance_penalty: typing.Optional[float] = 6.0
  full_entropy: bool = False

  @property
  def lstm_num_layers(self):
    return 1

  def build(self, key):
    """See `sample`."""
    return sample(self, key)


def sample(config, key):
  """Builds the sampler.

  Args:
    config: ControllerConfig.
    key: int32 [2], see `random_ops`; each key has its own architecture.

  Returns:
    reinforce.Sample; the architecture has enas_lm's tokens, those of
    `src.arc.RecurrentArc` in that format.
  """
  nodes = range(1, config.num_nodes + 1)
  sizes = [size for node in nodes for size in (node, config.num_funcs)]
  with tf.device('/cpu:0'):
    noise = random_ops.gumbel([1, sum(sizes)], key)
    return walk(config, tf.split(noise, sizes, axis=1))


def walk(config, noise):
  """`sample` by the given noise, a list of [1, n], one of each choice."""
  with tf.variable_scope('controller', reuse=tf.AUTO_REUSE):
    sampler = _Sampler(config)
    sampler.cell(iter(noise))
    return sampler.sample()


class _Sampler(Sampler):
  """The walk over the nodes."""

  limit = 0.01
  lstm_scope = 'lstm'
  start_name = 'embedding/g'

  def __init__(self, config):
    super().__init__(config)
    self.attention = Attention(config.lstm_size, self.limit)

  def _create_tables(self):
    """[num_funcs, size]: embeds an activation, and scores it."""
    shape = [self.config.num_funcs, self.config.lstm_size]
    return weight('embedding/w', shape, self.limit)

  def cell(self, noise):
    """Samples all nodes; noise is an iterator."""
    value = self.g_emb
    anchors, keys = [tf.zeros_like(value)], [tf.zeros_like(value)]
    for node in range(1, self.config.num_nodes + 1):
      output = self.step(value)
      logits = tf.transpose(self.attention.scores(keys, output))
      logits = self.squash(logits)
      if self.config.distance_penalty is not None:
        distances = [float(node - k) for k in range(node)]
        cost = [d**2 / self.config.distance_penalty for d in distances]
        logits -= tf.constant([cost])
      place = self._choose(logits, next(noise))
      distance = tf.cast(node - place, tf.float32)
      value = row(tf.concat(anchors, 0), place) / (0.1 + distance)
      anchors.append(output)
      keys.append(self.attention.key(output))
      logits = tf.matmul(self.step(value), self.tables, transpose_b=True)
      activation = self._choose(self.squash(logits), next(noise))
      value = row(self.tables, activation)

  def _choose(self, logits, noise):
    choice = choose(logits, noise)
    self.tokens.append(choice)
    # -p log p of the choice alone, unless the distribution's is asked for.
    self.record(logits, choice, self.config.full_entropy)
    return choice
