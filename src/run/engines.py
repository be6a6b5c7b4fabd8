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

from src.run import loop
from src.run.errors import ONE_LINE, Interrupted, RunError, UsageError

ATTEMPTS = 2
PERIOD = 0.2  # seconds between two looks at whether a signal came


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


def named(text, devices=(), cpus=1, gpus=0.0):
  """The engine of a word of a command line.

  Args:
    text: str, 'serial'; 'local:N', N processes at once; 'ray', or 'ray:' and
      the address of a cluster.
    devices: list of str, GPUs that local processes share.
    cpus: int, cores that an item takes on a cluster.
    gpus: float, GPUs that it takes there; a part of one is allowed.

  Raises:
    UsageError: there is no such engine.
    RunError: it is not installed.
  """
  kind, _, detail = text.partition(':')
  if text == 'serial':
    return Serial()
  if kind == 'local' and detail.isdigit() and int(detail):
    return Processes(int(detail), devices)
  if kind == 'ray':
    # Not above: it is there for those who have installed it.
    from src.run import ray_engine

    return ray_engine.Ray(detail or None, cpus, gpus)
  raise UsageError(
    '--engine=%s: expected serial, local:N for N processes at once, ray, or '
    'ray:ADDRESS' % text
  )


class Processes:
  """A fresh process for each item, several at once."""

  def __init__(self, count, devices=()):
    """
    Args:
      count: int, how many at once.
      devices: list of str, GPUs; each process sees one of them, the one that
        the fewest use.
    """
    self._count, self._devices = count, list(devices)

  def map(self, function, items):
    """Yields (item, function(item) or Lost) for each item.

    An item whose process ends before it is done is given to another one, once.

    Raises:
      Interrupted: a signal came; the processes have ended, as they do at
        SIGTERM.
    """
    waiting = collections.deque((item, 1) for item in items)
    running = {}  # by the connection to its process
    used = collections.Counter()
    with loop.signals_noted() as signals:
      try:
        while waiting or running:
          while waiting and len(running) < self._count:
            item, attempt = waiting.popleft()
            device = min(self._devices, key=used.__getitem__, default=None)
            used[device] += 1
            process, ours = _started(function, item, device)
            running[ours] = process, item, attempt, device
          ready = connections.wait(list(running), PERIOD)
          if signals:
            raise stopped(signals[0])
          for ours in ready:
            process, item, attempt, device = running.pop(ours)
            used[device] -= 1
            result = _answer(ours, process)
            if not isinstance(result, Lost):
              yield item, result
            elif attempt < ATTEMPTS:
              waiting.appendleft((item, attempt + 1))
            else:
              yield item, result
      finally:
        _end(running)


def stopped(number):
  """The Interrupted of a signal, after which a list of work goes on."""
  return Interrupted(
    number,
    'stopped by %s; the same command goes on from here'
    % signal.Signals(number).name,
  )


def _started(function, item, device):
  """(process, our end of the connection) of work that has begun."""
  context = multiprocessing.get_context('spawn')
  ours, theirs = context.Pipe()
  process = context.Process(target=_work, args=(theirs, function, item, device))
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
  for process, *_ in running.values():
    process.join()


def _work(theirs, function, item, device):
  """What a process does."""
  if device is not None:
    os.environ['CUDA_VISIBLE_DEVICES'] = device
  # Ctrl-C is for the process that was started by hand, which tells the others.
  os.setpgrp()
  threading.Thread(target=_follow, args=(theirs,), daemon=True).start()
  try:
    theirs.send(answer(function, item))
  except Interrupted as error:
    sys.exit(128 + error.signal_number)


def answer(function, item):
  """What a process sends back: (error, None), or (None, (function(item),)).

  Raises:
    Interrupted: a signal came.
  """
  try:
    return None, (function(item),)
  except Interrupted:
    raise
  except ONE_LINE as error:
    return error, None
  except Exception as error:
    # It may be one that cannot be sent.
    return RunError('%s: %s' % (type(error).__name__, error)), None


def _follow(theirs):
  """Ends this process, as SIGTERM does, once the one that began it is gone."""
  try:
    theirs.recv()
  except (EOFError, OSError):
    os.kill(os.getpid(), signal.SIGTERM)
