"""The loop that every run is: epochs of phases of steps.

A phase is a number of steps that can be told apart by (epoch, index) alone, so
the position (epoch, phase, index) says exactly where a run stands, and a run
that is put back there does the same steps again.
"""

import contextlib
import signal
import sys
import time
import typing

import tqdm


class Phase(typing.NamedTuple):
  """A part of an epoch.

  Attributes:
    name: str.
    length: int, number of steps.
    step: function (epoch, index), does one.
    unit: (name, count), what and how many a step works off, such as
      ('img', 128).
  """

  name: str
  length: int
  step: typing.Callable
  unit: tuple


class Position(typing.NamedTuple):
  """The next step to do; phase is a number."""

  epoch: int
  phase: int
  index: int


START = Position(0, 0, 0)


def run(plan, num_epochs, position, save, stop):
  """Runs from a position to the end of the last epoch.

  Args:
    plan: function of an epoch's number, returns its list of `Phase`.
    num_epochs: int.
    position: Position to start from.
    save: function of a Position, called after each phase and on stopping.
    stop: function of a Position, asked after each step; if true, the run is
      saved and ends there.

  Returns:
    the Position reached; its epoch is num_epochs if the run is complete.
  """
  clock = _Clock(num_epochs)
  while position.epoch < num_epochs:
    phases = plan(position.epoch)
    phase = phases[position.phase]
    clock.look(position)
    with _progress(phase, position, clock.left(position)) as bar:
      while position.index < phase.length:
        phase.step(position.epoch, position.index)
        bar.update(phase.unit[1])
        position = position._replace(index=position.index + 1)
        if position.index < phase.length and stop(position):
          save(position)
          return position
    if position.phase + 1 < len(phases):
      position = Position(position.epoch, position.phase + 1, 0)
    else:
      position = Position(position.epoch + 1, 0, 0)
    save(position)
    if stop(position):
      return position
  return position


class _Clock:
  """Tells when a run will end, from the whole epochs that it saw."""

  def __init__(self, num_epochs):
    self._num_epochs = num_epochs
    self._first = self._last = None  # (epoch, time it began)

  def look(self, position):
    """Called where a phase begins or goes on."""
    if position == (position.epoch, 0, 0):
      self._last = position.epoch, time.time()
      self._first = self._first or self._last

  def left(self, position):
    """Seconds to the end of the run, or None before a whole epoch was seen."""
    if self._last is None or self._last[0] == self._first[0]:
      return None
    (first, began), (last, now) = self._first, self._last
    rest = self._num_epochs - position.epoch
    return max(0.0, (now - began) / (last - first) * rest - (time.time() - now))


def _progress(phase, position, left):
  """A bar with units per second and time left, if stderr is a terminal."""
  unit, count = phase.unit
  name = 'epoch %d %s' % (position.epoch + 1, phase.name)
  if left is not None:
    name += ', %s to the end' % tqdm.tqdm.format_interval(left)
  return tqdm.tqdm(
    total=phase.length * count,
    initial=position.index * count,
    desc=name,
    unit=unit,
    unit_scale=True,
    leave=False,
    disable=None,
    file=sys.stderr,
  )


@contextlib.contextmanager
def signals_noted(numbers=(signal.SIGTERM, signal.SIGINT)):
  """Inside, signals are only noted: yields a list of those that came.

  A second signal acts at once, as it would have without this.
  """
  noted, old = [], {}

  def _note(number, frame):
    del frame
    noted.append(number)
    for other in numbers:
      signal.signal(other, old[other])

  for number in numbers:
    old[number] = signal.signal(number, _note)
  try:
    yield noted
  finally:
    for number in numbers:
      signal.signal(number, old[number])
