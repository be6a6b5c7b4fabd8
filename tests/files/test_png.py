"""Pixels in and out of PNG, and damage found before it does harm."""

import struct
import zlib

import cv2
import numpy as np
import pytest

from src.files import png
from tests.AEROBI import made_codebrim


def _write(tmp_path, data):
  path = tmp_path / 'a.png'
  path.write_bytes(data)
  return str(path)


def _error(path):
  with pytest.raises(png.ImageError) as caught:
    png.read(path)
  if not str(caught.value).startswith('cannot'):
    with pytest.raises(png.ImageError) as again:
      png.check(path)
    assert str(again.value) == str(caught.value)
  return str(caught.value)


def test_round_trip_in_rgb(tmp_path):
  pixels = made_codebrim.picture(1)
  pixels[0, 0] = [255, 1, 2]
  np.testing.assert_array_equal(
    png.read(_write(tmp_path, png.encode(pixels))), pixels
  )


def test_text_chunk(tmp_path):
  pixels = made_codebrim.picture(1)
  data = png.encode(pixels, ('synthetic', 'not a photo'))
  assert b'tEXtsynthetic\0not a photo' in data
  assert data == png.encode(pixels, ('synthetic', 'not a photo'))
  np.testing.assert_array_equal(png.read(_write(tmp_path, data)), pixels)


@pytest.mark.parametrize('channels', [1, 4])
def test_other_kinds_become_rgb(tmp_path, channels):
  pixels = np.full([4, 5, channels], 7, np.uint8)
  _, data = cv2.imencode('.png', pixels)
  read = png.read(_write(tmp_path, data.tobytes()))
  np.testing.assert_array_equal(read, np.full([4, 5, 3], 7))


def test_damage(tmp_path):
  data = png.encode(made_codebrim.picture(1))
  middle = len(data) // 2
  broken = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
  for content, problem in [
    (b'', 'is empty (0 bytes)'),
    (b'GIF89a', 'is no PNG image'),
    (broken, 'is damaged or cut short: broken PNG file'),
    (data[:middle], 'is damaged or cut short: '),
    (data[:-12], 'is damaged or cut short: '),
    (data[:20], 'is damaged or cut short: '),
    (data[:29] + bytes(4) + data[33:], 'is damaged: its header is'),
  ]:
    path = _write(tmp_path, content)
    assert _error(path).startswith('%s %s' % (path, problem))


def _chunk(kind, body):
  data = kind + body
  return (
    struct.pack('>I', len(body)) + data + struct.pack('>I', zlib.crc32(data))
  )


def test_a_bomb_is_not_decoded(tmp_path):
  data = b'\x89PNG\r\n\x1a\n' + _chunk(
    b'IHDR', struct.pack('>IIBBBBB', 1 << 20, 1 << 20, 8, 2, 0, 0, 0)
  )
  path = _write(tmp_path, data)
  assert _error(path) == (
    '%s claims 1048576 x 1048576 pixels; at most 100 million are read' % path
  )


def test_right_sums_around_wrong_pixels(tmp_path):
  data = b'\x89PNG\r\n\x1a\n' + _chunk(
    b'IHDR', struct.pack('>IIBBBBB', 4, 4, 8, 2, 0, 0, 0)
  )
  data += _chunk(b'IDAT', b'no deflate stream') + _chunk(b'IEND', b'')
  path = _write(tmp_path, data)
  with pytest.raises(png.ImageError) as caught:
    png.read(path)
  assert str(caught.value) == '%s is damaged: its pixels do not decode' % path


def test_missing_file(tmp_path):
  path = str(tmp_path / 'none.png')
  with pytest.raises(png.ImageError) as caught:
    png.read(path)
  assert str(caught.value).startswith('cannot read %s: No such file' % path)
