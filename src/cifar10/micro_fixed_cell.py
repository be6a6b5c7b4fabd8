"""A cell of a fixed micro network (ENAS section 2.4).

Unlike in the search model, the reduction cell strides in its operations, loose
ends are concatenated as they are, and training drops paths (docs/FIDELITY.md,
D14). Scopes and shapes are those of `src/cifar10/micro_child.py` of
melodyguan/enas.
"""

from src.cifar10 import micro_layers
from src.nn import blocks
from src.tf1 import tf


def build(mode, arc, cell, older, newer, filters, operations, drop):
  """Builds the cell in the current scope.

  Args:
    mode: Mode.
    arc: MicroArc.
    cell: 'normal' or 'reduce'; the latter halves height and width.
    older, newer: image tensors of one size with `filters` channels.
    filters: int.
    operations: tuple of `src.arc.Operation`.
    drop: function (image tensor, number of the half) that drops paths in it.

  Returns:
    image tensor with `filters` channels for each loose end.
  """
  with tf.variable_scope('layer_base'):
    newer = micro_layers.pointwise(mode, newer, filters)
  nodes = [older, newer]
  for number, block in enumerate(getattr(arc, cell)):
    halves = ((block.index_1, block.op_1), (block.index_2, block.op_2))
    results = []
    for half, (name, (index, op)) in enumerate(zip('xy', halves)):
      # What is in the cell already has been halved.
      stride = 2 if cell == 'reduce' and index < 2 else 1
      with tf.variable_scope('cell_%d/%s_conv' % (number, name)):
        operation = operations[op]
        value = BUILDERS[operation.kind](
          mode, nodes[index], operation.kernel, filters, stride
        )
      if operation.kind != 'identity':
        value = drop(value, 2 * number + half)
      results.append(value)
    nodes.append(tf.add_n(results))
  with tf.variable_scope('final_combine'):
    return _combine(mode, arc.loose_ends(cell), nodes, filters)


def _separable(mode, value, kernel, filters, stride):
  for number in range(2):
    with tf.variable_scope('sep_conv_%d' % number):
      value = blocks.separable_conv(
        mode.fmt, tf.nn.relu(value), filters, kernel, stride
      )
      value = micro_layers.norm(mode, value)
    stride = 1
  return value


def _pool(name):
  def _build(mode, value, kernel, filters, stride):
    del filters
    return getattr(mode.fmt, name)(value, kernel, stride)

  return _build


def _identity(mode, value, kernel, filters, stride):
  del kernel
  return value if stride == 1 else micro_layers.reduce(mode, value, filters)


# What each kind of operation is: functions (mode, value, kernel, filters,
# stride) of an image tensor.
BUILDERS = {
  'separable': _separable,
  'avg_pool': _pool('avg_pool'),
  'max_pool': _pool('max_pool'),
  'identity': _identity,
}


def _combine(mode, loose, nodes, filters):
  """Concatenates the loose ends; those not halved yet are first."""
  smallest = min(micro_layers.height(mode, nodes[number]) for number in loose)
  values = []
  for number in loose:
    value = nodes[number]
    if micro_layers.height(mode, value) > smallest:
      with tf.variable_scope('calibrate_%d' % number):
        value = micro_layers.reduce(mode, value, filters)
    values.append(value)
  return tf.concat(values, mode.fmt.channel_axis)
