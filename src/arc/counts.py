"""Parameters and multiply-adds of macro networks, without building them.

A convolution has no bias and is followed by a batch norm, whose offset and
scale are counted. A multiply-add is one product of a weight and an activation
in a convolution or the classifier, for one image; batch norms, additions and
pooling are not counted.

Two networks are meant. 'search' is the shared model, of which an architecture
uses one branch per layer: 1x1 convolution then the operation, skips added, the
same width everywhere. 'final' is the network trained from scratch: skips are
concatenated into a 1x1 convolution and the width doubles at each reduction.
"""

from collections import namedtuple

from src.arc.errors import ArcError
from src.arc.macro import pool_layers
from src.arc.operations import (
  MACRO_OPERATIONS,
  NUM_MACRO_OPERATIONS,
  first_operations,
)
from src.arc.tokens import check_at_least

VIEWS = ('search', 'final')
POOLS = ('avg_pool', 'max_pool')

Stage = namedtuple('Stage', ['layers', 'size', 'filters'])
Stage.__doc__ = """Layers of one resolution.

Fields:
  layers: range of layer numbers.
  size: int, height and width in pixels.
  filters: int, channels of every tensor.
"""

_Cost = namedtuple('_Cost', ['parameters', 'multiply_adds'])


def stages(num_layers, out_filters, view='final', image_size=32):
  """The stages of a macro network, in order.

  Args:
    num_layers: int.
    out_filters: int, width of the first stage.
    view: 'search' (constant width) or 'final' (doubled at each reduction).
    image_size: int, pixels.

  Returns:
    list of `Stage`; three of them, or one when there are under three layers.
  """
  if view not in VIEWS:
    raise ArcError('view is %r, expected search or final' % (view,))
  num_layers = check_at_least('num_layers', num_layers, 1)
  filters = check_at_least('out_filters', out_filters, 1)
  image_size = check_at_least('image_size', image_size, 1)
  starts = [0] + [layer + 1 for layer in pool_layers(num_layers)]
  ends = starts[1:] + [num_layers]
  if len(starts) > 1 and view == 'search' and filters % 2:
    raise ArcError(
      'out_filters is %d, expected an even number: a reduction makes the '
      'channels in two halves' % filters
    )
  result = []
  for start, end in zip(starts, ends):
    result.append(Stage(range(start, end), image_size, filters))
    image_size = (image_size + 1) // 2
    filters *= 2 if view == 'final' else 1
  return result


def count_parameters(
  arc,
  out_filters,
  view='final',
  operations=MACRO_OPERATIONS,
  num_classes=10,
  separable=False,
  image_channels=3,
):
  """Trainable parameters of the network of one architecture.

  Args:
    arc: `MacroArc`.
    out_filters: int, width of the first stage.
    view: 'final', or 'search' for what the architecture uses of the shared
      model.
    operations: sequence of `Operation`.
    num_classes: int.
    separable: bool, whether the final network builds separable operations as
      such; upstream builds plain convolutions instead.
    image_channels: int.

  Returns:
    int.

  Raises:
    ArcError: an operation that cannot be counted, or a bad argument.
  """
  layer_cost = _layer_cost(arc, view, operations, separable)
  return _network_cost(
    stages(arc.num_layers, out_filters, view),
    layer_cost,
    num_classes,
    image_channels,
  ).parameters


def count_multiply_adds(
  arc,
  out_filters,
  view='final',
  operations=MACRO_OPERATIONS,
  num_classes=10,
  separable=False,
  image_channels=3,
  image_size=32,
):
  """Multiply-adds of one forward pass on one image.

  Args: as `count_parameters`, and image_size: int, pixels.

  Returns:
    int.
  """
  layer_cost = _layer_cost(arc, view, operations, separable)
  return _network_cost(
    stages(arc.num_layers, out_filters, view, image_size),
    layer_cost,
    num_classes,
    image_channels,
  ).multiply_adds


