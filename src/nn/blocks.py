"""Convolution, batch normalisation and reduction, as melodyguan/enas has them.

Convolutions have no bias. Every function reads its variables through
`lazy.read`, so that it may stand in a branch that does not run.
"""

from src.nn import lazy, variables
from src.nn.variables import shared_constant as _constant
from src.tf1 import tf

BN_DECAY = 0.9
MASKED_BN_EPSILON = 1e-3


def conv(fmt, value, filters, size, stride=1, name='w'):
  """[.., C] -> [.., filters] with a size x size kernel `name`."""
  shape = [size, size, fmt.channels(value), filters]
  kernel = variables.create(name, shape, variables.he_normal)
  return fmt.conv2d(value, lazy.read(kernel), stride)


def separable_conv(fmt, value, filters, size, stride=1, rows=False):
  """Depthwise `w_depth` [k, k, C, 1], then pointwise `w_point`.

  Args:
    fmt: ImageFormat.
    value: image tensor with C channels.
    filters: int, number of output channels.
    size: int, side of the depthwise kernel.
    stride: int.
    rows: whether `w_point` is stored [filters, C] as in the macro search
      model, instead of [1, 1, C, filters].
  """
  channels = fmt.channels(value)
  depth = variables.create(
    'w_depth', [size, size, channels, 1], variables.he_normal
  )
  shape = [filters, channels] if rows else [1, 1, channels, filters]
  point = lazy.read(variables.create('w_point', shape, variables.he_normal))
  if rows:
    point = tf.reshape(tf.transpose(point), [1, 1, channels, filters])
  value = fmt.depthwise_conv2d(value, lazy.read(depth), stride)
  return fmt.conv2d(value, point)


def batch_norm(fmt, value, training):
  """Batch normalisation in scope `bn`.

  In training, batch statistics normalise and are folded into the moving ones
  before the result is released; otherwise the moving ones normalise, or those
  of the batch if the format says so, which are then folded into nothing.

  Args:
    fmt: ImageFormat.
    value: image tensor with C channels.
    training: bool.

  Returns:
    tensor of the same shape.
  """
  return _normalize(fmt, value, training, fmt.bn_epsilon, _debiased_averages)


def pointwise_norm(fmt, value, kernel, offset, scale, training):
  """1x1 convolution and batch norm with batch statistics, no moving ones.

  The backward pass computes the product again, which is cheap, instead of
  keeping what the forward pass had: of the large tensors of a micro search,
  that is up to a third.

  Args:
    fmt: ImageFormat.
    value: image tensor with C channels.
    kernel: float32 [C * filters], row by row.
    offset, scale: float32 [filters].
    training: whether gradients will be asked for.
  """

  def _product():
    filters = int(offset.shape[0])
    return fmt.pointwise_conv2d(value, kernel, filters, training)

  override = {'FusedBatchNormV3': 'EnasPointwiseNorm'} if training else {}
  with tf.get_default_graph().gradient_override_map(override):
    result = _fused(fmt, _product(), offset, scale, fmt.bn_epsilon).y
  if training:
    tf.add_to_collection(_PRODUCT + result.op.name, _product)
  return result


_PRODUCT = 'enas_product_'


@tf.RegisterGradient('EnasPointwiseNorm')
def _pointwise_norm_gradient(op, grad, *unused):
  """TensorFlow's own, of a product that is computed when it is needed."""
  del unused
  (product,) = tf.get_collection(_PRODUCT + op.name)
  with tf.control_dependencies([grad]):
    value = product()
  return tf.raw_ops.FusedBatchNormGradV3(
    y_backprop=grad,
    x=value,
    scale=op.inputs[1],
    reserve_space_1=op.outputs[3],
    reserve_space_2=op.outputs[4],
    reserve_space_3=op.outputs[5],
    epsilon=op.get_attr('epsilon'),
    data_format=op.get_attr('data_format'),
  )


