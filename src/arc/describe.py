"""Architectures in words: what is in each place, and where two differ."""

import functools
import itertools

from src.arc import capacity, counts, micro_counts, pnas_counts
from src.arc.errors import ArcError
from src.arc.hadamard import HadamardArc
from src.arc.macro import MacroArc, pool_layers
from src.arc.micro import CELL_NAMES, CELLS, MicroArc
from src.arc.operations import (
  MACRO_OPERATIONS,
  MICRO_OPERATIONS,
  named_operations,
)
from src.arc.pnas import PnasArc
from src.arc.recurrent import RecurrentArc
from src.arc.rows import tensor_name


@functools.singledispatch
def places(arc):
  """What an architecture is, place by place.

  Args:
    arc: `MacroArc`, `MicroArc`, `PnasArc` or `RecurrentArc`.

  Returns:
    list of (place, text), such as ('layer 2', 'conv_5x5, adds stem').

  Raises:
    ArcError: of any other kind.
  """
  raise ArcError('cannot describe a %s layer by layer' % arc.kind)


@places.register(MacroArc)
def _(arc):
  lines = []
  operations = named_operations(arc.num_operations, MACRO_OPERATIONS)
  for layer, operation in enumerate(arc.layer_operations(operations)):
    skips = ', '.join(map(tensor_name, arc.skip_sources(layer)))
    text = operation.name + (', adds ' + skips if skips else '')
    lines.append(('layer %d' % layer, text))
  return lines


@places.register(MicroArc)
def _(arc):
  lines = []
  operations = named_operations(arc.num_operations, MICRO_OPERATIONS)
  for cell in CELLS:
    pairs = zip(getattr(arc, cell), arc.block_operations(cell, operations))
    for number, (block, (first, second)) in enumerate(pairs):
      text = '%s of node %d + %s of node %d' % (
        first.name,
        block.index_1,
        second.name,
        block.index_2,
      )
      lines.append(('%s, node %d' % (CELL_NAMES[cell], number + 2), text))
    ends = ', '.join(map(str, arc.loose_ends(cell)))
    lines.append(('%s, output' % CELL_NAMES[cell], 'nodes ' + ends))
  return lines


@places.register(RecurrentArc)
def _(arc):
  sources = ['input and previous state']
  sources += ['node %d' % node for node in arc.predecessors]
  lines = [
    ('node %d' % node, '%s of %s' % (operation.name, source))
    for node, (operation, source) in enumerate(
      zip(arc.node_operations(), sources)
    )
  ]
  nodes = ', '.join(map(str, arc.averaged()))
  return lines + [('output', 'mean of nodes ' + nodes)]


@places.register(HadamardArc)
def _(arc):
  names = {'x': 'input', 'h': 'state h before', 'c': 'state c before'}
  lines = []
  for number, node in enumerate(arc.nodes):
    a, b = (names.get(of, 'node %s' % of) for of in node.inputs)
    if node.op == 'lin':
      text = '%s of lin of %s and %s' % (node.functions[0], a, b)
    else:
      sides = zip(node.functions, (a, b))
      sign = ' + ' if node.op == 'add' else ' * '
      text = sign.join('%s of %s' % side for side in sides)
    lines.append(('node %d' % number, text))
  ends = (('c', arc.c), ('h', arc.h))
  return lines + [('state ' + name, 'node %d' % of) for name, of in ends]


@places.register(PnasArc)
def _(arc):
  flat = arc.cell == 'flat'
  lines = []
  for number, block in enumerate(arc.blocks):
    halves = zip(block[::2], (block.op_1, block.op_2))
    texts = [
      arc.operations[op] + ('' if flat else ' of %s' % _read_by_block(read))
      for read, op in halves
    ]
    lines.append(('block %d' % number, ' + '.join(texts)))
  outputs = 'blocks ' + ', '.join(map(str, arc.outputs()))
  return lines + [('output', 'all operations' if flat else outputs)]


def _read_by_block(number):
  return 'block %d' % number if number >= 0 else 'H(c%d)' % number


