"""TensorBoard scalars that can be cut back like the other logs."""

import contextlib
import glob
import os

from src.run import tf_names
from src.run.errors import RunError
from src.tf1 import tf


class Silent:
  """As `Events`, but writes nothing."""

  def start(self, positions):
    del positions

  def positions(self):
    return {}

  def scalars(self, step, **values):
    del step, values

  def image(self, step, tag, png):
    del step, tag, png

  def close(self):
    pass


class Events:
  """Writes scalars to the events files of a run directory."""

  def __init__(self, directory):
    self._directory = directory
    self._writer = None
    self._stack = contextlib.ExitStack()

  def start(self, positions):
    """Cuts the files back to their positions and starts a new one.

    Args:
      positions: what `positions` returned when the checkpoint was written;
        files that are not in it go.

    Raises:
      RunError: a file cannot be changed.
    """
    try:
      for path in self._paths():
        size = positions.get(os.path.basename(path), 0)
        if size:
          os.truncate(path, min(size, os.path.getsize(path)))
        else:
          os.remove(path)
    except OSError as error:
      raise RunError(
        'cannot cut back %s: %s' % (path, error.strerror)
      ) from error
    # A name of its own, also for two starts within a second.
    suffix = '.%d' % len(positions)
    self._stack.close()
    name = self._stack.enter_context(tf_names.sayable(self._directory))
    self._writer = tf.summary.FileWriter(name, filename_suffix=suffix)

  def positions(self):
    """Length in bytes of each events file, by name."""
    self._writer.flush()
    return {
      os.path.basename(path): os.path.getsize(path) for path in self._paths()
    }

  def _paths(self):
    pattern = os.path.join(glob.escape(self._directory), 'events.out.tfevents*')
    return glob.glob(pattern)

  def scalars(self, step, **values):
    """Writes one value per tag; '__' in a name becomes '/'."""
    summary = tf.Summary(
      value=[
        tf.Summary.Value(tag=name.replace('__', '/'), simple_value=value)
        for name, value in sorted(values.items())
      ]
    )
    self._writer.add_summary(summary, step)

  def image(self, step, tag, png):
    """Writes a picture, the bytes of a PNG as they are."""
    image = tf.Summary.Image(encoded_image_string=png)
    value = tf.Summary.Value(tag=tag, image=image)
    self._writer.add_summary(tf.Summary(value=[value]), step)

  def close(self):
    if self._writer is not None:
      self._writer.close()
    self._stack.close()
