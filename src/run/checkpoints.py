"""Checkpoints in TensorFlow's format, and the state of the run beside them.

A run directory after some saves:

  checkpoint                                   names them for TensorFlow's tools
  model.ckpt-704.data-00000-of-00001           values
  model.ckpt-704.index                         names and shapes
  model.ckpt-704.json                          state of the run; written last
  model.ckpt-704-controller-250.data-...       later, at the same child step

The values are all variables, by name. The `.json`, called mark here, holds the
SHA-256 of the other two and is written last: a checkpoint counts when its mark
is there and agrees with them. Checkpoints of melodyguan/enas have no mark;
they can be read all the same.
"""

import glob
import hashlib
import json
import os
import re
import typing

import numpy as np

from src.arc import text as text_lib
from src.run import session as session_lib
from src.run import tf_names
from src.run.errors import RunError
from src.tf1 import tf


class Checkpoint(typing.NamedTuple):
  """A checkpoint and its mark.

  Attributes:
    prefix: str, path without ending.
    state: dict or None. Its keys that matter here: position, by which
      checkpoints are ordered; score, the validation accuracy right after an
      evaluation; sha256.
  """

  prefix: str
  state: typing.Optional[dict]


# What the batch norm of an upstream checkpoint may lack, and how many updates
# of its moving averages are then assumed.
_BN_DECAY = 0.9
_ASSUMED_STEPS = 1000.0

_OTHER_FLAGS = (
  'it is of a network with other flags; give the --child_* flags, '
  '--search_for and --num_classes that the log of its run begins with'
)
BEST = ':best'  # after a run directory
STEM = 'model.ckpt'  # what names of checkpoints begin with
_VALUES = re.compile(r'\.(index|data-\d+-of-\d+)$')


class Checkpoints:
  """Writes a run's checkpoints and removes old ones."""

  def __init__(self, directory, graph, keep=3, stem=STEM, named=None):
    """Adds the saving op to the graph.

    Args:
      directory: str, the run directory.
      graph: `tf.Graph` with all variables in it.
      keep: int, how many of the newest stay, beside the one with the best
        score.
      stem: str, what the names begin with; others stay.
      named: dict from name to variable, what is saved; all if None.
    """
    self._directory, self._stem = directory, stem
    self._keep = keep
    named = sorted((named or session_lib.variables(graph)).items())
    with graph.as_default():
      self._prefix = tf.placeholder(tf.string, [], 'checkpoint_prefix')
      self._save = tf.raw_ops.SaveV2(
        prefix=self._prefix,
        tensor_names=[name for name, _ in named],
        shape_and_slices=[''] * len(named),
        tensors=[variable.value() for _, variable in named],
      )

  def save(self, session, name, state):
    """Writes a checkpoint, reads it back, then removes older ones.

    Args:
      session: the run's session.
      name: str, such as 'model.ckpt-704'.
      state: dict for JSON, what the run needs to go on from here.

    Raises:
      RunError: it could not be written; earlier ones stay.
    """
    prefix = os.path.join(self._directory, name)
    whole = False
    try:
      # Whatever has this name stops counting before it is overwritten.
      _remove([prefix + '.json'])
      session.run(self._save, {self._prefix: os.fsencode(prefix)})
      _write_mark(prefix, state)
      problem = damage(Checkpoint(prefix, _read_mark(prefix)))
      if problem:
        raise OSError(0, 'read back damaged: ' + problem)
      whole = True
      self._tidy(prefix)
    except (OSError, tf.errors.OpError) as error:
      if not whole:
        _remove(_files(prefix))
      raise RunError(
        'cannot write the checkpoint %s: %s'
        % (prefix, getattr(error, 'strerror', None) or _first_line(error))
      ) from error

  def _tidy(self, newest):
    found = find(self._directory, self._stem)
    kept = {checkpoint.prefix for checkpoint in found[-self._keep :]}
    best = _best(found)
    if best is not None:
      kept.add(best.prefix)
    self._write_names(newest, [c.prefix for c in found if c.prefix in kept])
    for checkpoint in found:
      if checkpoint.prefix not in kept:
        # The mark goes first: what is left counts as incomplete.
        _remove([checkpoint.prefix + '.json'])
        _remove(_files(checkpoint.prefix))

  def _write_names(self, newest, every):
    # Not by TensorFlow, which takes no folder whose name is no UTF-8.
    path = os.path.join(self._directory, 'checkpoint')
    lines = ['model_checkpoint_path: "%s"\n' % os.path.basename(newest)] + [
      'all_model_checkpoint_paths: "%s"\n' % os.path.basename(prefix)
      for prefix in every
    ]
    with text_lib.open_text(path + '.part', 'w') as file:
      file.writelines(lines)
    os.replace(path + '.part', path)


