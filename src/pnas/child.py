"""The network of one PNAS cell, as a child of the image task.

A stack of cells (arXiv 1712.00559, section 3.1 and figure 2), or the two flat
cells of titu1994's implementation. What has how many parameters is told by
`src.arc.pnas_counts`.
"""

import typing

from src.arc.pnas import stacked
from src.arc.pnas_space import PnasSpace
from src.cifar10 import layers, micro_layers, operations
from src.cifar10.networks import Network
from src.nn import blocks, variables
from src.nn.context import BN_EPSILON, Context, Use
from src.nn.image_format import ImageFormat
from src.pnas.operations import BUILDERS, FLAT_BUILDERS
from src.tf1 import tf

_FLAT_REDUCTIONS = 2


class ChildConfig(typing.NamedTuple):
  """What a child is made of.

  Attributes:
    space: PnasSpace, which its cell is from.
    fixed_arc: PnasArc, its cell.
    out_filters: int, F, width of the first cells' blocks in channels.
    cells_per_stage: int, N; without effect where the cell is flat.
    num_reductions: int, stages but one; flat networks have two cells.
    num_classes: int.
    keep_prob: float, share of values that dropout keeps.
    drop_path_keep_prob: float, share of paths that are kept at the end.
    use_aux_heads: bool, whether training has a second classifier, one cell
      after the last reduction where there is one.
    data_format: 'NHWC' or 'NCHW'.
    bn_epsilon: float, of batch normalisation.
    builders: how each kind of operation is built; None for those of the kind of
      cell, see `src.pnas.operations`.
  """

  space: PnasSpace
  fixed_arc: typing.Any
  out_filters: int
  cells_per_stage: int = 2
  num_reductions: int = 2
  num_classes: int = 10
  keep_prob: float = 1.0
  drop_path_keep_prob: float = 1.0
  use_aux_heads: bool = False
  data_format: str = 'NHWC'
  bn_epsilon: float = BN_EPSILON
  builders: typing.Optional[dict] = None

  @property
  def flat(self):
    """bool, whether all operations read the cell's input."""
    return self.fixed_arc.cell == 'flat'

  @property
  def num_layers(self):
    """int, cells one behind the other."""
    if self.flat:
      return _FLAT_REDUCTIONS
    return self.cells_per_stage * (self.num_reductions + 1)

  def evaluation(self, key):
    """See `networks`."""
    return Use(key=key)

  def build(self, images, arc, use):
    """See `network`."""
    del arc
    return network(images, self, use)


def network(images, config, use):
  """Builds the child on a batch; variables are shared between calls.

  Args:
    images: float32 [N, H, W, C], standardised.
    config: ChildConfig.
    use: Use.

  Returns:
    Network; with auxiliary logits, if there are gradients and the config wants
    them.
  """
  context = Context(
    ImageFormat(config.data_format),
    use,
    config.out_filters,
    operations.CELL_FIXED,
    bn_epsilon=config.bn_epsilon,
  )
  with tf.variable_scope('child', reuse=tf.AUTO_REUSE):
    if config.flat:
      context = context._replace(initial=variables.he_uniform)
      outputs, aux_logits, aux_layer = _flat(context, images, config)
      value = outputs[-1]
    else:
      outputs, aux_logits, aux_layer = _stack(context, images, config)
      value = tf.nn.relu(outputs[-1])
    logits = layers.classifier(
      context, value, config.num_classes, config.keep_prob, bias=True
    )
  return Network(logits, aux_logits, outputs, aux_layer)


def _stack(context, images, config):
  """(outputs of all cells, auxiliary logits or None, their layer or None)."""
  cells = stacked(
    config.cells_per_stage, config.out_filters, config.num_reductions
  )
  wanted = config.use_aux_heads and context.use.gradients
  last_reduction = config.cells_per_stage * config.num_reductions
  aux_layer = min(last_reduction + 1, len(cells) - 1) if wanted else None
  value = layers.stem(context._replace(filters=3 * config.out_filters), images)
  pair, outputs, aux_logits = (value, value), [], None
  for number, cell in enumerate(cells):
    context = context._replace(filters=cell.filters, stride=cell.stride)
    drop = micro_layers.drop_path(
      context.use,
      number,
      len(cells),
      2 * config.fixed_arc.num_blocks,
      config.drop_path_keep_prob,
    )
    with tf.variable_scope('layer_%d' % number):
      pair = pair[1], dag_cell(context, pair, config, drop)
    outputs.append(pair[1])
    if number == aux_layer:
      with tf.variable_scope('aux_head'):
        aux_logits = micro_layers.aux_head(context, pair[1], config.num_classes)
  return outputs, aux_logits, aux_layer


def dag_cell(context, pair, config, drop):
  """A cell whose blocks add what two operations make of two inputs, in scope.

  Args:
    context: Context; its stride is that of operations on what is before the
      cell.
    pair: outputs of the two cells before, -2 and -1; the former may be twice as
      high and wide.
    config: ChildConfig.
    drop: function (image tensor, number of the path), see
      `micro_layers.drop_path`.

  Returns:
    image tensor with `context.filters` channels for each block of the output.
  """
  arc, stride = config.fixed_arc, context.stride
  nodes = _inputs(context._replace(stride=1), pair, arc)
  chosen = arc.block_operations(config.space.actions)
  for number, (block, pair_of) in enumerate(zip(arc.blocks, chosen)):
    results = []
    for half, (read, operation) in enumerate(zip(block[::2], pair_of)):
      with tf.variable_scope('block_%d/%s' % (number, 'xy'[half])):
        value = operations.build(
          operation,
          context._replace(stride=stride if read < 0 else 1),
          nodes[read],
          config.builders or BUILDERS,
        )
      if operation.kind != 'identity':
        value = drop(value, 2 * number + half)
      results.append(value)
    nodes[number] = tf.add_n(results)
  outputs = [nodes[number] for number in arc.outputs()]
  return tf.concat(outputs, context.fmt.channel_axis)


def _inputs(context, pair, arc):
  """dict from -2 and -1, as far as they are read, to tensors of one size."""
  size, nodes = micro_layers.height(context, pair[1]), {}
  for number in arc.reads():
    value = pair[number]
    with tf.variable_scope('input_%d' % -number):
      if micro_layers.height(context, value) != size:
        value = blocks.factorized_reduction(context, tf.nn.relu(value))
      elif context.fmt.channels(value) != context.filters:
        value = micro_layers.pointwise(context, value)
    nodes[number] = value
  return nodes


def _flat(context, images, config):
  """As `_stack`; in both cells all operations read their one input."""
  value, outputs = context.fmt.from_nhwc(images), []
  chosen = config.fixed_arc.block_operations(config.space.actions)
  for number in range(_FLAT_REDUCTIONS):
    own = context._replace(filters=config.out_filters * 2**number, stride=2)
    made = []
    for block, pair_of in enumerate(chosen):
      for half, operation in zip('xy', pair_of):
        scope = 'layer_%d/block_%d/%s' % (number, block, half)
        with tf.variable_scope(scope):
          made.append(
            operations.build(
              operation, own, value, config.builders or FLAT_BUILDERS
            )
          )
    value = tf.concat(made, context.fmt.channel_axis)
    outputs.append(value)
  return outputs, None, None
