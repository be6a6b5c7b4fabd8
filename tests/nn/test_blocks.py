"""Convolutions, batch norm and reductions against numpy; variable names."""

import numpy as np
import pytest

from src.nn import batch_norm, blocks, context
from src.nn.context import BATCH, FOLD, Context, Use
from src.nn.image_format import ImageFormat
from src.tf1 import tf
from tests import graph_helpers, slow_numpy

_NHWC = ImageFormat('NHWC')
_TRAINED = Context(_NHWC, context.training(None), 6)
_IN_USE = Context(_NHWC, Use(), 6)
_OF_BATCH = Context(_NHWC, Use(statistics=BATCH), 6)
_LAYOUTS = pytest.mark.parametrize('layout', ['NHWC', 'NCHW'])
_BN = {
  'bn/offset': (6,),
  'bn/scale': (6,),
  'bn/moving_mean': (6,),
  'bn/moving_variance': (6,),
}


def _images(shape=(3, 6, 5, 4), seed=0):
  draw = np.random.RandomState(seed)
  return draw.normal(1.0, 2.0, shape).astype(np.float32)


def _normal(shape, seed):
  draw = np.random.RandomState(seed)
  return draw.standard_normal(shape).astype(np.float32)


def _bn_values(seed=1, channels=4):
  draw = np.random.RandomState(seed)
  return {
    'bn/offset': draw.normal(0, 1, [channels]),
    'bn/scale': draw.normal(1, 0.5, [channels]),
    'bn/moving_mean': draw.normal(0, 1, [channels]),
    'bn/moving_variance': draw.uniform(0.5, 2, [channels]),
  }


def _normalized(images, mean, variance, values, epsilon):
  value = (images - mean) / np.sqrt(variance + epsilon)
  return value * values['bn/scale'] + values['bn/offset']


def _assert_close(found, expected):
  np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def _helper(name):
  """A zero-debias helper: TensorFlow repeats the scope within its name."""
  return 'bn/bn/' + name


def test_batch_norm_of_the_reference():
  images = np.arange(16, dtype=np.float32).reshape([4, 2, 2, 1])
  fed = tf.placeholder(tf.float32, [4, 2, 2, 1])
  result = batch_norm.plain(_TRAINED, fed)
  with graph_helpers.loaded_session() as session:
    for factor, mean, variance, biased, count in [
      (1, 7.5, 22.66667, (0.75, 2.266667), 1),
      (2, 11.447366, 58.456123, (2.175, 11.106667), 2),
    ]:
      session.run(result, {fed: factor * images})
      values = graph_helpers.read_all(session)
      found = [
        values['bn/moving_mean'][0],
        values['bn/moving_variance'][0],
        values[_helper('moving_mean/biased')][0],
        values[_helper('moving_variance/biased')][0],
      ]
      np.testing.assert_allclose(
        found, [mean, variance, biased[0], biased[1]], rtol=3e-7
      )
      assert values[_helper('moving_mean/local_step')] == count
      assert values[_helper('moving_variance/local_step')] == count


@pytest.mark.parametrize('gradients', [False, True])
def test_batch_norm_that_folds(gradients):
  start = _bn_values()
  fed = tf.placeholder(tf.float32, [3, 6, 5, 4])
  use = Use(gradients, statistics=FOLD)
  result = batch_norm.plain(_TRAINED._replace(use=use), fed)
  biased_mean, biased_variance = np.zeros(4), np.zeros(4)
  with graph_helpers.loaded_session(start) as session:
    for count in range(1, 4):
      images = count * _images(seed=count)
      found = session.run(result, {fed: images})
      mean, variance, unbiased = slow_numpy.moments(images)
      _assert_close(found, _normalized(images, mean, variance, start, 1.001e-5))
      biased_mean = 0.9 * biased_mean + 0.1 * mean
      biased_variance = 0.9 * biased_variance + 0.1 * unbiased
      values = graph_helpers.read_all(session)
      weight = 1 - 0.9**count
      _assert_close(values['bn/moving_mean'], biased_mean / weight)
      _assert_close(values['bn/moving_variance'], biased_variance / weight)
      _assert_close(values[_helper('moving_mean/biased')], biased_mean)
      _assert_close(values[_helper('moving_variance/biased')], biased_variance)


