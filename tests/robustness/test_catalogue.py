"""What each operation computes, and that it alone is computed (A1, A8)."""

import numpy as np
import pytest

from src.arc import (
  ArcError,
  MacroSpace,
  arc_svg,
  count_multiply_adds,
  count_parameters,
  count_search_parameters,
)
from src.arc.counts import COSTS, Place
from src.arc.operations import live_taps
from src.cifar10 import general_child, operations
from src.nn import context as contexts
from src.nn import random_ops, variables
from src.nn.image_format import ImageFormat
from src.robustness import catalogue
from src.tf1 import tf
from tests import graph_helpers
from tests.cifar10 import tiny

SIZE, FILTERS = 8, 4
KINDS = [
  catalogue.identity(),
  catalogue.gaussian(10.0),
  catalogue.dropout(1.0),
  catalogue.dropout(0.9),
  catalogue.tconv(3),
  catalogue.tconv(5),
  catalogue.stretched(50),
  catalogue.conv(4, 2),
  catalogue.conv(2, 16),
]
VARIANT = catalogue.Variant(separable_mixes=False, avgpool_count_pad=True)


def _context(noise, form=operations.MACRO_SEARCH, filters=FILTERS):
  def _key(purpose):
    return random_ops.key(7, purpose, tf.constant(1))

  use = contexts.Use(True, noise, contexts.BATCH, _key)
  return contexts.Context(ImageFormat('NHWC'), use, filters, form)


def _applied(operation, value, noise):
  with tf.Graph().as_default():
    fed = tf.constant(value, tf.float32)
    built = operations.build(operation, _context(noise), fed)
    (gradient,) = tf.gradients(built, fed)
    with graph_helpers.loaded_session() as session:
      return session.run([built, gradient])


@pytest.fixture(scope='module')
def value():
  return np.random.RandomState(1).normal(size=[32, SIZE, SIZE, FILTERS])


def test_noise_is_where_there_is_noise(value):
  value = np.tile(value, [4, 1, 1, 1]).astype(np.float32)
  for operation in KINDS[:4]:
    found, gradient = _applied(operation, value, False)
    np.testing.assert_array_equal(found, value)
    np.testing.assert_array_equal(gradient, np.ones_like(value))
  found, gradient = _applied(catalogue.gaussian(10.0), value, True)
  assert abs(np.std((found - value) / value) - 10.0) < 0.1
  np.testing.assert_array_equal(gradient, np.ones_like(value))
  found, gradient = _applied(catalogue.dropout(1.0), value, True)
  assert not found.any() and not gradient.any()
  found, gradient = _applied(catalogue.dropout(0.9), value, True)
  kept = found != 0
  assert abs(kept.mean() - 0.1) < 0.005
  np.testing.assert_allclose(found[kept], 10 * value[kept], rtol=1e-5)
  np.testing.assert_array_equal(kept, gradient != 0)


def _plain(value, kernel, dilation):
  """SAME convolution by its definition."""
  count, size, reach = len(kernel), value.shape[1], dilation * (len(kernel) - 1)
  edge = reach // 2
  padded = np.pad(
    value, [(0, 0), (edge, edge), (edge, edge), (0, 0)], 'constant'
  )
  total = 0
  for row in range(count):
    for column in range(count):
      y, x = row * dilation, column * dilation
      part = padded[:, y : y + size, x : x + size]
      total = total + part.dot(kernel[row, column])
  return total


@pytest.mark.parametrize(
  ('kernel', 'dilation', 'live'),
  [(3, 50, 1), (3, 3, 3), (4, 2, 4), (5, 7, 3), (2, 16, 0), (1, 4, 1)],
)
def test_dilated_convolutions(value, kernel, dilation, live):
  """Values and gradients; taps that see nothing have a gradient of zero."""
  assert live_taps(kernel, dilation, SIZE) == live
  random = np.random.RandomState(2)
  weights = random.normal(size=[kernel, kernel, FILTERS, FILTERS])
  with tf.Graph().as_default():
    fed = tf.constant(value[:2], tf.float32)
    context = _context(False)
    built = operations._convolution(
      catalogue.conv(kernel, dilation), context, fed
    )
    assert built.shape.as_list() == [2, SIZE, SIZE, FILTERS]
    (of_weights,) = tf.gradients(built * fed, tf.trainable_variables())
    with graph_helpers.loaded_session({'w': weights}) as session:
      found, gradient = session.run([built, of_weights])
  expected = _plain(value[:2], weights, dilation)
  np.testing.assert_allclose(found, expected, atol=2e-4)
  first = (kernel - live) // 2
  for row in range(kernel):
    for column in range(kernel):
      here = all(first <= tap < first + live for tap in (row, column))
      assert gradient[row, column].any() == here
  if live:
    one = np.zeros_like(weights)
    one[first, first] = np.eye(FILTERS)
    moved = _plain(value[:2], one, dilation)
    slow = np.einsum('nhwi,nhwo->io', moved, value[:2])
    np.testing.assert_allclose(gradient[first, first], slow, atol=1e-3)


def test_transposed_convolution(value):
  with tf.Graph().as_default():
    fed = tf.constant(value, tf.float32)
    built = operations.build(catalogue.tconv(5), _context(False), fed)
    kernel = tf.trainable_variables()[0].value()
    expected = tf.nn.conv2d_transpose(fed, kernel, value.shape, 1, 'SAME')
    with graph_helpers.loaded_session() as session:
      found, wanted, weights = session.run([built, expected, kernel])
  np.testing.assert_allclose(found, wanted, atol=1e-4)
  limit = 1 / np.sqrt(FILTERS * 25)
  assert 0.8 * limit < np.abs(weights).max() <= limit
  with pytest.raises(ArcError, match='odd kernel, not 4'):
    catalogue.tconv(4)


