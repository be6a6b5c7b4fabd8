"""Whole graphs for tests: built, described, fed."""

import collections
import os
from unittest import mock

import numpy as np

from src.arc import (
  MACRO_OPERATIONS,
  MICRO_OPERATIONS,
  CellsSpace,
  MacroArc,
  MacroSpace,
  MicroArc,
)
from src.cifar10 import (
  general_child,
  general_controller,
  graphs,
  image_ops,
  micro_child,
  micro_controller,
)
from src.cifar10.operations import BUILDERS
from src.nn import random_ops, schedules
from src.run import session as sessions
from src.tf1 import tf

DATA = os.path.join(os.path.dirname(__file__), '..', 'data')
MEAN, STD = [0.4, 0.5, 0.3], [0.2, 0.25, 0.5]

Built = collections.namedtuple('Built', ['graph', 'handles', 'num_nodes'])


def build(child, size=8, **parts):
  """A graph in a graph of its own; see `graphs.build`."""
  images = graphs.Images(
    np.array(MEAN, np.float32), np.array(STD, np.float32), size
  )
  with tf.Graph().as_default() as graph:
    handles = graphs.build(child, images, 1, **parts)
  return Built(graph, handles, len(graph.get_operations()))


def _cosine(num_batches, num_epochs, lr_min, **changes):
  """A child's training as in the reference's scripts."""
  return graphs.ChildTraining(
    num_epochs * num_batches,
    schedules.CosineRestarts(0.05, lr_min, 10, 2, num_batches),
    **changes,
  )


# scripts/cifar10_macro_final.sh of melodyguan/enas.
A24 = """
0  3 0  0 1 0  2 0 0 1  2 0 0 0 0  3 1 1 0 1 0  2 0 0 0 0 0 1
2 0 1 1 0 1 1 1  1 0 1 1 1 0 1 0 1  0 0 0 0 0 0 0 0 0 0
2 0 0 0 0 0 1 0 0 0 0  0 1 0 0 1 1 0 0 0 0 1 1
2 0 1 0 0 0 0 0 1 0 1 1 0  1 0 0 1 0 0 0 1 1 1 0 1 0 1
0 1 1 0 1 0 1 0 0 0 0 0 1 0 0  2 0 0 1 0 0 0 0 0 0 0 1 0 1 0 1
2 0 1 0 0 0 1 0 0 1 1 1 1 0 0 1 0
2 0 0 0 0 1 0 1 0 1 0 0 1 0 1 0 0 1
3 0 1 1 0 1 0 0 0 0 0 1 0 1 0 1 0 0 0
3 0 1 1 0 0 0 0 0 0 0 0 0 1 1 0 0 0 0 1
0 1 0 0 1 0 1 1 0 0 0 1 0 0 0 0 0 1 1 0 0
3 0 1 0 1 1 0 0 1 0 1 1 0 1 1 0 1 0 0 1 0 0
0 1 0 1 0 1 0 0 0 0 0 0 0 0 1 0 1 0 0 1 0 0 0
0 1 1 0 0 0 1 1 1 0 1 0 0 0 1 0 1 0 0 1 1 0 0 0
"""
M5 = """
0 2 0 0  0 4 0 1  0 4 1 1  1 0 0 1  0 2 1 1
1 0 1 0  0 3 0 2  1 1 3 1  1 0 0 4  0 3 1 1
"""


def _layers(num_layers, num_branches):
  return MacroSpace(
    'macro',
    MACRO_OPERATIONS[:num_branches],
    num_layers,
    flags=[
      ('child_num_layers', num_layers),
      ('child_num_branches', num_branches),
    ],
  )


