"""Photographs from a camera: JPEG, PNG or TIFF, the way up they were taken."""

import io
import warnings

import cv2
import numpy as np
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
  try:
    with open(path, 'rb') as source:
      data = source.read()
  except OSError as error:
    raise png.ImageError(
      'cannot read %s: %s' % (path, error.strerror)
    ) from error
  if not data:
    raise png.ImageError('%s is empty (0 bytes)' % path)
  kind = next((k for start, k in _KINDS if data.startswith(start)), None)
  if kind is None:
    raise png.ImageError('%s is no JPEG, PNG or TIFF image' % path)
  if kind == 'PNG':
    png.size(data, path)
  else:
    _check_header(data, path, kind)
  if kind == 'TIFF':
    _check_pixels(data, path)
  if kind == 'JPEG':
    # A thumbnail has an end of its own, before the photo's scan.
    scan = data.rfind(_START_OF_SCAN)
    if data.find(_END_OF_IMAGE, max(scan, 0)) < 0:
      raise png.ImageError('%s is cut short at byte %d' % (path, len(data)))
  try:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
  except cv2.error:
    image = None
  if image is None:
    raise png.ImageError('%s is damaged: its pixels do not decode' % path)
  return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def _check_header(data, path, kind):
  """Refuses wide samples, and what asks for more memory than a photo does."""
  try:
    with warnings.catch_warnings():
      warnings.simplefilter('ignore')
      if kind == 'TIFF':
        bits = _bits_of_tiff(data)
        if bits > 16:
          raise png.ImageError('%s: %d-bit samples are not read' % (path, bits))
      with Image.open(io.BytesIO(data)) as header:
        width, height = header.size
  except png.ImageError:
    raise
  except Image.DecompressionBombError as error:
    raise png.ImageError(
      '%s claims too many pixels; at most %d million are read'
      % (path, png.MAX_PIXELS // 10**6)
    ) from error
  except Exception as error:  # Pillow raises many kinds for a bad header
    raise png.ImageError('%s is damaged: its header is' % path) from error
  if width * height > png.MAX_PIXELS:
    raise png.ImageError(
      '%s claims %d x %d pixels; at most %d million are read'
      % (path, width, height, png.MAX_PIXELS // 10**6)
    )


def _bits_of_tiff(data):
  """How many bits a sample has; Pillow cannot open all that is wide."""
  directory = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
  source = io.BytesIO(data)
  source.seek(directory.next)
  directory.load(source)
  return max(directory.get(_BITS_PER_SAMPLE, [1]))


def _check_pixels(data, path):
  """Refuses damage, of which OpenCV says more than a line, or decodes it."""
  try:
    with warnings.catch_warnings():
      warnings.simplefilter('ignore')
      with Image.open(io.BytesIO(data)) as image:
        image.load()
  except Exception as error:  # see above
    raise png.ImageError(
      '%s is damaged: its pixels do not decode' % path
    ) from error