def _best(found):
  """That with the best score of a list; None if none has one."""
  scored = [c for c in found if c.state.get('score') is not None]
  return max(scored, key=lambda c: c.state['score']) if scored else None


def best(directory):
  """The `Checkpoint` with the best validation, or None."""
  return _best(find(directory))


def _files(prefix):
  return glob.glob(glob.escape(prefix) + '.*')


def _remove(paths):
  for path in paths:
    if os.path.exists(path):
      os.remove(path)


def _digests(prefix):
  """SHA-256 of a checkpoint's files by their ending; forces them to disk."""
  digests = {}
  for path in sorted(_files(prefix)):
    ending = path[len(prefix) :]
    # A killed save may have left `.data-....tempstate123`.
    if _VALUES.match(ending):
      digest = hashlib.sha256()
      with open(path, 'rb') as file:
        os.fsync(file.fileno())
        for block in iter(lambda file=file: file.read(1 << 20), b''):
          digest.update(block)
      digests[ending] = digest.hexdigest()
  return digests


def _write_mark(prefix, state):
  text = _mark_text(dict(state, sha256=_digests(prefix)))
  with text_lib.open_text(prefix + '.json.part', 'w') as file:
    file.write(text)
    file.flush()
    os.fsync(file.fileno())
  os.replace(prefix + '.json.part', prefix + '.json')


def _mark_text(state):
  """What a mark says: the state, and a digest of that."""
  text = json.dumps(state, sort_keys=True)
  digest = hashlib.sha256(text.encode('utf-8')).hexdigest()
  state = dict(state, mark_sha256=digest)
  return json.dumps(state, sort_keys=True, indent=1) + '\n'


def _read_mark(prefix):
  """The state of a checkpoint, or None if its mark is damaged."""
  try:
    with text_lib.open_text(prefix + '.json') as file:
      text = file.read()
    state = json.loads(text)
    del state['mark_sha256']
    return state if text == _mark_text(state) else None
  except (OSError, ValueError, KeyError, TypeError):
    return None


def damage(checkpoint):
  """What is wrong with a checkpoint that has a mark, or None."""
  if checkpoint.state is None:
    return '%s.json is damaged' % os.path.basename(checkpoint.prefix)
  found = _digests(checkpoint.prefix)
  for ending, digest in sorted(checkpoint.state['sha256'].items()):
    name = os.path.basename(checkpoint.prefix) + ending
    if ending not in found:
      return '%s is missing' % name
    if found[ending] != digest:
      return '%s is damaged' % name
  return None


def find(directory, stem=STEM):
  """Checkpoints of a run directory that have a readable mark, oldest first."""
  marked = [Checkpoint(p, _read_mark(p)) for p in _marked(directory, stem)]
  return sorted(
    (checkpoint for checkpoint in marked if checkpoint.state is not None),
    key=lambda checkpoint: checkpoint.state['position'],
  )


def _marked(directory, stem):
  pattern = os.path.join(glob.escape(directory), stem + '-*.json')
  return [path[: -len('.json')] for path in glob.glob(pattern)]


