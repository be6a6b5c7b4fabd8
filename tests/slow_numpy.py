"""Image operations written out slowly, as ground truth; NHWC, float64."""

import numpy as np


def _same_windows(images, size, stride):
  """Yields (row, column, window, real) for each position of a SAME window.

  size: int, or (rows, columns). window: [N, size, size, C] with zeros beyond
  the edge; real: bool [size, size], which of its pixels lie in the image.
  """
  high, wide = size if isinstance(size, tuple) else (size, size)
  _, height, width, _ = images.shape
  rows, columns = -(-height // stride), -(-width // stride)
  down = max((rows - 1) * stride + high - height, 0)
  right = max((columns - 1) * stride + wide - width, 0)
  margins = [(down // 2, down - down // 2), (right // 2, right - right // 2)]
  padded = np.pad(images, [(0, 0)] + margins + [(0, 0)], 'constant')
  inside = np.pad(np.ones([height, width], bool), margins, 'constant')
  for row in range(rows):
    for column in range(columns):
      plane = (
        slice(row * stride, row * stride + high),
        slice(column * stride, column * stride + wide),
      )
      yield row, column, padded[(slice(None),) + plane], inside[plane]


def _slide(images, size, stride, function, channels):
  count, height, width, _ = images.shape
  result = np.zeros(
    [count, -(-height // stride), -(-width // stride), channels]
  )
  windows = _same_windows(np.asarray(images, np.float64), size, stride)
  for row, column, window, real in windows:
    result[:, row, column] = function(window, real)
  return result


def conv2d(images, kernel, stride=1):
  """SAME convolution; kernel [rows, columns, C, F]."""
  return _slide(
    images,
    kernel.shape[:2],
    stride,
    lambda window, _: np.einsum('nijc,ijcf->nf', window, kernel),
    kernel.shape[3],
  )


def depthwise_conv2d(images, kernel, stride=1):
  """SAME depthwise convolution; kernel [k, k, C, 1]."""
  return _slide(
    images,
    kernel.shape[0],
    stride,
    lambda window, _: np.einsum('nijc,ijc->nc', window, kernel[..., 0]),
    kernel.shape[2],
  )


def max_pool(images, size, stride=1):
  """SAME max pooling over the pixels that exist."""
  return _slide(
    images,
    size,
    stride,
    lambda window, real: window[:, real].max(axis=1),
    images.shape[3],
  )


def avg_pool(images, size, stride=1):
  """SAME average pooling over the pixels that exist."""
  return _slide(
    images,
    size,
    stride,
    lambda window, real: window[:, real].mean(axis=1),
    images.shape[3],
  )


def moments(images):
  """(mean, variance, unbiased variance), each [C], over N, H and W."""
  pixels = np.asarray(images, np.float64).reshape([-1, images.shape[-1]])
  count = len(pixels)
  mean = pixels.sum(axis=0) / count
  squares = ((pixels - mean) ** 2).sum(axis=0)
  return mean, squares / count, squares / (count - 1)
