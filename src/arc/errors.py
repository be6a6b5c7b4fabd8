"""The one error type of architectures."""


class ArcError(ValueError):
  """An architecture, or a request about one, that cannot be right.

  Its text is one line for the user: what is wrong, where, and what would be
  right.
  """
