"""Parameters and multiply-adds of macro networks, without building them.

A convolution has no bias and is followed by a batch norm, whose offset and
scale are counted. A multiply-add is one product of a weight and an activation
in a convolution or the classifier, for one image; batch norms, additions and
pooling are not counted.

Two networks are meant. 'search' is the shared model, of which an architecture
uses one branch per layer: 1x1 convolution then the operation, skips added, the
same width everywhere. 'final' is the network trained from scratch: skips are
concatenated into a 1x1 convolution and the width doubles at each reduction.

What an operation costs is in `COSTS` by its kind; a table with more kinds may
be handed in.
"""

import typing

from src.arc.errors import ArcError
from src.arc.macro import SKIP_FROM, pool_layers
from src.arc.operations import MACRO_OPERATIONS, live_taps
from src.arc.tokens import check_at_least

VIEWS = ('search', 'final')


class Stage(typing.NamedTuple):
  """Layers of one resolution.

  Attributes:
    layers: range of layer numbers.
    size: int, height and width in pixels.
    filters: int, channels of every tensor.
  """

  layers: range
  size: int
  filters: int


class Cost(typing.NamedTuple):
  """What an operation costs."""

  parameters: int
  multiply_adds: int


class Place(typing.NamedTuple):
  """Where an operation stands.

  Attributes:
    view: 'search' or 'final'.
    filters: int, channels that come in and go out.
    size: int, height and width in pixels.
  """

  view: str
  filters: int
  size: int


def stages(
  num_layers, out_filters, view='final', image_size=32, num_reductions=2
):
  """The stages of a macro network, in order.

  Args:
    num_layers: int.
    out_filters: int, width of the first stage.
    view: 'search' (constant width) or 'final' (doubled at each reduction).
    image_size: int, pixels.
    num_reductions: int, how often the resolution is halved.

  Returns:
    list of `Stage`; one more than reductions, or one when the layers are too
    few for that.
  """
  if view not in VIEWS:
    raise ArcError('view is %r, expected search or final' % (view,))
  num_layers = check_at_least('num_layers', num_layers, 1)
  filters = check_at_least('out_filters', out_filters, 1)
  image_size = check_at_least('image_size', image_size, 1)
  num_reductions = check_at_least('num_reductions', num_reductions, 0)
  reductions = pool_layers(num_layers, num_reductions)
  starts = [0] + [layer + 1 for layer in reductions]
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
  costs=None,
  num_reductions=2,
):
  """Trainable parameters of the network of one architecture.

  Args:
    arc: `MacroArc`.
    out_filters: int, width of the first stage.
    view: 'final', or 'search' for what the architecture uses of the shared
      model.
    operations: sequence of `Operation`, what each number means.
    num_classes: int.
    separable: bool, whether the final network builds separable operations as
      such; upstream builds plain convolutions instead.
    image_channels: int.
    costs: dict as `COSTS`, or None for that.
    num_reductions: int, see `stages`.

  Returns:
    int.

  Raises:
    ArcError: an operation that cannot be counted, or a bad argument.
  """
  layer_cost = _layer_cost(arc, view, operations, separable, costs)
  return _network_cost(
    stages(arc.num_layers, out_filters, view, num_reductions=num_reductions),
    arc.skip_from,
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
  costs=None,
  num_reductions=2,
):
  """Multiply-adds of one forward pass on one image.

  Args: as `count_parameters`, and image_size: int, pixels.

  Returns:
    int.
  """
  layer_cost = _layer_cost(arc, view, operations, separable, costs)
  return _network_cost(
    stages(arc.num_layers, out_filters, view, image_size, num_reductions),
    arc.skip_from,
    layer_cost,
    num_classes,
    image_channels,
  ).multiply_adds


def count_search_parameters(
  space,
  out_filters,
  num_classes=10,
  image_channels=3,
  costs=None,
  num_reductions=2,
  norm_first_layer=False,
  classifier_bias=False,
):
  """Trainable parameters of the shared model, all operations together.

  Args:
    space: `MacroSpace`; actions that share an operation count once.
    out_filters: int.
    num_classes: int.
    image_channels: int.
    costs: see `COSTS`.
    num_reductions: int, see `stages`.
    norm_first_layer: bool, whether layer 0 ends with a batch norm too.
    classifier_bias: bool.

  Returns:
    int.
  """
  costs = costs or COSTS

  def layer_cost(layer, filters, size):
    place = Place('search', filters, size)
    return _total(
      [_cost(operation, place, costs) for operation in space.operations]
      + [_search_skip(layer or norm_first_layer, filters)]
    )

  return (
    classifier_bias * num_classes
    + _network_cost(
      stages(
        space.num_layers, out_filters, 'search', num_reductions=num_reductions
      ),
      space.skip_from,
      layer_cost,
      num_classes,
      image_channels,
    ).parameters
  )


