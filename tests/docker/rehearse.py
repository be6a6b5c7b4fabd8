"""Builds an image as far as that goes without an engine.

  python -m tests.docker.rehearse Dockerfile.cpu PYTHON_PREFIX FOLDER

Copies what COPY names, and runs what RUN says, in order, under /opt, /data and
/outputs of a namespace of its own (Linux, `unshare`), where these folders are
FOLDER's. PYTHON_PREFIX is an installed Python that stands for the base image:
its `bin` is first on PATH. It needs a package index, as a build does. The image
is left in FOLDER; words after it are run there as a container would run them,
as a user without a name and with a read-only /opt.
"""

import os
import shutil
import subprocess
import sys

from tests.docker import dockerfile

MOUNTED = ('opt', 'data', 'outputs')


def main(name, prefix, folder, words):
  """Returns the exit code of the first command that fails, else 0."""
  instructions = dockerfile.read(name)
  if not os.path.exists(folder):
    code = build(instructions, prefix, folder)
    if code:
      return code
  return start(instructions, prefix, folder, words) if words else 0


def build(instructions, prefix, folder):
  """Runs the RUN instructions; returns the exit code."""
  for part in MOUNTED:
    os.makedirs(os.path.join(folder, part))
  for word, value in instructions:
    workdir = _workdir(instructions)
    inside = folder + workdir
    if word == 'WORKDIR':
      os.makedirs(inside)
    elif word == 'COPY':
      source, target = value.split()
      for path in _tracked() if source == '.' else [source]:
        if dockerfile.sent(path):
          out = os.path.join(inside, path if target == '.' else target)
          os.makedirs(os.path.dirname(out), exist_ok=True)
          shutil.copy(os.path.join(dockerfile.ROOT, path), out)
    elif word == 'RUN':
      code = _inside(folder, instructions, prefix, ['sh', '-ec', value], 'rw')
      if code:
        return code
  return 0


def start(instructions, prefix, folder, words):
  """Runs the entry point with the words; returns its exit code."""
  entry = [value for word, value in instructions if word == 'ENTRYPOINT'][0]
  user = [value for word, value in instructions if word == 'USER'][0]
  uid, gid = user.split(':')
  command = ['setpriv', '--reuid', uid, '--regid', gid, '--clear-groups']
  return _inside(folder, instructions, prefix, command + entry + words, 'ro')


def _workdir(instructions):
  return [value for word, value in instructions if word == 'WORKDIR'][0]


def _tracked():
  listed = subprocess.check_output(
    ['git', 'ls-files', '-coz', '--exclude-standard'], cwd=dockerfile.ROOT
  )
  paths = listed.decode('utf-8').split('\0')
  return [
    path
    for path in paths
    if os.path.isfile(os.path.join(dockerfile.ROOT, path))
  ]


def _inside(folder, instructions, prefix, command, mode):
  # A Python that was copied looks for its library where it was before.
  env = {
    'PATH': '%s/bin:/usr/bin:/bin' % prefix,
    'LD_LIBRARY_PATH': prefix + '/lib',
  }
  env.update(
    (key, value)
    for key, value in os.environ.items()
    if key.startswith(('PIP_', 'http', 'https', 'no_proxy'))
  )
  path = env['PATH']
  for word, value in instructions:
    if word == 'ENV':
      env.update(dockerfile.pairs(value))
  venv = env['ENAS_VENV']
  env['PATH'] = '%s/bin:%s' % (venv, path)
  mounts = ['set -e']
  for part in MOUNTED:
    mounts += [
      'mkdir -p /' + part,
      'mount --bind "%s/%s" /%s' % (folder, part, part),
    ]
  mounts.append('mount -t tmpfs none /etc/apt/sources.list.d || true')
  if mode == 'ro':
    mounts.append('mount -o remount,bind,ro /opt')
  mounts += ['cd ' + _workdir(instructions), 'exec "$@"']
  script = '\n'.join(mounts)
  return subprocess.call(
    ['unshare', '--mount', 'sh', '-c', script, 'sh'] + command, env=env
  )


if __name__ == '__main__':
  sys.exit(
    main(sys.argv[1], sys.argv[2], os.path.abspath(sys.argv[3]), sys.argv[4:])
  )
