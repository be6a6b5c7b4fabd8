"""Parameters and multiply-adds of networks of PNAS cells.

Counted as in `micro_counts`. In a stack of cells each convolution is ReLU,
convolution, batch norm, without a bias; the classifier has one. Separable
convolutions are there twice, the first with the stride. An input that a cell
reads is brought to the width of its blocks by a 1x1 convolution where it has
another one, and to the size of the other input where it is larger (a factorised
reduction, counted as a 1x1 convolution); one that no block reads is left out.

Flat cells are two, both of stride 2, and their convolutions have biases.
"""

from src.arc import micro_counts
from src.arc.micro_counts import Image
from src.arc.pnas import LOOKBACK, stacked
from src.arc.tokens import check_at_least


def count(
  arc,
  cells_per_stage,
  filters,
  operations=None,
  num_classes=10,
  image_channels=3,
  image_size=32,
  costs=None,
  num_reductions=2,
):
  """Trainable parameters, and multiply-adds of one image, of a network.

  Args:
    arc: `PnasArc`; `FLAT_COSTS` and two cells, of `filters` and twice as many,
      where it is flat.
    cells_per_stage: int, N; of no meaning where the cell is flat.
    filters: int, F, width of the first blocks.
    operations: sequence of `Operation`, or None for those of its names.
    num_classes: int.
    image_channels: int.
    image_size: int, pixels.
    costs: dict as `COSTS` and `FLAT_COSTS`, or None for those.
    num_reductions: int, stages but one.

  Returns:
    (int, int).

  Raises:
    ArcError: an operation that cannot be counted, or a bad argument.
  """
  image = Image(check_at_least('image_size', image_size, 1), image_channels)
  if arc.cell == 'flat':
    network = _Flat(arc, operations, costs or FLAT_COSTS)
    filters = check_at_least('filters', filters, 1)
    return network.count((filters, 2 * filters), num_classes, image)
  layers = stacked(cells_per_stage, filters, num_reductions)
  network = _Stack(arc, operations, costs or COSTS)
  return network.count(layers, num_classes, image)


class _Stack(micro_counts.Count):
  """A stem, cells in stages, and a classifier."""

  networks = 'networks of PNAS cells'

  def __init__(self, arc, operations, costs):
    super().__init__(operations, costs)
    self._arc, self._pairs = arc, arc.block_operations(operations)

  def count(self, layers, num_classes, image):
    last = self.conv(image, 3 * layers[0].filters, 9)
    pair = (last, last)
    for layer in layers:
      pair = (pair[1], self._cell(pair, layer))
    return self.classified(pair[1].channels, num_classes)

  def classified(self, channels, num_classes):
    """The counts with those of a classifier, which has a bias."""
    self.parameters += (channels + 1) * num_classes
    self.multiply_adds += channels * num_classes
    return self.parameters, self.multiply_adds

  def _cell(self, pair, layer):
    size, filters = pair[1].size, layer.filters
    nodes = {}
    for number in self._arc.reads():
      image = pair[number - LOOKBACK]
      if image.size > size:
        image = self.conv(image, filters, 1, 2)
      elif image.channels != filters:
        image = self.conv(image, filters, 1)
      nodes[number] = image
    for number, block in enumerate(self._arc.blocks):
      for read, chosen in zip(block[::2], self._pairs[number]):
        stride = layer.stride if read < 0 else 1
        made = self.operation(chosen, nodes[read], filters, stride)
      nodes[number] = made
    return Image(made.size, filters * len(self._arc.outputs()))


class _Flat(_Stack):
  """Two cells whose operations all read the cell's input."""

  def count(self, widths, num_classes, image):
    for filters in widths:
      made = [
        self.operation(chosen, image, filters, 2)
        for pair in self._pairs
        for chosen in pair
      ]
      image = Image(made[0].size, sum(part.channels for part in made))
    return self.classified(image.channels, num_classes)

  def conv(self, image, filters, window, stride=1):
    self.parameters += filters
    return super().conv(image, filters, window, stride)


def _factorised(counts, operation, image, filters, stride):
  for step in (stride, 1):
    image = counts.conv(image, filters, operation.kernel, step)
  return image


def _conv(counts, operation, image, filters, stride):
  return counts.conv(image, filters, operation.kernel**2, stride)


def _separable_once(counts, operation, image, filters, stride):
  image = counts.depthwise(image, operation.kernel, stride)
  return counts.conv(image, filters, 1)


def _pool(counts, operation, image, filters, stride):
  del counts, operation, filters
  return image._replace(size=-(-image.size // stride))


# What each kind adds to a count, as in `micro_counts`.
COSTS = dict(micro_counts.COSTS, conv=_conv, factorised=_factorised)
FLAT_COSTS = {
  'identity': _conv,
  'separable': _separable_once,
  'factorised': _factorised,
  'conv': _conv,
  'avg_pool': _pool,
  'max_pool': _pool,
}
