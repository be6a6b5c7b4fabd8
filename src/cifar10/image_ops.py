"""Image preparation inside the graph: standardise, crop, flip, cut out.

Images come in as bytes, so that a data set costs one byte a value in memory
and a batch is cheap to hand over. Source: `src/cifar10/models.py` of
melodyguan/enas.
"""

from src.nn import random_ops
from src.tf1 import tf

_PADDING = 4  # pixels at each border, and an eighth of sides beyond 32


def standardize(images, mean, std):
  """uint8 [N, H, W, C] -> float32, (value / 255 - mean) / std per channel."""
  return (tf.cast(images, tf.float32) / 255.0 - mean) / std


def augment(images, key, cutout_size=None):
  """Pads by 4, crops at random to the old size, flips, and may cut out.

  Sides beyond 32 are padded by an eighth.

  Args:
    images: float32 [N, H, W, C], standardised and square; padding is the mean
      colour.
    key: function of a purpose that returns int32 [2], see `random_ops`.
    cutout_size: int or None, see `cutout`.

  Returns:
    float32 [N, H, W, C].
  """
  count = tf.shape(images)[0]
  height, width = images.shape.as_list()[1:3]
  padding = max(_PADDING, height // 8)
  noise = random_ops.uniform([count, 3], key('augmentation'))
  offsets = tf.cast(tf.floor(noise[:, :2] * (2 * padding + 1)), tf.int32)
  flipped = noise[:, 2] < 0.5
  rows = offsets[:, :1] + tf.range(height)
  columns = offsets[:, 1:] + tf.where(
    flipped,
    tf.tile(tf.range(width)[None, ::-1], [count, 1]),
    tf.tile(tf.range(width)[None], [count, 1]),
  )
  padded = tf.pad(
    images, [[0, 0], [padding, padding], [padding, padding], [0, 0]]
  )
  indices = tf.stack(
    [
      tf.tile(tf.range(count)[:, None, None], [1, height, width]),
      tf.tile(rows[:, :, None], [1, 1, width]),
      tf.tile(columns[:, None, :], [1, height, 1]),
    ],
    axis=3,
  )
  images = tf.gather_nd(padded, indices)
  images.set_shape([None, height, width, padded.shape[3]])
  return random_cutout(images, key, cutout_size)


def random_cutout(images, key, size):
  """`cutout` at places that depend on the key; none if size is None."""
  if size is None:
    return images
  corners = random_ops.uniform([tf.shape(images)[0], 2], key('cutout'))
  return cutout(images, corners, size)


def cutout(images, corners, size):
  """Sets a square of each image to zero, the mean colour.

  The square's first corner, not its centre, is uniform over the image, so it
  is cut off at the right and bottom borders only.

  Args:
    images: float32 [N, H, W, C].
    corners: float32 [N, 2] in (0, 1), where the first row and column lie.
    size: int, side of the square in pixels.
  """
  height, width = images.shape.as_list()[1:3]
  first_row = tf.floor(corners[:, :1] * height)
  first_column = tf.floor(corners[:, 1:] * width)
  rows = tf.range(float(height)) - first_row
  columns = tf.range(float(width)) - first_column
  cut = tf.logical_and(
    tf.logical_and(rows >= 0, rows < size)[:, :, None],
    tf.logical_and(columns >= 0, columns < size)[:, None, :],
  )
  return images * tf.cast(tf.logical_not(cut), images.dtype)[:, :, :, None]


def decode(strings, size, smooth):
  """The middle squares of encoded images, for models that are served.

  The short side is resized to `size`, by the rule of `src.images.crop`; an
  image that has the size stays as it is.

  Args:
    strings: string [N], the contents of GIF, JPEG or PNG files.
    size: int, pixels.
    smooth: bool, whether shrinking averages pixels, or interpolates between
      the nearest as TensorFlow 1 does.

  Returns:
    float32 [N, size, size, 3] in [0, 255].
  """
  resize = tf.image.resize_area if smooth else tf.image.resize_bilinear

  def _square(data):
    image = tf.cast(tf.image.decode_png(data, channels=3), tf.float32)
    shape = tf.shape(image)[:2]
    scale = tf.cast(tf.reduce_min(shape), tf.float32) / float(size)
    resized = tf.cast(tf.cast(shape, tf.float32) / scale, tf.int32)
    resized = tf.maximum(resized, size)
    image = resize(image[None], resized)[0]
    row, column = tf.unstack((resized - size) // 2)
    image = image[row : row + size, column : column + size]
    image.set_shape([size, size, 3])
    return image

  return tf.map_fn(_square, strings, tf.float32)
