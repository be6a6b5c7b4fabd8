"""What a network tells its layers: layout, use, normalisation, width.

One value goes from a child to its operations and on to the functions of
`blocks` and `batch_norm`. What two builds of one network may differ in is its
`Use`: its variables are the same in all of them.
"""

import typing

from src.nn import lazy, variables
from src.nn.image_format import ImageFormat
from src.tf1 import tf

# TensorFlow raises anything smaller, such as upstream's 1e-5, to this value.
BN_EPSILON = 1.001e-5
# What batch normalisation normalises by, see `Use`.
FOLD, BATCH, MOVING, ALONE = 'fold', 'batch', 'moving', 'alone'


class Use(typing.NamedTuple):
  """What a network is built for.

  Attributes:
    gradients: bool, whether any will be asked for.
    noise: bool, whether dropout and its like are in force.
    statistics: what batch normalisation normalises by: MOVING statistics, those
      of the BATCH, those of the batch that also FOLD into the moving ones, or
      those of the batch ALONE where there are no moving ones.
    key: function of a purpose that returns int32 [2], see `random_ops`; None
      where nothing is random.
    progress: float32 scalar in (0, 1], the share of the run's steps that are
      done.
  """

  gradients: bool = False
  noise: bool = False
  statistics: str = MOVING
  key: typing.Any = None
  progress: typing.Any = 1.0


def training(key, progress=1.0):
  """Use of a network that is trained; see `Use`."""
  return Use(True, True, FOLD, key, progress)


class Context(typing.NamedTuple):
  """Where a layer or an operation stands.

  Attributes:
    fmt: ImageFormat.
    use: Use.
    filters: int, channels of the result.
    form: str, the kind of network, see `src.cifar10.operations`.
    bn_epsilon: float, of plain batch normalisation.
    initial: first values of kernels, one of `variables`.
    stride: int, 2 where height and width are to be halved, else 1.
    mask: float32 [filters] of 0 and 1, the output channels that count in a
      macro search with partial channels; None for all of them.
    source: lazy.Choice of the node that the value is, in a cell of a search
      model, which has weights of its own for each; else None.
  """

  fmt: ImageFormat
  use: Use
  filters: int
  form: typing.Optional[str] = None
  bn_epsilon: float = BN_EPSILON
  initial: typing.Callable = variables.he_normal
  stride: int = 1
  mask: typing.Any = None
  source: typing.Optional[lazy.Choice] = None

  def key(self, purpose):
    """int32 [2], see `random_ops`; one of its own in each variable scope."""
    return self.use.key('%s in %s' % (purpose, tf.get_variable_scope().name))
