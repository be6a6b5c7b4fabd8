"""Gradients of convolutions, in forms that are quick on a CPU.

TensorFlow 1.15's kernels for them take two fifths of a training step, while its
convolutions are quick; so the former are put in terms of the latter. Forward
passes are what they were, gradients the same up to rounding (docs/RESULTS.md).
With TensorFlow 2, and where channels come first, as on a GPU, nothing changes.
"""

from src.nn import variables
from src.tf1 import VERSION, tf


def chosen(data_format):
  """Whether the forms of this module are the quicker ones."""
  return data_format == 'NHWC' and VERSION.startswith('1.')


def of_convolution(sides, stride, data_format):
  """The gradient override map for a SAME convolution; sides of its kernel."""
  fits = max(sides) > 1 and all(side in (1, 3, 5, 7) for side in sides)
  if stride == 1 and fits and chosen(data_format):
    return {'Conv2D': 'EnasConv2D'}
  return {}


@tf.RegisterGradient('EnasConv2D')
def _conv2d(op, grad):
  """Both gradients of a convolution are convolutions.

  That by the input slides the kernel, turned round, over the gradient. That by
  the kernel slides the gradient over the input, with channels for examples and
  examples for channels.
  """
  value, kernel = op.inputs
  rows, columns = [int(side) // 2 for side in kernel.shape[:2]]
  turned = tf.reverse(kernel, _ints((0, 1)))
  turned = tf.transpose(turned, _ints((0, 1, 3, 2)))
  by_value = tf.nn.conv2d(grad, turned, 1, 'SAME')
  edges = ((rows, rows), (columns, columns))
  padded = tf.pad(value, _ints(((0, 0),) + edges + ((0, 0),)))
  by_kernel = tf.nn.conv2d(
    tf.transpose(padded, _ints((3, 1, 2, 0))),
    tf.transpose(grad, _ints((1, 2, 0, 3))),
    1,
    'VALID',
  )
  return by_value, tf.transpose(by_kernel, _ints((1, 2, 0, 3)))


def _ints(value):
  return variables.shared_constant(value, 'int32')
