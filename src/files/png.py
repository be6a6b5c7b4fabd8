"""PNG files from outside: checked chunk by chunk, and decoded to RGB.

Checking first means that damage is one line of ours and not a message of
libpng, and that a file cannot ask for more memory than a photo does.
"""

import struct
import zlib

import cv2
import numpy as np

from src.files.errors import FileError

MAX_PIXELS = 100 * 1000 * 1000  # CODEBRIM's largest crop has 24 million
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
  return decode(_bytes(path), path)


def decode(data, path):
  """Like `read`, of the bytes of a file; `path` is for the error."""
  size(data, path)
  image = cv2.imdecode(np.frombuffer(data, np.uint8), _FLAGS)
  if image is None:
    raise ImageError('%s is damaged: its pixels do not decode' % path)
  return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def check(path):
  """Raises `ImageError` unless a file is a whole PNG; decodes nothing."""
  size(_bytes(path), path)


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
  if not data:
    raise ImageError('%s is empty (0 bytes)' % path)
  if not data.startswith(_SIGNATURE):
    raise ImageError('%s is no PNG image' % path)
  view, shape, place = memoryview(data), None, len(_SIGNATURE)
  while place + 12 <= len(data):
    length, kind = struct.unpack_from('>I4s', data, place)
    end = place + 8 + length
    if end + 4 > len(data):
      break
    (stated,) = struct.unpack_from('>I', data, end)
    if zlib.crc32(view[place + 4 : end]) != stated:
      raise ImageError(
        '%s is damaged: wrong check sum at byte %d' % (path, place)
      )
    if kind == b'IHDR' and length >= 8:
      width, height = struct.unpack_from('>II', data, place + 8)
      if not 0 < width * height <= MAX_PIXELS:
        raise ImageError(
          '%s claims %d x %d pixels; at most %d million are read'
          % (path, width, height, MAX_PIXELS // 10**6)
        )
      shape = height, width
    if kind == b'IEND' and shape:
      return shape
    place = end + 4
  raise ImageError('%s is cut short at byte %d' % (path, len(data)))


def encode(image, text=None):
  """Writes RGB pixels as a PNG, lossless.

  Args:
    image: uint8 [H, W, 3], RGB.
    text: (keyword, value) of ASCII for a tEXt chunk, or None.

  Returns:
    bytes of the file; the same pixels give the same bytes with one OpenCV.
  """
  _, encoded = cv2.imencode('.png', cv2.cvtColor(image, cv2.COLOR_RGB2BGR))
  data = encoded.tobytes()
  if text is None:
    return data
  body = b'tEXt' + b'\0'.join(part.encode('ascii') for part in text)
  chunk = struct.pack('>I', len(body) - 4) + body
  chunk += struct.pack('>I', zlib.crc32(body))
  after_header = len(_SIGNATURE) + 25
  return data[:after_header] + chunk + data[after_header:]


def _bytes(path):
  try:
    with open(path, 'rb') as source:
      return source.read()
  except OSError as error:
    raise ImageError('cannot read %s: %s' % (path, error.strerror)) from error
