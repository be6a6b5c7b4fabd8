"""Networks of PNAS cells: their size, what is wired to what, what is added."""

import numpy as np
import pytest

from src.arc import (
  PNAS_OPERATIONS,
  PNAS_PAPER_OPERATIONS,
  PNAS_SEED_OPERATIONS,
  PNASNET_5,
  PnasArc,
  PnasSpace,
  operations_named,
  pnas_counts,
)
from src.nn import context
from src.pnas import child
from src.tf1 import tf
from tests import graph_helpers, slow_numpy

ALL = PnasSpace('all', PNAS_OPERATIONS, 5)
MASTER = PnasSpace('master', PNAS_SEED_OPERATIONS, 5, 0, 0, 'flat')


def _config(text, space=ALL, filters=4, **more):
  return child.ChildConfig(space, space.parse(text), filters, **more)


def _network(config, size=8, use=None, images=None):
  """(network, images) with values in a graph that is the default one."""
  if images is None:
    images = np.random.RandomState(0).normal(size=[2, size, size, 3])
  value = tf.constant(images, tf.float32)
  return child.network(value, config, use or context.Use()), value


def _num_parameters():
  return sum(v.shape.num_elements() for v in tf.trainable_variables())


@pytest.mark.parametrize(
  ('text', 'layers'),
  [
    ('-2 0 -1 0', 2),
    ('-1 4 -1 8  0 1 -1 5  -2 3 0 7', 1),
    ('-1 6 -1 7  -1 2 0 0', 1),
  ],
)
def test_a_stack_has_as_many_parameters_as_are_counted(text, layers):
  config = _config(text, cells_per_stage=layers)
  with tf.Graph().as_default():
    network, _ = _network(config)
    count = _num_parameters()
    shapes = [int(value.shape[1]) for value in network.layers]
  assert count == pnas_counts.count(config.fixed_arc, layers, 4)[0]
  # 3 N cells, the first ones of the second and third stage halve.
  assert shapes == [8] * layers + [4] * layers + [2] * layers


def test_pnasnet_5_has_3_2_million_parameters():
  space = PnasSpace('all', PNAS_OPERATIONS, 5, concat='all')
  config = child.ChildConfig(space, PNASNET_5, 48, cells_per_stage=3)
  with tf.Graph().as_default():
    network, _ = _network(config, 32)
    assert _num_parameters() == 3176602
  assert network.logits.shape.as_list() == [2, 10]
  assert len(network.layers) == 9


@pytest.mark.parametrize(
  ('operations', 'parameters'),
  [
    (['identity'] * 2, 10250),
    (['3x3 dconv'] * 2, 11456),
    (['7x7 dconv'] * 2, 16816),
    (['1x7-7x1 conv'] * 2, 132810),
    (['3x3 conv'] * 2, 77322),
    (['3x3 maxpool', '3x3 avgpool'], 130),
    (['3x3 maxpool', '1x7-7x1 conv'], 53768),
    (['3x3 dconv', '1x7-7x1 conv', '3x3 maxpool', '7x7 dconv'], 103716),
  ],
)
def test_flat_children_are_those_of_the_original(operations, parameters):
  text = ' '.join('0 ' + name.replace(' ', '_') for name in operations)
  config = _config(text, MASTER, 32)
  with tf.Graph().as_default():
    network, _ = _network(config, 32)
    assert _num_parameters() == parameters
    sizes = [int(value.shape[1]) for value in network.layers]
    with graph_helpers.loaded_session() as session:
      found = session.run(tf.nn.softmax(network.logits))
  assert sizes == [16, 8] and found.shape == (2, 10)
  np.testing.assert_allclose(found.sum(1), 1, rtol=1e-5)


def _cell(text, channels=4, stride=1, size=6, concat='unused'):
  """(output, the two inputs) of a cell of width 4."""
  space = PnasSpace('all', PNAS_OPERATIONS, 5, concat=concat)
  config = child.ChildConfig(space, space.parse(text), 4)
  pair = [
    tf.constant(
      np.random.RandomState(seed).normal(size=[2, size, size, channels]),
      tf.float32,
    )
    for seed in range(2)
  ]
  own = context.Context(
    child.ImageFormat('NHWC'),
    context.Use(),
    4,
    child.operations.CELL_FIXED,
    stride=stride,
  )
  output = child.dag_cell(own, pair, config, lambda value, path: value)
  return output, pair


@pytest.mark.parametrize(
  ('text', 'reached'),
  [
    ('-1 1 -1 6', [False, True]),
    ('-2 1 -2 6', [True, False]),
    ('-2 1 -2 6  0 1 -1 7', [True, True]),
  ],
)
def test_a_cell_sees_the_inputs_it_names(text, reached):
  with tf.Graph().as_default():
    output, pair = _cell(text)
    found = tf.gradients(output, pair)
  assert [gradient is not None for gradient in found] == reached


def test_blocks_add_and_those_that_nobody_reads_are_the_output():
  text = '-1 0 -2 6  -1 7 0 0  -2 0 -2 7'
  with tf.Graph().as_default():
    output, pair = _cell(text)
    every = _cell(text, concat='all')[0]
    with graph_helpers.loaded_session() as session:
      found, whole, (older, newer) = session.run([output, every, pair])
  first = newer + slow_numpy.max_pool(older, 3)
  second = slow_numpy.avg_pool(newer, 3) + first
  third = older + slow_numpy.avg_pool(older, 3)
  parts = [first, second, third]
  np.testing.assert_allclose(found, np.concatenate(parts[1:], 3), atol=1e-5)
  np.testing.assert_allclose(whole, np.concatenate(parts, 3), atol=1e-5)


def test_a_dilated_convolution_at_stride_2_has_every_second_value():
  with tf.Graph().as_default():
    with tf.variable_scope('v', reuse=tf.AUTO_REUSE):
      whole = _cell('-1 8 -1 8')[0]
      halved = _cell('-1 8 -1 8', stride=2)[0]
    with graph_helpers.loaded_session() as session:
      whole, halved = session.run([whole, halved])
  np.testing.assert_allclose(halved, whole[:, ::2, ::2], rtol=1e-4, atol=1e-5)


def test_inputs_are_brought_to_one_width():
  with tf.Graph().as_default():
    output, _ = _cell('-1 0 -2 0', channels=3)
    names = {v.op.name.split('/')[0] for v in tf.trainable_variables()}
  assert names == {'input_1', 'input_2'}
  assert output.shape.as_list() == [2, 6, 6, 4]


def test_training_has_a_second_classifier_and_drops_paths():
  config = _config(
    '-1 1 -2 6',
    cells_per_stage=2,
    use_aux_heads=True,
    drop_path_keep_prob=0.01,
  )
  with tf.Graph().as_default():
    key = tf.constant([1, 2])
    trained, _ = _network(config, 32, context.training(lambda purpose: key))
    used, _ = _network(config, 32)
    assert trained.aux_layer == 5 and used.aux_logits is None
    with graph_helpers.loaded_session() as session:
      last, whole = session.run([trained.layers[-1], used.layers[-1]])
  # Both halves of an example, most likely; never where there is no noise.
  assert (last == 0).all((1, 2, 3)).any()
  assert not (whole == 0).all((1, 2, 3)).any()


def test_a_cell_of_the_paper_is_built_by_its_names():
  space = PnasSpace('paper', PNAS_PAPER_OPERATIONS, 5)
  arc = PnasArc.parse('-1 5 -1 0', operations=space.names)
  assert arc.block_operations(space.actions) == [
    operations_named(['3x3 dilated conv', 'identity'])
  ]