def test_batch_norm_epsilon_shows_at_tiny_variance():
  images = 1e-3 * _images()
  result = batch_norm.plain(_TRAINED, tf.constant(images))
  with graph_helpers.loaded_session() as session:
    found = session.run(result)
  mean, variance, _ = slow_numpy.moments(images)
  np.testing.assert_allclose(
    found, (images - mean) / np.sqrt(variance + 1.001e-5), rtol=1e-4, atol=1e-5
  )


@pytest.mark.parametrize(
  'build, epsilon',
  [(batch_norm.plain, 1.001e-5), (batch_norm.masked, 1e-3)],
)
def test_inference_uses_and_keeps_the_moving_statistics(build, epsilon):
  images, start = 0.01 * _images(), _bn_values()
  start['bn/moving_variance'] *= 1e-2
  result = build(_IN_USE, tf.constant(images))
  assert set(graph_helpers.variable_shapes()) == set(start)
  with graph_helpers.loaded_session(start) as session:
    found = session.run(result)
    values = graph_helpers.read_all(session)
  mean, variance = start['bn/moving_mean'], start['bn/moving_variance']
  _assert_close(found, _normalized(images, mean, variance, start, epsilon))
  for name, value in start.items():
    np.testing.assert_array_equal(values[name], value.astype(np.float32))


def test_training_and_inference_share_their_variables():
  images = tf.constant(_images())
  batch_norm.plain(_TRAINED, images)
  names = set(graph_helpers.variable_shapes())
  with tf.variable_scope(tf.get_variable_scope(), reuse=True):
    batch_norm.plain(_IN_USE, images)
  assert set(graph_helpers.variable_shapes()) == names and len(names) == 8


@pytest.mark.parametrize('mask', [None, [1.0, 0.0, 0.0, 1.0]])
def test_masked_batch_norm_in_training(mask):
  start = _bn_values()
  fed = tf.placeholder(tf.float32, [3, 6, 5, 4])
  given = None if mask is None else tf.constant(mask)
  result = batch_norm.masked(_TRAINED._replace(mask=given), fed)
  kept = np.ones(4) if mask is None else np.array(mask)
  moving = start['bn/moving_mean'], start['bn/moving_variance']
  with graph_helpers.loaded_session(start) as session:
    for count in range(1, 4):
      images = 0.05 * count * _images(seed=count)
      found = session.run(result, {fed: images})
      mean, variance, unbiased = slow_numpy.moments(images)
      expected = _normalized(images, mean, variance, start, 1e-3) * kept
      _assert_close(found, expected)
      assert not found[..., kept == 0].any()
      moving = [
        old - 0.1 * kept * (old - new)
        for old, new in zip(moving, (mean, unbiased))
      ]
      values = graph_helpers.read_all(session)
      _assert_close(values['bn/moving_mean'], moving[0])
      _assert_close(values['bn/moving_variance'], moving[1])
  for name in ('bn/moving_mean', 'bn/moving_variance'):
    np.testing.assert_array_equal(
      values[name][kept == 0], start[name].astype(np.float32)[kept == 0]
    )


def test_masked_inference_drops_channels():
  images, start = _images(), _bn_values()
  mask = np.array([0.0, 1.0, 1.0, 0.0])
  result = batch_norm.masked(
    _IN_USE._replace(mask=tf.constant(mask, tf.float32)), tf.constant(images)
  )
  with graph_helpers.loaded_session(start) as session:
    found = session.run(result)
  mean, variance = start['bn/moving_mean'], start['bn/moving_variance']
  _assert_close(found, _normalized(images, mean, variance, start, 1e-3) * mask)


@pytest.mark.parametrize('build', [batch_norm.plain, batch_norm.masked])
def test_gradients_of_batch_norm_are_those_of_its_formula(build):
  start, weights = _bn_values(), _normal([3, 6, 5, 4], 5)
  epsilon = 1.001e-5 if build is batch_norm.plain else 1e-3
  fed = tf.constant(_images())
  loss = tf.reduce_sum(build(_TRAINED, fed) * weights)
  wrt = [fed] + tf.trainable_variables()
  found = tf.gradients(loss, wrt)

  mean, variance = tf.nn.moments(fed, [0, 1, 2])
  offset = tf.constant(start['bn/offset'], tf.float32)
  scale = tf.constant(start['bn/scale'], tf.float32)
  plain = (fed - mean) / tf.sqrt(variance + epsilon) * scale + offset
  expected = tf.gradients(tf.reduce_sum(plain * weights), [fed, offset, scale])
  with graph_helpers.loaded_session(start) as session:
    found, expected = session.run([found, expected])
  for one, other in zip(found, expected):
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


