"""PNG files from outside: checked chunk by chunk, and decoded to RGB.

Checking first means that damage is one line of ours and not a message of
libpng, and that a file cannot ask for more memory than a photo does.
"""

import io
import struct

import cv2
import numpy as np
from PIL import Image, PngImagePlugin, UnidentifiedImageError

from src.files.errors import FileError, reason

MAX_PIXELS = 100 * 1000 * 1000  # CODEBRIM's largest crop has 24 million
Image.MAX_IMAGE_PIXELS = MAX_PIXELS  # Pillow warns at fewer
_SIGNATURE = b'\x89PNG\r\n\x1a\n'
_FLAGS = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


class ImageError(FileError):
  """One line: which image is unreadable, and why."""


def read(path):
  """Reads a PNG file.

  Args:
    path: str.

  Returns:
    uint8 [H, W, 3], RGB.

  Raises:
    ImageError: it cannot be opened, is empty, damaged, cut short or too large.
  """
  return decode(contents(path), path)


def decode(data, path):
  """Like `read`, of the bytes of a file; `path` is for the error."""
  size(data, path)
  return to_rgb(data, path, _FLAGS)


def check(path):
  """Raises `ImageError` unless a file is a whole PNG; decodes nothing."""
  size(contents(path), path)


def size(data, path):
  """Checks signature, chunks and sums of a PNG.

  Args:
    data: bytes of the file.
    path: str, for the error.

  Returns:
    (height, width) of the image.

  Raises:
    ImageError: as in `read`.
  """
  refuse_empty(data, path)
  if not data.startswith(_SIGNATURE):
    raise ImageError('%s is no PNG image' % path)
  if len(data) >= 24:
    check_size(*struct.unpack_from('>II', data, 16), path)
  try:
    with Image.open(io.BytesIO(data)) as image:
      width, height = image.size
      image.verify()
  except UnidentifiedImageError as error:
    raise ImageError('%s is damaged: its header is' % path) from error
  except Exception as error:  # Pillow raises many kinds
    raise ImageError(
      '%s is damaged or cut short: %s' % (path, reason(error))
    ) from error
  return height, width


def encode(image, text=None):
  """Writes RGB pixels as a PNG, lossless.

  Args:
    image: uint8 [H, W, 3], RGB.
    text: (keyword, value) of ASCII for a tEXt chunk, or None.

  Returns:
    bytes of the file; the same pixels give the same bytes with one OpenCV,
    which is three times as fast as Pillow.
  """
  _, encoded = cv2.imencode('.png', cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
  data, chunk = encoded.tobytes(), io.BytesIO()
  if text is not None:
    body = b'\0'.join(part.encode('ascii') for part in text)
    PngImagePlugin.putchunk(chunk, b'tEXt', body)
  after_header = len(_SIGNATURE) + 25
  return data[:after_header] + chunk.getvalue() + data[after_header:]


def contents(path):
  """The bytes of a file."""
  try:
    with open(path, 'rb') as source:
      return source.read()
  except OSError as error:
    raise ImageError('cannot read %s: %s' % (path, error.strerror)) from error


def refuse_empty(data, path):
  if not data:
    raise ImageError('%s is empty (0 bytes)' % path)


def check_size(width, height, path):
  """Refuses what asks for more memory than a photo does."""
  if not 0 < width * height <= MAX_PIXELS:
    raise ImageError(
      '%s claims %d x %d pixels; at most %d million are read'
      % (path, width, height, MAX_PIXELS // 10**6)
    )


def to_rgb(data, path, flags):
  """Decodes checked bytes of an image of any kind; `flags` are OpenCV's."""
  try:
    image = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
  except cv2.error:
    image = None
  if image is None:
    raise ImageError('%s is damaged: its pixels do not decode' % path)
  return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)
