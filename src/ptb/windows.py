"""Which columns of a text a step sees (truncated back-propagation).

A text of n ids becomes a matrix of B rows, each a stretch of it. A window is
(start, length): inputs are `matrix[:, start:start + length]`, targets the same
one column on. A pass is a list of windows from left to right, and a pure
function of (seed, pass), so that a run can go on from any step of it.

Source: `data_utils.py` of enas_lm (google-research), fixed windows also
`src/ptb/data_utils.py` of melodyguan/enas.
"""

import bisect
import typing

import numpy as np

from src.nn import keyed
from src.ptb.corpus import DataError

_HALF_PROBABILITY = 0.05  # of a window of half the length
_STDDEV = 5.0  # of the length
_LEFT_OVER = 3  # fewer columns than this are not worth another window
PURPOSE = 'BPTT windows'


class Window(typing.NamedTuple):
  """A step's columns: the first one and how many."""

  start: int
  length: int


_ADVICE = 'make --batch_size or --child_bptt_steps smaller'


def matrix(ids, batch_size, bptt, name, advice=_ADVICE):
  """Cuts a text into rows; what does not fill a column is left out.

  Args:
    ids: int32 [n].
    batch_size: int, B.
    bptt: int, the length of a window, of which at least one must fit.
    name: str, what the text is, for the message.
    advice: str, its end, by the flags of whoever asks.

  Returns:
    int32 [B, n // B], a view.

  Raises:
    DataError: the text is too short.
  """
  width = len(ids) // batch_size
  if width < bptt + 1:
    raise DataError(
      'the %s text has %d tokens: %d rows of a window of %d and its next '
      'words need at least %d; %s'
      % (name, len(ids), batch_size, bptt, batch_size * (bptt + 1), advice)
    )
  return ids[: batch_size * width].reshape(batch_size, width)


def inputs_and_targets(matrix, window):
  """(x, y), int32 [B, length] each: the columns of a window and the next."""
  end = window.start + window.length
  return matrix[:, window.start : end], matrix[:, window.start + 1 : end + 1]


def num_batches(width, bptt):
  """How many whole windows of bptt columns fit, NB = (W - 1) // bptt."""
  return (width - 1) // bptt


def fixed_windows(width, bptt):
  """The NB whole windows of a matrix; the columns left over are not seen."""
  return [
    Window(number * bptt, bptt) for number in range(num_batches(width, bptt))
  ]


def full_windows(width, bptt):
  """All W - 1 predictions of a matrix; the last window may be shorter.

  With one row and the state carried from window to window, the summed loss is
  that of the whole text, whatever the length of the windows.
  """
  return [
    Window(start, min(bptt, width - 1 - start))
    for start in range(0, width - 1, bptt)
  ]


def random_windows(width, bptt, generator):
  """One pass in windows of random length.

  A length is the integer part of a normal variable, cut off at two standard
  deviations of 5, around bptt or (one in twenty) half of it. A pass ends once
  its windows reach the last three columns.

  enas_lm also limits a length to bptt + 20, which that of no window reaches;
  and it would take windows of no columns where bptt is below 20, which have
  one here.

  Args:
    width: int, W, at least 2.
    bptt: int.
    generator: `numpy.random.RandomState`.

  Returns:
    list of Window; the first starts at 0, each next where the one before ends.
  """
  windows, start = [], 0
  while start < max(width - _LEFT_OVER, 1):
    for length in _lengths(bptt, generator, width // bptt + 1):
      length = min(length, width - 1 - start)
      windows.append(Window(start, length))
      start += length
      if start >= width - _LEFT_OVER:
        break
  return windows


def _lengths(bptt, generator, count):
  """list of `count` random lengths."""
  half = generator.uniform(size=count) < _HALF_PROBABILITY
  noise = generator.normal(size=count)
  while (np.abs(noise) > 2).any():
    outside = np.abs(noise) > 2
    noise[outside] = generator.normal(size=outside.sum())
  lengths = np.where(half, bptt / 2, bptt) + _STDDEV * noise
  return np.maximum(lengths.astype(int), 1).tolist()


class Passes:
  """The windows of all passes through the training text.

  Passes may differ in length, so what is counted in steps (of the run) and
  what is counted in passes (epochs) are told apart here.
  """

  def __init__(self, width, bptt, random, seed):
    """Fixes the windows of all passes to come.

    Args:
      width: int, columns of the training matrix.
      bptt: int.
      random: bool, windows of random length, or always bptt.
      seed: int, the seed of the run. It stays the same when a run goes back
        because of a number that is not finite: another would change how many
        steps the passes before had.
    """
    self._width = width
    self._bptt = bptt
    self._random = random
    self._seed = seed
    self._starts = [0]  # step with which each pass begins
    self._cached = (None, None)

  def windows(self, number):
    """list of Window of pass `number`; the last one asked for is kept."""
    if self._cached[0] != number:
      if self._random:
        windows = random_windows(
          self._width,
          self._bptt,
          keyed.generator(self._seed, PURPOSE, number),
        )
      else:
        windows = fixed_windows(self._width, self._bptt)
      self._cached = (number, windows)
    return self._cached[1]

  def first_step(self, number):
    """The step, counted from the start of the run, that begins a pass."""
    while len(self._starts) <= number:
      last = len(self._starts) - 1
      self._starts.append(self._starts[last] + len(self.windows(last)))
    return self._starts[number]

  def at(self, step):
    """(pass, index in it, Window) of a step of the run."""
    while self._starts[-1] <= step:
      self.first_step(len(self._starts))
    number = bisect.bisect_right(self._starts, step) - 1
    index = step - self._starts[number]
    return number, index, self.windows(number)[index]
