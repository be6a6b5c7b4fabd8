"""Batch normalisation in scope `bn`, as melodyguan/enas has it.

The use of the network says by which statistics (`context.Use`). Every function
reads its variables through `lazy.read`, so that it may stand in a branch that
does not run.
"""

from src.nn import lazy, variables
from src.nn.context import ALONE, FOLD, MOVING
from src.nn.variables import shared_constant as _constant
from src.tf1 import tf

DECAY = 0.9
MASKED_EPSILON = 1e-3


def plain(context, value):
  """Normalises each channel, then scales and shifts it.

  What is folded into the moving statistics is there before the result is
  released.

  Args:
    context: Context.
    value: image tensor with C channels.

  Returns:
    tensor of the same shape.
  """
  return _normalize(context, value, context.bn_epsilon, _debiased_averages)


def masked(context, value):
  """Upstream's second kind, after the search branches' last convolution.

  Epsilon is 1e-3 and the moving statistics are not zero-debiased. Channels
  outside of the context's mask come out as zero and their statistics stay.

  Args:
    context: Context.
    value: image tensor with C channels.
  """

  def _averages(pairs):
    """moving <- decay * moving + (1 - decay) * of the batch."""
    updates = []
    for moving, of_batch in pairs:
      difference = (moving.value() - of_batch) * _constant(1 - DECAY)
      if context.mask is not None:
        difference *= context.mask
      updates.append(tf.assign_sub(moving, difference).op)
    return updates

  value = _normalize(context, value, MASKED_EPSILON, _averages)
  if context.mask is None:
    return value
  return context.fmt.scale_channels(value, context.mask)


def pointwise(context, value, kernel, offset, scale):
  """1x1 convolution and batch norm by the batch; there are no moving ones.

  The backward pass computes the product again, which is cheap, instead of
  keeping what the forward pass had: of the large tensors of a micro search,
  that is up to a third.

  Args:
    context: Context.
    value: image tensor with C channels.
    kernel: float32 [C * filters], row by row.
    offset, scale: float32 [filters].

  Raises:
    ValueError: moving statistics are asked for.
  """
  fmt, gradients = context.fmt, context.use.gradients
  if context.use.statistics == MOVING:
    raise ValueError(
      'what is chosen by a cell has no moving statistics: expected a use with '
      'those of the batch'
    )

  def _product():
    filters = int(offset.shape[0])
    return fmt.pointwise_conv2d(value, kernel, filters, gradients)

  override = {'FusedBatchNormV3': 'EnasPointwiseNorm'} if gradients else {}
  with tf.get_default_graph().gradient_override_map(override):
    result = _fused(fmt, _product(), offset, scale, context.bn_epsilon).y
  if gradients:
    tf.add_to_collection(_PRODUCT + result.op.name, _product)
  return result


_PRODUCT = 'enas_product_'


@tf.RegisterGradient('EnasPointwiseNorm')
def _pointwise_gradient(op, grad, *unused):
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


def _normalize(context, value, epsilon, averages):
  fmt, statistics = context.fmt, context.use.statistics
  shape = [fmt.channels(value)]
  with tf.variable_scope('bn'):
    offset = variables.create('offset', shape, variables.zeros)
    scale = variables.create('scale', shape, variables.ones)
    if statistics == ALONE:
      return _fused(fmt, value, lazy.read(offset), lazy.read(scale), epsilon).y
    mean = variables.create('moving_mean', shape, variables.zeros, False)
    variance = variables.create('moving_variance', shape, variables.ones, False)
    moving = None
    if statistics == MOVING:
      moving = mean.value(), variance.value()
    normalized = _fused(
      fmt, value, lazy.read(offset), lazy.read(scale), epsilon, moving
    )
    if statistics != FOLD:
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
    difference = (biased.value() - of_batch) * _constant(1 - DECAY)
    total = tf.assign_sub(biased, difference)
    with tf.control_dependencies([total.op]):
      count = tf.assign_add(steps, _constant(1.0))
    weight = _constant(1.0) - tf.pow(_constant(DECAY), count)
    updates.append(tf.assign(moving, total / weight).op)
  return updates


def _last_part(variable):
  return variable.op.name.rsplit('/', 1)[1]
