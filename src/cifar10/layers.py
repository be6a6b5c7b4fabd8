"""Pieces that stand in all image networks: first and last layers."""

from src.nn import batch_norm, blocks, random_ops, variables
from src.tf1 import tf


def stem(context, images):
  """3x3 convolution and batch norm of images [N, H, W, C]."""
  with tf.variable_scope('stem_conv'):
    value = blocks.conv(context, context.fmt.from_nhwc(images), 3)
    return batch_norm.plain(context, value)


def classifier(context, value, num_classes, keep_prob=1.0, bias=False):
  """Mean over the image plane, dropout, one matrix.

  Args:
    context: Context.
    value: image tensor.
    num_classes: int.
    keep_prob: float, share of values that dropout keeps, where there is noise.
    bias: whether something is added to each class.

  Returns:
    float32 [N, num_classes].
  """
  value = context.fmt.global_avg_pool(value)
  if context.use.noise and keep_prob < 1.0:
    value = random_ops.dropout(value, keep_prob, context.use.key('dropout'))
  with tf.variable_scope('fc'):
    shape = [int(value.shape[1]), num_classes]
    weights = variables.create('w', shape, context.initial)
    logits = tf.matmul(value, weights.value())
    if bias:
      logits += variables.create('b', [num_classes], variables.zeros).value()
    return logits
