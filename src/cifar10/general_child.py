"""The macro child: a chain of layers with skip connections (ENAS section 2.3).

`logits` builds it in one of two forms. The search model holds every operation
of every layer and is steered by an architecture tensor; only what that selects
runs. A fixed network is built from one architecture. Variable scopes and
shapes are those of `src/cifar10/general_child.py` of melodyguan/enas.
"""

import typing

from src.arc import macro
from src.cifar10 import operations
from src.cifar10.networks import Network
from src.nn import blocks, lazy, random_ops, variables
from src.nn.image_format import BN_EPSILON, ImageFormat
from src.tf1 import tf


class ChildConfig(typing.NamedTuple):
  """What a macro child is made of.

  data_format is 'NHWC' or 'NCHW'; operations the search space, a tuple of
  `src.arc.Operation`; fixed_arc a `MacroArc`, or None for the search model;
  branch_binding 'selected', or 'last' for upstream's defect D3; bn_epsilon that
  of plain batch normalisation; eval_bn which statistics the search model
  normalises by in use, 'moving' or 'batch' (docs/FIDELITY.md, D24).
  """

  num_layers: int
  out_filters: int
  operations: tuple
  num_classes: int = 10
  keep_prob: float = 1.0
  whole_channels: bool = True
  fixed_arc: typing.Any = None
  branch_binding: str = 'selected'
  data_format: str = 'NHWC'
  bn_epsilon: float = BN_EPSILON
  eval_bn: str = 'moving'

  def build(self, images, arc, use):
    """The child on a batch; see `logits` and `networks`."""
    key = use.key('dropout') if use.training else None
    return Network(logits(images, arc, self, use.training, key), None, [], None)


def logits(images, arc, config, training, dropout_key=None):
  """Builds the child on a batch; variables are shared between calls.

  Args:
    images: float32 [N, H, W, C], standardised.
    arc: int32 [number of tokens], ignored by fixed networks.
    config: ChildConfig.
    training: whether batch statistics, their moving averages and dropout are
      in force.
    dropout_key: int32 [2], see `random_ops`; needed in training.

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
  if fixed:
    plans = [None] * config.num_layers
  else:
    plans = _read_arc(arc, config)
  with tf.variable_scope('child', reuse=tf.AUTO_REUSE):
    with tf.variable_scope('stem_conv'):
      value = blocks.conv(fmt, fmt.from_nhwc(images), filters, 3)
      tensors = [blocks.batch_norm(fmt, value, training)]
    for layer, plan in enumerate(plans):
      with tf.variable_scope('layer_%d' % layer):
        build = _fixed_layer if fixed else _search_layer
        tensors = build(fmt, layer, plan, tensors, filters, config, training)
        if layer in macro.pool_layers(config.num_layers):
          filters *= 2 if fixed else 1
          with tf.variable_scope('pool_at_%d' % layer):
            tensors = _reduce_all(fmt, tensors, filters, training)
    value = fmt.global_avg_pool(tensors[-1])
    if training:
      value = random_ops.dropout(value, config.keep_prob, dropout_key)
    with tf.variable_scope('fc'):
      shape = [int(value.shape[1]), config.num_classes]
      return tf.matmul(
        value, variables.create('w', shape, variables.he_normal).value()
      )


def _reduce_all(fmt, tensors, filters, training):
  """Halves the resolution of the stem and of all outputs so far."""
  reduced = []
  for number, value in enumerate(tensors):
    with tf.variable_scope('from_%d' % number):
      reduced.append(blocks.factorized_reduction(fmt, value, filters, training))
  return reduced


def _read_arc(arc, config):
  """Splits the architecture tensor into one (head, skip bits) per layer."""
  head = 1 if config.whole_channels else 2 * len(config.operations)
  with tf.device('/cpu:0'):
    count = sum(head + layer for layer in range(config.num_layers))
    numbers = tf.unstack(arc, count)
    conditions = tf.unstack(tf.cast(arc, tf.bool), count)
    plans, start = [], 0
    for layer in range(config.num_layers):
      bits = start + head
      plans.append((numbers[start:bits], conditions[bits : bits + layer]))
      start = bits + layer
  return plans


def _search_layer(fmt, layer, plan, tensors, filters, config, training):
  """One layer of the search model; returns the tensors with its output added.

  The output is the selected operation's on the last tensor, plus the selected
  ones among the tensors before it, batch-normalised.
  """
  head, bits = plan
  if config.whole_channels:
    value = _one_branch(fmt, head[0], tensors[-1], filters, config, training)
  else:
    value = _all_branches(fmt, head, tensors[-1], filters, config, training)
  tensors = list(tensors)
  if layer > 0:
    for source in range(layer):
      value, tensors[source] = lazy.add_if(bits[source], value, tensors[source])
    with tf.variable_scope('skip'):
      value = blocks.batch_norm(fmt, value, training)
  return tensors + [value]


def _one_branch(fmt, op, value, filters, config, training):
  def _branch(number, operation):
    def _build(value):
      with tf.variable_scope('branch_%d' % number):
        return operations.search_branch(
          operation, fmt, value, filters, training
        )

    return _build

  branches = [_branch(*entry) for entry in enumerate(config.operations)]
  if config.branch_binding == 'last':
    op = tf.constant(len(branches) - 1)
  return lazy.case(op, branches, value, training)


def _all_branches(fmt, head, value, filters, config, training):
  """Partial channels: every operation gives a range of its output channels.

  Kernels keep their full width; channels outside of the range [start, start +
  count) are zero, so that `final_conv` mixes just the chosen ones.
  """
  outputs = []
  for number, operation in enumerate(config.operations):
    start, count = head[2 * number : 2 * number + 2]
    channel = tf.range(filters)
    chosen = tf.logical_and(channel >= start, channel < start + count)
    with tf.variable_scope('branch_%d' % number):
      outputs.append(
        operations.search_branch(
          operation, fmt, value, filters, training, tf.cast(chosen, tf.float32)
        )
      )
  value = tf.concat(outputs, fmt.channel_axis)
  with tf.variable_scope('final_conv'):
    shape = [len(outputs) * filters, filters]
    kernel = variables.create('w', shape, variables.he_normal).value()
    value = fmt.conv2d(value, kernel[None, None])
    return tf.nn.relu(blocks.batch_norm(fmt, value, training))


def _fixed_layer(fmt, layer, plan, tensors, filters, config, training):
  """One layer of a fixed network; returns the tensors with its output added.

  Skips are concatenated, not added: the chosen tensors and then the
  operation's output, mixed by a 1x1 convolution.
  """
  del plan
  arc = config.fixed_arc
  value = operations.final_layer(
    config.operations[arc.ops[layer]], fmt, tensors[-1], filters, training
  )
  if layer > 0:
    inputs = [tensors[source] for source in arc.skip_sources(layer)] + [value]
    with tf.variable_scope('skip'):
      value = tf.nn.relu(tf.concat(inputs, fmt.channel_axis))
      value = blocks.conv(fmt, value, filters, 1)
      value = blocks.batch_norm(fmt, value, training)
  return tensors + [value]
