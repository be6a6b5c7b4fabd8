"""Cross entropy over a vocabulary, a few rows at a time.

The logits of a window are its largest tensors by far: 4,480 words times 10,000
of the vocabulary are 179 MB, and as much again for their gradient, in which
memory is what takes the time. Here the logits of some rows are made, turned
into the loss and its gradient in one go, and forgotten. The vocabulary's table
is the embedding itself: no bias, no projection (tied softmax).
"""

from src.nn import own_gradient
from src.tf1 import tf

# Logits in memory at a time. A block above 32 MB is given back to the system
# and zeroed anew at each use.
_LOGITS = 1 << 22


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
    losses, _ = _softmax(outputs[start:end], embedding, targets[start:end])
    return end, loss + tf.reduce_sum(losses)

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
    losses, gradient = _softmax(part, embedding, targets[start:end])
    return (
      index + 1,
      loss + tf.reduce_sum(losses),
      of_outputs.write(index, tf.matmul(gradient, embedding)),
      of_embedding + tf.matmul(gradient, part, transpose_a=True),
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
  scale = 1.0 / tf.cast(number, tf.float32)

  def _gradient(upstream):
    factor = upstream * scale
    return of_outputs * factor, of_embedding * factor

  return own_gradient.define([outputs, embedding], loss * scale, _gradient)


def _rows(embedding):
  """int, how many rows of logits are made at a time."""
  return max(_LOGITS // int(embedding.shape[0]), 1)


def _softmax(outputs, embedding, targets):
  """(losses [n], their gradient for the logits [n, V])."""
  logits = tf.matmul(outputs, embedding, transpose_b=True)
  return tf.raw_ops.SparseSoftmaxCrossEntropyWithLogits(
    features=logits, labels=targets
  )
