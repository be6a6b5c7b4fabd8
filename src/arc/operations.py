"""What can be chosen: operations, and the published lists of them.

A search space is an ordered list of operations (`src.arc.spaces`). The six of
the ENAS macro search, the five of its cells, the four activations of its
recurrent cells and the nine of progressive search are here; any other list of
`Operation` works in the same places.
"""

import typing

from src.arc.errors import ArcError


class Operation(typing.NamedTuple):
  """One candidate operation of a layer.

  Attributes:
    name: str, an identifier, also used in variable scopes and tables.
    label: str, what a picture shows.
    kind: str, what tables of builders, costs and colours are asked for, such
      as 'conv', 'max_pool' or 'activation'.
    kernel: int, side of the square window in pixels; 1 where there is none.
    params: tuple of (str, number), whatever else its kind needs, such as
      (('dilation', 2),).
  """

  name: str
  label: str
  kind: str
  kernel: int = 1
  params: tuple = ()

  def param(self, name, default=None):
    """The number that goes by a name in `params`.

    Raises:
      ArcError: there is none, and no default.
    """
    value = dict(self.params).get(name, default)
    if value is None:
      raise ArcError(
        'operation %s of kind %s needs the parameter %s'
        % (self.name, self.kind, name)
      )
    return value


def live_taps(kernel, dilation, size):
  """How many taps of a dilated kernel ever see a map, in one direction.

  The kernel lies in the middle, so its taps are at distances j * dilation to
  both sides; one that is `size` or more away never meets a pixel.

  Args:
    kernel: int, taps in that direction.
    dilation: int, pixels between two of them.
    size: int, of the map.

  Returns:
    int, of the same parity as `kernel`, so that those in the middle are meant;
    0 where none sees anything.
  """
  reach = (kernel - 1) * dilation
  seen = [abs(2 * tap * dilation - reach) < 2 * size for tap in range(kernel)]
  return sum(seen)


MACRO_OPERATIONS = (
  Operation('conv_3x3', 'conv 3×3', 'conv', 3),
  Operation('sep_conv_3x3', 'sep conv 3×3', 'separable', 3),
  Operation('conv_5x5', 'conv 5×5', 'conv', 5),
  Operation('sep_conv_5x5', 'sep conv 5×5', 'separable', 5),
  Operation('avg_pool_3x3', 'avg pool 3×3', 'avg_pool', 3),
  Operation('max_pool_3x3', 'max pool 3×3', 'max_pool', 3),
)
NUM_MACRO_OPERATIONS = len(MACRO_OPERATIONS)

MICRO_OPERATIONS = (
  Operation('sep_conv_3x3', 'sep conv 3×3', 'separable', 3),
  Operation('sep_conv_5x5', 'sep conv 5×5', 'separable', 5),
  Operation('avg_pool_3x3', 'avg pool 3×3', 'avg_pool', 3),
  Operation('max_pool_3x3', 'max pool 3×3', 'max_pool', 3),
  Operation('identity', 'identity', 'identity'),
)
NUM_MICRO_OPERATIONS = len(MICRO_OPERATIONS)

# Of progressive search, by the names of titu1994's implementation, in its
# order; the paper has the last row in the place of the plain convolution. A
# dilated convolution of stride 2 reads every second pixel only: those, without
# gaps.
PNAS_OPERATIONS = (
  Operation('identity', 'identity', 'identity'),
  Operation('3x3 dconv', 'sep conv 3×3', 'separable', 3),
  Operation('5x5 dconv', 'sep conv 5×5', 'separable', 5),
  Operation('7x7 dconv', 'sep conv 7×7', 'separable', 7),
  Operation('1x7-7x1 conv', 'conv 1×7, 7×1', 'factorised', 7),
  Operation('3x3 conv', 'conv 3×3', 'conv', 3),
  Operation('3x3 maxpool', 'max pool 3×3', 'max_pool', 3),
  Operation('3x3 avgpool', 'avg pool 3×3', 'avg_pool', 3),
  Operation('3x3 dilated conv', 'conv 3×3 d=2', 'conv', 3, (('dilation', 2),)),
)
PNAS_SEED_OPERATIONS = PNAS_OPERATIONS[:8]
PNAS_PAPER_OPERATIONS = (
  PNAS_OPERATIONS[:5] + PNAS_OPERATIONS[8:] + PNAS_OPERATIONS[6:8]
)

# In the numbering of melodyguan/enas; enas_lm exchanges the last two.
RECURRENT_ACTIVATIONS = tuple(
  Operation(name, name, 'activation')
  for name in ('tanh', 'relu', 'identity', 'sigmoid')
)


def named_operations(count, published):
  """The published operations, and numbered ones if a space has more.

  Args:
    count: int, size of the search space.
    published: tuple of `Operation`.

  Returns:
    tuple of at least `count` `Operation`; those that are not known are of the
    kind 'unknown'.
  """
  return published + tuple(
    Operation('operation_%d' % n, 'operation %d' % n, 'unknown')
    for n in range(len(published), count)
  )


def operations_named(names, known=PNAS_OPERATIONS):
  """tuple of the `Operation` with these names; raises ArcError for others."""
  table = {operation.name: operation for operation in known}
  for name in names:
    if name not in table:
      raise ArcError(
        'operation %s is not known, expected some of %s'
        % (ascii(name), ', '.join(table))
      )
  return tuple(table[name] for name in names)
