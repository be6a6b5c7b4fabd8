"""How predictors are trained, as values.

Sources: Progressive Neural Architecture Search (arXiv 1712.00559), sections
3 and 5; titu1994/progressive-neural-architecture-search.
"""

import typing

from src.nn import schedules, variables
from src.pnas.mlp import Mlp
from src.pnas.recurrent import Lstm
from src.tf1 import tf


class ByLevel(typing.NamedTuple):
  """One rate while only cells of a single block are known, then another.

  Attributes:
    first, later: floats.
  """

  first: float
  later: float

  def __call__(self, step):
    """The rate, a float32 scalar; reads the variable `level`."""
    del step
    level = variables.create(
      'level', [], variables.ones, trainable=False, dtype='int32'
    )
    return tf.where(level.value() <= 1, self.first, self.later)


class Recipe(typing.NamedTuple):
  """A predictor and its training.

  Attributes:
    name: str.
    network: an `Mlp` or `Lstm`.
    loss: str, 'l1', the mean absolute error, or 'mse', the mean squared one.
    regularization: float, what half the sum of all squared weights counts in
      the loss.
    schedule: the learning rate by step, of `src.nn.schedules` or `ByLevel`.
    epochs: int, passes over all that is known.
    batch_size: int; None for all at once.
    members: int, predictors whose mean is the score; from two on, each is
      trained without a part of its own, one of as many equal ones.
    afresh: bool. True: each training begins with initial values, and with the
      bias that gives the mean accuracy of the first level. False: it goes on
      from what the one before left, and takes levels in their order.
    swap: bool, whether branches of blocks are swapped at random in training.
  """

  name: str
  network: typing.Any
  loss: str = 'l1'
  regularization: float = 0.0
  schedule: typing.Any = ByLevel(0.01, 0.002)
  epochs: int = 100
  batch_size: typing.Optional[int] = None
  members: int = 5
  afresh: bool = True
  swap: bool = False

  @property
  def label(self):
    """str, the name and the number of members, such as 'mlp x5'."""
    return '%s x%d' % (self.name, self.members)


MLP = Recipe('mlp', Mlp())
LSTM = Recipe('lstm', Lstm())


def reference(regularization=0.001, cells=32, embedding=20, epochs=10):
  """The recipe of titu1994/progressive-neural-architecture-search (master).

  Args:
    regularization: float, `reg_param`.
    cells: int, `controller_cells`.
    embedding: int, `embedding_dim`.
    epochs: int, `train_iterations`.
  """
  return Recipe(
    name='reference',
    network=Lstm(embedding, cells, pairs=True, limit=None),
    loss='mse',
    regularization=regularization,
    schedule=schedules.Exponential(0.001, 0.98, 500),
    epochs=epochs,
    batch_size=1,
    members=1,
    afresh=False,
  )