@functools.singledispatch
def summary(arc, network):
  """One line that says what an architecture is, and how large.

  Args:
    arc: the architecture.
    network: `record.Network`.
  """
  del network
  return arc.kind


@summary.register(MacroArc)
def _(arc, network):
  halved = pool_layers(arc.num_layers, network.num_reductions)
  return '%s: %d layers, %d tokens, %d of %d skips; halved after layers %s' % (
    arc.kind,
    arc.num_layers,
    len(arc.tokens),
    arc.num_skips,
    arc.num_layers * (arc.num_layers - 1) // 2,
    ' and '.join(map(str, halved)) or '-',
  )


@summary.register(MicroArc)
def _(arc, network):
  del network
  return '%s: %d blocks a cell, %d tokens' % (
    arc.kind,
    arc.num_cells,
    len(arc.tokens),
  )


@summary.register(PnasArc)
def _(arc, network):
  del network
  return '%s: %s, %d blocks, %d tokens' % (
    arc.kind,
    arc.cell,
    arc.num_blocks,
    len(arc.tokens),
  )


@functools.singledispatch
def counted(arc, network, view, operations=None):
  """Parameters and multiply-adds of a network of an architecture.

  Args:
    arc: the architecture.
    network: `record.Network`.
    view: 'search' or 'final'.
    operations: sequence of `Operation`, what numbers in the architecture mean,
      or None for the published ones.

  Returns:
    (int, int), the latter for one image or one word; or None where something is
    not known that is needed: the network's size, or what an operation costs.
  """
  del arc, network, view, operations


@counted.register(MacroArc)
def _(arc, network, view, operations=None):
  operations = operations or named_operations(
    arc.num_operations, MACRO_OPERATIONS
  )
  chosen = arc.layer_operations(operations)
  if network.out_filters is None or not _known(chosen, counts.COSTS):
    return None
  common = {
    'view': view,
    'operations': operations,
    'num_classes': network.num_classes,
    'separable': network.separable,
    'num_reductions': network.num_reductions,
  }
  return (
    counts.count_parameters(arc, network.out_filters, **common),
    counts.count_multiply_adds(
      arc, network.out_filters, image_size=network.image_size, **common
    ),
  )


@counted.register(MicroArc)
def _(arc, network, view, operations=None):
  operations = operations or named_operations(
    arc.num_operations, MICRO_OPERATIONS
  )
  chosen = [
    operation
    for cell in CELLS
    for pair in arc.block_operations(cell, operations)
    for operation in pair
  ]
  if view != 'final' or None in (network.out_filters, network.num_layers):
    return None
  if not _known(chosen, micro_counts.COSTS):
    return None
  sizes = arc, network.num_layers, network.out_filters
  common = {
    'operations': operations,
    'num_classes': network.num_classes,
    'num_reductions': network.num_reductions,
  }
  return (
    micro_counts.count_parameters(*sizes, **common),
    micro_counts.count_multiply_adds(
      *sizes, image_size=network.image_size, **common
    ),
  )


@counted.register(PnasArc)
def _(arc, network, view, operations=None):
  flat = arc.cell == 'flat'
  costs = pnas_counts.FLAT_COSTS if flat else pnas_counts.COSTS
  stages = network.num_reductions + 1
  cells = network.num_layers
  if view != 'final' or network.out_filters is None:
    return None
  if not flat and (cells is None or cells % stages):
    return None
  chosen = [
    operation for pair in arc.block_operations(operations) for operation in pair
  ]
  if not _known(chosen, costs):
    return None
  return pnas_counts.count(
    arc,
    None if flat else cells // stages,
    network.out_filters,
    operations,
    network.num_classes,
    image_size=network.image_size,
    num_reductions=network.num_reductions,
  )


@counted.register(RecurrentArc)
def _(arc, network, view, operations=None):
  # Embedding and softmax are one matrix, and each weight has one product a
  # word.
  size, words = network.hidden_size, network.vocabulary_size
  if view != 'final' or None in (size, words):
    return None
  count = words * size + 4 * size**2 + 2 * (arc.num_nodes - 1) * size**2
  return count, count


