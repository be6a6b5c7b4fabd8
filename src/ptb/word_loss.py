"""Cross entropy over a vocabulary, a few rows at a time.

The logits of a window are its largest tensors by far: 4,480 words times 10,000
of the vocabulary are 179 MB, and as much again for their gradient, in which
memory is what takes the time. Here the logits of some rows are made, turned
into the loss and its gradient in one go, and forgotten. The gradient of the
logits is softmax less one at the target: the softmax is multiplied as
exponentials, their sums divided out of the much smaller products, and the
targets' part is that of single rows. The vocabulary's table is the embedding
itself: no bias, no projection (tied softmax).
"""

import typing

from src.nn import own_gradient
from src.tf1 import tf

# Logits in memory at a time. A block above 32 MB is given back to the system
# and zeroed anew at each use.
_LOGITS = 1 << 22


class _Softmax(typing.NamedTuple):
  """Of n rows.

  Attributes:
    losses: [n, 1].
    exponentials: [n, V], of the logits less their maximum.
    inverse: [n, 1], one over the sum of those.
    of_targets: [n, H], the embedding of the targets.
  """

  losses: typing.Any
  exponentials: typing.Any
  inverse: typing.Any
  of_targets: typing.Any


def total(outputs, embedding, targets):
  """Summed cross entropy; no gradient.

  Args:
    outputs: float32 [N, H].
    embedding: float32 [V, H].
    targets: int32 [N], the words' ids.

  Returns:
    float32 scalar, nats.
  """
  number = tf.shape(outputs)[0]
  rows = _rows(embedding)

  def _chunk(start, loss):
    end = tf.minimum(start + rows, number)
    found = _softmax(outputs[start:end], embedding, targets[start:end])
    return end, loss + tf.reduce_sum(found.losses)

  return tf.while_loop(
    lambda start, _: start < number, _chunk, [0, 0.0], parallel_iterations=1
  )[1]


def mean(outputs, embedding, targets):
  """Mean cross entropy, with a gradient; arguments as of `total`."""

  number = tf.shape(outputs)[0]
  rows = _rows(embedding)

  def _chunk(index, loss, of_outputs, of_embedding):
    start = index * rows
    end = tf.minimum(start + rows, number)
    part = outputs[start:end]
    found = _softmax(part, embedding, targets[start:end])
    expected = tf.matmul(found.exponentials, embedding) * found.inverse
    return (
      index + 1,
      loss + tf.reduce_sum(found.losses),
      of_outputs.write(index, expected - found.of_targets),
      of_embedding
      + tf.matmul(found.exponentials, part * found.inverse, transpose_a=True),
    )

  chunks = (number + rows - 1) // rows
  _, loss, of_outputs, of_embedding = tf.while_loop(
    lambda index, *rest: index < chunks,
    _chunk,
    [
      0,
      0.0,
      tf.TensorArray(tf.float32, chunks, infer_shape=False),
      tf.zeros_like(embedding),
    ],
    parallel_iterations=1,
  )
  of_outputs = of_outputs.concat()
  of_embedding = tf.tensor_scatter_sub(
    of_embedding, targets[:, tf.newaxis], outputs
  )
  scale = 1.0 / tf.cast(number, tf.float32)

  def _gradient(upstream):
    factor = upstream * scale
    return of_outputs * factor, of_embedding * factor

  return own_gradient.define([outputs, embedding], loss * scale, _gradient)


def _rows(embedding):
  """int, how many rows of logits are made at a time."""
  return max(_LOGITS // int(embedding.shape[0]), 1)


def _softmax(outputs, embedding, targets):
  logits = tf.matmul(outputs, embedding, transpose_b=True)
  largest = tf.reduce_max(logits, 1, keepdims=True)
  exponentials = tf.exp(logits - largest)
  sums = tf.reduce_sum(exponentials, 1, keepdims=True)
  of_targets = tf.gather(embedding, targets)
  of_target = tf.reduce_sum(outputs * of_targets, 1, keepdims=True)
  losses = tf.log(sums) + largest - of_target
  return _Softmax(losses, exponentials, 1.0 / sums, of_targets)
