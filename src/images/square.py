"""Any image file as a square of bytes: what networks of one size take.

The middle square of the image, upright, resized with smoothing. An image that
has the size already stays as it is, value by value.
"""

import io
import warnings

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from src.files import photo, png
from src.files.errors import reason

_FORMATS = ('BMP', 'GIF', 'JPEG', 'PNG', 'TIFF', 'WEBP')
_16_BITS = ('I', 'I;16', 'I;16B', 'I;16L', 'I;16N')
warnings.filterwarnings('ignore', module='PIL')  # odd EXIF data, and the like


def load(image, size):
  """A square of an image: of a file, see `read`, or of uint8 [H, W, C]."""
  if isinstance(image, str):
    return read(image, size)
  return resized(Image.fromarray(image), size)


def read(path, size):
  """Reads an image file.

  Args:
    path: str, a BMP, GIF (its first frame), JPEG, PNG, TIFF or WebP file.
    size: int, pixels.

  Returns:
    uint8 [size, size, 3], RGB. Grey is three equal channels, transparency is
    dropped, 16 bits are cut to 8.

  Raises:
    png.ImageError: it cannot be opened, is empty, damaged, cut short, of
      another kind, too large, or its samples are wider than 16 bits.
  """
  data = png.contents(path)
  png.refuse_empty(data, path)
  try:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
      png.check_size(*image.size, path)
      # A JPEG decodes to half, a quarter or an eighth in less time.
      image.draft('RGB', (2 * size, 2 * size))
      return resized(_rgb(ImageOps.exif_transpose(image), path), size)
  except png.ImageError:
    raise
  except UnidentifiedImageError as error:
    if data[:4] in (b'II*\0', b'MM\0*'):
      return resized(Image.fromarray(photo.read(path)), size)
    raise png.ImageError(
      '%s is no image that is read here: %s' % (path, ', '.join(_FORMATS))
    ) from error
  except Image.DecompressionBombError as error:
    raise png.ImageError(
      '%s claims too many pixels; at most %d million are read'
      % (path, png.MAX_PIXELS // 10**6)
    ) from error
  except Exception as error:  # Pillow raises many kinds
    raise png.ImageError(
      '%s is damaged or cut short: %s' % (path, reason(error))
    ) from error


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


def _rgb(image, path):
  if image.mode in _16_BITS:
    values = np.asarray(image).astype(np.int64)
    if not 0 <= values.min() <= values.max() < 1 << 16:
      raise png.ImageError('%s: samples wider than 16 bits are not read' % path)
    image = Image.fromarray((values >> 8).astype(np.uint8))
  elif image.mode == 'F':
    raise png.ImageError('%s: samples wider than 16 bits are not read' % path)
  return image.convert('RGB')
