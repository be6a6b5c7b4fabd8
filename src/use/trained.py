"""A trained network, ready to be asked: from a run or from a SavedModel."""

import contextlib
import importlib
import os
import typing

import numpy as np

from src.arc import record
from src.images import crop, square
from src.run import checkpoints, directory, program, saved_model
from src.run import flags as flags_lib
from src.run.errors import RunError, UsageError
from src.tf1 import tf
from src.view import guess

# Package of a run -> where its task is, which imports this package's users.
_TASKS = {
  'cifar10': ('src.cifar10.task', 'Cifar10'),
  'AEROBI': ('src.AEROBI.task', 'Aerobi'),
  'robustness': ('src.robustness.task', 'Robustness'),
  'pnas': ('src.pnas.task', 'Pnas'),
}


class Trained(typing.NamedTuple):
  """A network and what it takes.

  Attributes:
    predict: function of float32 [B, size, size, 3] in [0, 255] that returns
      probabilities, float32 [B, C].
    size: int, side of its images in pixels.
    names: list of C str, the classes.
    one_label: bool, whether an image has one of the classes, not any number.
    window: function that cuts a window out of a resized image as in training:
      `crop.window` or `square.window`.
    package: str, whose network it is, such as 'cifar10'.
    flags: dict, those of its run as far as they are known.
  """

  predict: typing.Callable
  size: int
  names: list
  one_label: bool = False
  window: typing.Callable = crop.window
  package: str = 'AEROBI'
  flags: dict = {}


def task_of(package):
  """The task of a package, a `program.Task` of images.

  Raises:
    RunError: it has none that could be asked.
  """
  if package not in _TASKS:
    raise RunError(
      'networks of the task %s cannot be asked about images: those of %s can'
      % (package, ' and '.join(sorted(_TASKS)))
    )
  module, name = _TASKS[package]
  return getattr(importlib.import_module(module), name)()


@contextlib.contextmanager
def opened(path, package=None):
  """Yields the `Trained` network of a path.

  Args:
    path: str, the run directory of a fixed network, one of its checkpoints, or
      a folder that `--mode=export` made.
    package: str, the only one whose networks are taken; any unless given.

  Raises:
    UsageError, RunError: it is nothing of these, is damaged, or of another
      task.
  """
  if saved_model.is_one(path):
    with saved_model.opened(path) as (run, note):
      _refuse_others(path, note.get('task'), package)
      yield _exported(path, run, note)
  else:
    with _restored(path, package) as network:
      yield network


def _refuse_others(path, found, package):
  if package not in (None, found):
    raise RunError(
      '%s holds a network of the task %s, not of %s' % (path, found, package)
    )
  task_of(found)


def _exported(path, run, note):
  """The `Trained` of a SavedModel, if it does what its note says."""
  size, names, package = (
    note.get(key) for key in ('image_size', 'classes', 'task')
  )

  def predict(images):
    return run({'images': _typed(images, note['type'])})['probabilities']

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
  one_label = note.get('one_label', package != 'AEROBI')
  return Trained(predict, size, names, one_label, _window(package), package)


@contextlib.contextmanager
def _restored(path, package):
  directory.check_path(path)
  folder = os.path.dirname(checkpoints.locate(path).prefix)
  if directory.read_flags(folder) is None:
    raise RunError(
      '%s lies in no run directory of ours: there is no %s beside it, from '
      'the --output_dir of its training' % (path, directory.FLAGS_FILE)
    )
  found = package_of(folder)
  _refuse_others(path, found, package)
  task = task_of(found)
  flags, prefix = restored_flags(task, path)
  if flags.child_fixed_arc is None:
    raise UsageError(
      '%s is a search: only a network trained with --child_fixed_arc can be '
      'asked' % path
    )
  data = task.known(prefix) or task.read_data(flags, task.tell)
  with task.restored(flags, prefix, data) as (session, graph):
    infer = graph.infer
    dtype = infer.images.dtype.name

    def _predict(images):
      feeds = {infer.images: _typed(images, dtype)}
      return session.run(infer.probabilities, feeds)

    yield Trained(
      _predict,
      task.image_size(flags),
      task.classes(data),
      not task.multi_label(flags),
      _window(found),
      found,
      vars(flags),
    )


def package_of(folder):
  """The package whose run a directory is; older runs have but their flags."""
  found = record.read(folder)
  if found is None:
    found = guess.record_of(directory.read_flags(folder) or {}, [])
  return found.package


def restored_flags(task, path, *more):
  """(flags of the run that a path belongs to, prefix of its checkpoint).

  Args:
    task: program.Task.
    path: str, a run directory or checkpoint.
    *more: words of a command line that count before the run's flags.
  """
  flags, given = flags_lib.parse(
    task.flag_table.GROUPS,
    ['use', '--mode=eval', '--checkpoint_path=' + path] + list(more),
  )
  return flags, program.locate_checkpoint(task, flags, given)


def _window(package):
  return crop.window if package == 'AEROBI' else square.window


def _typed(images, dtype):
  """Images as a network takes them: floats, or the nearest bytes."""
  return crop.to_bytes(images) if dtype == 'uint8' else images
