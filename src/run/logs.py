"""Files a run appends to, which can be cut back to where a checkpoint was.

`Log` is the `stdout` file in the format of melodyguan/enas; `Table` a CSV.
A position is the file's length in bytes. Cutting a file back to the position
that a checkpoint remembers makes a resumed run continue it as if nothing had
happened in between.
"""

import contextlib
import csv
import io
import os
import sys

import tqdm

from src.arc import text as text_lib
from src.run.errors import RunError

RULE = '-' * 80


@contextlib.contextmanager
def _one_line(path):
  try:
    yield
  except OSError as error:
    raise RunError('cannot write %s: %s' % (path, error.strerror)) from error


class _AppendOnly:
  """A text file that grows."""

  def __init__(self, path):
    self.path = path
    self._file = None

  def start(self, position=0):
    """Opens the file, cut back to `position` bytes.

    Raises:
      RunError: it cannot be written, or is shorter than that.
    """
    self.close()
    with _one_line(self.path):
      self._file = open(self.path, 'ab')
      if os.path.getsize(self.path) < position:
        raise RunError(
          '%s has lost its end: it has %d bytes, and the checkpoint was '
          'written when it had %d: restore it from a copy, or start over with '
          '--reset_output_dir'
          % (self.path, os.path.getsize(self.path), position)
        )
      self._file.truncate(position)
      self._file.seek(0, os.SEEK_END)

  @property
  def position(self):
    """Length in bytes."""
    return self._file.tell()

  def _append(self, text):
    with _one_line(self.path):
      self._file.write(text_lib.encode(text))
      self._file.flush()

  def close(self):
    """Closes the file, if it is open; what was appended is in it already."""
    if self._file is not None:
      file, self._file = self._file, None
      with contextlib.suppress(OSError):
        file.close()


class Log(_AppendOnly):
  """Lines for the terminal and, once started, for the file `stdout`."""

  def line(self, text=''):
    """Writes a line to both."""
    self.notice(text)
    if self._file is not None:
      self._append(text + '\n')

  def rule(self):
    self.line(RULE)

  def notice(self, text):
    """Writes a line to the terminal only."""
    tqdm.tqdm.write(text, file=sys.stdout)
    sys.stdout.flush()


class Table(_AppendOnly):
  """A CSV file with a header."""

  def __init__(self, path, columns):
    super().__init__(path)
    self.columns = columns

  def start(self, position=0):
    super().start(position)
    if position == 0:
      self._write(self.columns)

  def row(self, **values):
    """Appends a row; columns that are not given stay empty.

    Raises:
      KeyError: a name that is no column.
    """
    for name in values:
      if name not in self.columns:
        raise KeyError(name)
    self._write([str(values.get(name, '')) for name in self.columns])

  def _write(self, cells):
    line = io.StringIO()
    csv.writer(line, lineterminator='\n').writerow(cells)
    self._append(line.getvalue())
