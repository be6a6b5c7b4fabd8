"""What a search has found so far: `history.jsonl`, and tables made of it.

  history.jsonl            a line for each trained child, as they were done
  train_history.csv        reward, then the cell, level by level, as they were
                           asked for; without a heading, as titu1994's
                           implementation
  avg_training_time.csv    a row a level
  best_cell.json           the cell with the highest reward, in JSON

Only the search writes them. Its lines are all that a search must remember: it
computes everything else again.
"""

import json
import os
import typing

from src.arc import text as text_lib
from src.run import directory, scoring
from src.run.errors import RunError

FILE = 'history.jsonl'
TRAINED = 'train_history.csv'
TIMES = 'avg_training_time.csv'
BEST = 'best_cell.json'
OK = 'ok'


class Result(typing.NamedTuple):
  """A trained child.

  Attributes:
    level: int, its blocks.
    cell: list of 4b inputs and names of operations, as it was asked for.
    canonical: str, the numbers of the spelling that stands for its network.
    reward: float, accuracy of its best epoch on the validation images.
    best_epoch: int from 1, or None.
    seconds: float, of its training.
    params: int, of its network.
    examples: int, images that it was trained on, epochs times.
    seed: int, of its training.
    status: str, see `retraining.Score`.
    host: str, the machine.
    failure: str, why it has no score, or None.
  """

  level: int
  cell: list
  canonical: str
  reward: float
  best_epoch: typing.Optional[int]
  seconds: float
  params: typing.Optional[int]
  examples: int
  seed: int
  status: str
  host: str
  failure: typing.Optional[str] = None

  @property
  def key(self):
    """What a child is known by: level, network and seed."""
    return self.level, self.canonical, self.seed


class History:
  """The file, and what is in it."""

  def __init__(self, folder):
    """Reads what is there; a last line that was cut off is dropped.

    Raises:
      RunError: it cannot be read, or a line is damaged.
    """
    self._path = os.path.join(folder, FILE)
    self.results = {result.key: result for result in self._read()}

  def _read(self):
    if not os.path.exists(self._path):
      return []
    try:
      with open(self._path, 'rb+') as file:
        data = file.read()
        whole = data[: data.rfind(b'\n') + 1]
        file.truncate(len(whole))
      lines = whole.decode('utf-8').splitlines()
    except (OSError, UnicodeDecodeError) as error:
      raise RunError('cannot read %s: %s' % (self._path, error)) from error
    results = []
    for number, line in enumerate(lines, 1):
      try:
        results.append(Result(**json.loads(line)))
      except (TypeError, ValueError) as error:
        raise RunError(
          '%s line %d is damaged: %s; restore it from a copy, or take the line '
          'out, and its child is trained again' % (self._path, number, error)
        ) from error
    return results

  def add(self, result):
    """Appends a Result; raises RunError if that cannot be."""
    try:
      with text_lib.open_text(self._path, 'a') as file:
        file.write(json.dumps(result._asdict(), sort_keys=True) + '\n')
        file.flush()
        os.fsync(file.fileno())
    except OSError as error:
      raise RunError(
        'cannot write %s: %s' % (self._path, error.strerror)
      ) from error
    self.results[result.key] = result


def best(results):
  """The Result with the highest reward, the first of equal ones; or None."""
  done = [result for result in results if result.status == OK]
  return max(done, key=lambda result: result.reward, default=None)


def write_tables(folder, results):
  """Writes the tables anew.

  Args:
    folder: str.
    results: list of Result, in the order of the tables.
  """
  rows = [[result.reward] + result.cell for result in results]
  scoring.write(os.path.join(folder, TRAINED), rows)
  levels = sorted({result.level for result in results})
  times = [
    [result.seconds for result in results if result.level == level]
    for level in levels
  ]
  table = [
    [level, len(of), '%.3f' % (sum(of) / len(of)), '%.3f' % sum(of)]
    for level, of in zip(levels, times)
  ]
  heading = ['level', 'models', 'mean_seconds', 'seconds']
  scoring.write(os.path.join(folder, TIMES), [heading] + table)


def write_best(folder, arc):
  """Writes the best cell, a PnasArc, which --final_train and others read."""
  directory.write(folder, BEST, arc.to_json() + '\n')
