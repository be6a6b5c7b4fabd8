"""The run directory: whose it is, which flags made it, starting over.

What lies in it: `flags.json`, `space.json`, the log `stdout`, `metrics.csv`,
`architectures.csv`, TensorBoard events, checkpoints.
"""

import json
import os
import shutil

from src.arc import text as text_lib
from src.run import lock
from src.run.errors import RunError, UsageError

FLAGS_FILE = 'flags.json'
_OURS = ('stdout', 'metrics.csv', 'architectures.csv', 'checkpoint')


def check_path(path):
  """Refuses paths that TensorFlow's checkpoint reader takes for patterns.

  Raises:
    UsageError: names the path.
  """
  if set(path) & set('*?[]\\'):
    raise UsageError(
      'TensorFlow cannot read checkpoints below %r: choose a path without any '
      'of * ? [ ] \\' % path
    )


def prepare(path, reset, log):
  """Makes the directory if need be; changes nothing in one that exists.

  Args:
    path: str.
    reset: bool, the flag `reset_output_dir`; `empty` does it once the
      directory is locked.
    log: function of one line.

  Raises:
    UsageError: it holds things that no run of this project wrote.
    RunError: it cannot be made.
  """
  try:
    if not os.path.isdir(path):
      log('Path %s does not exist. Creating.' % path)
      os.makedirs(os.path.realpath(path))  # a link may dangle
      return
    names = os.listdir(path)
  except OSError as error:
    raise RunError(
      'cannot make the directory %s: %s' % (path, error.strerror)
    ) from error
  if FLAGS_FILE not in names:
    if reset and set(names) - {lock.LOCK_FILE}:
      raise UsageError(
        '--reset_output_dir would delete %s, which is not a run directory '
        '(it has no %s): nothing was touched; choose another --output_dir'
        % (path, FLAGS_FILE)
      )
    for name in names:
      if name in _OURS or name.startswith('model.ckpt-'):
        raise UsageError(
          '%s has a file %s but no %s, so it is not one of our runs: nothing '
          'was touched; choose another --output_dir' % (path, name, FLAGS_FILE)
        )
  if reset:
    log('Path %s exists. Remove and remake.' % path)


def empty(path):
  """Deletes what is in a run directory, but for its lock.

  Raises:
    RunError: something cannot be deleted.
  """
  # The flags go last: as long as anything is left, the directory is ours.
  names = sorted(os.listdir(path), key=lambda name: name == FLAGS_FILE)
  try:
    for name in names:
      full = os.path.join(path, name)
      if name == lock.LOCK_FILE:
        continue
      if os.path.isdir(full) and not os.path.islink(full):
        shutil.rmtree(full)
      else:
        os.remove(full)
  except OSError as error:
    raise RunError(
      'cannot empty the directory %s: %s' % (path, error.strerror)
    ) from error


def read_flags(path):
  """The flags a run directory was made with, or None if there are none.

  Raises:
    RunError: `flags.json` is damaged.
  """
  file_name = os.path.join(path, FLAGS_FILE)
  if not os.path.exists(file_name):
    return None
  try:
    with text_lib.open_text(file_name) as file:
      values = json.load(file)
  except ValueError as error:
    raise _damaged(file_name, error) from error
  if not isinstance(values, dict):
    raise _damaged(file_name, 'it holds no flags')
  return {name: text_lib.native(value) for name, value in values.items()}


def _damaged(file_name, reason):
  return RunError(
    '%s is damaged: %s; restore it from a copy, or start over with '
    '--reset_output_dir' % (file_name, reason)
  )


def write_flags(path, values):
  """Writes `flags.json`; raises RunError when it cannot."""
  stored = {name: text_lib.stored(values[name]) for name in values}
  text = json.dumps(stored, indent=1, sort_keys=True)
  write(path, FLAGS_FILE, text + '\n')


def write(path, name, text):
  """Writes a file of a run directory, all at once.

  Raises:
    RunError: it cannot be written.
  """
  file_name = os.path.join(path, name)
  try:
    with text_lib.open_text(file_name + '.part', 'w') as file:
      file.write(text)
    os.replace(file_name + '.part', file_name)
  except OSError as error:
    raise RunError(
      'cannot write %s: %s' % (file_name, error.strerror)
    ) from error


def check_unchanged(path, values, may_change, defaults=None):
  """Refuses to go on in a directory with flags that mean another run.

  Args:
    path: str, the run directory.
    values: dict, flags as given now.
    may_change: names of flags that do not change what is computed.
    defaults: dict with values of flags that runs of older versions lack.

  Raises:
    UsageError: names the flag, its old and its new value.
  """
  found = read_flags(path)
  if found is None:
    return
  for name, old in sorted(dict(defaults or {}, **found).items()):
    if name in values and name not in may_change and values[name] != old:
      raise UsageError(
        '%s was made with --%s=%s, not %s: give the old value, another '
        '--output_dir, or --reset_output_dir to start over'
        % (path, name, text_lib.quote(old), text_lib.quote(values[name]))
      )


def inherit_flags(checkpoint_prefix, values, but_not):
  """Takes flags over from the run a checkpoint belongs to.

  Args:
    checkpoint_prefix: str, path of a checkpoint in a run directory.
    values: dict of all flags, changed in place.
    but_not: names of flags that stay as they are.
  """
  found = read_flags(os.path.dirname(checkpoint_prefix)) or {}
  for name, value in found.items():
    if name in values and name not in but_not:
      values[name] = value
