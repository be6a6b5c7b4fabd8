"""Unpacking: exactly the expected files, wherever the archive would go.

Links, devices, escapes and doubles are in `tests/cifar10/test_download.py`.
"""

import io
import tarfile

import pytest

from src.files import archives


def _write(path, files, mode='w'):
  with tarfile.open(str(path), mode) as archive:
    for name, content in files:
      member = tarfile.TarInfo(name)
      member.size = len(content)
      archive.addfile(member, io.BytesIO(content))
  return str(path)


@pytest.mark.parametrize('mode', ['w', 'w:gz', 'w:bz2', 'w:xz'])
def test_files_and_folders_above_them(tmp_path, mode):
  archive = _write(
    tmp_path / 'a.tar', [('x/y/one', b'1'), ('two', b'22')], mode
  )
  archives.extract_tar(archive, str(tmp_path / 'out'), ['x/y/one', 'two'])
  assert (tmp_path / 'out/x/y/one').read_bytes() == b'1'
  assert (tmp_path / 'out/two').read_bytes() == b'22'


def test_an_existing_file_is_not_overwritten(tmp_path):
  archive = _write(tmp_path / 'a.tar', [('one', b'new')])
  (tmp_path / 'one').write_bytes(b'old')
  with pytest.raises(OSError, match='exists'):
    archives.extract_tar(archive, str(tmp_path), ['one'])
  assert (tmp_path / 'one').read_bytes() == b'old'


def test_unexpected_file_ends_it(tmp_path):
  archive = _write(tmp_path / 'a.tar', [('one', b'1'), ('more', b'2')])
  with pytest.raises(archives.ArchiveError) as caught:
    archives.extract_tar(archive, str(tmp_path / 'out'), ['one', 'two'])
  assert str(caught.value) == (
    "%s holds 'more', which is not one of the plain files expected there, or "
    'is there twice; refused' % archive
  )
  assert [path.name for path in (tmp_path / 'out').iterdir()] == ['one']


def test_missing_files_are_listed(tmp_path):
  archive = _write(tmp_path / 'a.tar', [('one', b'1')])
  with pytest.raises(archives.ArchiveError) as caught:
    archives.extract_tar(archive, str(tmp_path), ['two', 'one', 'three'])
  assert str(caught.value) == archive + ' lacks three, two'


def test_damage_is_one_line(tmp_path):
  path = tmp_path / 'a.tar'
  path.write_bytes(b'no archive')
  with pytest.raises(archives.ArchiveError) as caught:
    archives.extract_tar(str(path), str(tmp_path), ['one'])
  assert str(caught.value).startswith('%s is damaged: ' % path)
  assert '\n' not in str(caught.value)
