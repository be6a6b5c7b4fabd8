"""How operations of PNAS cells are built, as `src.cifar10.operations` asks.

In a stack of cells each convolution is ReLU, convolution, batch norm
(arXiv 1712.00559, section 3.1). In flat cells, as titu1994's implementation
builds them, it is a convolution with a bias, batch norm, ReLU; all have stride
2, and pools keep the channels that they are given.
"""

from src.cifar10 import operations
from src.nn import batch_norm, blocks, lazy, variables
from src.tf1 import tf


def _normal_conv(context, value, size, stride, scope=None, dilation=1):
  """ReLU, convolution, batch norm; in a scope if there are several."""
  with tf.variable_scope(scope or tf.get_variable_scope()):
    value = blocks.conv(context, tf.nn.relu(value), size, stride, dilation)
    return batch_norm.plain(context, value)


def _identity(operation, context, value):
  """Nothing, or at stride 2 a 1x1 convolution."""
  if context.stride == 1:
    return value
  return _normal_conv(context, value, operation.kernel, context.stride)


def _factorised(operation, context, value):
  """Its rows, then its columns."""
  size = operation.kernel
  value = _normal_conv(context, value, (1, size), context.stride, 'row')
  return _normal_conv(context, value, (size, 1), 1, 'column')


def _conv(operation, context, value):
  """At stride 2, what a kernel with gaps of one sees is every second pixel."""
  dilation, stride = operation.param('dilation', 1), context.stride
  if dilation == stride == 2:
    value = context.fmt.max_pool(value, 1, 2)
    dilation = stride = 1
  if dilation > 1 and stride > 1:
    raise ValueError(
      'operation %s: dilation %d at stride %d'
      % (operation.name, dilation, stride)
    )
  return _normal_conv(
    context, value, operation.kernel, stride, dilation=dilation
  )


BUILDERS = dict(
  operations.BUILDERS, identity=_identity, factorised=_factorised, conv=_conv
)


def _finished(context, value):
  """Bias, batch norm, ReLU."""
  bias = variables.create('b', [context.filters], variables.zeros)
  value = context.fmt.add_to_channels(value, lazy.read(bias))
  return tf.nn.relu(batch_norm.plain(context, value))


def _flat_conv(operation, context, value):
  value = blocks.conv(context, value, operation.kernel, context.stride)
  return _finished(context, value)


def _flat_separable(operation, context, value):
  value = blocks.separable_conv(
    context, value, operation.kernel, context.stride
  )
  return _finished(context, value)


def _flat_factorised(operation, context, value):
  size = operation.kernel
  for scope, window, stride in (
    ('row', (1, size), context.stride),
    ('column', (size, 1), 1),
  ):
    with tf.variable_scope(scope):
      value = _finished(context, blocks.conv(context, value, window, stride))
  return value


FLAT_BUILDERS = {
  'identity': _flat_conv,
  'separable': _flat_separable,
  'factorised': _flat_factorised,
  'conv': _flat_conv,
  'avg_pool': operations.BUILDERS['avg_pool'],
  'max_pool': operations.BUILDERS['max_pool'],
}
