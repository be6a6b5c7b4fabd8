"""What every reader here raises for a file that it cannot take."""


class FileError(Exception):
  """One line: which file cannot be read, and why; exit code 1."""


def reason(error):
  """Why a library failed: its exception's text in one line, or its name."""
  return ' '.join(str(error).split()) or type(error).__name__