def newest_good(directory, warn, stem=STEM):
  """The newest checkpoint that is whole.

  Damaged ones lose their mark, to `.json.damaged`, so that they are passed
  over from now on.

  Args:
    directory: str, the run directory.
    warn: function of one line, told about each damaged one.
    stem: str, what their names begin with.

  Returns:
    Checkpoint, or None if the run never got as far as writing one.

  Raises:
    RunError: there were checkpoints, and none is whole.
  """
  found = find(directory, stem)[::-1]
  readable = {checkpoint.prefix for checkpoint in found}
  damaged = [
    Checkpoint(prefix, None)
    for prefix in _marked(directory, stem)
    if prefix not in readable
  ]
  good = None
  for checkpoint in found:
    if damage(checkpoint) is None:
      good = checkpoint
      break
    damaged.append(checkpoint)
  beyond_start = [
    path
    for path in glob.glob(
      os.path.join(glob.escape(directory), stem + '-*.index')
    )
    if not path.endswith(stem + '-0.index')
  ]
  if good is None and (damaged or beyond_start):
    raise RunError(
      'none of the checkpoints in %s is whole (%s): restore one from a copy, '
      'or start over with --reset_output_dir'
      % (directory, '; '.join(map(damage, damaged)) or 'they have no marks')
    )
  for checkpoint in damaged:
    warn(
      'warning: the checkpoint %s is passed over, because %s; %s is used'
      % (checkpoint.prefix, damage(checkpoint), good.prefix)
    )
    os.replace(checkpoint.prefix + '.json', checkpoint.prefix + '.json.damaged')
  return good


def locate(path):
  """The checkpoint that `path` means.

  Args:
    path: str, a run directory: its newest; with `:best` after it: that with the
      best validation; or the prefix of a checkpoint.

  Raises:
    RunError: there is none.
  """
  folder = path[: -len(BEST)] if path.endswith(BEST) else None
  if folder and os.path.isdir(folder) and not os.path.exists(path):
    return _whole_best(folder)
  if os.path.isdir(path):
    for checkpoint in reversed(find(path)):
      if damage(checkpoint) is None:
        return checkpoint
    prefix = tf.train.latest_checkpoint(path)
    if prefix is None:
      raise RunError(
        'there is no checkpoint in %s: --checkpoint_path is a run directory, '
        'or one of its model.ckpt-*' % path
      )
    return Checkpoint(prefix, None)
  for ending in ('', '.index', '.json'):
    prefix = path[: len(path) - len(ending)]
    if path.endswith(ending) and os.path.exists(prefix + '.index'):
      return Checkpoint(prefix, None)
  raise RunError('there is no checkpoint %s (no file %s.index)' % (path, path))


def _whole_best(directory):
  """`best`, or a RunError that says why there is none."""
  found = best(directory)
  if found is None:
    raise RunError(
      'no checkpoint in %s is known to be the best, as none was validated; '
      '--checkpoint_path=%s takes the last' % (directory, directory)
    )
  if damage(found):
    raise RunError(
      'the best checkpoint in %s cannot be used: %s; --checkpoint_path=%s '
      'takes the last' % (directory, damage(found), directory)
    )
  return found


def restore(session, prefix, named=None, hint=_OTHER_FLAGS):
  """Reads a checkpoint, also one of melodyguan/enas, into variables.

  Args:
    session: the session that holds them.
    prefix: str, of the checkpoint.
    named: dict from name to variable; all if None.
    hint: str, what an error says may be the reason that it does not fit.

  Raises:
    RunError: it is damaged, or lacks a variable, or one has another shape;
      the flags that describe the model do not fit it.
  """
  try:
    folder, name = os.path.split(prefix)
    with tf_names.sayable(folder or os.curdir) as sayable:
      reader = tf.train.load_checkpoint(os.path.join(sayable, name))
      shapes = reader.get_variable_to_shape_map()
      stored = {name: reader.get_tensor(name) for name in shapes}
  except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
    raise RunError(
      'cannot read the checkpoint %s: %s' % (prefix, _first_line(error))
    ) from error
  values = {}
  named = named or session_lib.variables(session.graph)
  for name, variable in named.items():
    value = stored.get(name)
    if value is None:
      value = _stand_in(name, variable, stored)
    if value is None:
      raise RunError(
        'the checkpoint %s has no variable %s: %s' % (prefix, name, hint)
      )
    if list(value.shape) != variable.shape.as_list():
      raise RunError(
        'variable %s is %s in the checkpoint %s but %s here: %s'
        % (
          name,
          list(value.shape),
          prefix,
          variable.shape.as_list(),
          hint,
        )
      )
    values[name] = value
  session_lib.load(session, values)


def _first_line(error):
  """What went wrong; newer TensorFlows put the op's history before it."""
  lines = str(getattr(error, 'message', error)).splitlines()
  return next((line for line in lines if '; ' in line), lines[0])


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