@_LAYOUTS
def test_variables_of_batch_norm(layout):
  fmt = ImageFormat(layout)
  value = fmt.from_nhwc(tf.zeros([2, 8, 8, 6]))
  with tf.variable_scope('child/layer_0'):
    result = batch_norm.plain(_TRAINED._replace(fmt=fmt), value)
  assert result.shape.as_list() == value.shape.as_list()
  scope = 'child/layer_0/bn/'
  expected = {'child/layer_0/' + name: shape for name, shape in _BN.items()}
  for moving in ('moving_mean', 'moving_variance'):
    expected[scope + scope + moving + '/biased'] = (6,)
    expected[scope + scope + moving + '/local_step'] = ()
  assert graph_helpers.variable_shapes() == expected
  assert [v.op.name for v in tf.trainable_variables()] == [
    scope + 'offset',
    scope + 'scale',
  ]


@_LAYOUTS
def test_variables_of_masked_batch_norm(layout):
  fmt = ImageFormat(layout)
  value = fmt.from_nhwc(tf.zeros([2, 8, 8, 6]))
  result = batch_norm.masked(
    _TRAINED._replace(fmt=fmt, mask=tf.ones([6])), value
  )
  assert result.shape.as_list() == value.shape.as_list()
  assert graph_helpers.variable_shapes() == _BN


def test_initial_values_of_batch_norm():
  batch_norm.plain(_TRAINED, tf.zeros([2, 2, 2, 1]))
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
  ones = {'bn/scale', 'bn/moving_variance'}
  assert {name for name, value in values.items() if value.all()} == ones
  assert all(values[name] == 1 for name in ones)


@pytest.mark.parametrize(
  'size, sides, stride',
  [
    (1, (1, 1), 1),
    (3, (3, 3), 1),
    (5, (5, 5), 2),
    ((1, 7), (1, 7), 2),
    ((7, 1), (7, 1), 1),
  ],
)
def test_conv(size, sides, stride):
  images, kernel = _images(), _normal(sides + (4, 6), 1)
  result = blocks.conv(_IN_USE, tf.constant(images), size, stride)
  assert graph_helpers.variable_shapes() == {'w': sides + (4, 6)}
  with graph_helpers.loaded_session({'w': kernel}) as session:
    found = session.run(result)
  _assert_close(found, slow_numpy.conv2d(images, kernel, stride))


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('size', [3, 5])
@pytest.mark.parametrize('rows', [False, True])
def test_separable_conv(rows, size, stride):
  images = _images()
  depth, point = _normal([size, size, 4, 1], 1), _normal([4, 6], 2)
  result = blocks.separable_conv(
    _IN_USE, tf.constant(images), size, stride, rows
  )
  stored = point.T if rows else point[None, None]
  assert graph_helpers.variable_shapes() == {
    'w_depth': (size, size, 4, 1),
    'w_point': stored.shape,
  }
  values = {'w_depth': depth, 'w_point': stored}
  with graph_helpers.loaded_session(values) as session:
    found = session.run(result)
  expected = slow_numpy.depthwise_conv2d(images, depth, stride).dot(point)
  np.testing.assert_allclose(found, expected, rtol=1e-4, atol=3e-5)


@_LAYOUTS
@pytest.mark.parametrize('rows', [False, True])
def test_kernels_are_the_same_in_both_layouts(layout, rows):
  fmt = ImageFormat(layout)
  value = fmt.from_nhwc(tf.zeros([2, 8, 8, 4]))
  value = blocks.conv(_IN_USE._replace(fmt=fmt), value, 3)
  value = blocks.separable_conv(
    _IN_USE._replace(fmt=fmt, filters=5), value, 5, 2, rows
  )
  assert fmt.channels(value) == 5
  assert [value.shape.as_list()[axis] for axis in fmt.space_axes] == [4, 4]
  assert graph_helpers.variable_shapes() == {
    'w': (3, 3, 4, 6),
    'w_depth': (5, 5, 6, 1),
    'w_point': (5, 6) if rows else (1, 1, 6, 5),
  }


