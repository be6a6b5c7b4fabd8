"""Programs as processes that need not import TensorFlow, which takes seconds.

A server imports the modules named among a program's words, once, and forks a
process for each request; before, it calls what the program may have to
`prepare`. The first request starts it, and it ends with the tests.
"""

import atexit
import contextlib
import functools
import importlib
import json
import os
import pathlib
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = str(pathlib.Path(__file__).resolve().parents[1])

# A `python` for shell scripts: `-m MODULE WORD...` is forked off the server.
_PYTHON = """#!{python} -SE
import json, os, socket, sys
if sys.argv[1:2] != ['-m']:
  os.execv({python!r}, [{python!r}] + sys.argv[1:])
streams = ['/proc/%d/fd/%d' % (os.getpid(), number) for number in (1, 2)]
with socket.socket(socket.AF_UNIX) as server:
  server.connect({place!r})
  with server.makefile('rw') as stream:
    wanted = [sys.argv[2:], streams, os.getcwd(), dict(os.environ)]
    print(json.dumps(wanted), file=stream, flush=True)
    _, code = stream
    sys.exit(int(code))
"""


class Process:
  """A process that runs a program; like `subprocess.Popen`, as far as used."""

  def __init__(self, words, out, err=None, environ=None):
    """
    Args:
      words: list of str, a module and its arguments.
      out, err: paths that its streams are appended to; err: as out if None.
      environ: dict, the environment; ours if None.
    """
    self._server = socket.socket(socket.AF_UNIX)
    self._server.connect(_server(words[0]))
    self._answers = self._server.makefile('rw')
    streams = [str(path) for path in (out, err or out)]
    wanted = [words, streams, ROOT, dict(environ or os.environ)]
    print(json.dumps(wanted), file=self._answers, flush=True)
    self.pid = int(self._answers.readline())
    self.returncode = None

  def poll(self):
    """The exit code, negative for a signal, or None."""
    return self._code(0)

  def wait(self, timeout):
    """The exit code; seconds that may pass before it."""
    code = self._code(timeout)
    if code is None:
      raise subprocess.TimeoutExpired(str(self.pid), timeout)
    return code

  def _code(self, seconds):
    if self.returncode is None:
      if select.select([self._server], [], [], seconds)[0]:
        self.returncode = int(self._answers.readline())
        self._answers.close()
        self._server.close()
    return self.returncode

  def send_signal(self, number):
    os.kill(self.pid, number)

  def kill(self):
    self.send_signal(signal.SIGKILL)


def write_python(path):
  """Writes an executable that shell scripts may take for Python."""
  path.parent.mkdir(parents=True)
  path.write_text(
    _PYTHON.format(python=sys.executable, place=_server('scripts'))
  )
  path.chmod(0o755)


@functools.lru_cache(maxsize=None)
def _server(name):
  """The place of a server's socket; name: of those for whom it is.

  What is prepared for one program may be in the way of another.
  """
  del name
  place = os.path.join(tempfile.mkdtemp(), 'socket')
  # It ends when its stdin does.
  server = subprocess.Popen(
    [sys.executable, '-m', 'tests.forked', place],
    cwd=ROOT,
    stdin=subprocess.PIPE,
  )
  atexit.register(server.communicate)
  while not os.path.exists(place):
    assert server.poll() is None
    time.sleep(0.01)
  return place


def _serve(place):
  """Forks until stdin ends; returns in each child, with what it is to run."""
  with socket.socket(socket.AF_UNIX) as listener:
    listener.bind(place + '.new')
    listener.listen(16)
    os.rename(place + '.new', place)
    while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
      connection, _ = listener.accept()
      with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
          pass
      with connection, connection.makefile('rw') as stream:
        wanted = json.loads(stream.readline())
        for word in wanted[0]:
          # Where that fails, the child fails too, and says so.
          with contextlib.suppress(Exception):
            if word.startswith(('src.', 'tests.')):
              importlib.import_module(word)
        program = sys.modules.get(wanted[0][0])
        if hasattr(program, 'prepare'):
          program.prepare(*wanted[0][1:])
        if os.fork():
          continue
        child = os.fork()
        if not child:
          return wanted
        with contextlib.suppress(BrokenPipeError):
          print(child, file=stream, flush=True)
          status = os.waitpid(child, 0)[1]
          killed = os.WIFSIGNALED(status)
          code = -os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)
          print(code, file=stream, flush=True)
        os._exit(0)
  os.remove(place)
  return None


def _become(words, streams, folder, environ):
  """Runs a program as python -m would."""
  signal.alarm(300)  # nothing here takes as long
  places = [os.open(os.devnull, os.O_RDONLY)]
  places += [
    os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT) for path in streams
  ]
  for stream, place in enumerate(places):
    os.dup2(place, stream)
    os.close(place)
  # Python's own may believe that they are still what they were.
  sys.stdin, sys.stdout = open(0, closefd=False), open(1, 'w', closefd=False)
  sys.stderr = open(2, 'w', 1, errors='backslashreplace', closefd=False)
  os.environ.clear()
  os.environ.update(environ)
  os.chdir(folder)
  sys.argv[1:] = words[1:]
  # As it is when python -m begins.
  sys.modules.pop(words[0], None)
  runpy.run_module(words[0], run_name='__main__', alter_sys=True)


if __name__ == '__main__':
  request = _serve(sys.argv[1])
  if request:
    _become(*request)
