"""Reads the zip archives of CODEBRIM, whose tables state wrong places.

Their central directories give members' places that are too large by a multiple
of 2^32. The data are whole. `unzip` and Python's zipfile stop at the first such
member; here a place counts only if a local header with the member's own name
is there, and otherwise the places that differ by multiples of 2^32 are tried,
then the end of the member before.
"""

import os
import struct
import threading
import typing
import zlib

from src.files.archives import ArchiveError

_WRAP = 1 << 32
_END = struct.Struct('<4s4H2LH')  # end of central directory
_END64 = struct.Struct('<4sQ2H2L4Q')
_LOCATOR = struct.Struct('<4sLQL')
_ENTRY = struct.Struct('<4s6H3L5H2L')
_LOCAL = struct.Struct('<4s5H3L2H')
_LARGEST = 512 << 20  # bytes of one member; the largest crop has 72 million
_STORED, _DEFLATED = 0, 8
_MASKED = 0xFFFFFFFF


class Member(typing.NamedTuple):
  """One entry of the central directory.

  Attributes:
    name: str, with slashes.
    flags: int.
    method: int.
    crc: int, CRC-32 of the content.
    packed: int, bytes in the archive.
    size: int, bytes of the content.
    place: int, where its local header is stated to be.
  """

  name: str
  flags: int
  method: int
  crc: int
  packed: int
  size: int
  place: int


class Archive:
  """An open zip archive; threads may read from it at the same time.

  Attributes:
    members: list of `Member`, in the order of the central directory.
    repaired: int, how many members lay elsewhere than stated.
  """

  def __init__(self, path):
    """Reads the central directory and finds every member.

    Raises:
      ArchiveError: it is no zip archive, is cut short, or members cannot be
        found.
    """
    self._path = path
    self._lock = threading.Lock()
    try:
      self._file = open(path, 'rb')
    except OSError as error:
      raise ArchiveError(
        'cannot read %s: %s' % (path, error.strerror)
      ) from error
    try:
      self._size = os.fstat(self._file.fileno()).st_size
      self.members = self._directory()
      self._starts = self._find()
    except OSError as error:
      self.close()
      raise ArchiveError('cannot read %s: %s' % (path, error)) from error
    except BaseException:
      self.close()
      raise

  @property
  def repaired(self):
    return sum(
      start != member.place
      for start, member in zip(self._headers, self.members)
    )

  def close(self):
    self._file.close()

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.close()

  def read(self, index):
    """The content of a member, checked.

    Args:
      index: int, its place in `members`.

    Returns:
      bytes.

    Raises:
      ArchiveError: it is encrypted, packed in another way, too large, or its
        length or CRC is wrong.
    """
    member = self.members[index]
    if member.flags & 1:
      raise self._error('%s is encrypted' % member.name)
    if member.method not in (_STORED, _DEFLATED):
      raise self._error(
        '%s is packed by method %d; only 0 and 8 are read'
        % (member.name, member.method)
      )
    if member.size > _LARGEST:
      raise self._error('%s claims %d bytes' % (member.name, member.size))
    data = self._bytes(self._starts[index], member.packed)
    if member.method == _DEFLATED:
      try:
        data = zlib.decompressobj(-zlib.MAX_WBITS).decompress(
          data, member.size + 1
        )
      except zlib.error as error:
        raise self._error(
          '%s does not unpack: %s' % (member.name, error)
        ) from error
    if len(data) != member.size:
      raise self._error('%s has another length than stated' % member.name)
    if zlib.crc32(data) != member.crc:
      raise self._error('the check sum of %s is wrong' % member.name)
    return data

  def _error(self, problem):
    return ArchiveError('%s is damaged: %s' % (self._path, problem))

  def _bytes(self, place, count):
    """Up to `count` bytes from a place; fewer at the end of the file."""
    with self._lock:
      self._file.seek(place)
      return self._file.read(count)

  def _directory(self):
    """The members as the central directory has them."""
    end, number, length = self._end()
    data = self._bytes(end - length, length) if length <= end else b''
    members, place = [], 0
    while place + _ENTRY.size <= len(data):
      if data[place : place + 4] != b'PK\1\2':
        break
      member, place = _member(data, place)
      if member is None:
        break
      members.append(member)
    if place != length or len(members) != number:
      raise self._error(
        'its central directory states %d members and has %d; it may be cut '
        'short, get it again' % (number, len(members))
      )
    return members

  def _end(self):
    """(where the central directory ends, number of members, its length)."""
    start = max(self._size - _END.size - 0xFFFF, 0)
    tail = self._bytes(start, self._size - start)
    found = tail.rfind(b'PK\5\6')
    if found < 0 or found + _END.size > len(tail):
      raise ArchiveError(
        '%s is no zip archive or is cut short (%d bytes): get it again'
        % (self._path, self._size)
      )
    values = _END.unpack_from(tail, found)
    end, number, length = start + found, values[4], values[5]
    at = end - _LOCATOR.size
    locator = self._bytes(at, _LOCATOR.size) if at >= 0 else b''
    if locator[:4] != b'PK\6\7':
      return end, number, length
    stated = _LOCATOR.unpack(locator)[2]
    for place in [*_wrapped(stated, self._size), at - _END64.size]:
      data = self._bytes(place, _END64.size) if place >= 0 else b''
      if data[:4] == b'PK\6\6' and len(data) == _END64.size:
        values = _END64.unpack(data)
        return place, values[7], values[8]
    raise self._error('it has no end of a large archive')

  def _find(self):
    """Where the content of each member starts."""
    starts, self._headers, previous_end = [], [], 0
    for member in self.members:
      tried = _wrapped(member.place, self._size)
      # A member of unknown length is followed by 12 to 24 bytes about it.
      tried += [previous_end + extra for extra in (0, 12, 16, 20, 24)]
      for header in tried:
        start = self._content(member, header)
        if start is not None:
          break
      else:
        raise self._error('%s is not where it should be' % member.name)
      starts.append(start)
      self._headers.append(header)
      previous_end = start + member.packed
    return starts

  def _content(self, member, header):
    """Where content starts if a local header of a member is at a place."""
    name = _encoded(member)
    data = self._bytes(header, _LOCAL.size + len(name))
    if data[:4] != b'PK\3\4' or data[_LOCAL.size :] != name:
      return None
    values = _LOCAL.unpack_from(data)
    start = header + _LOCAL.size + values[9] + values[10]
    whole = values[9] == len(name) and start + member.packed <= self._size
    return start if whole else None


