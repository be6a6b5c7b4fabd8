"""Unpacks archives without letting them decide where anything goes."""

import os
import shutil
import tarfile
import zlib

from src.files.errors import FileError, reason


class ArchiveError(FileError):
  """One line: what is wrong with which archive."""


def extract_tar(archive_path, folder, names, skip_others=False):
  """Extracts exactly the expected files of a tar archive.

  Only plain files whose names the caller listed are written, so absolute
  paths, `..`, links and devices never reach the disk.

  Args:
    archive_path: str, a tar file, compressed or not.
    folder: str, where to; sub-folders are made as the names need them.
    names: iterable of str, the relative names of all files in the archive.
      Entries for the folders above them are allowed.
    skip_others: bool, whether all else is passed over instead of refused.

  Raises:
    ArchiveError: the archive is damaged, lacks a file, has one twice, or
      holds anything that is not expected. Files before it are written.
    OSError: reading or writing failed.
  """
  missing = set(names)
  folders = set()
  for name in missing:
    while os.path.dirname(name):
      name = os.path.dirname(name)
      folders.add(name)
  try:
    with tarfile.open(archive_path) as archive:
      for member in archive:
        if member.isdir() and member.name in folders:
          continue
        if not member.isreg() or member.name not in missing:
          if skip_others and member.name not in names:
            continue
          raise ArchiveError(
            '%s holds %r, which is not one of the plain files expected there, '
            'or is there twice; refused' % (archive_path, member.name)
          )
        missing.remove(member.name)
        target = os.path.join(folder, member.name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with archive.extractfile(member) as source, open(target, 'xb') as sink:
          shutil.copyfileobj(source, sink)
  except (tarfile.TarError, EOFError, zlib.error) as error:
    raise ArchiveError(
      '%s is damaged: %s' % (archive_path, reason(error))
    ) from error
  if missing:
    raise ArchiveError(
      '%s lacks %s' % (archive_path, ', '.join(sorted(missing)))
    )
