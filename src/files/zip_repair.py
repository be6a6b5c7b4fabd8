"""Reads the zip archives of CODEBRIM, whose tables state wrong places.

Their central directories give members' places that are too large by a multiple
of 2^32. The data are whole. `unzip` and Python's zipfile stop at the first such
member; here zipfile is told where it really is. A place counts only if a local
header with the member's own name is there; otherwise the places that differ by
multiples of 2^32 are tried, then the end of the member before.
"""

import os
import struct
import threading
import zipfile

from src.files.archives import ArchiveError
from src.files.errors import reason

_WRAP = 1 << 32
_LOCAL = struct.Struct('<4s5H3L2H')
_LARGEST = 512 << 20  # bytes of one member; the largest crop has 72 million


class Archive:
  """An open zip archive; threads may read from it at the same time.

  Attributes:
    members: list of `zipfile.ZipInfo`, in the order of the central directory.
    repaired: int, how many members lay elsewhere than stated.
  """

  def __init__(self, path):
    """Reads the central directory and finds every member.

    Raises:
      ArchiveError: it is no zip archive, is cut short, or members cannot be
        found.
    """
    self._path = path
    self._lock = threading.Lock()  # Python 3.7's zipfile is not safe enough
    try:
      size = os.path.getsize(path)
      self._zip = zipfile.ZipFile(path)
    except OSError as error:
      raise ArchiveError(
        'cannot read %s: %s' % (path, error.strerror or error)
      ) from error
    # A damaged directory can make zipfile raise nearly anything.
    except Exception as error:
      raise ArchiveError(
        '%s is no zip archive or is cut short (%d bytes; %s): get it again'
        % (path, size, reason(error))
      ) from error
    self.members = self._zip.infolist()
    self.repaired, end = 0, 0
    for member in self.members:
      place, end = self._find(member, end)
      self.repaired += place != member.header_offset
      member.header_offset = place
      if hasattr(member, '_end_offset'):  # newer Pythons': of stated places
        member._end_offset = None

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self._zip.close()

  def read(self, member):
    """The content of a member, checked.

    Args:
      member: one of `members`.

    Returns:
      bytes.

    Raises:
      ArchiveError: it is encrypted, packed in an unknown way, too large, or
        its length or CRC is wrong.
    """
    name, size = member.filename, member.file_size
    if size > _LARGEST:
      raise self._error('%s claims %d bytes' % (name, size))
    try:
      with self._lock, self._zip.open(member) as source:
        data = source.read(size + 1)
    # Damaged content can make zipfile and its unpackers raise nearly anything.
    except Exception as error:
      raise self._error(
        '%s does not unpack: %s' % (name, reason(error))
      ) from error
    if len(data) != size:
      raise self._error('%s has another length than stated' % name)
    return data

  def _error(self, problem):
    return ArchiveError('%s is damaged: %s' % (self._path, problem))

  def _find(self, member, end_before):
    """(where a member's local header is, where its content ends)."""
    limit, stated = self._zip.start_dir, member.header_offset
    places = sorted(
      range(stated % _WRAP, limit, _WRAP), key=lambda at: abs(at - stated)
    )
    # A member of unknown length is followed by 12 to 24 bytes about it.
    places += [end_before + more for more in (0, 12, 16, 20, 24)]
    name = member.orig_filename.encode(
      'utf-8' if member.flag_bits & 0x800 else 'cp437'
    )
    for place in places:
      self._zip.fp.seek(place)
      header = self._zip.fp.read(_LOCAL.size + len(name))
      if header[:4] == b'PK\3\4' and header[_LOCAL.size :] == name:
        lengths = _LOCAL.unpack_from(header)[-2:]
        end = place + _LOCAL.size + sum(lengths) + member.compress_size
        if lengths[0] == len(name) and end <= limit:
          return place, end
    raise self._error('%s is not where it should be' % member.filename)
