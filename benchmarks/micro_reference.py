"""The graph of a micro search as the reference builds it.

`put` puts the reference's way into the place of this project's graph functions,
of which all but the names and the mathematics goes: every operation is computed
and one is taken, the child is built once for each kind of batch and always as
for training, variables are initialised by the graph, the L2 term is
differentiated, an optimiser of TensorFlow's does the update, and layers are its
plain functions. Data sets and their queues are left out, batches are fed, and
the controller is ours. Source: what the graph of melodyguan/enas consists of.
"""

import typing

import numpy as np

from src.nn import context, optimizers, updates, variables
from src.tf1 import tf

# Beside the child in training, those for validation, test and reward batches.
NUM_EVALUATED = 3


def put():
  """Replaces graph functions for the rest of this process."""
  from tensorflow.python.util import deprecation

  from src.cifar10 import graphs, operations
  from src.nn import batch_norm, image_format, lazy

  deprecation._PRINT_DEPRECATION_WARNINGS = True

  _build_child = graphs._infer_child

  def _build_children(child, *rest):
    for _ in range(NUM_EVALUATED):
      built = _build_child(_Always(child), *rest)
    return built

  graphs._infer_child = _build_children
  put_cell()
  lazy.read = lambda variable: variable.value()
  variables._initial_value = _drawn
  operations.BUILDERS['separable'] = _separable
  image_format.ImageFormat.diagonal_conv2d = _diagonal_conv2d
  batch_norm._fused = _fused
  updates.train_ops = _train_ops


class _Always:
  """A child that is always built as in training (docs/FIDELITY.md, D13)."""

  def __init__(self, config):
    self._config = config

  def evaluation(self, key):
    return context.training(key)

  def build(self, images, arc, use):
    return self._config.build(images, arc, use)


def put_cell():
  """Replaces what steers a cell: everything is computed."""
  from src.cifar10 import micro_search_cell
  from src.nn import lazy

  lazy.select, lazy.choose, lazy.row = _select, _choose, _row
  micro_search_cell.combine_loose_ends = _combine_loose_ends


def _select(which, tensors, gradients):
  del gradients
  return _taken(tensors, which.index), tensors


def _choose(which, branches, value, gradients):
  del gradients
  return _taken([branch(value) for branch in branches], which.index)


def _taken(tensors, index):
  value = tf.stack(tensors)[index, :, :, :, :]
  value.set_shape(tensors[0].shape)
  return value


def _row(variable, which):
  return variable.value()[which.index]


def _separable(operation, around, value):
  """That of cells in a search, by TensorFlow's separable convolution."""
  fmt, source, filters = around.fmt, around.source, around.filters
  kernel, num_nodes = operation.kernel, len(source.chosen)

  def _of_node(name, shape, initial):
    size = int(np.prod(shape))
    variable = variables.create(name, [num_nodes, size], initial)
    return tf.reshape(_row(variable, source), shape)

  with tf.variable_scope('conv_%dx%d' % (kernel, kernel)):
    for number in range(2):
      with tf.variable_scope('stack_%d' % number):
        depth = [kernel, kernel, filters, 1]
        point = [1, 1, filters, filters]
        value = tf.nn.separable_conv2d(
          tf.nn.relu(value),
          _of_node('w_depth', depth, variables.he_normal),
          _of_node('w_point', point, variables.he_normal),
          strides=[1, 1, 1, 1],
          padding='SAME',
        )
        with tf.variable_scope('bn'):
          offset = _of_node('offset', [filters], variables.zeros)
          scale = _of_node('scale', [filters], variables.ones)
        value = _fused(fmt, value, offset, scale, around.bn_epsilon).y
  return value


def _combine_loose_ends(around, loose, nodes):
  """Loose ends are gathered for one wide convolution."""
  filters = around.filters
  shape = [len(nodes), filters * filters]
  kernel = variables.create('w', shape, variables.he_normal).value()
  indices = tf.reshape(tf.where(tf.stack(loose)), [-1])
  kernel = tf.reshape(tf.gather(kernel, indices), [1, 1, -1, filters])
  value = tf.gather(tf.stack(nodes), indices)
  count, height, width = (tf.shape(nodes[0])[axis] for axis in range(3))
  value = tf.transpose(value, [1, 2, 3, 0, 4])
  value = tf.reshape(value, tf.stack([count, height, width, -1]))
  value = around.fmt.conv2d(tf.nn.relu(value), kernel)
  value.set_shape(nodes[0].shape)
  return value


def _drawn(initial, shape, dtype):
  """Operations for a variable's first value.

  The benchmark feeds its own in their place, so all variants start alike.
  """
  if initial is variables.he_normal:
    return tf.initializers.he_normal()(shape, dtype)
  value = np.broadcast_to(initial(np.random.RandomState(0), shape), shape)
  return tf.constant(value, dtype)


def _diagonal_conv2d(self, value, first, second, gradients):
  """Pixels are cut out of the image, then convolved."""
  del gradients
  height, width = (int(value.shape[axis]) for axis in (1, 2))
  moved = tf.pad(value, [[0, 0], [0, 1], [0, 1], [0, 0]])[:, 1:, 1:, :]
  moved.set_shape([None, height, width, self.channels(value)])
  halves = [
    self.conv2d(self.avg_pool(pixels, 1, 2, 'VALID'), kernel)
    for pixels, kernel in ((value, first), (moved, second))
  ]
  return tf.concat(halves, self.channel_axis)


class _Normalized(typing.NamedTuple):
  """What fused batch normalisation gives."""

  y: typing.Any
  batch_mean: typing.Any
  batch_variance: typing.Any


def _fused(fmt, value, offset, scale, epsilon, moving=None):
  mean, variance = moving or (None, None)
  return _Normalized(
    *tf.nn.fused_batch_norm(
      value,
      scale,
      offset,
      mean,
      variance,
      epsilon,
      fmt.name,
      is_training=moving is None,
    )
  )


_own_train_ops = updates.train_ops


def _train_ops(loss, trained, step, schedule, optimizer, **options):
  """The child's; the controller's is not what is measured."""
  if not isinstance(optimizer, optimizers.Momentum):
    return _own_train_ops(loss, trained, step, schedule, optimizer, **options)
  squares = [tf.reduce_sum(variable**2) for variable in trained]
  decay = options['l2_reg'] * tf.add_n(squares)
  gradients = tf.gradients(loss + decay, trained)
  rate = schedule(step.value())
  optimizer = tf.train.MomentumOptimizer(
    rate, optimizer.momentum, use_locking=True, use_nesterov=True
  )
  update = optimizer.apply_gradients(zip(gradients, trained), step)
  norm = tf.global_norm(gradients)
  return updates.TrainOps(None, update, step.value(), norm, rate, None)
