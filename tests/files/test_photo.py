"""Photographs are read upright and in colour, or refused in one line."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image

from src.files import photo, png

_ORIENTATION = 0x0112


def _gradient(height=40, width=60):
  """uint8 [height, width, 3]: red grows down, green to the right."""
  image = np.full([height, width, 3], 30, np.uint8)
  image[:, :, 0] += np.arange(height, dtype=np.uint8)[:, None] * 4
  image[:, :, 1] += np.arange(width, dtype=np.uint8) * 3
  return image


@pytest.mark.parametrize('kind', ['png', 'tif', 'jpg', 'JPEG'])
def test_kinds(tmp_path, kind):
  path = tmp_path / ('photo.' + kind)
  Image.fromarray(_gradient()).save(str(path), quality=100, subsampling=0)
  found = photo.read(str(path))
  assert found.dtype == np.uint8 and found.shape == (40, 60, 3)
  allowed = 0 if kind in ('png', 'tif') else 3
  assert np.abs(found.astype(int) - _gradient()).max() <= allowed


@pytest.mark.parametrize('kind', ['jpg', 'tif'])
@pytest.mark.parametrize(
  'orientation, turned',
  [
    (1, lambda image: image),
    (3, lambda image: image[::-1, ::-1]),
    (6, lambda image: np.rot90(image, -1)),
    (8, np.rot90),
  ],
)
def test_the_turn_of_the_camera_is_made(tmp_path, kind, orientation, turned):
  path = tmp_path / ('photo.' + kind)
  exif = Image.Exif()
  exif[_ORIENTATION] = orientation
  Image.fromarray(_gradient()).save(
    str(path), exif=exif.tobytes(), quality=100, subsampling=0
  )
  wanted = turned(_gradient())
  found = photo.read(str(path))
  assert found.shape == wanted.shape
  assert np.abs(found.astype(int) - wanted).max() <= 3


def test_grey_alpha_and_16_bits(tmp_path):
  grey = _gradient()[:, :, 0]
  alpha = np.dstack([_gradient(), grey])
  deep = _gradient().astype(np.uint16) * 257
  for name, pixels, wanted in (
    ('grey.png', grey, np.dstack([grey] * 3)),
    ('grey.jpg', grey, np.dstack([grey] * 3)),
    ('alpha.png', alpha[:, :, [2, 1, 0, 3]], _gradient()),
    ('deep.png', deep[:, :, ::-1], _gradient()),
    ('deep.tif', deep[:, :, ::-1], _gradient()),
  ):
    path = str(tmp_path / name)
    assert cv2.imwrite(path, pixels)
    found = photo.read(path)
    assert np.abs(found.astype(int) - wanted).max() <= 3, name


def _jpeg(tmp_path, thumbnail=b''):
  path = tmp_path / 'photo.jpg'
  random = np.random.RandomState(0).randint(0, 256, [50, 50, 3], np.uint8)
  Image.fromarray(random).save(str(path))
  data = path.read_bytes()
  return path, data[:2] + thumbnail + data[2:]


def test_what_follows_a_jpeg_is_no_matter(tmp_path):
  path, data = _jpeg(tmp_path)
  path.write_bytes(data + b'what a phone adds')
  assert photo.read(str(path)).shape == (50, 50, 3)


def test_bad_files_are_named(tmp_path):
  path, data = _jpeg(tmp_path)
  small = b'\xff\xd8\xff\xda\0\2\0\xff\xd9'
  comment = b'\xff\xfe' + bytes([0, len(small) + 2]) + small
  _, with_thumbnail = _jpeg(tmp_path, comment)
  png_data = png.encode(_gradient())
  huge = data.replace(b'\0\x32\0\x32\3', b'\xea\x60\xea\x60\3')
  assert huge != data
  tif = tmp_path / 'whole.tif'
  Image.fromarray(_gradient()).save(str(tif))
  for content, message in (
    (b'', 'photo.jpg is empty (0 bytes)'),
    (b'<html>', 'photo.jpg is no image that is read here'),
    (data[:1500], 'photo.jpg is cut short at byte 1500'),
    (with_thumbnail[:1500], 'photo.jpg is cut short at byte 1500'),
    (data[:100], 'photo.jpg is damaged: its header'),
    (png_data[:50], 'photo.jpg is damaged or cut short'),
    (huge, 'photo.jpg claims'),
    (tif.read_bytes()[:200], 'photo.jpg is damaged'),
  ):
    path.write_bytes(content)
    with pytest.raises(png.ImageError) as error:
      photo.read(str(path))
    assert message in str(error.value) and '\n' not in str(error.value)
  with pytest.raises(png.ImageError, match='cannot read .*: No such file'):
    photo.read(str(tmp_path / 'none.jpg'))
  with pytest.raises(png.ImageError, match='cannot read .*: Is a directory'):
    photo.read(str(tmp_path))


def _tiff(**kwargs):
  source = io.BytesIO()
  Image.fromarray(_gradient()).save(source, 'TIFF', **kwargs)
  return source.getvalue()


def test_a_damaged_tiff_is_one_line(tmp_path, capfd):
  path = tmp_path / 'photo.tif'
  packed = bytearray(_tiff(compression='tiff_lzw'))
  packed[300:320] = b'\xff' * 20
  whole = _tiff()
  last = tmp_path / 'last.tif'
  assert cv2.imwrite(str(last), _gradient())  # its directory is at the end
  for content, message in (
    (
      whole[: len(whole) // 2],
      'photo.tif is damaged: its pixels do not decode',
    ),
    (last.read_bytes()[:-50], 'photo.tif is damaged: its header is'),
    (packed, 'photo.tif is damaged: its pixels do not decode'),
  ):
    path.write_bytes(content)
    with pytest.raises(png.ImageError) as error:
      photo.read(str(path))
    assert str(error.value).endswith(message)
    shown = capfd.readouterr()
    # libtiff's own line about the code that it does not know.
    assert shown.err == '' or content is packed


@pytest.mark.parametrize(
  'kind, channels, bits',
  [('f4', 1, 32), ('f4', 3, 32), ('i4', 1, 32), ('f8', 1, 64)],
)
def test_wide_samples_are_not_called_damaged(
  tmp_path, capfd, kind, channels, bits
):
  path = str(tmp_path / 'photo.tif')
  pixels = np.ones([9, 9, channels], kind)
  assert cv2.imwrite(path, pixels, [cv2.IMWRITE_TIFF_COMPRESSION, 1])
  with pytest.raises(png.ImageError) as error:
    photo.read(path)
  assert str(error.value) == (
    '%s: %d-bit samples are not read; convert it to 8 bits' % (path, bits)
  )
  assert capfd.readouterr().err == ''


def test_more_pixels_than_a_photo_has(tmp_path, monkeypatch):
  path, data = _jpeg(tmp_path)
  path.write_bytes(data)
  monkeypatch.setattr(png, 'MAX_PIXELS', 2499)
  with pytest.raises(png.ImageError, match='claims 50 x 50 pixels; at most 0'):
    photo.read(str(path))
