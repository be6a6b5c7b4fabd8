"""Who does a list of independent pieces of work: this process, or several.

An engine has one method, `map(function, items)`. It yields (item, result) as
they are done, in any order, and for an item whose process was lost `Lost` in
the place of the result. Function and items can be pickled, so that they may go
to another process, or to another machine. What a function raises ends the
whole; a signal does too, after what is running has been told to save.
"""

import collections
import multiprocessing
import os
import signal
import sys
import threading
import typing
from multiprocessing import connection as connections

import tqdm

from src.run import loop
from src.run.errors import ONE_LINE, Interrupted, RunError

_ATTEMPTS = 2
_PERIOD = 0.2  # seconds between two looks at whether a signal came


class Lost(typing.NamedTuple):
  """What stands for a result where a process ended without one.

  Attributes:
    reason: str.
  """

  reason: str


class Serial:
  """One after the other, in this process."""

  def map(self, function, items):
    """Yields (item, function(item)) for each item."""
    for item in items:
      yield item, function(item)


class Processes:
  """A fresh process for each item, several at once."""

  def __init__(self, count):
    """count: int, how many at once."""
    self._count = count

  def map(self, function, items):
    """Yields (item, function(item) or Lost) for each item.

    An item whose process ends before it is done is given to another one, once.

    Raises:
      Interrupted: a signal came; the processes have ended, as they do at
        SIGTERM.
    """
    waiting = collections.deque((item, 1) for item in items)
    running = {}  # by the connection to its process
    with loop.signals_noted() as signals:
      try:
        while waiting or running:
          while waiting and len(running) < self._count:
            item, attempt = waiting.popleft()
            process, ours = _started(function, item)
            running[ours] = process, item, attempt
          ready = connections.wait(list(running), _PERIOD)
          if signals:
            raise Interrupted(
              signals[0],
              'stopped by %s; the same command goes on from here'
              % signal.Signals(signals[0]).name,
            )
          for ours in ready:
            process, item, attempt = running.pop(ours)
            answer = _answer(ours, process)
            if not isinstance(answer, Lost):
              yield item, answer
            elif attempt < _ATTEMPTS:
              waiting.appendleft((item, attempt + 1))
            else:
              yield item, answer
      finally:
        _end(running)


def _started(function, item):
  """(process, our end of the connection) of work that has begun."""
  context = multiprocessing.get_context('spawn')
  ours, theirs = context.Pipe()
  process = context.Process(target=_work, args=(theirs, function, item))
  process.start()
  theirs.close()
  return process, ours


def _answer(ours, process):
  """What a process had to say; raises what its function raised."""
  try:
    error, result = ours.recv()
  except EOFError:
    error, result = None, None
  # In this order: a process whose connection closes takes us for dead, and ends
  # without tidying up.
  process.join()
  ours.close()
  if error is not None:
    raise error
  if result is None:
    return Lost('its process ended with exit code %d' % process.exitcode)
  return result[0]


def _end(running):
  """Tells processes to end, and waits until they have."""
  for ours in running:
    ours.close()
  for process, _, _ in running.values():
    process.join()


def _work(theirs, function, item):
  """What a process does."""
  # Ctrl-C is for the process that was started by hand, which tells the others.
  os.setpgrp()
  # tqdm's own lock is for several processes, and told as leaked at the end.
  tqdm.tqdm.set_lock(threading.RLock())
  threading.Thread(target=_follow, args=(theirs,), daemon=True).start()
  try:
    answer = None, (function(item),)
  except Interrupted as error:
    sys.exit(128 + error.signal_number)
  except ONE_LINE as error:
    answer = error, None
  except Exception as error:
    # It may be one that cannot be sent.
    answer = RunError('%s: %s' % (type(error).__name__, error)), None
  theirs.send(answer)


def _follow(theirs):
  """Ends this process, as SIGTERM does, once the one that began it is gone."""
  try:
    theirs.recv()
  except (EOFError, OSError):
    os.kill(os.getpid(), signal.SIGTERM)
