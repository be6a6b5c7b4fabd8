"""Work on the machines of a cluster of Ray, see `engines`.

Ray is optional: `pip install -r requirements-ray.txt`. Each item has a fresh
process, with the cores and GPUs it takes, and one whose process is lost is done
again once. Machines need the project at the same path, or on PYTHONPATH, and
data at the path that flags give. Run directories are read where the work was
given out, too: they have to be in a folder that all machines share.
"""

import logging
import os
import pathlib
import socket

from src.run import engines, loop, session
from src.run.errors import RunError

_ROOT = str(pathlib.Path(__file__).resolve().parents[2])
_SAVING = 60  # seconds that what is running has to save after a signal
_ANSWER = 10  # seconds that a cluster has to take a connection


class Ray:
  """An engine."""

  def __init__(self, address=None, cpus=1, gpus=0.0):
    """
    Args:
      address: str, of the cluster's head, or 'auto' for the one that runs on
        this machine; None to start one here, for as long as there is work.
      cpus: int, cores that an item takes.
      gpus: float, GPUs that it takes.

    Raises:
      RunError: Ray is not installed.
    """
    try:
      import ray
    except ImportError as error:
      raise RunError(
        '--engine=ray: Ray is not installed (%s): pip install -r '
        'requirements-ray.txt' % error
      ) from error
    self._ray, self._address = ray, address
    self._cpus, self._gpus = cpus, gpus

  def map(self, function, items):
    """Yields (item, function(item) or Lost) for each item.

    Raises:
      RunError: there is no such cluster.
      Interrupted: a signal came; what was running has been told to save.
    """
    items = list(items)
    if not items:
      return
    ray = self._ray
    self._connect()
    try:
      work = ray.remote(
        num_cpus=self._cpus,
        num_gpus=self._gpus,
        max_calls=1,
        max_retries=engines.ATTEMPTS - 1,
      )(_work)
      pending = {
        work.remote(os.getcwd(), function, item): item for item in items
      }
      with loop.signals_noted() as signals:
        while pending:
          ready, _ = ray.wait(
            list(pending), num_returns=1, timeout=engines.PERIOD
          )
          if signals:
            self._cancel(list(pending))
            raise engines.stopped(signals[0])
          for reference in ready:
            yield pending.pop(reference), self._result(reference)
    finally:
      ray.shutdown()

  def _connect(self):
    paths = [_ROOT, os.environ.get('PYTHONPATH', '')]
    variables = {'PYTHONPATH': os.pathsep.join(filter(None, paths))}
    if os.environ.get(session.THREADS):
      variables[session.THREADS] = os.environ[session.THREADS]
    local = {} if self._address else {'include_dashboard': False}
    try:
      _knock(self._address)
      self._ray.init(
        # Without an address it would look for one that somebody else started.
        address=self._address or 'local',
        log_to_driver=False,
        logging_level=logging.ERROR,
        runtime_env={'env_vars': variables},
        **local,
      )
    except (ConnectionError, ValueError, OSError) as error:
      raise RunError(
        'there is no cluster of Ray at %s: %s'
        % (self._address, str(error).partition('\n')[0])
      ) from error

  def _result(self, reference):
    """What came back; raises what the function raised."""
    failures = self._ray.exceptions
    try:
      error, result = self._ray.get(reference)
    except (
      failures.WorkerCrashedError,
      failures.NodeDiedError,
      failures.ObjectLostError,
      failures.OutOfMemoryError,
    ) as lost:
      return engines.Lost(
        'its process was lost: %s' % str(lost).strip().partition('\n')[0]
      )
    except failures.RayError as failed:
      raise RunError(
        '--engine=ray: %s' % str(failed).strip().partition('\n')[0]
      ) from failed
    if error is not None:
      raise error
    return result[0]

  def _cancel(self, references):
    for reference in references:
      self._ray.cancel(reference)
    self._ray.wait(references, num_returns=len(references), timeout=_SAVING)


def _knock(address):
  """Raises OSError if nobody listens at HOST:PORT; Ray tries for minutes."""
  host, _, port = (address or '').rpartition(':')
  if host and port.isdigit() and '/' not in host:
    socket.create_connection((host, int(port)), _ANSWER).close()


def _work(folder, function, item):
  """What a process does; paths are relative to the driver's folder."""
  if os.path.isdir(folder):
    os.chdir(folder)
  return engines.answer(function, item)
