"""A cell of a fixed micro network (ENAS section 2.4).

Unlike in the search model, the reduction cell strides in its operations, loose
ends are concatenated as they are, and training drops paths (docs/FIDELITY.md,
D14). Scopes and shapes are those of `src/cifar10/micro_child.py` of
melodyguan/enas.
"""

from src.cifar10 import micro_layers, operations
from src.nn import blocks
from src.tf1 import tf


def build(context, cell, older, newer, config, drop):
  """Builds the cell in the current scope.

  Args:
    context: Context.
    cell: 'normal' or 'reduce'; the latter halves height and width.
    older, newer: image tensors of one size with `context.filters` channels.
    config: micro_child.ChildConfig, whose fixed_arc the cell is of.
    drop: function (image tensor, number of the half) that drops paths in it.

  Returns:
    image tensor with `context.filters` channels for each loose end.
  """
  arc, actions = config.fixed_arc, config.space.actions
  with tf.variable_scope('layer_base'):
    newer = micro_layers.pointwise(context, newer)
  nodes = [older, newer]
  for number, block in enumerate(getattr(arc, cell)):
    halves = ((block.index_1, block.op_1), (block.index_2, block.op_2))
    results = []
    for half, (name, (index, op)) in enumerate(zip('xy', halves)):
      # What is in the cell already has been halved.
      stride = 2 if cell == 'reduce' and index < 2 else 1
      with tf.variable_scope('cell_%d/%s_conv' % (number, name)):
        value = operations.build(
          actions[op],
          context._replace(stride=stride),
          nodes[index],
          config.builders,
        )
      if actions[op].kind != 'identity':
        value = drop(value, 2 * number + half)
      results.append(value)
    nodes.append(tf.add_n(results))
  with tf.variable_scope('final_combine'):
    return _combine(context, arc.loose_ends(cell), nodes)


def _combine(context, loose, nodes):
  """Concatenates the loose ends; those not halved yet are first."""
  smallest = min(
    micro_layers.height(context, nodes[number]) for number in loose
  )
  values = []
  for number in loose:
    value = nodes[number]
    if micro_layers.height(context, value) > smallest:
      with tf.variable_scope('calibrate_%d' % number):
        value = blocks.factorized_reduction(context, value)
    values.append(value)
  return tf.concat(values, context.fmt.channel_axis)
