"""Any image file as a square of bytes: what networks of one size take.

The middle square of the image, upright, resized with smoothing. An image that
has the size already stays as it is, value by value.
"""

import numpy as np
from PIL import Image

from src.files import photo


def load(image, size):
  """A square of an image: of a file, see `read`, or of uint8 [H, W, C]."""
  if isinstance(image, str):
    return read(image, size)
  return resized(Image.fromarray(image), size)


def read(path, size):
  """Reads an image file of any kind, see `photo.image`.

  Args:
    path: str.
    size: int, pixels.

  Returns:
    uint8 [size, size, 3], RGB.

  Raises:
    png.ImageError: see `photo.image`.
  """
  # A JPEG decodes to half, a quarter or an eighth in less time.
  return resized(photo.image(path, at_least=2 * size), size)


def resized(image, size):
  """The middle square of a Pillow image, uint8 [size, size, channels]."""
  width, height = image.size
  if (width, height) != (size, size):
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    image = image.resize(
      (size, size),
      Image.BILINEAR,
      box=(left, top, left + side, top + side),
      reducing_gap=2.0,
    )
  return np.asarray(image)


def window(image, shape, row, column, size):
  """A window of the resized image; as `crop.window`, but with smoothing.

  Args:
    image: uint8 [H, W, C].
    shape: (height, width) that the whole image is resized to.
    row: int, the window's first row in the resized image.
    column: int, its first column.
    size: (height, width) of the window.

  Returns:
    float32 [height, width, C] in [0, 255].
  """
  down, across = (old / float(new) for old, new in zip(image.shape, shape))
  bottom, right = (row + size[0]) * down, (column + size[1]) * across
  return np.asarray(
    Image.fromarray(image).resize(
      size[::-1],
      Image.BILINEAR,
      box=(
        column * across,
        row * down,
        min(right, image.shape[1]),
        min(bottom, image.shape[0]),
      ),
      reducing_gap=2.0,
    ),
    np.float32,
  )
