"""How each kind of operation is built: one table for all image networks.

There are four forms of network: layers and cells, in the search model and in
fixed networks. A builder is a function (operation, context, value) that returns
an image tensor; the context says which form it stands in. A kind that is the
same everywhere is one function, the others have one for each form that has
them. A new kind is a new row here, or in a copy of the table that a child is
handed. Sources: `src/cifar10/general_child.py` and `micro_child.py` of
melodyguan/enas.
"""

import functools

from src.arc.errors import ArcError
from src.nn import batch_norm, blocks, lazy, random_ops, variables
from src.nn.image_format import reshape
from src.tf1 import tf

MACRO_SEARCH, MACRO_FIXED = 'macro search', 'fixed macro'
CELL_SEARCH, CELL_FIXED = 'cell search', 'fixed cell'
# Separable convolutions of cells come in pairs.
STACK = 2


def build(operation, context, value, builders=None):
  """The operation on an image tensor, in the current variable scope.

  What is differentiated must read variables through `lazy.read` and depend on
  the value throughout, so that it can stand in a branch that does not run.

  Args:
    operation: `src.arc.Operation`.
    context: Context.
    value: image tensor.
    builders: dict as `BUILDERS`, or None for that.

  Returns:
    image tensor with `context.filters` channels.

  Raises:
    ArcError: no builder knows the kind.
  """
  builders = builders or BUILDERS
  if operation.kind not in builders:
    raise ArcError(
      'operation %s: nothing builds kind %r, expected %s'
      % (operation.name, operation.kind, ', '.join(builders))
    )
  return builders[operation.kind](operation, context, value)


def by_form(**builders):
  """A builder of a kind that is not built alike everywhere.

  Args:
    **builders: builders; macro_search and so on for forms that have the kind.
  """

  def _build(operation, context, value):
    name = {
      MACRO_SEARCH: 'macro_search',
      MACRO_FIXED: 'macro_fixed',
      CELL_SEARCH: 'cell_search',
      CELL_FIXED: 'cell_fixed',
    }[context.form]
    if name not in builders:
      raise ArcError(
        'operation %s: kind %r is not built in a %s network'
        % (operation.name, operation.kind, context.form)
      )
    return builders[name](operation, context, value)

  return _build


def _pointwise(scope, context, value):
  with tf.variable_scope(scope):
    value = blocks.conv(context, value, 1)
    return tf.nn.relu(batch_norm.plain(context, value))


def _convolution(operation, context, value):
  dilation = operation.param('dilation', 1)
  return blocks.conv(context, value, operation.kernel, dilation=dilation)


def _separable(operation, context, value):
  return blocks.separable_conv(
    context,
    value,
    operation.kernel,
    rows=context.form == MACRO_SEARCH,
    mixes=operation.param('mixes', True),
  )


def _macro_search_conv(convolve):
  def _build(operation, context, value):
    value = _pointwise('inp_conv_1', context, value)
    with tf.variable_scope('out_conv_%d' % operation.kernel):
      value = convolve(operation, context, value)
      return tf.nn.relu(batch_norm.masked(context, value))

  return _build


def _macro_fixed_conv(convolve):
  def _build(operation, context, value):
    kernel = operation.kernel
    value = _pointwise('conv_1x1', context, tf.nn.relu(value))
    with tf.variable_scope('conv_%dx%d' % (kernel, kernel)):
      value = convolve(operation, context, value)
      return batch_norm.plain(context, value)

  return _build


def _cell_search_separable(operation, context, value):
  """Weights of all nodes that may be read; the chosen one's are used."""
  fmt, source, filters = context.fmt, context.source, context.filters
  kernel, nodes = operation.kernel, len(context.source.chosen)

  def _row(name, size, initial):
    return lazy.row(variables.create(name, [nodes, size], initial), source)

  with tf.variable_scope('conv_%dx%d' % (kernel, kernel)):
    for number in range(STACK):
      with tf.variable_scope('stack_%d' % number):
        depth = _row('w_depth', kernel * kernel * filters, context.initial)
        point = _row('w_point', filters * filters, context.initial)
        value = fmt.depthwise_conv2d(
          tf.nn.relu(value), reshape(depth, (kernel, kernel, filters, 1))
        )
        with tf.variable_scope('bn'):
          offset = _row('offset', filters, variables.zeros)
          scale = _row('scale', filters, variables.ones)
        value = batch_norm.pointwise(context, value, point, offset, scale)
  return value


def _cell_fixed_separable(operation, context, value):
  for number in range(STACK):
    with tf.variable_scope('sep_conv_%d' % number):
      stride = context.stride if number == 0 else 1
      value = blocks.separable_conv(
        context, tf.nn.relu(value), operation.kernel, stride
      )
      value = batch_norm.plain(context, value)
  return value


def _pool(name):
  def _build(operation, context, value):
    if context.form == MACRO_SEARCH:
      value = _pointwise('conv_1', context, value)
    pool = getattr(context.fmt, name)
    if name == 'avg_pool' and operation.param('count_pad', False):
      pool = functools.partial(pool, count_pad=True)
    value = pool(value, operation.kernel, context.stride)
    return _masked(context, value)

  return _build


def _masked(context, value):
  if context.mask is None:
    return value
  return context.fmt.scale_channels(value, context.mask)


def _identity(operation, context, value):
  del operation
  if context.stride == 1:
    return _masked(context, value)
  return blocks.factorized_reduction(context, value)


def _gaussian(operation, context, value):
  """x + sigma * x * N(0, 1) where there is noise; the gradient is that of x."""
  value = _identity(operation, context, value)
  if not context.use.noise:
    return value
  drawn = random_ops.normal(tf.shape(value), context.key('gaussian'))
  return value + operation.param('sigma') * tf.stop_gradient(value) * drawn


def _dropout(operation, context, value):
  """Drops values where there is noise, at a rate of 1 all of them."""
  value = _identity(operation, context, value)
  if not context.use.noise:
    return value
  rate = operation.param('rate')
  if rate >= 1:
    return value * 0.0
  return random_ops.dropout(value, 1.0 - rate, context.key('dropout'))


def _transposed(operation, context, value):
  value = blocks.transposed_conv(context, value, operation.kernel)
  return _masked(context, value)


BUILDERS = {
  'conv': by_form(
    macro_search=_macro_search_conv(_convolution),
    macro_fixed=_macro_fixed_conv(_convolution),
  ),
  'separable': by_form(
    macro_search=_macro_search_conv(_separable),
    macro_fixed=_macro_fixed_conv(_separable),
    cell_search=_cell_search_separable,
    cell_fixed=_cell_fixed_separable,
  ),
  'avg_pool': _pool('avg_pool'),
  'max_pool': _pool('max_pool'),
  'identity': _identity,
  'gaussian': _gaussian,
  'dropout': _dropout,
  'tconv': by_form(macro_search=_transposed, macro_fixed=_transposed),
}
