"""The predictor that averages over blocks: a perceptron with one hidden layer.

Source: Progressive Neural Architecture Search (arXiv 1712.00559), section 3.3.
"""

import typing

import numpy as np

from src.nn import variables
from src.pnas import tokens as tokens_lib
from src.tf1 import tf

_CHUNK = 1 << 14  # cells scored at once


class Mlp(typing.NamedTuple):
  """h = relu(mean over blocks of [e(in1), e(op1), e(in2), e(op2)] W + b).

  As the mean is taken before the hidden layer, a cell is a histogram: e and W
  are multiplied first, whatever the number of cells.

  Attributes:
    embedding: int, size of e.
    hidden: int, size of h.
    limit: float, of the initial values' uniform distribution.
    symmetric: bool, whether both orders of a block's branches are averaged too.
  """

  embedding: int = 100
  hidden: int = 100
  limit: float = 0.1
  symmetric: bool = False

  def tokens(self, cells, num_inputs):
    """Of cells [n, b, 4], what `encode` takes: int32 [n, b, 4]."""
    return tokens_lib.rows(cells, num_inputs)

  def weights(self, num_inputs, num_ops):
    """Creates the variables.

    Returns:
      (what each entry adds at each place of a block, float32
      [4 (num_inputs + num_ops), hidden], places varying first; the bias,
      float32 [hidden])
    """
    initial, size = variables.uniform(self.limit), self.embedding
    tables = tokens_lib.tables(num_inputs, num_ops, size, initial)
    with tf.variable_scope('hidden'):
      kernel = variables.create('kernel', [4 * size, self.hidden], initial)
      bias = variables.create('bias', [self.hidden], variables.zeros)
    by_position = tf.reshape(kernel.value(), [4, size, self.hidden])
    if self.symmetric:
      order = tf.constant(tokens_lib.BRANCH)
      by_position = 0.5 * (by_position + tf.gather(by_position, order))
    columns = tf.reshape(tf.transpose(by_position, [1, 0, 2]), [size, -1])
    added = tf.matmul(tf.concat(tables, 0), columns)
    return tf.reshape(added, [-1, self.hidden]), bias.value()

  def encode(self, weights, tokens):
    """The hidden layer.

    Args:
      weights: what `weights` returned.
      tokens: int32 [N, b, 4], -1 behind cells with fewer blocks.

    Returns:
      float32 [N, hidden].
    """
    added, bias = weights
    num_rows = int(added.shape[0]) // 4
    counts = tf.reduce_sum(tf.one_hot(tokens, num_rows, axis=2), 1)
    blocks = tf.reduce_sum(tf.cast(tokens[:, :, :1] >= 0, tf.float32), 1)
    share = tf.reshape(counts, [-1, 4 * num_rows]) / blocks
    return tf.nn.relu(tf.matmul(share, added) + bias)

  def scorer(self, members):
    """A function (session, tokens [n, b, 4]) -> scores [members, n].

    Args:
      members: list of `predictor.Member`.
    """
    tokens = tf.placeholder(tf.int32, [None, None, 4], 'scored')
    scores = [
      member.head(self.encode(member.weights, tokens)) for member in members
    ]

    def _score(session, values):
      parts = [
        session.run(scores, {tokens: values[start : start + _CHUNK]})
        for start in range(0, len(values), _CHUNK)
      ]
      return np.concatenate(parts, axis=1)

    return _score
