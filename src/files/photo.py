"""Photographs from a camera: JPEG, PNG or TIFF, the way up they were taken."""

import io
import warnings

import cv2
from PIL import Image, TiffImagePlugin

from src.files import png

# What a file starts with -> its kind.
_KINDS = (
  (b'\xff\xd8\xff', 'JPEG'),
  (b'\x89PNG\r\n\x1a\n', 'PNG'),
  (b'II*\0', 'TIFF'),
  (b'MM\0*', 'TIFF'),
)
_START_OF_SCAN, _END_OF_IMAGE = b'\xff\xda', b'\xff\xd9'
_BITS_PER_SAMPLE = 258  # a tag of TIFF


def read(path):
  """Reads a photograph.

  A turn that its EXIF data ask for is made, grey becomes three equal channels,
  transparency is dropped, 16 bits are cut to 8.

  Args:
    path: str.

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
    raise png.ImageError('%s is no JPEG, PNG or TIFF image' % path)
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
    with Image.open(io.BytesIO(data)) as image:
      png.check_size(*image.size, path)
      part = 'its pixels do not decode'
      if kind == 'TIFF':
        image.load()
  except png.ImageError:
    raise
  except Image.DecompressionBombError as error:
    raise png.ImageError(
      '%s claims too many pixels; at most %d million are read'
      % (path, png.MAX_PIXELS // 10**6)
    ) from error
  except Exception as error:  # Pillow raises many kinds
    raise png.ImageError('%s is damaged: %s' % (path, part)) from error


def _bits_of_tiff(data):
  """How many bits a sample has; Pillow cannot open all that is wide."""
  directory = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
  source = io.BytesIO(data)
  source.seek(directory.next)
  directory.load(source)
  return max(directory.get(_BITS_PER_SAMPLE, [1]))
