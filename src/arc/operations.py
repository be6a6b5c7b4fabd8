"""A search space is an ordered list of operations.

The position in the list is the operation's id in an architecture. The six
operations of the ENAS macro search space, the five of its cells and the four
activations of its recurrent cells are such lists; any other list of `Operation`
tuples works in the same places.
"""

from collections import namedtuple

from src.arc.errors import ArcError

Operation = namedtuple('Operation', ['name', 'label', 'kind', 'kernel'])
Operation.__doc__ = """One candidate operation of a layer.

Fields:
  name: str, an identifier, also used in variable scopes and tables.
  label: str, what a picture shows.
  kind: str, 'conv', 'separable', 'avg_pool', 'max_pool', 'identity' or
    'activation'.
  kernel: int, side of the square window in pixels; 1 where there is none.
"""

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
  Operation('identity', 'identity', 'identity', 1),
)
NUM_MICRO_OPERATIONS = len(MICRO_OPERATIONS)

# In the numbering of melodyguan/enas; enas_lm exchanges the last two.
RECURRENT_ACTIVATIONS = tuple(
  Operation(name, name, 'activation', 1)
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
    Operation('operation_%d' % n, 'operation %d' % n, 'unknown', 1)
    for n in range(len(published), count)
  )


def first_operations(num_branches, operations=MACRO_OPERATIONS):
  """The first `num_branches` operations of a search space.

  With the ENAS operations, 4 leaves out both pools and 5 the max pool.

  Args:
    num_branches: int, how many (the flag `child_num_branches`).
    operations: sequence of `Operation`.

  Returns:
    tuple of `Operation`.

  Raises:
    ArcError: there are not that many.
  """
  if not 1 <= num_branches <= len(operations):
    raise ArcError(
      'child_num_branches is %s, but the search space has %d operations: '
      'give 1 to %d' % (num_branches, len(operations), len(operations))
    )
  return tuple(operations[:num_branches])
