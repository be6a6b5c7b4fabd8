"""The micro child: a stack of normal and reduction cells (ENAS section 2.4).

Reduction cells, two by default, lie among the layers; each doubles the
filters. `network` builds it in one of two forms: the search model, steered by
an architecture tensor (`micro_search_cell`), or a fixed network
(`micro_fixed_cell`). Variable scopes and shapes are those of
`src/cifar10/micro_child.py` of melodyguan/enas.
"""

import typing

from src.arc.micro_counts import reduction_layers
from src.arc.spaces import CellsSpace
from src.cifar10 import (
  layers,
  micro_fixed_cell,
  micro_layers,
  micro_search_cell,
  operations,
)
from src.cifar10.networks import Network
from src.nn import blocks
from src.nn.context import BATCH, BN_EPSILON, Context, Use
from src.nn.image_format import ImageFormat
from src.tf1 import tf


class ChildConfig(typing.NamedTuple):
  """What a micro child is made of.

  Attributes:
    num_layers: int, without the reduction cells.
    space: CellsSpace, what the search model holds, or what fixed_arc is from.
    out_filters: int, width of the first layers' nodes in channels.
    num_classes: int.
    keep_prob: float, share of values that dropout keeps.
    drop_path_keep_prob: float, share of paths that are kept at the end.
    use_aux_heads: bool, whether training has a second classifier.
    fixed_arc: `MicroArc`, or None for the search model.
    eval_dropout: bool, whether the search model drops values in evaluation too
      (docs/FIDELITY.md, D13).
    data_format: 'NHWC' or 'NCHW'.
    bn_epsilon: float, of batch normalisation.
    builders: how each kind of operation is built, see `operations.BUILDERS`.
    num_reductions: int, reduction cells.
  """

  num_layers: int
  space: CellsSpace
  out_filters: int
  num_classes: int = 10
  keep_prob: float = 1.0
  drop_path_keep_prob: float = 1.0
  use_aux_heads: bool = False
  fixed_arc: typing.Any = None
  eval_dropout: bool = True
  data_format: str = 'NHWC'
  bn_epsilon: float = BN_EPSILON
  builders: dict = operations.BUILDERS
  num_reductions: int = 2

  @property
  def num_cells(self):
    """int, blocks in each cell."""
    return self.space.num_cells

  def evaluation(self, key):
    """See `networks`; a cell's choices have no moving statistics."""
    if self.fixed_arc is not None:
      return Use(key=key)
    return Use(noise=self.eval_dropout, statistics=BATCH, key=key)

  def build(self, images, arc, use):
    """See `network`."""
    return network(images, arc, self, use)


def network(images, arc, config, use):
  """Builds the child on a batch; variables are shared between calls.

  Args:
    images: float32 [N, H, W, C], standardised.
    arc: int32 [8 num_cells], ignored by fixed networks.
    config: ChildConfig.
    use: Use; of the search model, without moving statistics.

  Returns:
    Network; with auxiliary logits, if there are gradients and the config wants
    them.
  """
  if config.fixed_arc is None:
    form, build = operations.CELL_SEARCH, _search_layer(config, arc)
  else:
    form, build = operations.CELL_FIXED, _fixed_layer(config)
  context = Context(
    ImageFormat(config.data_format),
    use,
    config.out_filters,
    form,
    bn_epsilon=config.bn_epsilon,
  )
  reductions = reduction_layers(config.num_layers, config.num_reductions)
  outputs, aux_logits, aux_layer = [], None, None
  with tf.variable_scope('child', reuse=tf.AUTO_REUSE):
    value = layers.stem(
      context._replace(filters=3 * config.out_filters), images
    )
    pair = (value, value)
    for layer in range(config.num_layers + config.num_reductions):
      reduces = layer in reductions
      if reduces:
        context = context._replace(filters=2 * context.filters)
      with tf.variable_scope('layer_%d' % layer):
        pair = build(context, layer, reduces, pair)
      outputs.append(pair[1])
      if use.gradients and config.use_aux_heads and layer == reductions[-1] + 1:
        aux_layer = layer
        with tf.variable_scope('aux_head'):
          aux_logits = micro_layers.aux_head(
            context, pair[1], config.num_classes
          )
    value = tf.nn.relu(pair[1])
    logits = layers.classifier(
      context, value, config.num_classes, config.keep_prob
    )
  return Network(logits, aux_logits, outputs, aux_layer)


def _search_layer(config, arc):
  """A function that builds one layer of the search model."""
  with tf.device('/cpu:0'):
    cells = [
      micro_search_cell.read_cell(tokens, config.space.num_actions)
      for tokens in tf.split(arc, 2)
    ]

  def _build(context, layer, reduces, pair):
    """The last two outputs -> the last two outputs."""
    del layer
    older, newer = pair
    if reduces:
      older, newer = newer, blocks.factorized_reduction(context, newer)
    nodes = micro_layers.calibrate(context, older, newer)
    value = micro_search_cell.build(
      context, cells[int(reduces)], *nodes, config
    )
    return newer, value

  return _build


def _fixed_layer(config):
  """A function that builds one layer of a fixed network."""

  def _build(context, layer, reduces, pair):
    """The last two outputs -> the last two outputs."""
    nodes = micro_layers.calibrate(context, *pair)
    value = micro_fixed_cell.build(
      context,
      'reduce' if reduces else 'normal',
      *nodes,
      config,
      micro_layers.drop_path(
        context.use,
        layer,
        config.num_layers + config.num_reductions,
        2 * config.num_cells,
        config.drop_path_keep_prob,
      ),
    )
    return pair[1], value

  return _build