def masked_batch_norm(fmt, value, training, mask=None):
  """Upstream's second kind, after the search branches' last convolution.

  Epsilon is 1e-3 and the moving statistics are not zero-debiased. Channels
  outside of the mask come out as zero and their statistics stay.

  Args:
    fmt: ImageFormat.
    value: image tensor with C channels.
    training: bool.
    mask: float32 [C] of 0 and 1, or None for all channels.
  """

  def _averages(pairs):
    """moving <- decay * moving + (1 - decay) * of the batch."""
    updates = []
    for moving, of_batch in pairs:
      difference = (moving.value() - of_batch) * _constant(1 - BN_DECAY)
      if mask is not None:
        difference *= mask
      updates.append(tf.assign_sub(moving, difference).op)
    return updates

  value = _normalize(fmt, value, training, MASKED_BN_EPSILON, _averages)
  return value if mask is None else fmt.scale_channels(value, mask)


def _normalize(fmt, value, training, epsilon, averages):
  shape = [fmt.channels(value)]
  with tf.variable_scope('bn'):
    offset = variables.create('offset', shape, variables.zeros)
    scale = variables.create('scale', shape, variables.ones)
    mean = variables.create('moving_mean', shape, variables.zeros, False)
    variance = variables.create('moving_variance', shape, variables.ones, False)
    moving = None
    if not (training or fmt.bn_of_batch):
      moving = mean.value(), variance.value()
    normalized = _fused(
      fmt, value, lazy.read(offset), lazy.read(scale), epsilon, moving
    )
    if not training:
      return normalized.y
    updates = averages(
      [(mean, normalized.batch_mean), (variance, normalized.batch_variance)]
    )
    with tf.control_dependencies(updates):
      return tf.identity(normalized.y)


def _fused(fmt, value, offset, scale, epsilon, moving=None):
  """The raw op: tf.nn.fused_batch_norm adds two empty constants each time."""
  mean, variance = moving or (_constant(()), _constant(()))
  return tf.raw_ops.FusedBatchNormV3(
    x=value,
    scale=scale,
    offset=offset,
    mean=mean,
    variance=variance,
    epsilon=epsilon,
    data_format=fmt.name,
    is_training=moving is None,
  )


def _debiased_averages(pairs):
  """The same on biased sums, divided by their total weight so far.

  The helpers' names repeat the scope: TensorFlow's `assign_moving_average`
  made them so, and checkpoints hold them.
  """
  updates = []
  for moving, of_batch in pairs:
    name = '%s/%s' % (tf.get_variable_scope().name, _last_part(moving))
    shape = moving.shape.as_list()
    biased = variables.create(name + '/biased', shape, variables.zeros, False)
    steps = variables.create(name + '/local_step', [], variables.zeros, False)
    difference = (biased.value() - of_batch) * _constant(1 - BN_DECAY)
    total = tf.assign_sub(biased, difference)
    with tf.control_dependencies([total.op]):
      count = tf.assign_add(steps, _constant(1.0))
    weight = _constant(1.0) - tf.pow(_constant(BN_DECAY), count)
    updates.append(tf.assign(moving, total / weight).op)
  return updates


def _last_part(variable):
  return variable.op.name.rsplit('/', 1)[1]


def factorized_reduction(fmt, value, filters, training):
  """Halves height and width, then batch norm.

  Half of the filters see the pixels at even rows and columns (`path1_conv`),
  half those one down and one to the right (`path2_conv`, zero beyond the
  edge).

  Args:
    fmt: ImageFormat.
    value: image tensor with C channels.
    filters: int, even.
    training: bool.

  Raises:
    ValueError: if filters is odd.
  """
  if filters % 2:
    raise ValueError(
      'a factorized reduction needs an even number of filters, not %d' % filters
    )
  half = filters // 2
  shape = [1, 1, fmt.channels(value), half]
  with tf.variable_scope('path1_conv'):
    path1 = lazy.read(variables.create('w', shape, variables.he_normal))
  with tf.variable_scope('path2_conv'):
    path2 = lazy.read(variables.create('w', shape, variables.he_normal))
  value = fmt.diagonal_conv2d(value, path1, path2, training)
  return batch_norm(fmt, value, training)
