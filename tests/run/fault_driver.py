"""Runs a program that sends itself a signal at a chosen moment.

  python -m tests.run.fault_driver EVENT SIGNAL SIZE MODULE WORD...

MODULE is the program, such as src.cifar10.main. No file may grow beyond SIZE
bytes, unless it is 0.

Moments are numbered from 1: before and after every session run, halfway
through every append to a log, and before, after and, where it can be, halfway
through every operation of the program on a file. EVENT is such a number; or
STAGE:NUMBER, which counts only what comes in a stage (`start`, `steps`, or
`save`); or several of them with commas between. Each is named on stderr as it
comes. With SIGNAL 0 nothing is sent.

The product knows nothing of this: what is counted is wrapped from outside.
"""

import collections
import importlib
import os
import resource
import sys
import types

from src.AEROBI.task import Aerobi
from src.cifar10.task import Cifar10
from src.ptb.task import Ptb
from src.run import checkpoints, logs, loop
from src.run import flags as flags_lib
from src.tf1 import tf
from tests import tiny_runs

TASKS = {
  'src.cifar10.main': Cifar10,
  'src.AEROBI.main': Aerobi,
  'src.ptb.main': Ptb,
}


class _Moments:
  """Counts, and strikes when it is time."""

  def __init__(self, wanted, signal_number):
    self._wanted = wanted
    self._signal = signal_number
    self._counts = collections.Counter()
    self.stage = 'start'
    self.names = []

  def pass_by(self, name):
    """Comes to a moment."""
    self.names.append('%s: %s' % (self.stage, name))
    number = len(self.names)
    self._counts[self.stage] += 1
    here = {str(number), '%s:%d' % (self.stage, self._counts[self.stage])}
    if self._signal and here & self._wanted:
      text = 'fault: signal %d at %d, %s'
      print(
        text % (self._signal, number, self.names[-1]),
        file=sys.stderr,
        flush=True,
      )
      os.kill(os.getpid(), self._signal)

  def around(self, owner, name, label):
    """Has a moment before and one after each call of owner.name."""
    original = getattr(owner, name)

    def _wrapped(*args, **kwargs):
      self.pass_by('before ' + label(*args))
      result = original(*args, **kwargs)
      self.pass_by('after ' + label(*args))
      return result

    setattr(owner, name, _wrapped)

  def during(self, owner, name, stage):
    """Names the moments that lie inside calls of owner.name."""
    original = getattr(owner, name)

    def _wrapped(*args, **kwargs):
      outer, self.stage = self.stage, stage
      try:
        return original(*args, **kwargs)
      finally:
        self.stage = outer

    setattr(owner, name, _wrapped)

  def torn(self, write, name):
    """A function that writes in two halves, with moments around both."""

    def _write(text):
      half = len(text) // 2
      self.pass_by('before writing ' + name)
      write(text[:half])
      self.pass_by('halfway through writing ' + name)
      write(text[half:])
      self.pass_by('after writing ' + name)

    return _write


def _watch(moments):
  """Wraps all that counts."""
  moments.around(tf.Session, 'run', lambda *args: 'a session run')
  for name in ('replace', 'remove', 'fsync'):
    moments.around(
      os,
      name,
      lambda place, *rest, name=name: (
        '%s of %s' % (name, os.path.basename(_path(place)))
      ),
    )
  append = logs._AppendOnly._append

  def _append(log, text):
    name = os.path.basename(log.path)
    moments.torn(lambda part: append(log, part), name)(text)

  logs._AppendOnly._append = _append

  open_text = checkpoints.text_lib.open_text

  def _open(path, mode='r'):
    file = open_text(path, mode)
    if mode != 'w':
      return file
    return _TornFile(file, moments, os.path.basename(path))

  # Marks, and the list of checkpoints; not what other modules write.
  checkpoints.text_lib = types.SimpleNamespace(open_text=_open)
  moments.during(loop, 'run', 'steps')
  moments.during(checkpoints.Checkpoints, 'save', 'save')


class _TornFile:
  """An open file whose writes reach the disk in two halves."""

  def __init__(self, file, moments, name):
    self._file = file
    self.write = moments.torn(self._flushed, name)
    self.flush = file.flush
    self.fileno = file.fileno

  def writelines(self, lines):
    self.write(''.join(lines))

  def _flushed(self, text):
    self._file.write(text)
    self._file.flush()

  def __enter__(self):
    return self

  def __exit__(self, *exception):
    self._file.close()


def _path(place):
  """The path that a path or a file's number stands for."""
  if isinstance(place, int):
    return os.readlink('/proc/self/fd/%d' % place)
  return place


def prepare(event, signal_number, size, module, *words):
  """Builds what is forked with the process, see `forked`."""
  task = TASKS[module]()
  flags, _ = flags_lib.parse(task.flag_table.GROUPS, ['main.py'] + list(words))
  with tf.Graph().as_default(), tiny_runs.shared_graphs:
    task.build(flags, task.read_data(flags, str))


def main(event, signal_number, size, module, *words):
  """Runs the program among faults; returns its exit code."""
  program = importlib.import_module(module)
  if int(size):
    # Python ignores SIGXFSZ, so that a write beyond the limit is an error.
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), int(size)))
  _watch(_Moments(set(event.split(',')), int(signal_number)))
  with tiny_runs.shared_graphs:
    return program.main(['main.py'] + list(words))


if __name__ == '__main__':
  sys.exit(main(*sys.argv[1:]))
