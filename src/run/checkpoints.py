"""Checkpoints in TensorFlow's format, and the state of the run beside them.

A run directory after some saves:

  checkpoint                                   names them for TensorFlow's tools
  model.ckpt-704.data-00000-of-00001           values
  model.ckpt-704.index                         names and shapes
  model.ckpt-704.json                          state of the run; written last
  model.ckpt-704-controller-250.data-...       later, at the same child step

The values are all variables, by name. The `.json` is written last, so a
checkpoint that has one is complete. Those of melodyguan/enas have none; they
can be read all the same.
"""

import collections
import glob
import json
import os

import numpy as np

from src.run import session as session_lib
from src.run.errors import RunError
from src.tf1 import tf

Checkpoint = collections.namedtuple('Checkpoint', ['prefix', 'state'])
Checkpoint.__doc__ = """prefix: path without ending. state: dict or None."""

# What the batch norm of an upstream checkpoint may lack, and how many updates
# of its moving averages are then assumed.
_BN_DECAY = 0.9
_ASSUMED_STEPS = 1000.0


class Checkpoints:
  """Writes a run's checkpoints and removes old ones."""

  def __init__(self, directory, graph, keep=3):
    """Adds the saving op to the graph.

    Args:
      directory: str, the run directory.
      graph: `tf.Graph` with all variables in it.
      keep: int, how many checkpoints stay.
    """
    self._directory = directory
    self._keep = keep
    named = sorted(session_lib.variables(graph).items())
    with graph.as_default():
      self._prefix = tf.placeholder(tf.string, [], 'checkpoint_prefix')
      self._save = tf.raw_ops.SaveV2(
        prefix=self._prefix,
        tensor_names=[name for name, _ in named],
        shape_and_slices=[''] * len(named),
        tensors=[variable.value() for _, variable in named],
      )

  def save(self, session, name, state):
    """Writes a checkpoint.

    Args:
      session: the run's session.
      name: str, such as 'model.ckpt-704'.
      state: dict for JSON, what the run needs to go on from here.

    Raises:
      RunError: it could not be written; earlier ones stay.
    """
    prefix = os.path.join(self._directory, name)
    try:
      session.run(self._save, {self._prefix: prefix})
      text = json.dumps(state, sort_keys=True, indent=1) + '\n'
      with open(prefix + '.json.part', 'w') as file:
        file.write(text)
      os.replace(prefix + '.json.part', prefix + '.json')
      kept = list(find(self._directory))[-self._keep :]
      tf.train.update_checkpoint_state(
        self._directory, prefix, [old.prefix for old in kept]
      )
      self._remove_all_but(kept)
    except (OSError, tf.errors.OpError) as error:
      raise RunError(
        'cannot write the checkpoint %s: %s'
        % (prefix, getattr(error, 'strerror', None) or error.message)
      ) from error

  def _remove_all_but(self, kept):
    prefixes = {checkpoint.prefix for checkpoint in kept}
    for old in find(self._directory):
      if old.prefix not in prefixes:
        # The mark goes first: what is left counts as incomplete.
        os.remove(old.prefix + '.json')
        for path in glob.glob(glob.escape(old.prefix) + '.*'):
          os.remove(path)


def find(directory):
  """Complete checkpoints of a run directory, oldest first."""
  found = []
  for path in glob.glob(os.path.join(glob.escape(directory), '*.json')):
    prefix = path[: -len('.json')]
    if os.path.exists(prefix + '.index'):
      with open(path) as file:
        found.append(Checkpoint(prefix, json.load(file)))
  return sorted(found, key=lambda checkpoint: checkpoint.state['position'])


def locate(path):
  """The checkpoint that `path` means: a run directory or a prefix.

  Raises:
    RunError: there is none.
  """
  if os.path.isdir(path):
    complete = find(path)
    if complete:
      return complete[-1]
    prefix = tf.train.latest_checkpoint(path)
    if prefix is None:
      raise RunError('there is no checkpoint in %s' % path)
    return Checkpoint(prefix, None)
  for ending in ('', '.index', '.json'):
    prefix = path[: len(path) - len(ending)]
    if path.endswith(ending) and os.path.exists(prefix + '.index'):
      return Checkpoint(prefix, None)
  raise RunError('there is no checkpoint %s (no file %s.index)' % (path, path))


def restore(session, prefix):
  """Reads a checkpoint, also one of melodyguan/enas, into all variables.

  Raises:
    RunError: it is damaged, or lacks a variable, or one has another shape;
      the flags that describe the model do not fit it.
  """
  try:
    reader = tf.train.load_checkpoint(prefix)
    shapes = reader.get_variable_to_shape_map()
    stored = {name: reader.get_tensor(name) for name in shapes}
  except (tf.errors.OpError, ValueError, RuntimeError) as error:
    reason = str(getattr(error, 'message', error)).splitlines()[0]
    raise RunError(
      'cannot read the checkpoint %s: %s' % (prefix, reason)
    ) from error
  values = {}
  for name, variable in session_lib.variables(session.graph).items():
    value = stored.get(name)
    if value is None:
      value = _stand_in(name, variable, stored)
    if value is None:
      raise RunError(
        'the checkpoint %s has no variable %s; the model flags describe '
        'another network' % (prefix, name)
      )
    if list(value.shape) != variable.shape.as_list():
      raise RunError(
        'variable %s is %s in the checkpoint %s but %s here; the model flags '
        'describe another network'
        % (name, list(value.shape), prefix, variable.shape.as_list())
      )
    values[name] = value
  session_lib.load(session, values)


def _stand_in(name, variable, stored):
  """A value for what other writers leave out, or None."""
  if name.endswith('/gradient_sum'):
    return np.zeros(variable.shape.as_list(), np.float32)
  if name.endswith('/local_step'):
    return np.float32(_ASSUMED_STEPS)
  if name.endswith('/biased'):
    scope, kind = name[: -len('/biased')].rsplit('/', 1)
    # The scope path stands in the helper's name twice.
    moving = stored.get('%s/%s' % (scope[: len(scope) // 2], kind))
    if moving is not None:
      return moving * np.float32(1 - _BN_DECAY**_ASSUMED_STEPS)
  return None
