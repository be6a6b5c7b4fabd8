"""What a study writes: strict JSON, tidy CSV, pictures, in a folder a run."""

import glob
import json
import math
import os

import numpy as np

from src.arc import text as text_lib
from src.run import directory, scoring
from src.run.errors import RunError


class Output:
  """The folder `root/study/run`, made with its first file.

  Attributes:
    folder: str.
  """

  def __init__(self, root, study, run, stem='results'):
    """
    Args:
      root: str.
      study: str, the folder of the study.
      run: str, the name of the run.
      stem: str, what its JSON and CSV are called.
    """
    self.folder = os.path.join(root, study, run)
    self._stem = stem

  def within(self, name):
    """An Output of a folder inside of this one."""
    return Output(self.folder, '', name, self._stem)

  def results(self, value, columns, rows):
    """Writes results.json and results.csv.

    Args:
      value: what JSON knows, and NumPy numbers; see `strict`.
      columns: sequence of str.
      rows: list of sequences as long.
    """
    self._write(self._stem + '.json', _json(value))
    self.table(self._stem, columns, rows)

  def table(self, name, columns, rows):
    """Writes another CSV file; name has no ending."""
    scoring.write(self.path(name + '.csv'), [columns] + list(rows))

  def json(self, name, value):
    """Writes a JSON file; where studies share a folder, the stem is in front.

    Args:
      name: str, without ending.
      value: see `strict`.
    """
    if self._stem != 'results':
      name = '%s_%s' % (self._stem, name)
    self._write(name + '.json', _json(value))

  def figure(self, name, figure):
    """Writes a matplotlib `Figure` as PNG."""
    path = self.path(name)
    try:
      figure.savefig(path, dpi=150)
    except OSError as error:
      raise RunError('cannot write %s: %s' % (path, error)) from error

  def path(self, name):
    """Path of a file, whose folder is there.

    Raises:
      RunError: it cannot be made.
    """
    path = os.path.join(self.folder, name)
    try:
      os.makedirs(os.path.dirname(path), exist_ok=True)
    except OSError as error:
      raise RunError(
        'cannot make the directory %s: %s' % (self.folder, error.strerror)
      ) from error
    return path

  def emptied(self, name):
    """Deletes the pictures that a study drew into a folder before."""
    for old in glob.glob(os.path.join(glob.escape(self.path(name)), '*.png')):
      os.remove(old)

  def told(self):
    """Tells where the files are."""
    print('Written to %s' % self.folder)

  def _write(self, name, text):
    self.path(name)
    directory.write(self.folder, name, text + '\n')


def strict(value):
  """A value as JSON has it: numbers that are none or infinite are None."""
  if isinstance(value, dict):
    return {str(key): strict(entry) for key, entry in value.items()}
  if isinstance(value, (list, tuple)):
    return [strict(entry) for entry in value]
  if isinstance(value, np.generic):
    value = value.item()
  if isinstance(value, float) and not math.isfinite(value):
    return None
  return text_lib.stored(value)


def _json(value):
  return json.dumps(strict(value), indent=2, allow_nan=False)
