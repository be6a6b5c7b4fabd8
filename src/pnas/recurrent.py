"""The predictors that read a cell entry by entry: an LSTM.

Sources: Progressive Neural Architecture Search (arXiv 1712.00559), section 3.3;
titu1994/progressive-neural-architecture-search, `encoder.py`.
"""

import typing

import numpy as np

from src.nn import lstm, variables
from src.pnas import tokens as tokens_lib
from src.tf1 import tf

_CHUNK = 1 << 14  # cells scored at once


class Lstm(typing.NamedTuple):
  """The last state h of an LSTM over the entries of a cell.

  Inputs and the LSTM's weights are multiplied first, as there are only so many
  different entries.

  Attributes:
    embedding: int, size of an entry's row in the table.
    hidden: int, size of h.
    pairs: bool. False: a step reads one entry, in the order in1, in2, op1, op2
      of each block. True: it reads an input and an operation side by side, two
      steps a block, as the reference does.
    limit: float, of the initial values' uniform distribution; None for Keras's:
      Glorot's, 0.05 for the tables, 1 for the bias of the forget gate.
  """

  embedding: int = 100
  hidden: int = 100
  pairs: bool = False
  limit: typing.Optional[float] = 0.1

  def tokens(self, cells, num_inputs):
    """Of cells [n, b, 4], what is read: int32 [n, steps, entries at once]."""
    found = tokens_lib.rows(cells, num_inputs)
    count, num_blocks = cells.shape[:2]
    if self.pairs:
      return found.reshape([count, 2 * num_blocks, 2])
    return found[:, :, [0, 2, 1, 3]].reshape([count, 4 * num_blocks, 1])

  def weights(self, num_inputs, num_ops):
    """Creates the variables.

    Returns:
      list of one layer's weights for `lstm.step`: what each entry adds to the
      gates, float32 [num_inputs + num_ops, 4 hidden]; rows that multiply h.
    """
    given, gates = self.limit is not None, 4 * self.hidden
    initial = variables.uniform(self.limit if given else 0.05)
    tables = tokens_lib.tables(num_inputs, num_ops, self.embedding, initial)
    initial = initial if given else variables.glorot_uniform
    forget = np.repeat([0.0, 0.0 if given else 1.0, 0.0, 0.0], self.hidden)
    seen = self.embedding * (2 if self.pairs else 1)
    with tf.variable_scope('lstm'):
      kernel = variables.create('kernel', [seen, gates], initial).value()
      recurrent = variables.create('recurrent', [self.hidden, gates], initial)
      bias = variables.create('bias', [gates], variables.constant(forget))
    parts = tf.split(kernel, 2) if self.pairs else [kernel, kernel]
    inputs, ops = [tf.matmul(*both) for both in zip(tables, parts)]
    # The bias is added once a step.
    inputs += bias.value()
    if not self.pairs:
      ops += bias.value()
    return [(tf.concat([inputs, ops], 0), recurrent.value())]

  def encode(self, weights, tokens):
    """The last h.

    Args:
      weights: what `weights` returned.
      tokens: int32 [N, T, k], -1 behind cells with fewer steps.

    Returns:
      float32 [N, hidden].
    """
    by_step = tf.transpose(tokens, [1, 0, 2])

    def _body(t, c, h):
      entries = by_step[t]
      state = _step(weights, entries, c, h)
      there = entries[:, 0] >= 0
      return [t + 1] + [
        tf.where(there, new, old) for new, old in zip(state, (c, h))
      ]

    zeros = tf.zeros([tf.shape(tokens)[0], self.hidden])
    _, _, h = tf.while_loop(
      lambda t, c, h: t < tf.shape(by_step)[0],
      _body,
      [tf.constant(0), zeros, zeros],
    )
    return h

  def scorer(self, members):
    """See `Mlp.scorer`; what cells begin with alike is computed once."""
    entries = tf.placeholder(tf.int32, [None, None], 'entries')
    before = tf.placeholder(tf.int32, [None], 'before')
    shape = [len(members), 2, None, self.hidden]
    states = tf.placeholder(tf.float32, shape, 'states')
    states_before = tf.unstack(tf.gather(states, before, axis=2))
    new = [
      _step(member.weights, entries, state[0], state[1])
      for member, state in zip(members, states_before)
    ]
    scores = [member.head(h) for member, (_, h) in zip(members, new)]
    first = np.zeros([len(members), 2, 1, self.hidden], np.float32)

    def _score(session, tokens):
      values = first
      # One after the other: of each step only what the next one needs is kept.
      *steps, (last, of_parent, inverse) = list(_prefixes(tokens))
      for read, parents, _ in steps:
        feeds = {entries: read, before: parents, states: values}
        values = np.array(session.run(new, feeds))
      feeds = {entries: last, before: of_parent, states: values}
      return np.array(session.run(scores, feeds))[:, inverse]

    return lambda session, tokens: np.concatenate(
      [
        _score(session, tokens[start : start + _CHUNK])
        for start in range(0, len(tokens), _CHUNK)
      ],
      axis=1,
    )


def _step(weights, entries, c, h):
  """(c, h) after a step that reads `entries`, int32 [N, k]."""
  read = tf.reduce_sum(tf.one_hot(entries, weights[0][0].shape[0]), 1)
  _, [state] = lstm.step(read, [(c, h)], weights)
  return state


def _prefixes(tokens):
  """The different beginnings of sequences, shorter ones first.

  Args:
    tokens: int32 [n, T, k].

  Yields:
    for 1, 2, ... T steps: the last entries of each beginning, int32 [m, k];
    which beginning of one step less it continues, int [m]; and which of them
    each sequence has, int [n].
  """
  size = int(tokens.max()) + 1
  begun = np.zeros([len(tokens)], np.int64)
  for step in np.swapaxes(tokens, 0, 1):
    key = begun
    for column in step.T:
      key = key * size + column
    _, index, inverse = np.unique(key, return_index=True, return_inverse=True)
    yield step[index], begun[index], inverse
    begun = inverse
