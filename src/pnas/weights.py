"""Checkpoints of a predictor: `controller.ckpt-1`, `-2`, ..., one a level."""

import os

from src.run import checkpoints
from src.run.errors import RunError

STEM = 'controller.ckpt'
_HINT = (
  'it is of another predictor or search space; B, the operators and the sizes '
  'must be those it was trained with (input_B for a larger B)'
)


class Weights:
  """Writes and reads the checkpoints of one predictor."""

  def __init__(self, directory, predictor):
    """Adds the saving op to the predictor's graph.

    Args:
      directory: str; made when the first is written.
      predictor: Predictor.
    """
    self._directory, self._predictor = directory, predictor
    self._checkpoints = checkpoints.Checkpoints(
      directory, predictor.graph, stem=STEM, named=predictor.variables()
    )

  def save(self, number, **state):
    """Writes `controller.ckpt-<number>`; the three newest stay.

    Args:
      number: int, from one.
      **state: what else is to be known, for JSON.

    Raises:
      RunError: it could not be written.
    """
    try:
      os.makedirs(self._directory, exist_ok=True)
    except OSError as error:
      raise RunError(
        'cannot make the folder %s: %s' % (self._directory, error.strerror)
      ) from error
    self._checkpoints.save(
      self._predictor.session,
      '%s-%d' % (STEM, number),
      dict(state, position=number, seed=self._predictor.seed),
    )

  def restore(self, warn=print):
    """Puts the newest whole checkpoint into the predictor.

    Args:
      warn: function of one line, told about damaged ones.

    Returns:
      dict, its state; None if there is no checkpoint.

    Raises:
      RunError: none is whole, or it is of another predictor.
    """
    found = checkpoints.newest_good(self._directory, warn, STEM)
    if found is None:
      return None
    predictor = self._predictor
    checkpoints.restore(
      predictor.session, found.prefix, predictor.variables(), _HINT
    )
    predictor.seed = found.state['seed']
    return found.state
