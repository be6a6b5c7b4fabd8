"""Zip archives with the defect of CODEBRIM's: places too large by 2^32."""

import os
import struct
import zipfile

WRAP = 1 << 32


def write(path, files, first_wrong=0, wraps=1, shift=0, hole=0):
  """Writes an archive and spoils its central directory.

  Args:
    path: pathlib.Path.
    files: list of (name, bytes).
    first_wrong: int, the first member whose stated place is wrong.
    wraps: int, by how many times 2^32 it is too large.
    shift: int, bytes added to the stated places besides.
    hole: int, bytes that nothing is written to before the last member, for a
      file that is large without taking space.
  """
  places = []
  with zipfile.ZipFile(str(path), 'w', zipfile.ZIP_DEFLATED) as archive:
    for name, content in files:
      if hole and name == files[-1][0]:
        archive.fp.seek(archive.fp.tell() + hole)
        archive.start_dir = archive.fp.tell()
      archive.writestr(name, content)
      places.append(archive.getinfo(name).header_offset)
    start = archive.start_dir
    members = list(archive.infolist())
  directory = b''
  for index, (member, place) in enumerate(zip(members, places)):
    wrong = index >= first_wrong
    stated = place + (wraps * WRAP + shift if wrong else 0)
    directory += _entry(member, stated)
  with open(str(path), 'r+b') as archive:
    archive.seek(start)
    archive.write(directory)
    end = archive.tell()
    archive.write(
      struct.pack(
        '<4sQ2H2L4Q', b'PK\6\6', 44, 45, 45, 0, 0, len(members), len(members),
        len(directory), start,
      )
    )  # fmt: skip
    archive.write(struct.pack('<4sLQL', b'PK\6\7', 0, end, 1))
    archive.write(
      struct.pack(
        '<4s4H2LH', b'PK\5\6', 0, 0, min(len(members), 0xFFFF),
        min(len(members), 0xFFFF), 0xFFFFFFFF, 0xFFFFFFFF, 0,
      )
    )  # fmt: skip
    archive.truncate()
  return str(path)


def _entry(member, stated):
  """An entry of the central directory with a 64-bit place."""
  name = member.filename.encode('utf-8')
  extra = struct.pack('<2HQ', 1, 8, stated)
  return (
    struct.pack(
      '<4s6H3L5H2L', b'PK\1\2', 45, 45, member.flag_bits,
      member.compress_type, 0, 0x21, member.CRC, member.compress_size,
      member.file_size, len(name), len(extra), 0, 0, 0, 0, 0xFFFFFFFF,
    )
    + name
    + extra
  )  # fmt: skip


def of_folder(path, folder, root='classification_dataset', litter=(), **kwargs):
  """An archive of all files below a folder, put below `root`."""
  files = []
  for parent, _, names in sorted(os.walk(str(folder))):
    for name in sorted(names):
      own = os.path.join(parent, name)
      with open(own, 'rb') as source:
        files.append(
          (root + '/' + os.path.relpath(own, str(folder)), source.read())
        )
  return write(path, files + list(litter), **kwargs)
