"""Architectures in words: what is in each place, and where two differ."""

import itertools

from src.arc import micro_counts
from src.arc.counts import count_multiply_adds, count_parameters
from src.arc.errors import ArcError
from src.arc.macro import MacroArc
from src.arc.micro import CELL_NAMES, CELLS, MicroArc
from src.arc.operations import (
  MACRO_OPERATIONS,
  MICRO_OPERATIONS,
  named_operations,
)
from src.arc.recurrent import RecurrentArc
from src.arc.rows import tensor_name


def kind_of(arc):
  """What a kind of architecture is called, such as 'macro network'."""
  return {
    'MacroArc': 'macro network',
    'MicroArc': 'micro network',
    'RecurrentArc': 'recurrent cell',
    'ChannelMacroArc': 'macro network with partial channels',
  }[type(arc).__name__]


def places(arc):
  """What an architecture is, place by place.

  Args:
    arc: `MacroArc`, `MicroArc` or `RecurrentArc`.

  Returns:
    list of (place, text), such as ('layer 2', 'conv_5x5, adds stem').

  Raises:
    ArcError: of any other kind.
  """
  if isinstance(arc, MacroArc):
    lines = []
    operations = named_operations(arc.num_operations, MACRO_OPERATIONS)
    for layer, operation in enumerate(arc.layer_operations(operations)):
      skips = ', '.join(map(tensor_name, arc.skip_sources(layer)))
      text = operation.name + (', adds ' + skips if skips else '')
      lines.append(('layer %d' % layer, text))
    return lines
  if isinstance(arc, MicroArc):
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
  if isinstance(arc, RecurrentArc):
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
  raise ArcError('cannot describe a %s layer by layer' % kind_of(arc))


def differences(one, other):
  """Where two architectures differ.

  Returns:
    list of (place, text of the one, text of the other); a text is None where
    an architecture has no such place.

  Raises:
    ArcError: they are not of one kind.
  """
  if type(one) is not type(other):
    raise ArcError(
      'cannot compare a %s with a %s' % (kind_of(one), kind_of(other))
    )
  first, second = dict(places(one)), dict(places(other))
  names = [place for place, _ in places(one)]
  names += [place for place, _ in places(other) if place not in first]
  return [
    (place, first.get(place), second.get(place))
    for place in names
    if first.get(place) != second.get(place)
  ]


def caption(
  arc,
  epoch=None,
  accuracy=None,
  out_filters=None,
  view='search',
  operations=MACRO_OPERATIONS,
  network_layers=None,
  exact=False,
  **counting,
):
  """One line for above a drawing; what is None is left out.

  Args:
    arc: the architecture.
    epoch: int.
    accuracy: float in [0, 1]; the reward of a recurrent cell.
    out_filters: int; with it, parameters and multiply-adds of a macro network.
    view: 'search' or 'final', the network that is counted.
    operations: sequence of `Operation`, of macro networks.
    network_layers: int; with it, out_filters and the view 'final', parameters
      and multiply-adds of the network that cells are stacked to.
    exact: bool, whether counts have all their digits.
    **counting: further arguments of `count_multiply_adds`.

  Returns:
    str, such as 'epoch 7 · accuracy 0.8125 · 1.25 M parameters · ...'.
  """
  parts = []
  if epoch is not None:
    parts.append('epoch %d' % epoch)
  if accuracy is not None:
    recurrent = kind_of(arc) == 'recurrent cell'
    name = 'reward' if recurrent else 'accuracy'
    parts.append('%s %.4f' % (name, accuracy))
  counts = None
  if out_filters is not None and isinstance(arc, MacroArc):
    wanted = (arc, out_filters, view, operations)
    counts = (count_parameters, count_multiply_adds)
  elif None not in (out_filters, network_layers) and view == 'final':
    wanted = (arc, network_layers, out_filters)
    counts = (micro_counts.count_parameters, micro_counts.count_multiply_adds)
  if counts is not None and arc.num_operations <= len(operations):
    multiply_adds = counts[1](*wanted, **counting)
    counting.pop('image_size', None)
    parameters = counts[0](*wanted, **counting)
    written = '{:,}'.format if exact else _short
    parts.append('%s parameters' % written(parameters))
    parts.append('%s multiply-adds' % written(multiply_adds))
  return (', ' if exact else ' · ').join(parts)


def _short(number):
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
