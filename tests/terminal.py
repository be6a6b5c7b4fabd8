"""A stand-in for stderr where somebody watches."""

import io


class Terminal(io.StringIO):
  """What is written to it; says that it is a terminal."""

  def isatty(self):
    return True