@counted.register(HadamardArc)
def _(arc, network, view, operations=None):
  # As above; an embedding serves as softmax, with a bias.
  size, words = network.hidden_size, network.vocabulary_size
  if view != 'final' or None in (size, words):
    return None
  count = words * size + capacity.n_cell_params(arc, size)
  return count, count


def final_counts(arc, record):
  """Those of the network that is trained from scratch, sized as the search.

  Args:
    arc: the architecture.
    record: `src.arc` Record of its run.

  Returns:
    (parameters, multiply-adds), ints; (None, None) where they are not known.
  """
  operations = record.space and record.space.actions
  found = counted(arc, record.network, record.network.view, operations)
  return found or (None, None)


def counts_all(space):
  """Whether the networks of all architectures of a space can be counted."""
  costs = {
    'macro': counts.COSTS,
    'cells': micro_counts.COSTS,
    'pnas': pnas_counts.COSTS,
  }.get(space.type)
  partial = getattr(space, 'num_filters', None) is not None
  return bool(costs and _known(space.operations, costs) and not partial)


def _known(operations, costs):
  return all(operation.kind in costs for operation in operations)


@functools.singledispatch
def network_name(arc, view, network):
  """What the network that `counted` counts is called."""
  del arc, network
  return '%-6s network' % view


@network_name.register(MicroArc)
def _(arc, view, network):
  del arc
  return '%s network, %d layers and %d reductions' % (
    view,
    network.num_layers,
    network.num_reductions,
  )


@network_name.register(PnasArc)
def _(arc, view, network):
  if arc.cell == 'flat':
    return '%s network, 2 cells' % view
  return '%s network, %d cells and %d reductions' % (
    view,
    network.num_layers,
    network.num_reductions,
  )


def differences(one, other):
  """Where two architectures differ.

  Returns:
    list of (place, text of the one, text of the other); a text is None where
    an architecture has no such place.

  Raises:
    ArcError: they are not of one kind.
  """
  if type(one) is not type(other):
    raise ArcError('cannot compare a %s with a %s' % (one.kind, other.kind))
  first, second = dict(places(one)), dict(places(other))
  names = [place for place, _ in places(one)]
  names += [place for place, _ in places(other) if place not in first]
  return [
    (place, first.get(place), second.get(place))
    for place in names
    if first.get(place) != second.get(place)
  ]


def caption(
  arc, epoch=None, accuracy=None, network=None, view='search', operations=None
):
  """One line for above a drawing; what is None is left out.

  Args:
    arc: the architecture.
    epoch: int.
    accuracy: float in [0, 1]; the reward of a recurrent cell.
    network: `record.Network`; parameters and multiply-adds are those of it.
    view, operations: see `counted`.

  Returns:
    str, such as 'epoch 7 · accuracy 0.8125 · 1.25 M parameters · ...'.
  """
  parts = []
  if epoch is not None:
    parts.append('epoch %d' % epoch)
  if accuracy is not None:
    parts.append('%s %.4f' % (arc.measure, accuracy))
  numbers = network and counted(arc, network, view, operations)
  if numbers:
    parts += [
      '%s parameters' % short(numbers[0]),
      '%s multiply-adds' % short(numbers[1]),
    ]
  return ' · '.join(parts)


def short(number):
  """Three significant digits and a unit."""
  for unit, size in (('G', 1e9), ('M', 1e6), ('k', 1e3)):
    if number >= 0.9995 * size:  # what rounds to one of them
      return '%.3g %s' % (number / size, unit)
  return '%d' % number


def side_by_side(rows):
  """Rows of texts as lines, columns aligned; a None is a dash."""
  rows = [['-' if text is None else text for text in row] for row in rows]
  widths = [
    max(map(len, column))
    for column in itertools.zip_longest(*rows, fillvalue='')
  ]
  return [
    '  '.join(text.ljust(width) for text, width in zip(row, widths)).rstrip()
    for row in rows
  ]