def test_variants(value):
  """Pools that count the edge, separable convolutions that do not mix."""
  ones = np.ones([1, 4, 4, 1])
  pool = catalogue.clean(VARIANT)[4]
  with tf.Graph().as_default():
    fmt = ImageFormat('NHWC')
    pooled = fmt.avg_pool(tf.constant(ones, tf.float32), 3, count_pad=True)
    with graph_helpers.loaded_session() as session:
      found = session.run(pooled)[0, :, :, 0]
  np.testing.assert_allclose(found[0], np.array([4, 6, 6, 4]) / 9.0, rtol=1e-6)
  assert pool.param('count_pad')
  with tf.Graph().as_default():
    operations.build(
      catalogue.clean(VARIANT)[1],
      _context(True),
      tf.constant(value, tf.float32),
    )
    shapes = graph_helpers.variable_shapes()
  assert shapes['out_conv_3/w_point'] == (FILTERS,)
  values = variables.he_uniform(np.random.RandomState(1), [3, 3, 50, 1])
  assert 0.99 < np.abs(values).max() / np.sqrt(6.0 / 9) <= 1


def test_of_a_layer_what_was_sampled_is_trained_and_nothing_else():
  """A1, of every kind, shared by actions; counts are those of the graph."""
  listed = catalogue.clean(VARIANT) + KINDS
  actions = list(range(len(listed))) + [6, 9, 10]
  space = MacroSpace('all', listed, 3, actions)
  config = general_child.ChildConfig(space, FILTERS)
  with tf.Graph().as_default() as graph:
    images = tf.placeholder(tf.float32, [None, SIZE, SIZE, 3])
    arc = tf.placeholder(tf.int32, [space.num_tokens])
    use = contexts.training(lambda purpose: random_ops.key(1, purpose, 3))
    logits = general_child.logits(images, arc, config, use)
    trained = tf.trainable_variables()
    gradients = tf.gradients(logits[:, :2] ** 2, trained)
    session = tiny.open_session(graph)
  names = [variable.op.name for variable in trained]
  feeds = {images: np.random.RandomState(3).normal(size=[4, SIZE, SIZE, 3])}
  total = sum(variable.shape.num_elements() for variable in trained)
  assert total == count_search_parameters(space, FILTERS)
  # All but one layer keep a convolution, so that gradients come through.
  for layer in range(3):
    for action, instance in enumerate(actions):
      tokens = [0, 0, 1, 0, 1, 1]
      tokens[[0, 1, 3][layer]] = action
      found = session.run(gradients, {**feeds, arc: tokens})
      for name, gradient in zip(names, found):
        scope = 'child/layer_%d/branch_' % layer
        if not name.startswith(scope):
          continue
        mine = name.startswith('%s%d/' % (scope, instance))
        # Before a batch norm, or with no tap that sees the map, it is zero.
        if not mine:
          assert not gradient.any(), (name, action)
        elif name.endswith('/w') and listed[instance].name != 'conv_k2_p8_d16':
          assert gradient.any(), (name, action)


def test_fixed_networks_have_them_all():
  listed = catalogue.clean(VARIANT) + KINDS
  space = MacroSpace('all', listed, len(listed))
  bits = [n for layer in range(len(listed)) for n in [layer] + layer * [0]]
  arc = space.parse(' '.join(map(str, bits)))
  config = general_child.ChildConfig(space, FILTERS, fixed_arc=arc)
  with tf.Graph().as_default() as graph:
    images = tf.placeholder(tf.float32, [None, SIZE, SIZE, 3])
    use = config.evaluation(lambda purpose: None)
    logits = general_child.logits(images, None, config, use)
    trained = tf.trainable_variables()
    session = tiny.open_session(graph)
  assert np.isfinite(
    session.run(logits, {images: np.ones([2, SIZE, SIZE, 3])})
  ).all()
  shown = {'operations': listed, 'separable': True}
  total = sum(variable.shape.num_elements() for variable in trained)
  assert total == count_parameters(arc, FILTERS, **shown)
  assert count_multiply_adds(arc, FILTERS, **shown) > total
  drawing = arc_svg(arc, operations=listed)
  for label in ('noise σ=10', 'drop 0.9', 'tconv 5×5', 'stretched 50'):
    assert '>%s<' % label in drawing


def test_counts_and_refusals():
  place = Place('search', 36, 32)
  found = {
    operation.name: COSTS[operation.kind](operation, place).parameters
    for operation in [catalogue.stretched(60), catalogue.conv(5, 1)]
    + [catalogue.tconv(3), catalogue.gaussian(2.0), catalogue.clean(VARIANT)[1]]
  }
  assert found == {
    'stretched_60': 13104,
    'conv_k5_p2_d1': 33840,
    'tconv_3x3': 11664,
    'gaussian_2': 0,
    'sep_conv_3x3': 1440 + 36 * 9 + 36,
  }
  centre = COSTS['conv'](catalogue.stretched(50), place).multiply_adds
  assert centre == 2 * 36 * 36 * 32 * 32
  with pytest.raises(ArcError, match='d=1, p=2 changes the size .* is 2'):
    catalogue.conv(3, 1, 2)
  with pytest.raises(ArcError, match='k=4, d=1 changes the size'):
    catalogue.conv(4, 1)