def count_search_parameters(
  num_layers,
  out_filters,
  num_branches=NUM_MACRO_OPERATIONS,
  operations=MACRO_OPERATIONS,
  num_classes=10,
  image_channels=3,
):
  """Trainable parameters of the shared model, all branches together.

  Args:
    num_layers: int.
    out_filters: int.
    num_branches: int, how many of the operations there are in each layer.
    operations: sequence of `Operation`.
    num_classes: int.
    image_channels: int.

  Returns:
    int.
  """
  branches = first_operations(num_branches, operations)

  def layer_cost(layer, filters, size):
    costs = [_search_operation(op, filters, size) for op in branches]
    return _total(costs + [_search_skip(layer, filters)])

  return _network_cost(
    stages(num_layers, out_filters, 'search'),
    layer_cost,
    num_classes,
    image_channels,
  ).parameters


def _network_cost(network_stages, layer_cost, num_classes, image_channels):
  """Cost of stem, layers, reductions of all tensors, and classifier."""
  first = network_stages[0]
  costs = [_convolution(3, image_channels, first.filters, first.size)]
  for stage, following in zip(network_stages, network_stages[1:] + [None]):
    for layer in stage.layers:
      costs.append(layer_cost(layer, stage.filters, stage.size))
    if following:
      num_tensors = following.layers[0] + 1
      reduction = _convolution(
        1, stage.filters, following.filters, following.size
      )
      costs.extend([reduction] * num_tensors)
  classifier = network_stages[-1].filters * num_classes
  costs.append(_Cost(classifier, classifier))
  return _total(costs)


def _layer_cost(arc, view, operations, separable):
  """Returns a function (layer, filters, size) -> cost of one architecture."""
  chosen = arc.layer_operations(operations)

  def search_cost(layer, filters, size):
    operation = _search_operation(chosen[layer], filters, size)
    return _total([operation, _search_skip(layer, filters)])

  def final_cost(layer, filters, size):
    cost = _final_operation(chosen[layer], filters, size, separable)
    if layer == 0:
      return cost
    inputs = (len(arc.skip_sources(layer)) + 1) * filters
    return _total([cost, _convolution(1, inputs, filters, size)])

  return search_cost if view == 'search' else final_cost


def _search_operation(operation, filters, size):
  """A 1x1 convolution, then the operation."""
  return _total(
    [
      _convolution(1, filters, filters, size),
      _window(operation, filters, size, separable=True),
    ]
  )


def _search_skip(layer, filters):
  """The batch norm after adding the skips, which layer 0 does not have."""
  return _Cost(2 * filters if layer else 0, 0)


def _final_operation(operation, filters, size, separable):
  """As in search, but a pool is applied to the layer's input directly."""
  window = _window(operation, filters, size, separable)
  if operation.kind in POOLS:
    return window
  return _total([_convolution(1, filters, filters, size), window])


def _window(operation, filters, size, separable):
  """The operation alone; separable ones as plain ones unless `separable`."""
  if operation.kind in POOLS:
    return _Cost(0, 0)
  if operation.kind == 'separable' and separable:
    weights = filters * (operation.kernel**2 + filters)
    return _Cost(weights + 2 * filters, weights * size**2)
  if operation.kind in ('conv', 'separable'):
    return _convolution(operation.kernel, filters, filters, size)
  raise ArcError(
    'operation %s: cannot count kind %r, expected conv, separable, avg_pool '
    'or max_pool' % (operation.name, operation.kind)
  )


def _convolution(kernel, inputs, outputs, size):
  """A plain convolution and its batch norm; `size` is that of the output.

  A factorised reduction costs the same as a 1x1 convolution: its two paths
  make half of the output channels each.
  """
  weights = kernel**2 * inputs * outputs
  return _Cost(weights + 2 * outputs, weights * size**2)


def _total(costs):
  return _Cost(*map(sum, zip(*costs)))
