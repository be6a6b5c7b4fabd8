"""Photographs and other images of any kind, the way up they were taken."""

import io
import warnings

import cv2
import numpy as np
from PIL import Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from src.files import png
from src.files.errors import reason

# What a file starts with -> its kind.
_KINDS = (
  (b'\xff\xd8\xff', 'JPEG'),
  (b'\x89PNG\r\n\x1a\n', 'PNG'),
  (b'II*\0', 'TIFF'),
  (b'MM\0*', 'TIFF'),
)
_START_OF_SCAN, _END_OF_IMAGE = b'\xff\xda', b'\xff\xd9'
_BITS_PER_SAMPLE = 258  # a tag of TIFF
_FORMATS = ('BMP', 'GIF', 'JPEG', 'PNG', 'TIFF', 'WEBP')
_16_BITS = ('I', 'I;16', 'I;16B', 'I;16L', 'I;16N')
warnings.filterwarnings('ignore', module='PIL')  # odd EXIF data, and the like


def read(path):
  """Reads a photograph.

  A turn that its EXIF data ask for is made, grey becomes three equal channels,
  transparency is dropped, 16 bits are cut to 8.

  Args:
    path: str, of a kind that `image` reads.

  Returns:
    uint8 [H, W, 3], RGB.

  Raises:
    png.ImageError: it cannot be opened, is empty, of another kind, damaged,
      cut short, too large, or its samples are wider than 16 bits. Damage
      within a JPEG's scan is not noticed.
  """
  data = png.contents(path)
  png.refuse_empty(data, path)
  kind = next((k for start, k in _KINDS if data.startswith(start)), None)
  if kind is None:
    return np.asarray(image(path))
  if kind == 'PNG':
    png.size(data, path)
  else:
    with warnings.catch_warnings():
      warnings.simplefilter('ignore')
      _check(data, path, kind)
  # A thumbnail has an end of its own, before the photo's scan.
  scan = max(data.rfind(_START_OF_SCAN), 0)
  if kind == 'JPEG' and data.find(_END_OF_IMAGE, scan) < 0:
    raise png.ImageError('%s is cut short at byte %d' % (path, len(data)))
  return png.to_rgb(data, path, cv2.IMREAD_COLOR)


def image(path, at_least=None):
  """Opens an image of any kind with Pillow.

  Args:
    path: str, a BMP, GIF (its first frame), JPEG, PNG, TIFF or WebP file.
    at_least: int, a JPEG may come at a fraction of its size, but no side below
      this many pixels.

  Returns:
    PIL.Image of mode RGB, upright. Grey is three equal channels, transparency
    is dropped, 16 bits are cut to 8.

  Raises:
    png.ImageError: it cannot be opened, is empty, damaged, cut short, of
      another kind, too large, or its samples are wider than 16 bits.
  """
  data = png.contents(path)
  png.refuse_empty(data, path)
  try:
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
      png.check_size(*opened.size, path)
      if at_least is not None:
        opened.draft('RGB', (at_least, at_least))
      return _rgb(ImageOps.exif_transpose(opened), path)
  except png.ImageError:
    raise
  except UnidentifiedImageError as error:
    if data[:4] in (b'II*\0', b'MM\0*'):  # some that OpenCV knows
      return Image.fromarray(read(path))
    raise png.ImageError(
      '%s is no image that is read here: %s' % (path, ', '.join(_FORMATS))
    ) from error
  except Image.DecompressionBombError as error:
    raise _too_large(path) from error
  except Exception as error:  # Pillow raises many kinds
    raise png.ImageError(
      '%s is damaged or cut short: %s' % (path, reason(error))
    ) from error


def _rgb(found, path):
  if found.mode in _16_BITS:
    values = np.asarray(found).astype(np.int64)
    if not 0 <= values.min() <= values.max() < 1 << 16:
      raise png.ImageError('%s: samples wider than 16 bits are not read' % path)
    found = Image.fromarray((values >> 8).astype(np.uint8))
  elif found.mode == 'F':
    raise png.ImageError('%s: samples wider than 16 bits are not read' % path)
  return found.convert('RGB')


def _too_large(path):
  return png.ImageError(
    '%s claims too many pixels; at most %d million are read'
    % (path, png.MAX_PIXELS // 10**6)
  )


def _check(data, path, kind):
  """Refuses wide samples, what is too large, and damage to a TIFF.

  OpenCV says more than a line about that, or decodes it.
  """
  part = 'its header is'
  try:
    bits = _bits_of_tiff(data) if kind == 'TIFF' else 8
    if bits > 16:
      raise png.ImageError(
        '%s: %d-bit samples are not read; convert it to 8 bits' % (path, bits)
      )
    with Image.open(io.BytesIO(data)) as opened:
      png.check_size(*opened.size, path)
      part = 'its pixels do not decode'
      if kind == 'TIFF':
        opened.load()
  except png.ImageError:
    raise
  except Image.DecompressionBombError as error:
    raise _too_large(path) from error
  except Exception as error:  # Pillow raises many kinds
    raise png.ImageError('%s is damaged: %s' % (path, part)) from error


def _bits_of_tiff(data):
  """How many bits a sample has; Pillow cannot open all that is wide."""
  directory = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
  source = io.BytesIO(data)
  source.seek(directory.next)
  directory.load(source)
  return max(directory.get(_BITS_PER_SAMPLE, [1]))
