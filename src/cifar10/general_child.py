"""The macro child: a chain of layers with skip connections (ENAS section 2.3).

`logits` builds it in one of two forms. The search model holds every operation
of every layer and is steered by an architecture tensor; only what that selects
runs. A fixed network is built from one architecture. Variable scopes and
shapes are those of `src/cifar10/general_child.py` of melodyguan/enas.
"""

import typing

from src.arc import macro
from src.arc.spaces import MacroSpace
from src.cifar10 import operations
from src.cifar10.networks import Network
from src.nn import blocks, lazy, random_ops, variables
from src.nn.image_format import BN_EPSILON, ImageFormat
from src.tf1 import tf


class ChildConfig(typing.NamedTuple):
  """What a macro child is made of.

  Attributes:
    space: MacroSpace, what the search model holds, or what fixed_arc is from.
    out_filters: int, width of the first stage in channels.
    num_classes: int.
    keep_prob: float, share of values that dropout keeps.
    fixed_arc: `MacroArc`, or None for the search model.
    branch_binding: 'selected', or 'last' for upstream's defect D3.
    data_format: 'NHWC' or 'NCHW'.
    bn_epsilon: float, of plain batch normalisation.
    eval_bn: which statistics the search model normalises by in use, 'moving' or
      'batch' (docs/FIDELITY.md, D24).
    builders: how each kind of operation is built, see `operations.BUILDERS`.
  """

  space: MacroSpace
  out_filters: int
  num_classes: int = 10
  keep_prob: float = 1.0
  fixed_arc: typing.Any = None
  branch_binding: str = 'selected'
  data_format: str = 'NHWC'
  bn_epsilon: float = BN_EPSILON
  eval_bn: str = 'moving'
  builders: dict = operations.BUILDERS

  @property
  def num_layers(self):
    return self.space.num_layers

  def build(self, images, arc, use):
    """The child on a batch; see `logits` and `networks`."""
    return Network(logits(images, arc, self, use), None, [], None)


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
  filters = config.out_filters
  fixed = config.fixed_arc is not None
  fmt = ImageFormat(
    config.data_format,
    config.bn_epsilon,
    bn_of_batch=config.eval_bn == 'batch' and not fixed,
  )
  form = operations.MACRO_FIXED if fixed else operations.MACRO_SEARCH
  context = operations.Context(form, fmt, use, filters)
  if fixed:
    plans = [None] * config.num_layers
  else:
    plans = _read_arc(arc, config.space)
  with tf.variable_scope('child', reuse=tf.AUTO_REUSE):
    with tf.variable_scope('stem_conv'):
      value = blocks.conv(fmt, fmt.from_nhwc(images), filters, 3)
      tensors = [blocks.batch_norm(fmt, value, use.training)]
    for layer, plan in enumerate(plans):
      with tf.variable_scope('layer_%d' % layer):
        build = _fixed_layer if fixed else _search_layer
        tensors = build(context, layer, plan, tensors, config)
        if layer in macro.pool_layers(config.num_layers):
          filters *= 2 if fixed else 1
          context = context._replace(filters=filters)
          with tf.variable_scope('pool_at_%d' % layer):
            tensors = _reduce_all(context, tensors)
    value = fmt.global_avg_pool(tensors[-1])
    if use.training:
      value = random_ops.dropout(value, config.keep_prob, use.key('dropout'))
    with tf.variable_scope('fc'):
      shape = [int(value.shape[1]), config.num_classes]
      return tf.matmul(
        value, variables.create('w', shape, variables.he_normal).value()
      )


def _reduce_all(context, tensors):
  """Halves the resolution of the stem and of all outputs so far."""
  reduced = []
  for number, value in enumerate(tensors):
    with tf.variable_scope('from_%d' % number):
      reduced.append(
        blocks.factorized_reduction(
          context.fmt, value, context.filters, context.training
        )
      )
  return reduced


def _read_arc(arc, space):
  """Splits the architecture tensor into one (head, skip bits) per layer.

  A head is the selected operation's position in `space.operations`, or a first
  channel and a number of channels for each of them.
  """
  whole = space.num_filters is None
  head = 1 if whole else 2 * len(space.operations)
  with tf.device('/cpu:0'):
    numbers = tf.unstack(arc, space.num_tokens)
    conditions = tf.unstack(tf.cast(arc, tf.bool), space.num_tokens)
    plans, start = [], 0
    for layer in range(space.num_layers):
      bits = start + head
      chosen = numbers[start:bits]
      if space.action_to_instance is not None:
        chosen = [tf.gather(space.action_to_instance, chosen[0])]
      plans.append((chosen, conditions[bits : bits + layer]))
      start = bits + layer
  return plans


def _search_layer(context, layer, plan, tensors, config):
  """One layer of the search model; returns the tensors with its output added.

  The output is the selected operation's on the last tensor, plus the selected
  ones among the tensors before it, batch-normalised.
  """
  head, bits = plan
  if config.space.num_filters is None:
    value = _one_branch(context, head[0], tensors[-1], config)
  else:
    value = _all_branches(context, head, tensors[-1], config)
  tensors = list(tensors)
  if layer > 0:
    first = macro.SKIP_FROM.index(config.space.skip_from)
    for source, bit in enumerate(bits, first):
      value, tensors[source] = lazy.add_if(bit, value, tensors[source])
    with tf.variable_scope('skip'):
      value = blocks.batch_norm(context.fmt, value, context.training)
  return tensors + [value]


def _one_branch(context, selected, value, config):
  def _branch(number, operation):
    def _build(value):
      with tf.variable_scope('branch_%d' % number):
        return operations.build(operation, context, value, config.builders)

    return _build

  branches = [_branch(*entry) for entry in enumerate(config.space.operations)]
  if config.branch_binding == 'last':
    selected = tf.constant(len(branches) - 1)
  return lazy.case(selected, branches, value, context.training)


def _all_branches(context, head, value, config):
  """Partial channels: every operation gives a range of its output channels.

  Kernels keep their full width; channels outside of the range [start, start +
  count) are zero, so that `final_conv` mixes just the chosen ones.
  """
  outputs, fmt, filters = [], context.fmt, context.filters
  for number, operation in enumerate(config.space.operations):
    start, count = head[2 * number : 2 * number + 2]
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
    kernel = variables.create('w', shape, variables.he_normal).value()
    value = fmt.conv2d(value, kernel[None, None])
    return tf.nn.relu(blocks.batch_norm(fmt, value, context.training))


def _fixed_layer(context, layer, plan, tensors, config):
  """One layer of a fixed network; returns the tensors with its output added.

  Skips are concatenated, not added: the chosen tensors and then the
  operation's output, mixed by a 1x1 convolution.
  """
  del plan
  arc, fmt = config.fixed_arc, context.fmt
  operation = config.space.actions[arc.ops[layer]]
  value = operations.build(operation, context, tensors[-1], config.builders)
  if layer > 0:
    inputs = [tensors[source] for source in arc.skip_sources(layer)] + [value]
    with tf.variable_scope('skip'):
      value = tf.nn.relu(tf.concat(inputs, fmt.channel_axis))
      value = blocks.conv(fmt, value, context.filters, 1)
      value = blocks.batch_norm(fmt, value, context.training)
  return tensors + [value]
