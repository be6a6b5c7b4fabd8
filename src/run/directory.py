"""The run directory: whose it is, which flags made it, starting over.

What lies in it: `flags.json`, the log `stdout`, `metrics.csv`,
`architectures.csv`, TensorBoard events, checkpoints.
"""

import json
import os
import shutil

from src.run.errors import RunError, UsageError

FLAGS_FILE = 'flags.json'


def prepare(path, reset, log):
  """Makes the directory, or empties it if it is ours and `reset` is set.

  Args:
    path: str.
    reset: bool, the flag `reset_output_dir`.
    log: function of one line.

  Raises:
    UsageError: it holds things that no run of this project wrote.
    RunError: it cannot be made.
  """
  try:
    if not os.path.isdir(path):
      log('Path {} does not exist. Creating.'.format(path))
      os.makedirs(path)
    elif reset:
      if os.listdir(path) and not os.path.isfile(
        os.path.join(path, FLAGS_FILE)
      ):
        raise UsageError(
          '--reset_output_dir would delete %s, which is not a run directory '
          '(it has no %s): nothing was touched' % (path, FLAGS_FILE)
        )
      log('Path {} exists. Remove and remake.'.format(path))
      shutil.rmtree(path)
      os.makedirs(path)
  except OSError as error:
    raise RunError(
      'cannot make the directory %s: %s' % (path, error.strerror)
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
    with open(file_name) as file:
      values = json.load(file)
  except ValueError as error:
    raise RunError('%s is damaged: %s' % (file_name, error)) from error
  if not isinstance(values, dict):
    raise RunError('%s is damaged: it holds no flags' % file_name)
  return values


def write_flags(path, values):
  """Writes `flags.json`, all at once."""
  file_name = os.path.join(path, FLAGS_FILE)
  with open(file_name + '.part', 'w') as file:
    json.dump(values, file, indent=1, sort_keys=True)
    file.write('\n')
  os.replace(file_name + '.part', file_name)


def check_unchanged(path, values, may_change):
  """Refuses to go on in a directory with flags that mean another run.

  Args:
    path: str, the run directory.
    values: dict, flags as given now.
    may_change: names of flags that do not change what is computed.

  Raises:
    UsageError: names the flag, its old and its new value.
  """
  for name, old in sorted((read_flags(path) or {}).items()):
    if name in values and name not in may_change and values[name] != old:
      raise UsageError(
        '%s was made with --%s=%s, not %s: give the old value, another '
        '--output_dir, or --reset_output_dir to start over'
        % (path, name, old, values[name])
      )


def inherit_flags(checkpoint_prefix, values, given, but_not):
  """Takes flags that were not given from the run a checkpoint belongs to.

  Args:
    checkpoint_prefix: str, path of a checkpoint in a run directory.
    values: dict of all flags, changed in place.
    given: names that stay as they are.
    but_not: names that are never taken over.
  """
  found = read_flags(os.path.dirname(checkpoint_prefix)) or {}
  for name, value in found.items():
    if name in values and name not in given and name not in but_not:
      values[name] = value
