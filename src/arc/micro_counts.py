"""Parameters and multiply-adds of fixed micro networks, without building them.

Counted as in `counts`: convolutions have no bias, a batch norm's offset and
scale are parameters, and a multiply-add is one product of a weight and an
activation in a convolution or the classifier, for one image. The auxiliary
head is left out.
"""

import typing

from src.arc.errors import ArcError
from src.arc.operations import MICRO_OPERATIONS
from src.arc.tokens import check_at_least


class Image(typing.NamedTuple):
  """Height and width in pixels, and channels."""

  size: int
  channels: int


def reduction_layers(num_layers, num_reductions=2):
  """tuple of ints: which of all layers are reduction cells.

  Args:
    num_layers: int, layers beside the reduction cells.
    num_reductions: int, at least 0; 2 in melodyguan/enas.
  """
  apart = num_layers // (num_reductions + 1) + 1
  return tuple(apart * count - 1 for count in range(1, num_reductions + 1))


def count_parameters(
  arc,
  num_layers,
  out_filters,
  operations=MICRO_OPERATIONS,
  num_classes=10,
  image_channels=3,
  costs=None,
  num_reductions=2,
):
  """Trainable parameters of the fixed network of one architecture.

  Args:
    arc: `MicroArc`.
    num_layers: int, layers beside the reduction cells.
    out_filters: int, width of the first layers' nodes.
    operations: sequence of `Operation`.
    num_classes: int.
    image_channels: int.
    costs: dict as `COSTS`, or None for that.
    num_reductions: int, reduction cells.

  Returns:
    int.

  Raises:
    ArcError: an operation that cannot be counted, or a bad argument.
  """
  image = Image(32, image_channels)
  count = Count(operations, costs)
  layers = (num_layers, num_reductions)
  return count.network(arc, layers, out_filters, num_classes, image)[0]


def count_multiply_adds(
  arc,
  num_layers,
  out_filters,
  operations=MICRO_OPERATIONS,
  num_classes=10,
  image_channels=3,
  image_size=32,
  costs=None,
  num_reductions=2,
):
  """Multiply-adds of one forward pass on one image; see `count_parameters`."""
  image_size = check_at_least('image_size', image_size, 1)
  image = Image(image_size, image_channels)
  count = Count(operations, costs)
  layers = (num_layers, num_reductions)
  return count.network(arc, layers, out_filters, num_classes, image)[1]


class Count:
  """Sums that grow while a network is walked through.

  Attributes:
    parameters, multiply_adds: ints.
    networks: str, what errors call the networks that are counted.
  """

  networks = 'micro networks'

  def __init__(self, operations, costs):
    self._operations, self._costs = operations, costs or COSTS
    self.parameters, self.multiply_adds = 0, 0

  def network(self, arc, layers, filters, num_classes, image):
    """(parameters, multiply-adds); layers: (layers, reduction cells)."""
    num_layers = check_at_least('num_layers', layers[0], 1)
    num_reductions = check_at_least('num_reductions', layers[1], 0)
    reductions = reduction_layers(num_layers, num_reductions)
    filters = check_at_least('out_filters', filters, 1)
    last = self.conv(image, 3 * filters, 9)
    pair = (last, last)
    for layer in range(num_layers + num_reductions):
      reduces = layer in reductions
      filters *= 2 if reduces else 1
      cell = 'reduce' if reduces else 'normal'
      pair = (pair[1], self._cell(arc, cell, pair, filters))
    classifier = pair[1].channels * num_classes
    self.parameters += classifier
    self.multiply_adds += classifier
    return self.parameters, self.multiply_adds

  def conv(self, image, filters, window, stride=1):
    """A convolution and its batch norm; window: products a pixel, channel."""
    made = Image(-(-image.size // stride), filters)
    weights = window * image.channels * filters
    self.parameters += weights + 2 * filters
    self.multiply_adds += weights * made.size**2
    return made

  def depthwise(self, image, kernel, stride):
    """A filter for each channel."""
    made = Image(-(-image.size // stride), image.channels)
    weights = kernel**2 * image.channels
    self.parameters += weights
    self.multiply_adds += weights * made.size**2
    return made

  def _cell(self, arc, cell, pair, filters):
    older, newer = pair
    # Halving to `filters` is a 1x1 convolution, its halves at other pixels.
    if older.size != newer.size:
      older = self.conv(older, filters, 1, 2)
    elif older.channels != filters:
      older = self.conv(older, filters, 1)
    if newer.channels != filters:
      newer = self.conv(newer, filters, 1)
    nodes = [older, self.conv(newer, filters, 1)]
    pairs = arc.block_operations(cell, self._operations)
    for block, chosen in zip(getattr(arc, cell), pairs):
      for index, operation in zip((block.index_1, block.index_2), chosen):
        stride = 2 if cell == 'reduce' and index < 2 else 1
        made = self.operation(operation, nodes[index], filters, stride)
      nodes.append(made)
    loose = [nodes[number] for number in arc.loose_ends(cell)]
    size = min(node.size for node in loose)
    for node in loose:
      if node.size > size:
        self.conv(node, filters, 1, 2)
    return Image(size, filters * len(loose))

  def operation(self, operation, image, filters, stride):
    """What an operation makes of an `Image`."""
    if operation.kind not in self._costs:
      raise ArcError(
        'operation %s is of kind %s, which %s do not have'
        % (operation.name, operation.kind, self.networks)
      )
    return self._costs[operation.kind](self, operation, image, filters, stride)


def _separable(count, operation, image, filters, stride):
  for step in (stride, 1):
    image = count.depthwise(image, operation.kernel, step)
    image = count.conv(image, filters, 1)
  return image


def _identity(count, operation, image, filters, stride):
  del operation
  return image if stride == 1 else count.conv(image, filters, 1, 2)


def _pool(count, operation, image, filters, stride):
  del count, operation
  return Image(-(-image.size // stride), filters)


# What each kind adds to a count: functions (count, operation, image, filters,
# stride) -> `Image`.
COSTS = {
  'separable': _separable,
  'avg_pool': _pool,
  'max_pool': _pool,
  'identity': _identity,
  'gaussian': _identity,
  'dropout': _identity,
}
