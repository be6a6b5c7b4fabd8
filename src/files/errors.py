"""What every reader here raises for a file that it cannot take."""


class FileError(Exception):
  """One line: which file cannot be read, and why; exit code 1."""
