"""Dropout and regularisers of the language model.

All masks are drawn once for a window: they are the same at each of its steps
(Gal and Ghahramani, arXiv 1512.05287), scaled by 1 / keep. Windows are
time-major here, [T, B, ...]. Source: `child.py` and `fixed_lib.py` of enas_lm.
"""

import typing

from src.nn import own_gradient, random_ops
from src.tf1 import tf


class Keep(typing.NamedTuple):
  """What share of each is kept; flags `child_lstm_*_keep`.

  Attributes:
    e: whole words of the vocabulary.
    i: features of the looked-up embeddings.
    x: of what enters the cell (on top of i).
    h: of the state and of the nodes as they enter a product.
    o: of the states as they enter the softmax.
    w: entries of the recurrent weights.
  """

  e: float
  i: float
  x: float
  h: float
  o: float
  w: float


KEEP_ALL = Keep(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)


class Masks(typing.NamedTuple):
  """Factors of one window; None where all is kept.

  Attributes:
    words: float32 [V].
    inputs: float32 [B, H], locked and cell-input dropout in one.
    state, outputs: float32 [B, H].
    weights: list of float32 [H, 2H], of the lower half of W_prev and of nodes 1
      to L.
  """

  words: typing.Any = None
  inputs: typing.Any = None
  state: typing.Any = None
  outputs: typing.Any = None
  weights: typing.Optional[typing.Sequence] = None


def masks(keep, key, vocab_size, batch_size, hidden_size, num_nodes):
  """Draws the masks of a window.

  Args:
    keep: Keep.
    key: function (purpose str) -> int32 [2], or None to keep all.
    vocab_size: int, V.
    batch_size: int or int32 scalar, B.
    hidden_size: int, H.
    num_nodes: int, L.

  Returns:
    Masks.
  """
  if key is None:
    return Masks()

  def _mask(name, shape):
    return random_ops.dropout_mask(
      shape, getattr(keep, name), key('dropout ' + name)
    )

  features = [batch_size, hidden_size]
  weights = None
  if keep.w < 1.0:
    shape = [num_nodes + 1, hidden_size, 2 * hidden_size]
    weights = tf.unstack(_mask('w', shape), num_nodes + 1)
  return Masks(
    words=_mask('e', [vocab_size]),
    inputs=times(_mask('i', features), _mask('x', features)),
    state=_mask('h', features),
    outputs=_mask('o', features),
    weights=weights,
  )


def times(value, factor):
  """The product, where None is one."""
  if value is None or factor is None:
    return factor if value is None else value
  return value * factor


def lookup(table, ids):
  """Rows of a table; the gradient is as dense as the softmax's, to be added.

  Args:
    table: float32 [V, H].
    ids: int32 [T, B].

  Returns:
    float32 [T, B, H].
  """
  return own_gradient.define(
    [table],
    tf.gather(table, ids),
    lambda upstream: [tf.unsorted_segment_sum(upstream, ids, table.shape[0])],
  )


def embed(table, ids, masks):
  """What enters the cell, [T, B, H]: embeddings times their masks.

  Word dropout multiplies what was looked up, not the whole table: the same
  numbers.

  Args:
    table: float32 [V, H].
    ids: int32 [T, B].
    masks: Masks.
  """
  value = lookup(table, ids)
  if masks.words is not None:
    value *= tf.gather(masks.words, ids)[..., None]
  return times(value, masks.inputs)


def quartic(weights):
  """Sum of w^4 / 2 over a list of tensors.

  What enas_lm's search calls L2: the square is taken twice.
  """
  return tf.add_n([tf.nn.l2_loss(tf.square(w)) for w in weights])


def square(weights):
  """Sum of w^2 over a list of tensors."""
  return 2.0 * tf.add_n([tf.nn.l2_loss(w) for w in weights])


def activation(states):
  """Mean of s^2 over states [T, B, H]."""
  return tf.reduce_mean(tf.square(states))


def slowness(states):
  """Mean of (s_{t+1} - s_t)^2 over states [T, B, H]; 0 for one step."""
  change = states[1:] - states[:-1]
  count = tf.maximum(tf.size(change), 1)
  return tf.reduce_sum(tf.square(change)) / tf.cast(count, tf.float32)
