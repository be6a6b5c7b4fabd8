"""Whole graphs for tests: built, described, fed."""

import collections
import os

import numpy as np

from src.cifar10 import graphs, image_ops
from src.nn import schedules
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


def cosine(num_batches, num_epochs, lr_min, **changes):
  """Training as in the reference's scripts."""
  return graphs.ChildTraining(
    num_epochs * num_batches,
    schedules.CosineRestarts(0.05, lr_min, 10, 2, num_batches),
    **changes,
  )


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
    value = image_ops.augment(value, 1, tf.constant(step))
    with sessions.open_session(graph) as session:
      return session.run(value)