def _network_cost(
  network_stages, skip_from, layer_cost, num_classes, image_channels
):
  """Cost of stem, layers, reductions of what skips read, and classifier."""
  first = network_stages[0]
  costs = [_convolution(3, image_channels, first.filters, first.size)]
  for stage, following in zip(network_stages, network_stages[1:] + [None]):
    for layer in stage.layers:
      costs.append(layer_cost(layer, stage.filters, stage.size))
    if following:
      num_tensors = following.layers[0] + 1 - SKIP_FROM.index(skip_from)
      reduction = _convolution(
        1, stage.filters, following.filters, following.size
      )
      costs.extend([reduction] * num_tensors)
  classifier = network_stages[-1].filters * num_classes
  costs.append(Cost(classifier, classifier))
  return _total(costs)


def _layer_cost(arc, view, operations, separable, costs):
  """Returns a function (layer, filters, size) -> cost of one architecture."""
  chosen = arc.layer_operations(operations)
  costs = costs or COSTS
  if view == 'final' and not separable:
    costs = dict(costs, separable=costs['conv'])

  def layer_cost(layer, filters, size):
    cost = _cost(chosen[layer], Place(view, filters, size), costs)
    if view == 'search':
      return _total([cost, _search_skip(layer, filters)])
    if layer == 0:
      return cost
    inputs = (len(arc.skip_sources(layer)) + 1) * filters
    return _total([cost, _convolution(1, inputs, filters, size)])

  return layer_cost


def _search_skip(normed, filters):
  """The batch norm after adding the skips, which layer 0 may not have."""
  return Cost(2 * filters if normed else 0, 0)


def _cost(operation, place, costs):
  """Of an operation with what comes before it in its layer."""
  if operation.kind not in costs:
    raise ArcError(
      'operation %s: cannot count kind %r, expected %s'
      % (operation.name, operation.kind, ', '.join(costs))
    )
  return costs[operation.kind](operation, place)


def _conv(operation, place):
  """Taps that see nothing of the map have weights and do nothing."""
  filters, kernel = place.filters, operation.kernel
  cost = _convolution(kernel, filters, filters, place.size)
  dilation = operation.param('dilation', 1)
  if dilation > 1:
    live = live_taps(kernel, dilation, place.size)
    cost = cost._replace(multiply_adds=(live * filters * place.size) ** 2)
  return _total([_entry(place), cost])


def _separable(operation, place):
  filters = place.filters
  mixed = filters if operation.param('mixes', True) else 1
  weights = filters * (operation.kernel**2 + mixed)
  cost = Cost(weights + 2 * filters, weights * place.size**2)
  return _total([_entry(place), cost])


def _pool(operation, place):
  """A final network pools the layer's input directly."""
  del operation
  return _entry(place) if place.view == 'search' else Cost(0, 0)


def _transposed(operation, place):
  """Without a batch norm."""
  weights = (operation.kernel * place.filters) ** 2
  return Cost(weights, weights * place.size**2)


def _nothing(operation, place):
  del operation, place
  return Cost(0, 0)


def _entry(place):
  """The 1x1 convolution before an operation."""
  return _convolution(1, place.filters, place.filters, place.size)


# What each kind costs: functions (operation, place) -> `Cost`.
COSTS = {
  'conv': _conv,
  'separable': _separable,
  'avg_pool': _pool,
  'max_pool': _pool,
  'identity': _nothing,
  'gaussian': _nothing,
  'dropout': _nothing,
  'tconv': _transposed,
}


def _convolution(kernel, inputs, outputs, size):
  """A plain convolution and its batch norm; `size` is that of the output.

  A factorised reduction costs the same as a 1x1 convolution: its two paths
  make half of the output channels each.
  """
  weights = kernel**2 * inputs * outputs
  return Cost(weights + 2 * outputs, weights * size**2)


def _total(costs):
  return Cost(*map(sum, zip(*costs)))
