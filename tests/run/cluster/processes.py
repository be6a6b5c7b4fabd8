"""The members of a cluster as real processes on loopback."""

import json
import os
import socket
import time

from tests import forked

# Seconds after which a member that gives no sign counts as gone.
TIMEOUT = 6


def free_ports(count):
  """Ports that nobody listens on."""
  probes = [socket.socket() for _ in range(count)]
  try:
    for probe in probes:
      probe.bind(('127.0.0.1', 0))
    return [probe.getsockname()[1] for probe in probes]
  finally:
    for probe in probes:
      probe.close()


class Cluster:
  """Starts members with the same command; as a context, ends them all."""

  def __init__(self, folder, module, arguments, servers=1, workers=2):
    """
    Args:
      folder: pathlib.Path, where what they say is kept.
      module: str, the program, such as src.cifar10.main.
      arguments: list of str, those of its command line.
      servers, workers: ints.
    """
    ports = free_ports(servers + workers)
    addresses = ['127.0.0.1:%d' % port for port in ports]
    self.addresses = {'ps': addresses[:servers], 'worker': addresses[servers:]}
    self._folder = folder
    self._module, self._arguments = module, arguments
    self.processes = {}
    # Members that run another program.
    self.modules = {}

  def start(self, job, index, *more):
    """Starts one member; more: further arguments."""
    module = self.modules.get((job, index), self._module)
    environ = dict(
      os.environ,
      TF_CONFIG=json.dumps(
        {
          'cluster': self.addresses,
          'task': {'type': job, 'index': index},
        }
      ),
    )
    self.processes[job, index] = forked.Process(
      [module] + self._arguments + list(more),
      self._path(job, index),
      environ=environ,
    )
    return self.processes[job, index]

  def start_all(self):
    """Starts all, the chief once the others are there."""
    others = [
      (job, index)
      for job, listed in sorted(self.addresses.items())
      for index in range(len(listed))
      if (job, index) != ('worker', 0)
    ]
    before = {member: self.said(*member) for member in others}
    for member in others:
      self.start(*member)
    for member in others:
      self.wait_until(
        lambda member=member: (
          'This is %s %d' % member in self.said(*member)[len(before[member]) :]
        )
      )
    self.start('worker', 0)

  def _path(self, job, index):
    return self._folder / ('%s-%d.txt' % (job, index))

  def said(self, job, index):
    """All that a member wrote so far, both streams."""
    path = self._path(job, index)
    return path.read_text(encoding='utf-8') if path.exists() else ''

  def code(self, job, index, timeout=60):
    """A member's exit code, once it ended."""
    return self.processes[job, index].wait(timeout)

  def wait_until(self, condition, timeout=60):
    """Returns once condition() is true; fails if that takes too long."""
    until = time.time() + timeout
    while not condition():
      assert time.time() < until, 'this took too long'
      time.sleep(0.02)

  def __enter__(self):
    return self

  def __exit__(self, kind, error, trace):
    for process in self.processes.values():
      if process.poll() is None:
        process.kill()
        process.wait(60)
    if kind is not None:
      for job, index in self.processes:
        print('--- %s %d said:' % (job, index))
        print(self.said(job, index))
