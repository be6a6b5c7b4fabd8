"""Pieces that the layers of all micro networks share (ENAS section 2.4)."""

from src.cifar10 import layers
from src.nn import batch_norm, blocks, random_ops
from src.tf1 import tf

AUX_FILTERS = (128, 768)


def pointwise(context, value):
  """ReLU, 1x1 convolution, batch norm."""
  value = blocks.conv(context, tf.nn.relu(value), 1)
  return batch_norm.plain(context, value)


def height(context, value):
  """int, rows of an image tensor."""
  return int(value.shape[context.fmt.space_axes[0]])


def calibrate(context, older, newer):
  """Brings the outputs of the two layers before to one size, in scope.

  Args:
    context: Context.
    older, newer: image tensors; the older one may be twice as high and wide.

  Returns:
    (older, newer), image tensors with `context.filters` channels.
  """
  fmt, filters = context.fmt, context.filters
  with tf.variable_scope('calibrate'):
    with tf.variable_scope('pool_x'):
      if height(context, older) != height(context, newer):
        older = blocks.factorized_reduction(context, tf.nn.relu(older))
      elif fmt.channels(older) != filters:
        older = pointwise(context, older)
    with tf.variable_scope('pool_y'):
      if fmt.channels(newer) != filters:
        newer = pointwise(context, newer)
  return older, newer


def path_keep_prob(progress, layer, num_layers, keep_prob):
  """Probability to keep a path, falling with depth and over the run.

  1 - t * (layer + 1) / num_layers * (1 - p), with the progress t and
  p = keep_prob; source: NASNet, through melodyguan/enas.
  """
  depth = (layer + 1.0) / num_layers
  return 1.0 - progress * depth * (1.0 - keep_prob)


def drop_path(use, layer, num_layers, num_paths, keep_prob):
  """What drops paths of one layer of a fixed network.

  Args:
    use: Use.
    layer: int from 0.
    num_layers: int, of the network.
    num_paths: int, of the layer.
    keep_prob: float, that of the last layer at the end of the run.

  Returns:
    function (image tensor, number of the path) -> image tensor.
  """
  if not use.noise or keep_prob >= 1.0:
    return lambda value, path: value
  kept = path_keep_prob(use.progress, layer, num_layers, keep_prob)
  key = use.key('drop path of layer %d' % layer)

  def _drop(value, path):
    shape = [num_paths, tf.shape(value)[0]]
    noise = random_ops.uniform(shape, key)[path]
    return random_ops.drop_path(value, kept, noise)

  return _drop


def aux_head(context, value, num_classes):
  """A second classifier on the output of an inner layer."""
  value = context.fmt.avg_pool(tf.nn.relu(value), 5, 3, 'VALID')
  sizes = (1, height(context, value))
  for name, filters, size in zip(('proj', 'avg_pool'), AUX_FILTERS, sizes):
    with tf.variable_scope(name):
      value = blocks.conv(context._replace(filters=filters), value, size)
      value = tf.nn.relu(batch_norm.plain(context, value))
  return layers.classifier(context, value, num_classes)
