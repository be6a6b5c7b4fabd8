"""Cross entropy over a vocabulary, a few rows at a time.

The logits of a window are its largest tensors by far: 4,480 words times 10,000
of the vocabulary are 179 MB, and as much again for their gradient, in which
memory is what takes the time. Here the logits of some rows are made, turned
into the loss and its gradient in one go, and forgotten. The gradient of the
logits is softmax less one at the target: the softmax is multiplied as
exponentials, their sums divided out of the much smaller products, and the
targets' part is that of single rows. The vocabulary's table may be that of the
embedding (tied softmax); words may have a bias.
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


def total(outputs, embedding, targets, bias=None):
  """Summed cross entropy; its gradient is TensorFlow's, which holds all logits.

  Args:
    outputs: float32 [N, H].
    embedding: float32 [V, H].
    targets: int32 [N], the words' ids.
    bias: float32 [V], or None for none.

  Returns:
    float32 scalar, nats.
  """
  number = tf.shape(outputs)[0]
  rows = _rows(embedding)

  def _chunk(start, loss):
    end = tf.minimum(start + rows, number)
    part = outputs[start:end], embedding, targets[start:end], bias
    found = _softmax(*part)
    return end, loss + tf.reduce_sum(found.losses)

  return tf.while_loop(
    lambda start, _: start < number, _chunk, [0, 0.0], parallel_iterations=1
  )[1]


def mean(outputs, embedding, targets, bias=None):
  """Mean cross entropy, with a gradient; arguments as of `total`."""
  number = tf.shape(outputs)[0]
  rows = _rows(embedding)

  def _chunk(index, loss, of_outputs, of_embedding, *of_bias):
    start = index * rows
    end = tf.minimum(start + rows, number)
    part = outputs[start:end]
    found = _softmax(part, embedding, targets[start:end], bias)
    expected = tf.matmul(found.exponentials, embedding) * found.inverse
    return (
      index + 1,
      loss + tf.reduce_sum(found.losses),
      of_outputs.write(index, expected - found.of_targets),
      of_embedding
      + tf.matmul(found.exponentials, part * found.inverse, transpose_a=True),
    ) + tuple(
      so_far
      + tf.matmul(found.exponentials, found.inverse, transpose_a=True)[:, 0]
      for so_far in of_bias
    )

  chunks = (number + rows - 1) // rows
  inputs = [outputs, embedding] + ([] if bias is None else [bias])
  _, loss, of_outputs, of_embedding, *of_bias = tf.while_loop(
    lambda index, *rest: index < chunks,
    _chunk,
    [
      0,
      0.0,
      tf.TensorArray(tf.float32, chunks, infer_shape=False),
      tf.zeros_like(embedding),
    ]
    + [tf.zeros_like(value) for value in inputs[2:]],
    parallel_iterations=1,
  )
  of_outputs = of_outputs.concat()
  of_embedding = tf.tensor_scatter_sub(
    of_embedding, targets[:, tf.newaxis], outputs
  )
  of_bias = [
    tf.tensor_scatter_sub(
      value, targets[:, tf.newaxis], tf.ones_like(targets, tf.float32)
    )
    for value in of_bias
  ]
  scale = 1.0 / tf.cast(number, tf.float32)

  def _gradient(upstream):
    factor = upstream * scale
    return [value * factor for value in [of_outputs, of_embedding] + of_bias]

  return own_gradient.define(inputs, loss * scale, _gradient)


def _rows(embedding):
  """int, how many rows of logits are made at a time."""
  return max(_LOGITS // int(embedding.shape[0]), 1)


def _softmax(outputs, embedding, targets, bias):
  logits = tf.matmul(outputs, embedding, transpose_b=True)
  if bias is not None:
    logits += bias
  largest = tf.reduce_max(logits, 1, keepdims=True)
  exponentials = tf.exp(logits - largest)
  sums = tf.reduce_sum(exponentials, 1, keepdims=True)
  of_targets = tf.gather(embedding, targets)
  of_target = tf.reduce_sum(outputs * of_targets, 1, keepdims=True)
  if bias is not None:
    of_target += tf.gather(bias, targets)[:, tf.newaxis]
  losses = tf.log(sums) + largest - of_target
  return _Softmax(losses, exponentials, 1.0 / sums, of_targets)
