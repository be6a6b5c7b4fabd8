"""Files of every kind become the square that a network takes."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from src.files import png
from src.images import square
from tests.images import made

RED = (200, 30, 40)


def _plain(mode, size=(40, 20)):
  return Image.new('RGB', size, RED).convert(mode)


@pytest.mark.parametrize(
  ('name', 'mode', 'away'),
  [
    ('x.png', 'RGB', 0), ('x.PNG', 'RGBA', 0), ('x.bmp', 'RGB', 0),
    ('x.tiff', 'RGB', 0), ('x.webp', 'RGB', 8), ('x.jpg', 'RGB', 8),
    ('x.jpeg', 'CMYK', 8), ('x.gif', 'P', 40), ('p.png', 'P', 40),
  ],
)  # fmt: skip
def test_kinds_and_modes(tmp_path, name, mode, away):
  image = _plain('RGB').quantize() if mode == 'P' else _plain(mode)
  found = square.read(made.write(tmp_path, name, image=image), 7)
  assert found.shape == (7, 7, 3) and found.dtype == np.uint8
  assert np.abs(found.astype(int) - RED).max() <= away


def test_grey_of_8_and_16_bits_and_of_1(tmp_path):
  grey = made.picture(1, 6, 6, 1)[..., 0]
  path = made.write(tmp_path, 'g.png', image=Image.fromarray(grey))
  wanted = np.repeat(grey[..., None], 3, axis=2)
  np.testing.assert_array_equal(square.read(path, 6), wanted)
  wide = Image.fromarray(grey.astype(np.uint16) * 256 + 7)
  path = made.write(tmp_path, 'w.png', image=wide)
  np.testing.assert_array_equal(square.read(path, 6), wanted)
  path = made.write(tmp_path, 'b.png', image=Image.fromarray(grey > 99))
  assert set(square.read(path, 6).ravel().tolist()) == {0, 255}


def test_an_image_of_the_size_stays_as_it_is(tmp_path):
  pixels = made.picture(3, 9, 9)
  path = made.write(tmp_path, 'x.png', image=Image.fromarray(pixels))
  np.testing.assert_array_equal(square.read(path, 9), pixels)
  np.testing.assert_array_equal(square.load(pixels, 9), pixels)


def test_the_middle_square_with_smoothing(tmp_path):
  pixels = made.picture(4, 8, 14)
  path = made.write(tmp_path, 'x.png', image=Image.fromarray(pixels))
  # Halving by a triangle filter, which looks beyond the square where it can.
  down, across = _halving(8, 0), _halving(14, 3)
  wanted = np.einsum('ab,bdc,ed->aec', down, pixels.astype(float), across)
  assert np.abs(square.read(path, 4) - wanted).max() <= 1


def _halving(length, start):
  """Weights [4, length] of a triangle filter of 4 pixels, from `start` on."""
  weights = np.zeros([4, length])
  for row in range(4):
    for place, weight in enumerate((1, 3, 3, 1), start + 2 * row - 1):
      if 0 <= place < length:
        weights[row, place] = weight
  return weights / weights.sum(axis=1, keepdims=True)


def test_upright_as_exif_says(tmp_path):
  pixels = made.picture(5, 8, 8)
  exif = Image.Exif()
  exif[0x0112] = 6  # turn right
  path = made.write(
    tmp_path, 'x.png', image=Image.fromarray(pixels), exif=exif.tobytes()
  )
  np.testing.assert_array_equal(square.read(path, 8), np.rot90(pixels, -1))


def test_the_first_frame_of_several(tmp_path):
  frames = [Image.new('P', (5, 5), color) for color in (0, 1)]
  for frame in frames:
    frame.putpalette([10, 20, 30, 200, 210, 220])
  path = made.write(
    tmp_path, 'x.gif', image=frames[0], save_all=True, append_images=frames[1:]
  )
  assert np.unique(square.read(path, 5)).tolist() == [10, 20, 30]


def test_bad_files(tmp_path):
  whole = made.write(tmp_path, 'x.jpg', 1)
  data = open(whole, 'rb').read()
  big = made.write(tmp_path, 'big.png', 1)
  header = bytearray(open(big, 'rb').read())
  header[16:24] = b'\0\0\xff\xff\0\0\xff\xff'
  header[29:33] = struct.pack('>I', zlib.crc32(bytes(header[12:29])))
  wide = made.write(
    tmp_path, 'f.tiff', image=Image.fromarray(np.zeros([4, 4], np.float32))
  )
  for name, content, why in (
    ('e.png', b'', 'is empty'),
    ('t.png', b'text', 'is no image that is read here'),
    ('c.jpg', data[: len(data) // 2], 'is damaged or cut short'),
    ('b.png', bytes(header), 'pixels; at most'),
    ('w.tiff', open(wide, 'rb').read(), 'wider than 16 bits'),
    (None, None, 'cannot read'),
  ):
    path = str(tmp_path / 'missing')
    if name is not None:
      path = str(tmp_path / name)
      with open(path, 'wb') as file:
        file.write(content)
    with pytest.raises(png.ImageError) as caught:
      square.read(path, 4)
    assert path in str(caught.value) and why in str(caught.value)
    assert '\n' not in str(caught.value)
