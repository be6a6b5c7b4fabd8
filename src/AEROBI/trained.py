"""A trained network, ready to be asked: from a run or from a SavedModel."""

import contextlib
import os
import typing

import numpy as np

from src.AEROBI.task import Aerobi
from src.run import checkpoints, directory, program, saved_model
from src.run import flags as flags_lib
from src.run import session as session_lib
from src.run.errors import RunError, UsageError
from src.tf1 import tf


class Trained(typing.NamedTuple):
  """A network and what it takes.

  Attributes:
    predict: function of float32 [B, size, size, 3] in [0, 255] that returns
      probabilities, float32 [B, C].
    size: int, side of its images in pixels.
    names: list of C str, the classes.
  """

  predict: typing.Callable
  size: int
  names: list


@contextlib.contextmanager
def opened(path):
  """Yields the `Trained` network of a path.

  Args:
    path: str, the run directory of a fixed network, one of its checkpoints, or
      a folder that `--mode=export` made.

  Raises:
    UsageError, RunError: it is nothing of these, is damaged, or of another
      task.
  """
  if saved_model.is_one(path):
    with saved_model.opened(path) as (run, note):
      if note.get('task') != Aerobi.name:
        raise RunError(
          '%s holds a network of the task %s, not of AEROBI'
          % (path, note.get('task'))
        )
      yield _exported(path, run, note)
  else:
    with _restored(path) as network:
      yield network


def _exported(path, run, note):
  """The `Trained` of a SavedModel, if it does what its note says."""
  size, names = note.get('image_size'), note.get('classes')

  def predict(images):
    return run({'images': images})['probabilities']

  try:
    found = predict(np.zeros([1, size, size, 3], np.float32))
    fits = found.shape == (1, len(names)) and isinstance(names, list)
    fits = fits and all(isinstance(name, str) for name in names)
  except (KeyError, MemoryError, TypeError, ValueError, tf.errors.OpError):
    fits = False
  if not fits:
    raise RunError(
      'the model in %s is not what its %s says, image_size %r and classes %r: '
      'export it again' % (path, saved_model.NOTE, size, names)
    )
  return Trained(predict, size, names)


@contextlib.contextmanager
def _restored(path):
  directory.check_path(path)
  folder = os.path.dirname(checkpoints.locate(path).prefix)
  if directory.read_flags(folder) is None:
    raise RunError(
      '%s lies in no run directory of ours: there is no %s beside it, from '
      'the --output_dir of its training' % (path, directory.FLAGS_FILE)
    )
  task = Aerobi()
  flags, given = flags_lib.parse(
    task.flag_table.GROUPS,
    ['predict', '--mode=eval', '--checkpoint_path=' + path],
  )
  prefix = program.locate_checkpoint(task, flags, given)
  if flags.child_fixed_arc is None:
    raise UsageError(
      '%s is a search: only a network trained with --child_fixed_arc can be '
      'asked' % path
    )
  graph = tf.Graph()
  with graph.as_default():
    infer = task.graph(flags, None).infer
  with session_lib.open_session(graph) as session:
    checkpoints.restore(session, prefix)
    yield Trained(
      lambda images: session.run(infer.probabilities, {infer.images: images}),
      flags.child_img_size,
      task.classes(None),
    )
