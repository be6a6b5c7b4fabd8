"""The archives' defect: Python's zipfile fails on it, ours does not."""

import concurrent.futures
import struct
import zipfile

import pytest

from src.files import zip_repair
from src.files.archives import ArchiveError
from tests.files import damaged_zip

FILES = [
  ('a/%d.txt' % number, (b'%d ' % number) * (20 + number))
  for number in range(6)
]


def _contents(path):
  with zip_repair.Archive(path) as archive:
    return [
      (member.filename, archive.read(member)) for member in archive.members
    ], archive.repaired


def _error(path):
  with pytest.raises(ArchiveError) as caught:
    _contents(path)
  assert '\n' not in str(caught.value)
  return str(caught.value)


@pytest.mark.parametrize('wraps', [1, 2, 7])
@pytest.mark.parametrize('first_wrong', [0, 3])
def test_places_too_large_by_multiples(tmp_path, wraps, first_wrong):
  path = damaged_zip.write(
    tmp_path / 'a.zip', FILES, first_wrong=first_wrong, wraps=wraps
  )
  with zipfile.ZipFile(path) as archive:
    assert archive.namelist() == [name for name, _ in FILES]
    for name, content in FILES[:first_wrong]:
      assert archive.read(name) == content
    for name, _ in FILES[first_wrong:]:
      with pytest.raises((zipfile.BadZipFile, struct.error)):
        archive.read(name)
  assert _contents(path) == (FILES, 6 - first_wrong)


def test_a_member_that_really_lies_past_four_gigabytes(tmp_path):
  path = damaged_zip.write(
    tmp_path / 'a.zip', FILES, first_wrong=3, hole=damaged_zip.WRAP + 99
  )
  assert (tmp_path / 'a.zip').stat().st_size > damaged_zip.WRAP
  assert _contents(path) == (FILES, 3)


def test_places_that_are_wrong_in_another_way(tmp_path):
  path = damaged_zip.write(tmp_path / 'a.zip', FILES, wraps=0, shift=5)
  assert _contents(path) == (FILES, 6)


def test_a_sound_archive(tmp_path):
  path = str(tmp_path / 'a.zip')
  with zipfile.ZipFile(path, 'w') as archive:
    archive.comment = b'as it should be'
    for name, content in FILES:
      archive.writestr(name, content)
  assert _contents(path) == (FILES, 0)
  with zipfile.ZipFile(str(tmp_path / 'empty.zip'), 'w'):
    pass
  assert _contents(str(tmp_path / 'empty.zip')) == ([], 0)


def test_threads_may_read_at_once(tmp_path):
  files = [('%d' % n, bytes([n]) * 5000) for n in range(200)]
  path = damaged_zip.write(tmp_path / 'a.zip', files)
  with zip_repair.Archive(path) as archive:
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
      assert list(pool.map(archive.read, archive.members)) == [
        c for _, c in files
      ]


def test_no_archive(tmp_path):
  path = tmp_path / 'a.zip'
  path.write_bytes(b'<html>not found</html>')
  assert 'is no zip archive or is cut short (22 bytes' in _error(str(path))
  assert _error(str(tmp_path / 'none.zip')).startswith('cannot read ')


@pytest.mark.parametrize('part', [0.3, 0.6, 0.95])
def test_a_download_that_broke_off(tmp_path, part):
  path = tmp_path / 'a.zip'
  data = open(damaged_zip.write(path, FILES), 'rb').read()
  path.write_bytes(data[: int(part * len(data))])
  assert 'cut short' in _error(str(path))


def test_a_beginning_that_is_missing(tmp_path):
  path = tmp_path / 'a.zip'
  data = open(damaged_zip.write(path, FILES), 'rb').read()
  path.write_bytes(data[10:])
  assert 'a/0.txt is not where it should be' in _error(str(path))


def _spoilt(tmp_path, where, layout, value):
  """An archive with a field of the first entry replaced."""
  path = tmp_path / 'a.zip'
  data = bytearray(open(damaged_zip.write(path, FILES), 'rb').read())
  struct.pack_into(layout, data, data.index(b'PK\1\2') + where, value)
  path.write_bytes(data)
  return str(path)


@pytest.mark.parametrize(
  'where, layout, value, problem',
  [
    (8, '<H', 1, 'encrypted'),
    (10, '<H', 99, 'compression'),
    (10, '<H', 0, 'a/0.txt'),
    (16, '<L', 1, 'CRC'),
    (24, '<L', 39, 'CRC'),
    (24, '<L', 41, 'another length than stated'),
    (24, '<L', 1 << 30, 'claims 1073741824 bytes'),
  ],
)
def test_members_that_do_not_fit(tmp_path, where, layout, value, problem):
  message = _error(_spoilt(tmp_path, where, layout, value))
  assert 'is damaged: a/0.txt' in message and problem in message


def test_content_that_does_not_unpack(tmp_path):
  path = tmp_path / 'a.zip'
  data = bytearray(open(damaged_zip.write(path, FILES), 'rb').read())
  at = 30 + len('a/0.txt')
  data[at : at + 4] = b'\xff\xff\xff\xff'
  path.write_bytes(data)
  assert 'a/0.txt does not unpack: ' in _error(str(path))