def _wrapped(place, size):
  """Places in a file that differ from one by multiples of 2^32, near first."""
  places = range(place % _WRAP, size, _WRAP)
  return sorted(places, key=lambda other: abs(other - place))


def _member(data, place):
  """(`Member` or None where it is cut short, place of the next entry)."""
  values = _ENTRY.unpack_from(data, place)
  flags, method, crc, packed, size = values[3], values[4], *values[7:10]
  lengths, header = values[10:13], values[16]
  start = place + _ENTRY.size
  end = start + sum(lengths)
  if end > len(data):
    return None, end
  name = data[start : start + lengths[0]]
  extra = data[start + lengths[0] : start + lengths[0] + lengths[1]]
  large = iter(_large_values(extra))
  size = next(large, size) if size == _MASKED else size
  packed = next(large, packed) if packed == _MASKED else packed
  header = next(large, header) if header == _MASKED else header
  text = name.decode('utf-8' if flags & 0x800 else 'cp437', 'replace')
  return Member(text, flags, method, crc, packed, size, header), end


def _large_values(extra):
  """The 64-bit values in the extra field of an entry."""
  place = 0
  while place + 4 <= len(extra):
    kind, length = struct.unpack_from('<2H', extra, place)
    body = extra[place + 4 : place + 4 + length]
    if kind == 1:
      count = len(body) // 8
      return struct.unpack_from('<%dQ' % count, body)
    place += 4 + length
  return ()


def _encoded(member):
  return member.name.encode(
    'utf-8' if member.flags & 0x800 else 'cp437', 'replace'
  )
