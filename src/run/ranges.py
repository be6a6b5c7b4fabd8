"""Ranges of flags: which values one may have, and what is said of any other."""

import typing


class Range(typing.NamedTuple):
  """The values that a flag may have.

  Attributes:
    holds: function of a value, whether it is one of them; none of these ranges
      holds infinity or what is not a number.
    words: str, what an error says after the flag and its value.
  """

  holds: typing.Callable
  words: str


_INFINITY = float('inf')


def at_least(least):
  """The Range from a number on."""
  return Range(
    lambda value: least <= value < _INFINITY, 'expected at least %d' % least
  )


def between(least, most):
  """The Range of two numbers and all between them."""
  return Range(
    lambda value: least <= value <= most, 'expected %d to %d' % (least, most)
  )


AT_LEAST_ONE = at_least(1)
NOT_NEGATIVE = at_least(0)
POSITIVE = Range(
  lambda value: 0 < value < _INFINITY, 'expected a positive number'
)
# Or another share of one, or a decay.
PROBABILITY = Range(
  lambda value: 0 <= value <= 1, 'expected a number in [0, 1]'
)
# What is kept is divided by it.
KEEP_PROBABILITY = Range(
  lambda value: 0 < value <= 1, 'expected a number in (0, 1]'
)
# Logarithms are taken of it and of what it leaves of one.
PROPER_FRACTION = Range(
  lambda value: 0 < value < 1, 'expected a number between 0 and 1'
)