def _slow_reduction(images, path1, path2):
  """Upstream's two paths, written as slices and a shift by one pixel."""
  shifted = np.pad(images, [(0, 0), (0, 1), (0, 1), (0, 0)], 'constant')
  shifted = shifted[:, 1:, 1:]
  return np.concatenate(
    [
      images[:, ::2, ::2].dot(path1[0, 0]),
      shifted[:, ::2, ::2].dot(path2[0, 0]),
    ],
    axis=3,
  )


@pytest.mark.parametrize('training', [False, True])
@pytest.mark.parametrize('plane', [(6, 6), (5, 7), (4, 5), (1, 2)])
def test_factorized_reduction(plane, training):
  images = _images((3,) + plane + (4,))
  values = _bn_values(channels=6)
  values['path1_conv/w'] = _normal([1, 1, 4, 3], 1)
  values['path2_conv/w'] = _normal([1, 1, 4, 3], 2)
  result = blocks.factorized_reduction(
    _TRAINED if training else _IN_USE, tf.constant(images)
  )
  with graph_helpers.loaded_session(values) as session:
    found = session.run(result)
  reduced = _slow_reduction(
    images, values['path1_conv/w'], values['path2_conv/w']
  )
  mean, variance = values['bn/moving_mean'], values['bn/moving_variance']
  if training:
    mean, variance, _ = slow_numpy.moments(reduced)
  assert found.shape == (3, -(-plane[0] // 2), -(-plane[1] // 2), 6)
  np.testing.assert_allclose(
    found,
    _normalized(reduced, mean, variance, values, 1.001e-5),
    rtol=1e-4,
    atol=1e-4,
  )


@_LAYOUTS
def test_variables_of_factorized_reduction(layout):
  fmt = ImageFormat(layout)
  value = fmt.from_nhwc(tf.zeros([2, 8, 8, 4]))
  with tf.variable_scope('from_0'):
    result = blocks.factorized_reduction(_TRAINED._replace(fmt=fmt), value)
  expected = {'from_0/' + name: shape for name, shape in _BN.items()}
  for moving in ('moving_mean', 'moving_variance'):
    expected['from_0/bn/from_0/bn/%s/biased' % moving] = (6,)
    expected['from_0/bn/from_0/bn/%s/local_step' % moving] = ()
  expected['from_0/path1_conv/w'] = (1, 1, 4, 3)
  expected['from_0/path2_conv/w'] = (1, 1, 4, 3)
  assert graph_helpers.variable_shapes() == expected
  assert fmt.channels(result) == 6
  assert [result.shape.as_list()[axis] for axis in fmt.space_axes] == [4, 4]


def test_gradients_reach_both_paths_of_a_reduction():
  images = _images((2, 4, 4, 4))
  fed = tf.constant(images)
  result = blocks.factorized_reduction(_IN_USE, fed)
  gradients = tf.gradients(
    tf.reduce_sum(result), [fed] + tf.trainable_variables()[:2]
  )
  with graph_helpers.loaded_session() as session:
    values = graph_helpers.read_all(session)
    to_images, to_path1, to_path2 = session.run(gradients)
  scale = 1 / np.sqrt(1 + 1.001e-5)
  for found, name, start in [
    (to_path1, 'path1_conv/w', 0),
    (to_path2, 'path2_conv/w', 1),
  ]:
    seen = images[:, start::2, start::2]
    expected = scale * seen.sum(axis=(0, 1, 2))
    _assert_close(found[0, 0], np.tile(expected[:, None], [1, 3]))
    per_pixel = scale * values[name][0, 0].sum(axis=1)
    _assert_close(
      to_images[:, start::2, start::2], np.broadcast_to(per_pixel, seen.shape)
    )
  assert not to_images[:, 0::2, 1::2].any()
  assert not to_images[:, 1::2, 0::2].any()


def test_a_reduction_to_an_odd_number_of_filters():
  with pytest.raises(ValueError) as error:
    blocks.factorized_reduction(
      _TRAINED._replace(filters=7), tf.zeros([2, 4, 4, 4])
    )
  assert str(error.value) == (
    'a factorized reduction needs an even number of filters, not 7'
  )
  assert tf.global_variables() == []


def test_batch_statistics_that_are_not_folded():
  """With gradients or without, nothing is noted down."""
  start, images = _bn_values(), _images()
  mean, variance, _ = slow_numpy.moments(images)
  expected = _normalized(images, mean, variance, start, 1.001e-5)
  fed = tf.placeholder(tf.float32, images.shape)
  with tf.variable_scope(tf.get_variable_scope(), reuse=tf.AUTO_REUSE):
    results = [
      batch_norm.plain(_OF_BATCH._replace(use=use), fed)
      for use in (Use(statistics=BATCH), Use(True, statistics=BATCH))
    ]
  chosen = [
    fed,
    tf.constant(np.eye(4).ravel(), tf.float32),
    tf.constant(start['bn/offset'], tf.float32),
    tf.constant(start['bn/scale'], tf.float32),
  ]
  results.append(batch_norm.pointwise(_OF_BATCH, *chosen))
  with pytest.raises(ValueError, match='no moving statistics'):
    batch_norm.pointwise(_IN_USE, *chosen)
  with graph_helpers.loaded_session(start) as session:
    for found in session.run(results, {fed: images}):
      _assert_close(found, expected)
    values = graph_helpers.read_all(session)
  assert sorted(values) == sorted(start)
  for name, value in start.items():
    np.testing.assert_array_equal(values[name], np.float32(value))


def _pointwise_norm():
  """(inputs, result, gradients) of 3 channels to 2, weighted and summed."""
  inputs = [
    tf.placeholder_with_default(_normal(shape, seed), shape)
    for seed, shape in enumerate([(2, 4, 5, 3), (6,), (2,), (2,)])
  ]
  result = batch_norm.pointwise(_TRAINED, *inputs)
  loss = tf.reduce_sum(result * _normal((2, 4, 5, 2), 9))
  return inputs, result, tf.gradients(loss, inputs)


def test_pointwise_norm_and_its_gradients():
  inputs, result, gradients = _pointwise_norm()
  value, kernel, offset, scale = inputs
  product = tf.tensordot(value, tf.reshape(kernel, [3, 2]), 1)
  mean, variance = tf.nn.moments(product, [0, 1, 2])
  plain = (product - mean) / tf.sqrt(variance + 1.001e-5) * scale + offset
  loss = tf.reduce_sum(plain * _normal((2, 4, 5, 2), 9))
  expected = [plain] + tf.gradients(loss, inputs)
  with graph_helpers.loaded_session() as session:
    found, expected = session.run([[result] + gradients, expected])
  for one, other in zip(found, expected):
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)


def test_the_backward_pass_of_pointwise_norm_keeps_no_product(graph):
  inputs, result, gradients = _pointwise_norm()
  (back,) = [
    op for op in graph.get_operations() if op.type == 'FusedBatchNormGradV3'
  ]
  (forward,) = [
    op for op in graph.get_operations() if op.type == 'FusedBatchNormV3'
  ]
  again = back.inputs[1].op
  assert again.inputs[0].op.type == 'MatMul'
  assert again.inputs[0].op is not forward.inputs[0].op.inputs[0].op
  # It waits for the gradient; the product of the forward pass goes nowhere.
  pixels = again.inputs[0].op.inputs[0].op
  assert pixels.control_inputs == [back.inputs[0].op]
  assert forward.inputs[0].consumers() == [forward]
  with graph_helpers.loaded_session() as session:
    feeds = {inputs[0]: _normal((2, 4, 5, 3), 0)}
    ran = graph_helpers.executed(session, result, feeds)
    assert again.name not in ran and forward.inputs[0].op.name in ran
    ran = graph_helpers.executed(session, gradients, feeds)
    assert again.name in ran


def test_reduction_with_batch_statistics():
  images = _images((2, 4, 4, 4))
  fed = tf.placeholder(tf.float32, images.shape)
  with tf.variable_scope('a', reuse=tf.AUTO_REUSE):
    found = blocks.factorized_reduction(_OF_BATCH, fed)
    expected = blocks.factorized_reduction(_TRAINED, fed)
  with graph_helpers.loaded_session() as session:
    _assert_close(
      session.run(found, {fed: images}), session.run(expected, {fed: images})
    )
