"""How each kind of operation is built: one table for all image networks.

There are four forms of network: layers and cells, in the search model and in
fixed networks. A builder is a function (operation, context, value) that returns
an image tensor; the context says which form it stands in. A kind that is the
same everywhere is one function, the others have one for each form that has
them. A new kind is a new row here, or in a copy of the table that a child is
handed. Sources: `src/cifar10/general_child.py` and `micro_child.py` of
melodyguan/enas.
"""

import typing

from src.arc.errors import ArcError
from src.cifar10.networks import Use
from src.nn import blocks, lazy, variables
from src.nn.image_format import ImageFormat, reshape
from src.tf1 import tf

MACRO_SEARCH, MACRO_FIXED = 'macro search', 'fixed macro'
CELL_SEARCH, CELL_FIXED = 'cell search', 'fixed cell'
# Separable convolutions of cells come in pairs.
STACK = 2


class Context(typing.NamedTuple):
  """Where an operation stands.

  Attributes:
    form: one of the four forms of network above.
    fmt: ImageFormat.
    use: networks.Use.
    filters: int, channels of the result; in search models of the value too.
    stride: int, 2 where height and width are to be halved, else 1.
    mask: float32 [filters] of 0 and 1, the output channels that count in a
      macro search with partial channels; None for all of them.
    source: lazy.Choice of the node that the value is, in a cell of a search
      model, which has weights of its own for each; else None.
  """

  form: str
  fmt: ImageFormat
  use: Use
  filters: int
  stride: int = 1
  mask: typing.Any = None
  source: typing.Optional[lazy.Choice] = None

  @property
  def training(self):
    return self.use.training

  def key(self, purpose):
    """int32 [2], see `random_ops`; one of its own in each variable scope."""
    return self.use.key('%s in %s' % (purpose, tf.get_variable_scope().name))


def build(operation, context, value, builders=None):
  """The operation on an image tensor, in the current variable scope.

  What is built for training must read variables through `lazy.read` and depend
  on the value throughout, so that it can stand in a branch that does not run.

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
    value = blocks.conv(context.fmt, value, context.filters, 1)
    value = blocks.batch_norm(context.fmt, value, context.training)
    return tf.nn.relu(value)


def _macro_search_conv(separable):
  def _build(operation, context, value):
    fmt, filters, kernel = context.fmt, context.filters, operation.kernel
    value = _pointwise('inp_conv_1', context, value)
    with tf.variable_scope('out_conv_%d' % kernel):
      if separable:
        value = blocks.separable_conv(fmt, value, filters, kernel, rows=True)
      else:
        value = blocks.conv(fmt, value, filters, kernel)
      value = blocks.masked_batch_norm(
        fmt, value, context.training, context.mask
      )
    return tf.nn.relu(value)

  return _build


def _macro_fixed_conv(separable):
  def _build(operation, context, value):
    fmt, filters, kernel = context.fmt, context.filters, operation.kernel
    value = _pointwise('conv_1x1', context, tf.nn.relu(value))
    with tf.variable_scope('conv_%dx%d' % (kernel, kernel)):
      if separable:
        value = blocks.separable_conv(fmt, value, filters, kernel)
      else:
        value = blocks.conv(fmt, value, filters, kernel)
      return blocks.batch_norm(fmt, value, context.training)

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
        depth = _row('w_depth', kernel * kernel * filters, variables.he_normal)
        point = _row('w_point', filters * filters, variables.he_normal)
        value = fmt.depthwise_conv2d(
          tf.nn.relu(value), reshape(depth, (kernel, kernel, filters, 1))
        )
        with tf.variable_scope('bn'):
          offset = _row('offset', filters, variables.zeros)
          scale = _row('scale', filters, variables.ones)
        value = blocks.pointwise_norm(
          fmt, value, point, offset, scale, context.training
        )
  return value


def _cell_fixed_separable(operation, context, value):
  for number in range(STACK):
    with tf.variable_scope('sep_conv_%d' % number):
      stride = context.stride if number == 0 else 1
      value = blocks.separable_conv(
        context.fmt, tf.nn.relu(value), context.filters, operation.kernel,
        stride,
      )  # fmt: skip
      value = blocks.batch_norm(context.fmt, value, context.training)
  return value


def _pool(name):
  def _build(operation, context, value):
    if context.form == MACRO_SEARCH:
      value = _pointwise('conv_1', context, value)
    pool = getattr(context.fmt, name)
    value = pool(value, operation.kernel, context.stride)
    if context.mask is not None:
      value = context.fmt.scale_channels(value, context.mask)
    return value

  return _build


def _identity(operation, context, value):
  del operation
  if context.stride == 1:
    return value
  return blocks.factorized_reduction(
    context.fmt, value, context.filters, context.training
  )


BUILDERS = {
  'conv': by_form(
    macro_search=_macro_search_conv(False),
    macro_fixed=_macro_fixed_conv(False),
  ),
  'separable': by_form(
    macro_search=_macro_search_conv(True),
    macro_fixed=_macro_fixed_conv(True),
    cell_search=_cell_search_separable,
    cell_fixed=_cell_fixed_separable,
  ),
  'avg_pool': _pool('avg_pool'),
  'max_pool': _pool('max_pool'),
  'identity': _identity,
}
