"""A layer of a fixed macro network.

Unlike in the search model, skips are concatenated, not added, and nothing is
built but what the architecture uses. Scopes and shapes are those of
`src/cifar10/general_child.py` of melodyguan/enas.
"""

import typing

from src.arc.operations import Operation
from src.cifar10 import operations
from src.nn import batch_norm, blocks
from src.tf1 import tf


class Row(typing.NamedTuple):
  """What of the architecture is one layer's.

  Attributes:
    operation: `src.arc.Operation`.
    sources: list of ints, the tensors that are skipped in.
  """

  operation: Operation
  sources: typing.Sequence


def rows(config):
  """list of Row, one per layer of the config's fixed_arc."""
  arc, actions = config.fixed_arc, config.space.actions
  return [
    Row(actions[action], arc.skip_sources(layer))
    for layer, action in enumerate(arc.ops)
  ]


def build(context, row, tensors, config):
  """Builds the layer in the current scope.

  The output is the operation's on the last tensor; in all layers but the first
  a 1x1 convolution mixes the tensors skipped in, and it, batch-normalised.

  Args:
    context: Context.
    row: Row.
    tensors: list of image tensors, the stem's and those of the layers so far.
    config: general_child.ChildConfig.

  Returns:
    list of the tensors with the output added.
  """
  fmt = context.fmt
  value = operations.build(row.operation, context, tensors[-1], config.builders)
  if len(tensors) > 1:
    inputs = [tensors[source] for source in row.sources] + [value]
    with tf.variable_scope('skip'):
      value = tf.nn.relu(tf.concat(inputs, fmt.channel_axis))
      value = blocks.conv(context, value, 1)
      value = batch_norm.plain(context, value)
  return tensors + [value]
