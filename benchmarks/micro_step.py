"""Micro search at full size: this graph against one that computes all of it.

  python -m benchmarks.micro_step [--steps=30] [--data_path=data/cifar10]
  python -m benchmarks.micro_step --profile

With the settings of scripts/cifar10_micro_search.sh; see `benchmarks.steps`.
The other graph is the reference's way: earlier nodes are stacked to take an
input out, all five operations are computed and stacked to take one out, and
loose ends are gathered for one wide convolution.
"""

from benchmarks import steps

NUM_LAYERS, NUM_CELLS, FILTERS, NUM_OPERATIONS = 6, 5, 20, 5


def _compute_all():
  """Puts the reference's way into the place of the graph functions."""
  from src.cifar10 import micro_search_cell
  from src.nn import lazy
  from src.tf1 import tf

  def _select(which, tensors, training):
    del training
    return _taken(tensors, which.index), tensors

  def _choose(which, branches, value, training):
    del training
    return _taken([branch(value) for branch in branches], which.index)

  def _taken(tensors, index):
    value = tf.stack(tensors)[index]
    value.set_shape(tensors[0].shape)
    return value

  def _row(variable, which):
    return variable.value()[which.index]

  def _combine(mode, loose, nodes, filters):
    from src.nn import variables

    shape = [len(nodes), filters * filters]
    kernel = variables.create('w', shape, variables.he_normal).value()
    indices = tf.reshape(tf.where(tf.stack(loose)), [-1])
    kernel = tf.reshape(tf.gather(kernel, indices), [1, 1, -1, filters])
    value = tf.gather(tf.stack(nodes), indices)
    count, height, width = (tf.shape(nodes[0])[axis] for axis in range(3))
    value = tf.transpose(value, [1, 2, 3, 0, 4])
    value = tf.reshape(value, tf.stack([count, height, width, -1]))
    value = mode.fmt.conv2d(tf.nn.relu(value), kernel)
    value.set_shape(nodes[0].shape)
    return value

  lazy.select, lazy.choose, lazy.row = _select, _choose, _row
  micro_search_cell.combine_loose_ends = _combine


def build():
  """The graph of the micro search script."""
  from src.arc import MICRO_OPERATIONS
  from src.cifar10 import graphs, micro_child, micro_controller

  return graphs.build(
    micro_child.ChildConfig(
      NUM_LAYERS,
      NUM_CELLS,
      FILTERS,
      MICRO_OPERATIONS,
      keep_prob=0.9,
      use_aux_heads=True,
    ),
    steps.example_images(),
    seed=0,
    training=graphs.ChildTraining(
      num_batches=282,
      num_epochs=150,
      lr_cosine=True,
      lr_max=0.05,
      lr_min=0.0005,
      lr_t_0=10,
      lr_t_mul=2,
      l2_reg=1e-4,
    ),
    controller=micro_controller.ControllerConfig(
      NUM_CELLS, NUM_OPERATIONS, tanh_constant=1.10, op_tanh_reduce=2.5
    ),
    reinforcement=graphs.ControllerTraining(
      lr=0.0035, entropy_weight=0.0001, num_aggregate=10
    ),
  )


def random_arc(draw):
  from src.arc import MicroArc

  return MicroArc.random(NUM_CELLS, NUM_OPERATIONS, draw)


SPACE = steps.Space(
  'benchmarks.micro_step', 160, build, random_arc, _compute_all
)

if __name__ == '__main__':
  steps.main(SPACE, __doc__.splitlines()[0])
