"""Image operations in both layouts; NHWC against slow numpy.

CPU builds of TensorFlow convolve and pool in NHWC only, so of NCHW the
convolutions and pools are built and their shapes checked, not run.
"""

import numpy as np
import pytest

from src.nn.image_format import ImageFormat
from src.tf1 import tf
from tests import graph_helpers, slow_numpy

_NHWC = ImageFormat('NHWC')
_NCHW = ImageFormat('NCHW')


def _images(height=6, width=7, channels=3, seed=0):
  shape = [2, height, width, channels]
  return np.random.RandomState(seed).standard_normal(shape).astype(np.float32)


def _run(fetches):
  with graph_helpers.loaded_session() as session:
    return session.run(fetches)


@pytest.mark.parametrize('name', ['nhwc', 'NHCW', '', None, 'auto'])
def test_unknown_format(name):
  with pytest.raises(ValueError) as error:
    ImageFormat(name)
  assert str(error.value) == 'data format %r: expected NHWC or NCHW' % (name,)


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('size', [1, 2, 3, 5])
def test_conv2d(size, stride):
  images = _images()
  kernel = np.random.RandomState(1).standard_normal([size, size, 3, 4])
  kernel = kernel.astype(np.float32)
  found = _run(_NHWC.conv2d(tf.constant(images), tf.constant(kernel), stride))
  expected = slow_numpy.conv2d(images, kernel, stride)
  np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('stride', [1, 2])
@pytest.mark.parametrize('size', [3, 5])
def test_depthwise_conv2d(size, stride):
  images = _images()
  kernel = np.random.RandomState(1).standard_normal([size, size, 3, 1])
  kernel = kernel.astype(np.float32)
  found = _run(
    _NHWC.depthwise_conv2d(tf.constant(images), tf.constant(kernel), stride)
  )
  expected = slow_numpy.depthwise_conv2d(images, kernel, stride)
  np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize('size, stride', [(3, 1), (3, 2), (2, 2)])
@pytest.mark.parametrize('name', ['max_pool', 'avg_pool'])
def test_pools(name, size, stride):
  images = _images() - 5  # all negative: padding that counted would show
  found = _run(getattr(_NHWC, name)(tf.constant(images), size, stride))
  expected = getattr(slow_numpy, name)(images, size, stride)
  np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_average_pooling_leaves_padding_out():
  found = _run(_NHWC.avg_pool(tf.ones([1, 4, 4, 1]), 3))
  np.testing.assert_allclose(found, np.ones([1, 4, 4, 1]), rtol=1e-6)


def test_from_nhwc():
  images = _images()
  assert _NHWC.from_nhwc(images) is images
  found = _run(_NCHW.from_nhwc(tf.constant(images)))
  assert found.shape == (2, 3, 6, 7)
  for channel in range(3):
    np.testing.assert_array_equal(found[:, channel], images[..., channel])


@pytest.mark.parametrize('fmt', [_NHWC, _NCHW], ids=lambda fmt: fmt.name)
def test_channel_functions_agree_in_both_layouts(fmt):
  images = _images()
  value = fmt.from_nhwc(tf.constant(images))
  assert fmt.channels(value) == 3 and isinstance(fmt.channels(value), int)
  scaled = fmt.scale_channels(value, tf.constant([1.0, -2.0, 0.0]))
  scaled = fmt.add_to_channels(scaled, tf.constant([0.0, 0.0, 5.0]))
  pooled, scaled = _run([fmt.global_avg_pool(value), scaled])
  np.testing.assert_allclose(
    pooled, images.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6
  )
  if fmt is _NCHW:
    scaled = scaled.transpose([0, 2, 3, 1])
  np.testing.assert_array_equal(scaled, images * [1, -2, 0] + [0, 0, 5])


@pytest.mark.parametrize(
  'fmt, value_shape, one, halved',
  [
    (_NHWC, [2, 8, 6, 3], [8, 6], [4, 3]),
    (_NCHW, [2, 3, 8, 6], [8, 6], [4, 3]),
  ],
  ids=['NHWC', 'NCHW'],
)
def test_shapes(fmt, value_shape, one, halved):
  value = tf.zeros(value_shape)
  kernel, depth = tf.zeros([3, 3, 3, 5]), tf.zeros([3, 3, 3, 1])

  def _shape(plane, channels):
    return [2] + (plane + [channels] if fmt is _NHWC else [channels] + plane)

  for stride, plane in [(1, one), (2, halved)]:
    built = [
      (fmt.conv2d(value, kernel, stride), 5),
      (fmt.depthwise_conv2d(value, depth, stride), 3),
      (fmt.max_pool(value, 3, stride), 3),
      (fmt.avg_pool(value, 3, stride), 3),
    ]
    for result, channels in built:
      assert result.shape.as_list() == _shape(plane, channels)
      assert result.op.get_attr('data_format') == fmt.name.encode()
  assert fmt.global_avg_pool(value).shape.as_list() == [2, 3]


def test_average_pooling_without_padding():
  images = np.arange(2 * 8 * 8 * 3, dtype=np.float32).reshape([2, 8, 8, 3])
  found = _run(_NHWC.avg_pool(tf.constant(images), 5, 3, 'VALID'))
  assert found.shape == (2, 2, 2, 3)
  for row in range(2):
    for column in range(2):
      window = images[:, 3 * row : 3 * row + 5, 3 * column : 3 * column + 5]
      np.testing.assert_allclose(
        found[:, row, column], window.mean((1, 2)), rtol=1e-5
      )


@pytest.mark.parametrize('training', [False, True])
def test_pointwise_convolution_and_its_gradients(training):
  images = _images()
  kernel = np.random.RandomState(1).standard_normal([9]).astype(np.float32)
  value = tf.placeholder(tf.float32, [None, 6, 7, 3])
  weights = tf.placeholder(tf.float32, [9])
  result = _NHWC.pointwise_conv2d(value, weights, 3, training)
  assert result.shape.as_list() == [None, 6, 7, 3]
  gradients = tf.gradients(tf.reduce_sum(result**2), [value, weights])
  with graph_helpers.loaded_session() as session:
    found, by_value, by_kernel = session.run(
      [result] + gradients, {value: images, weights: kernel}
    )
  square = kernel.reshape([-1, 3])
  expected = np.matmul(images, square)
  np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
  np.testing.assert_allclose(
    by_value, np.matmul(2 * expected, square.T), rtol=1e-4, atol=1e-3
  )
  slopes = np.einsum('nhwc,nhwf->cf', images, 2 * expected)
  np.testing.assert_allclose(by_kernel, slopes.ravel(), rtol=1e-4, atol=1e-2)


def test_pointwise_convolution_in_the_other_layout():
  fmt = ImageFormat('NCHW')
  value = tf.placeholder(tf.float32, [None, 4, 6, 5])
  result = fmt.pointwise_conv2d(value, tf.zeros([8]), 2, True)
  assert result.shape.as_list() == [None, 2, 6, 5]
