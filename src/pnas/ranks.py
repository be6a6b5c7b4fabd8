"""How well a predictor ranks: what it was fitted to, and the level after that.

Source: Progressive Neural Architecture Search (arXiv 1712.00559), section 5.1.
"""

import typing

import numpy as np

from src.run import scoring
from src.view import compare


class Ranks(typing.NamedTuple):
  """A row of `spearman.csv`.

  Attributes:
    level: int, blocks of the largest cells that the predictor was fitted to.
    predictor: str.
    train: float, Spearman's correlation on all that it was fitted to.
    extrapolation: float, that on the measured cells of the next level; nan
      while there are none.
    n: int, cells that it was fitted to.
  """

  level: int
  predictor: str
  train: float
  extrapolation: float
  n: int


def fitted(predictor, levels):
  """The Ranks of a predictor right after its fit.

  Args:
    predictor: Predictor.
    levels: list of (cells, accuracies), what it was fitted to.
  """
  scores = [predictor.predict(cells) for cells, _ in levels if len(cells)]
  labels = np.concatenate([labels for _, labels in levels])
  return Ranks(
    len(levels),
    predictor.recipe.label,
    compare.spearman(np.concatenate(scores), labels).rho,
    float('nan'),
    len(labels),
  )


def extrapolated(ranks, predictor, cells, accuracies):
  """The Ranks with the next level, before the predictor is fitted to it."""
  rho = compare.spearman(predictor.predict(cells), accuracies).rho
  return ranks._replace(extrapolation=rho)


def line(ranks):
  """One line for people."""
  text = 'Controller: Spearman of %s after B = %d: %.3f on %d fitted' % (
    ranks.predictor, ranks.level, ranks.train, ranks.n
  )  # fmt: skip
  if np.isnan(ranks.extrapolation):
    return text
  return '%s, %.3f on B = %d' % (text, ranks.extrapolation, ranks.level + 1)


def write(path, rows):
  """Writes `spearman.csv` anew.

  Args:
    path: str.
    rows: list of Ranks; what is not known is left empty.

  Raises:
    RunError: it cannot be written.
  """
  shown = [
    ['' if value != value else _text(value) for value in row] for row in rows
  ]
  scoring.write(path, [Ranks._fields] + shown)


def _text(value):
  return '%.4f' % value if isinstance(value, float) else value
