"""Which image at which step, and in which pass over the data.

Each order is a pure function of the step, so any step can be asked for.
"""

import typing

from src.images import batches
from src.nn import keyed


class Example(typing.NamedTuple):
  """One image of one step: its index in the split, the pass it belongs to."""

  index: int
  epoch: int


class Shuffled:
  """Training and rewards: full batches, a new order each pass.

  Attributes:
    num_batches: int, batches in a pass.
    num_counted: int, examples that these batches hold.
  """

  def __init__(self, num_examples, batch_size, seed, purpose, stay=False):
    self._batches = batches.ShuffledBatches(
      num_examples, batch_size, seed, purpose, stay
    )
    self.num_batches = self._batches.num_batches
    self.num_counted = self.num_batches * batch_size

  def examples(self, step):
    """The examples of a step >= 0, a list of `Example`."""
    epoch = step // self.num_batches
    return [Example(int(i), epoch) for i in self._batches.indices(step)]


class Once:
  """Evaluation: each image exactly once, in order; the last batch is short.

  Attributes: see `Shuffled`; here `num_counted` is the number of examples.
  """

  def __init__(self, num_examples, batch_size):
    self._ranges = list(batches.sequential(num_examples, batch_size))
    self.num_batches = len(self._ranges)
    self.num_counted = num_examples

  def examples(self, step):
    """The examples of a step; after the last one it starts again."""
    return [Example(i, 0) for i in self._ranges[step % self.num_batches]]


class Stream:
  """Evaluation as in the reference: full batches from an endless queue.

  Each evaluation takes ceil(N / batch_size) batches and goes on where the one
  before stopped, so some images count twice in it and others not at all.
  Kept for `--eval_protocol=reference` (docs/FIDELITY.md).

  Attributes: see `Shuffled`; `num_counted` is 624 for the 616 images of val.
  """

  def __init__(self, num_examples, batch_size, seed, purpose):
    self._num_examples = num_examples
    self._batch_size = batch_size
    self._key = (seed, purpose)
    self._cached = (None, None)
    self.num_batches = -(-num_examples // batch_size)
    self.num_counted = self.num_batches * batch_size

  def examples(self, step):
    """The examples of a step, counted from the first evaluation of the run."""
    found = []
    for place in range(step * self._batch_size, (step + 1) * self._batch_size):
      epoch, rank = divmod(place, self._num_examples)
      if self._cached[0] != epoch:
        generator = keyed.generator(*self._key, step=epoch)
        self._cached = epoch, generator.permutation(self._num_examples)
      found.append(Example(int(self._cached[1][rank]), epoch))
    return found
