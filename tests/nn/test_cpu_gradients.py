"""Gradients of convolutions against TensorFlow's own."""

import numpy as np
import pytest

from src.nn import cpu_gradients
from src.nn.image_format import ImageFormat
from src.tf1 import VERSION, tf
from tests import graph_helpers

_NHWC = ImageFormat('NHWC')


def _normal(shape, seed, mean=0.0):
  values = np.random.RandomState(seed).normal(mean, 2.0, shape)
  return values.astype(np.float32)


def _assert_gradients(monkeypatch, build, images, kernels):
  """Those of `build` (images, *kernels) in both forms are equal."""
  value = tf.placeholder(tf.float32, (None,) + images.shape[1:])
  inputs = [value] + [tf.constant(kernel) for kernel in kernels]
  both = []
  for chosen in (False, True):
    monkeypatch.setattr(cpu_gradients, 'chosen', lambda name, c=chosen: c)
    with tf.variable_scope('v', reuse=tf.AUTO_REUSE):
      result = build(*inputs)
    weights = _normal([int(n) for n in result.shape[1:]], 9)
    both.append(tf.gradients(tf.reduce_sum(result * weights), inputs))
  for expected, found in zip(*both):
    assert found.op.type != expected.op.type
    assert found.shape.as_list() == expected.shape.as_list()
  with graph_helpers.loaded_session() as session:
    expected, found = session.run(both, {value: images})
  for one, other in zip(found, expected):
    np.testing.assert_allclose(one, other, rtol=1e-4, atol=2e-4)


@pytest.mark.parametrize('sides', [(3, 3), (5, 5), (1, 7), (7, 1)])
def test_convolution(sides, monkeypatch):
  kernel = _normal(sides + (3, 4), 1)
  _assert_gradients(
    monkeypatch, _NHWC.conv2d, _normal((2, 6, 7, 3), 0), [kernel]
  )


@pytest.mark.parametrize(
  'name, size, stride, quick',
  [
    ('NHWC', 3, 1, True),
    ('NHWC', 1, 1, False),
    ('NHWC', 2, 1, False),
    ('NHWC', 3, 2, False),
    ('NCHW', 3, 1, False),
  ],
)
def test_where_they_are_chosen(name, size, stride, quick):
  fmt = ImageFormat(name)
  shape = (2, 6, 6, 3) if name == 'NHWC' else (2, 3, 6, 6)
  convolved = fmt.conv2d(tf.zeros(shape), tf.zeros([size, size, 3, 3]), stride)
  on_one = VERSION.startswith('1.')
  kinds = {
    op.type: op.node_def.attr['_gradient_op_type'].s
    for op in tf.get_default_graph().get_operations()
  }
  assert kinds[convolved.op.type] == (
    b'EnasConv2D' if quick and on_one else b''
  )