CELLS = CellsSpace('micro', MICRO_OPERATIONS, 5, [('child_num_cells', 5)])
# What the scripts' flags say of graphs (tests/scripts/test_experiments.py).
SCRIPTS = {
  'cifar10_macro_search.sh': {
    'child': general_child.ChildConfig(_layers(12, 6), 36, keep_prob=0.9),
    'training': _cosine(352, 310, 0.0005, l2_reg=0.00025),
    'controller': general_controller.ControllerConfig(
      12, 6, 36, tanh_constant=1.5, skip_target=0.4
    ),
    'reinforcement': graphs.ControllerTraining(
      schedules.Exponential(0.001, 1.0, 1000000),
      entropy_weight=1e-4, skip_weight=0.8, num_aggregate=20,
    ),
  },
  # Its separable operations are plain.
  'cifar10_macro_final.sh': {
    'child': general_child.ChildConfig(
      _layers(24, 4),
      96,
      keep_prob=0.5,
      fixed_arc=MacroArc.parse(A24, 24, 4),
      builders=dict(BUILDERS, separable=BUILDERS['conv']),
    ),
    'training': _cosine(500, 310, 0.001, l2_reg=2e-4),
    'controller': None,
    'reinforcement': None,
  },
  'cifar10_micro_search.sh': {
    'child': micro_child.ChildConfig(
      6, CELLS, 20, keep_prob=0.9, drop_path_keep_prob=0.6,
      use_aux_heads=True,
    ),
    'training': _cosine(282, 150, 0.0005, l2_reg=1e-4),
    'controller': micro_controller.ControllerConfig(
      5, 5, tanh_constant=1.1, op_tanh_reduce=2.5
    ),
    'reinforcement': graphs.ControllerTraining(
      schedules.Exponential(0.0035, 1.0, 1000000),
      entropy_weight=1e-4, num_aggregate=10,
    ),
  },
  'cifar10_micro_final.sh': {
    'child': micro_child.ChildConfig(
      15, CELLS, 36, keep_prob=0.8, drop_path_keep_prob=0.6,
      use_aux_heads=True, fixed_arc=MicroArc.parse(M5, 5),
    ),
    'training': _cosine(348, 630, 0.0001, l2_reg=2e-4),
    'controller': None,
    'reinforcement': None,
  },
}  # fmt: skip


def of_script(name):
  """The graph of a script, at full size."""
  return build(size=32, **SCRIPTS[name])


def variables_of_script(name):
  """The same without gradients and evaluation, which bring no variables.

  Small graphs tell that; at full size they are two thirds of the nodes.
  """

  def _infer(*unused):
    labels = tf.placeholder(tf.int32, [None])
    return graphs.Infer(None, labels, None, None, tf.size(labels))

  with mock.patch.object(graphs, '_infer_child', _infer):
    with mock.patch.object(tf, 'gradients', lambda y, xs: [None] * len(xs)):
      return of_script(name)


def reference(name):
  """dict from variable name to (type, shape, whether trainable)."""
  with open(os.path.join(DATA, name)) as lines:
    entries = [line.split() for line in lines if not line.startswith('#')]
  return {
    name: (
      dtype,
      [] if shape == '-' else [int(size) for size in shape.split(',')],
      trainable == 'yes',
    )
    for name, dtype, shape, trainable in entries
  }


def described(graph):
  """The same of a graph's global variables."""
  trainable = set(graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES))
  return {
    v.op.name: (v.dtype.base_dtype.name, v.shape.as_list(), v in trainable)
    for v in graph.get_collection(tf.GraphKeys.GLOBAL_VARIABLES)
  }


def num_parameters(graph, scope):
  """How many numbers the trainable variables of a scope hold."""
  found = graph.get_collection(tf.GraphKeys.TRAINABLE_VARIABLES, scope)
  return sum(v.shape.num_elements() for v in found)


def batch(seed=3, count=8, size=8):
  """(images, labels), random ones."""
  generator = np.random.RandomState(seed)
  images = generator.randint(256, size=[count, size, size, 3]).astype(np.uint8)
  return images, generator.randint(10, size=count).astype(np.int32)


def feeds(handles, images_and_labels, tokens=None):
  """Feeds of a batch, and of whatever else."""
  images, labels = images_and_labels
  fed = {handles.images: images, handles.labels: labels}
  if tokens is not None:
    fed.update(tokens)
  return fed


def augmented(images, step=0):
  """What the child sees of a training batch; see test_image_ops."""
  with tf.Graph().as_default() as graph:
    value = image_ops.standardize(tf.constant(images), MEAN, STD)
    value = image_ops.augment(
      value, lambda purpose: random_ops.key(1, purpose, tf.constant(step))
    )
    with sessions.open_session(graph) as session:
      return session.run(value)
