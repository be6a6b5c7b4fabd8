"""What stands at the end of a child: labels, loss, and when it is right.

Sources: `src/cifar10/general_child.py` of melodyguan/enas for one label an
image, `src/AEROBI/general_child.py` of its CODEBRIM fork for several.
"""

import typing

from src.tf1 import tf


class Head(typing.NamedTuple):
  """A kind of classification.

  Attributes:
    labels: function of a name, returns the placeholder of a batch's labels.
    loss: function (logits [N, C], labels), float32 scalar.
    hits: function of the same, int32 scalar, how many examples are right.
    probabilities: function of logits, float32 [N, C].
  """

  labels: typing.Callable
  loss: typing.Callable
  hits: typing.Callable
  probabilities: typing.Callable


def softmax():
  """One of C classes an example; labels are int32 [N].

  The loss is the mean cross-entropy; the most likely class must be the label.
  """

  def _loss(logits, labels):
    return tf.reduce_mean(
      tf.nn.sparse_softmax_cross_entropy_with_logits(
        logits=logits, labels=labels
      )
    )

  def _hits(logits, labels):
    right = tf.equal(tf.argmax(logits, 1, output_type=tf.int32), labels)
    return tf.reduce_sum(tf.cast(right, tf.int32))

  return Head(
    lambda name: tf.placeholder(tf.int32, [None], name),
    _loss,
    _hits,
    tf.nn.softmax,
  )


def sigmoid(num_classes):
  """Any of C classes an example; labels are float32 [N, C] of 0 and 1.

  The loss is the binary cross-entropy, its mean over examples and classes. A
  class is predicted when its probability is at least 0.5, and an example is
  right when all its C predictions are (exact match).
  """

  def _loss(logits, labels):
    return tf.reduce_mean(
      tf.nn.sigmoid_cross_entropy_with_logits(logits=logits, labels=labels)
    )

  def _hits(logits, labels):
    right = tf.equal(tf.sigmoid(logits) >= 0.5, labels >= 0.5)
    return tf.reduce_sum(tf.cast(tf.reduce_all(right, 1), tf.int32))

  return Head(
    lambda name: tf.placeholder(tf.float32, [None, num_classes], name),
    _loss,
    _hits,
    tf.sigmoid,
  )
