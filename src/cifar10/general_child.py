"""The macro child: a chain of layers with skip connections (ENAS section 2.3).

`logits` builds it in one of three forms: the search model, steered by an
architecture tensor (`macro_search_layer`), what one architecture uses of it, or
a published fixed network (`macro_fixed_layer`). Variable scopes and shapes are
those of `src/cifar10/general_child.py` of melodyguan/enas.
"""

import typing

from src.arc import macro
from src.arc.spaces import MacroSpace
from src.cifar10 import (
  layers,
  macro_fixed_layer,
  macro_search_layer,
  operations,
)
from src.cifar10.networks import Network
from src.nn import blocks, variables
from src.nn.context import BN_EPSILON, MOVING, Context, Use
from src.nn.image_format import ImageFormat
from src.tf1 import tf


class Topology(typing.NamedTuple):
  """What macro networks of one space may differ in; melodyguan/enas's.

  Attributes:
    norm_first_layer: bool, whether layer 0 of the search model ends with batch
      normalisation, as the others do.
    classifier_bias: bool, whether the classifier has one.
    initial: first values of kernels, one of `variables`.
  """

  norm_first_layer: bool = False
  classifier_bias: bool = False
  initial: typing.Callable = variables.he_normal


class ChildConfig(typing.NamedTuple):
  """What a macro child is made of.

  Attributes:
    space: MacroSpace, what the search model holds, or what fixed_arc is from.
    out_filters: int, width of the first stage in channels.
    num_classes: int.
    keep_prob: float, share of values that dropout keeps.
    fixed_arc: `MacroArc`, or None for the search model.
    fixed_as_searched: bool, whether fixed_arc has the layers of the search
      model and not those of a published network.
    branch_binding: 'selected', or 'last' for upstream's defect D3.
    data_format: 'NHWC' or 'NCHW'.
    bn_epsilon: float, of plain batch normalisation.
    eval_bn: which statistics the search model is evaluated with, MOVING or
      BATCH (docs/FIDELITY.md, D24).
    builders: how each kind of operation is built, see `operations.BUILDERS`.
    topology: Topology.
    num_reductions: int, how often the resolution is halved.
  """

  space: MacroSpace
  out_filters: int
  num_classes: int = 10
  keep_prob: float = 1.0
  fixed_arc: typing.Any = None
  fixed_as_searched: bool = False
  branch_binding: str = 'selected'
  data_format: str = 'NHWC'
  bn_epsilon: float = BN_EPSILON
  eval_bn: str = MOVING
  builders: dict = operations.BUILDERS
  topology: Topology = Topology()
  num_reductions: int = 2

  @property
  def num_layers(self):
    return self.space.num_layers

  def evaluation(self, key):
    """See `networks`."""
    fixed = self.fixed_arc is not None
    return Use(statistics=MOVING if fixed else self.eval_bn, key=key)

  def build(self, images, arc, use):
    """The child on a batch; see `logits` and `networks`."""
    return Network(logits(images, arc, self, use))


def logits(images, arc, config, use):
  """Builds the child on a batch; variables are shared between calls.

  Args:
    images: float32 [N, H, W, C], standardised.
    arc: int32 [number of tokens], ignored by fixed networks.
    config: ChildConfig.
    use: Use.

  Returns:
    float32 [N, num_classes].
  """
  if config.fixed_arc is None:
    form, growth = operations.MACRO_SEARCH, 1
    build, rows = macro_search_layer.build, macro_search_layer.rows(config, arc)
  elif config.fixed_as_searched:
    form, growth = operations.MACRO_SEARCH, 1
    build, rows = macro_search_layer.build_alone, macro_fixed_layer.rows(config)
  else:
    form, growth = operations.MACRO_FIXED, 2
    build, rows = macro_fixed_layer.build, macro_fixed_layer.rows(config)
  context = Context(
    ImageFormat(config.data_format),
    use,
    config.out_filters,
    form,
    bn_epsilon=config.bn_epsilon,
    initial=config.topology.initial,
  )
  reductions = macro.pool_layers(config.num_layers, config.num_reductions)
  with tf.variable_scope('child', reuse=tf.AUTO_REUSE):
    tensors = [layers.stem(context, images)]
    for layer, row in enumerate(rows):
      with tf.variable_scope('layer_%d' % layer):
        tensors = build(context, row, tensors, config)
        if layer in reductions:
          context = context._replace(filters=growth * context.filters)
          with tf.variable_scope('pool_at_%d' % layer):
            tensors = _reduce_all(context, tensors, config.space.skip_from)
    return layers.classifier(
      context,
      tensors[-1],
      config.num_classes,
      config.keep_prob,
      config.topology.classifier_bias,
    )


def _reduce_all(context, tensors, skip_from):
  """Halves the resolution of all tensors that a skip may come from.

  The first one is the stem's; None takes its place where no skip reads it.
  """
  reduced = []
  for number, value in enumerate(tensors):
    if number < macro.SKIP_FROM.index(skip_from):
      reduced.append(None)
      continue
    with tf.variable_scope('from_%d' % number):
      reduced.append(blocks.factorized_reduction(context, value))
  return reduced
