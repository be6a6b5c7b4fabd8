"""Which examples a step sees: a pure function of (seed, purpose, step).

Nothing is drawn from a queue, so a resumed run sees the batches that the
uninterrupted one would have seen. Upstream's queue missed a quarter of the
images in each epoch; here a pass covers every example (docs/FIDELITY.md).
"""

import numpy as np

from src.nn import keyed


class ShuffledBatches:
  """Full batches in a new order each pass.

  A pass is one permutation of the examples, cut into `num_batches` batches.
  Where the last batch would be short it is filled from the start of the same
  permutation.

  Attributes:
    num_batches: int, batches in a pass: ceil(num_examples / batch_size).
  """

  def __init__(
    self, num_examples, batch_size, seed, purpose, stay=False, fill=True
  ):
    """Fixes the order of all steps to come.

    Args:
      num_examples: int > 0, may be less than `batch_size`.
      batch_size: int > 0.
      seed: int, the seed of the run.
      purpose: str, tells apart the orders of one run.
      stay: bool, whether all passes have the order of the first.
      fill: bool; without it a last batch that is short stays so.
    """
    self._fill = fill
    self.num_batches = -(-num_examples // batch_size)
    self._num_examples = num_examples
    self._batch_size = batch_size
    self._key = (seed, purpose)
    self._stay = stay
    self._cached = (None, None)

  def indices(self, step):
    """The examples of one step.

    Args:
      step: int >= 0, counted from the start of the run.

    Returns:
      int [batch_size], or fewer without `fill`, each in [0, num_examples).
    """
    number, batch = divmod(step, self.num_batches)
    start = batch * self._batch_size
    places = np.arange(start, start + self._batch_size)
    if not self._fill:
      places = places[places < self._num_examples]
    return self._order(0 if self._stay else number)[places % self._num_examples]

  def _order(self, number):
    """The permutation of pass `number`; the last one asked for is kept."""
    if self._cached[0] != number:
      generator = keyed.generator(*self._key, step=number)
      self._cached = (number, generator.permutation(self._num_examples))
    return self._cached[1]


def sequential(num_examples, batch_size):
  """Covers each example exactly once, in order, as evaluation needs it.

  Args:
    num_examples: int >= 0.
    batch_size: int > 0.

  Yields:
    range of at most `batch_size` indices; only the last may be shorter.
  """
  for start in range(0, num_examples, batch_size):
    yield range(start, min(start + batch_size, num_examples))
