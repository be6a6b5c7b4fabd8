"""The CSV of what a network says about photos, written row by row."""

import contextlib
import csv

from src.arc import text as text_lib
from src.run import errors


@contextlib.contextmanager
def opened(path):
  """Yields a function of (image, prediction.Prediction) that adds a row.

  The columns are the image, its width, height and number of windows, the
  probability of each class, and each class's decision, 0 or 1. The first row
  starts the file, and each row is in it at once. A name that is no UTF-8 keeps
  its bytes.

  Args:
    path: str, or None: rows go nowhere.
  """
  with contextlib.ExitStack() as stack:
    sinks = []

    def add(image, found):
      try:
        if not sinks:
          sinks.append(stack.enter_context(_begun(path, found.names)))
        height, width = found.tiles.shape
        _write(
          sinks[0],
          [image, width, height, len(found.tiles.places)]
          + ['%.6f' % value for value in found.probabilities]
          + found.decisions.astype(int).tolist(),
        )
      except OSError as error:
        raise errors.RunError(
          'cannot write %s: %s' % (path, error.strerror)
        ) from error

    yield add if path is not None else lambda image, found: None


def _begun(path, names):
  sink = text_lib.open_text(path, 'w', newline='')
  _write(
    sink,
    ['image', 'width', 'height', 'windows']
    + list(names)
    + [name + '_seen' for name in names],
  )
  return sink


def _write(sink, values):
  csv.writer(sink, lineterminator='\n').writerow(values)
  sink.flush()
