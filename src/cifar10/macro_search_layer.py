"""A layer of the macro search model, steered by an architecture tensor.

The model holds every operation of every layer; only what was sampled runs,
forward and backward. Scopes and shapes are those of
`src/cifar10/general_child.py` of melodyguan/enas.
"""

import typing

from src.arc import macro
from src.cifar10 import operations
from src.nn import batch_norm, lazy, variables
from src.tf1 import tf


class Row(typing.NamedTuple):
  """What of the architecture is one layer's.

  Attributes:
    operation: list of int32 scalars: the selected operation's position in
      `space.operations`, or a first channel and a number of channels for each.
    skips: list of bool scalars, one for each tensor that may be skipped in.
  """

  operation: typing.Sequence
  skips: typing.Sequence


def rows(config, arc):
  """list of Row, one per layer.

  Args:
    config: general_child.ChildConfig.
    arc: int32 [number of tokens].
  """
  space = config.space
  width = 1 if space.num_filters is None else 2 * len(space.operations)
  with tf.device('/cpu:0'):
    numbers = tf.unstack(arc, space.num_tokens)
    conditions = tf.unstack(tf.cast(arc, tf.bool), space.num_tokens)
    read, start = [], 0
    for layer in range(space.num_layers):
      bits = start + width
      operation = numbers[start:bits]
      if space.action_to_instance is not None:
        operation = [tf.gather(space.action_to_instance, operation[0])]
      read.append(Row(operation, conditions[bits : bits + layer]))
      start = bits + layer
  return read


def build(context, row, tensors, config):
  """Builds the layer in the current scope.

  The output is the selected operation's on the last tensor, plus the selected
  ones among the tensors before it, batch-normalised.

  Args:
    context: Context.
    row: Row.
    tensors: list of image tensors, the stem's and those of the layers so far.
    config: general_child.ChildConfig.

  Returns:
    list of the tensors to use from here on, with the output added.
  """
  if config.space.num_filters is None:
    value = _one_branch(context, row.operation[0], tensors[-1], config)
  else:
    value = _all_branches(context, row.operation, tensors[-1], config)
  tensors = list(tensors)
  first = macro.SKIP_FROM.index(config.space.skip_from)
  for source, bit in enumerate(row.skips, first):
    value, tensors[source] = lazy.add_if(bit, value, tensors[source])
  return tensors + [_normalised(context, value, len(tensors), config)]


def build_alone(context, row, tensors, config):
  """`build` for one architecture: its operation and its skips, nothing else.

  Args:
    row: macro_fixed_layer.Row.
    context, tensors, config: as in `build`.
  """
  number = config.space.operations.index(row.operation)
  with tf.variable_scope('branch_%d' % number):
    value = operations.build(
      row.operation, context, tensors[-1], config.builders
    )
  for source in row.sources:
    value += tensors[source]
  return tensors + [_normalised(context, value, len(tensors), config)]


def _normalised(context, value, number, config):
  """The output of a layer that has `number` tensors before it."""
  if number > 1 or config.topology.norm_first_layer:
    with tf.variable_scope('skip'):
      value = batch_norm.plain(context, value)
  return value


def _one_branch(context, selected, value, config):
  def _branch(number, operation):
    def _build(value):
      with tf.variable_scope('branch_%d' % number):
        return operations.build(operation, context, value, config.builders)

    return _build

  branches = [_branch(*entry) for entry in enumerate(config.space.operations)]
  if config.branch_binding == 'last':
    selected = tf.constant(len(branches) - 1)
  return lazy.case(selected, branches, value, context.use.gradients)


def _all_branches(context, ranges, value, config):
  """Partial channels: every operation gives a range of its output channels.

  Kernels keep their full width; channels outside of the range [start, start +
  count) are zero, so that `final_conv` mixes just the chosen ones.
  """
  outputs, fmt, filters = [], context.fmt, context.filters
  for number, operation in enumerate(config.space.operations):
    start, count = ranges[2 * number : 2 * number + 2]
    channel = tf.range(filters)
    chosen = tf.logical_and(channel >= start, channel < start + count)
    masked = context._replace(mask=tf.cast(chosen, tf.float32))
    with tf.variable_scope('branch_%d' % number):
      outputs.append(
        operations.build(operation, masked, value, config.builders)
      )
  value = tf.concat(outputs, fmt.channel_axis)
  with tf.variable_scope('final_conv'):
    shape = [len(outputs) * filters, filters]
    kernel = variables.create('w', shape, context.initial).value()
    value = fmt.conv2d(value, kernel[None, None])
    return tf.nn.relu(batch_norm.plain(context, value))
