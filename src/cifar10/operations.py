"""How each kind of operation is built: in the search model, in a final network.

A search space is a list of `src.arc` operations; this table says what graph
each kind stands for. A new kind of operation is a new row here and a new entry
in the list. Source: `src/cifar10/general_child.py` of melodyguan/enas.
"""

import collections

from src.nn import blocks
from src.tf1 import tf

Builder = collections.namedtuple('Builder', ['search', 'final'])
Builder.__doc__ = """Two functions (fmt, value, filters, kernel, training).

Both take and give image tensors of one size; `search` keeps the number of
channels, `final` goes from any number to `filters`. A third kind of argument
comes by name: `mask`, see `search_branch`.
"""


def search_branch(operation, fmt, value, filters, training, mask=None):
  """The operation as a branch of the search model, in the current scope.

  Args:
    operation: `src.arc.Operation`.
    fmt: ImageFormat.
    value: image tensor with `filters` channels.
    filters: int.
    training: bool.
    mask: float32 [filters] of 0 and 1, the output channels that count, or None
      for all of them (`controller_search_whole_channels`).
  """
  build = BUILDERS[operation.kind].search
  return build(fmt, value, filters, operation.kernel, training, mask)


def final_layer(operation, fmt, value, filters, training):
  """The operation as a layer of a fixed network, in the current scope."""
  build = BUILDERS[operation.kind].final
  return build(fmt, value, filters, operation.kernel, training)


def _pointwise(scope, fmt, value, filters, training):
  with tf.variable_scope(scope):
    value = blocks.conv(fmt, value, filters, 1)
    return tf.nn.relu(blocks.batch_norm(fmt, value, training))


def _search_conv(separable):
  def _build(fmt, value, filters, kernel, training, mask):
    value = _pointwise('inp_conv_1', fmt, value, filters, training)
    with tf.variable_scope('out_conv_%d' % kernel):
      if separable:
        value = blocks.separable_conv(fmt, value, filters, kernel, rows=True)
      else:
        value = blocks.conv(fmt, value, filters, kernel)
      value = blocks.masked_batch_norm(fmt, value, training, mask)
    return tf.nn.relu(value)

  return _build


def _final_conv(separable):
  def _build(fmt, value, filters, kernel, training):
    value = _pointwise('conv_1x1', fmt, tf.nn.relu(value), filters, training)
    with tf.variable_scope('conv_%dx%d' % (kernel, kernel)):
      if separable:
        value = blocks.separable_conv(fmt, value, filters, kernel)
      else:
        value = blocks.conv(fmt, value, filters, kernel)
      return blocks.batch_norm(fmt, value, training)

  return _build


def _search_pool(pool):
  def _build(fmt, value, filters, kernel, training, mask):
    value = _pointwise('conv_1', fmt, value, filters, training)
    value = getattr(fmt, pool)(value, kernel)
    return value if mask is None else fmt.scale_channels(value, mask)

  return _build


def _final_pool(pool):
  def _build(fmt, value, filters, kernel, training):
    del filters, training
    return getattr(fmt, pool)(value, kernel)

  return _build


BUILDERS = {
  'conv': Builder(_search_conv(False), _final_conv(False)),
  'separable': Builder(_search_conv(True), _final_conv(True)),
  'avg_pool': Builder(_search_pool('avg_pool'), _final_pool('avg_pool')),
  'max_pool': Builder(_search_pool('max_pool'), _final_pool('max_pool')),
}
