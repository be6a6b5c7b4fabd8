"""What a drawing shows, whatever its layout: boxes in order, and connections.

Every kind of architecture becomes one or two pictures of the same form, so that
all layouts can draw all kinds. Where things are depends on the size of an
architecture only: from one to the next of a search, nothing moves.
"""

import functools
import typing

from src.arc.counts import VIEWS, stages
from src.arc.errors import ArcError
from src.arc.macro import SKIP_FROM, MacroArc
from src.arc.micro import CELL_NAMES, CELLS, MicroArc
from src.arc.operations import (
  MACRO_OPERATIONS,
  MICRO_OPERATIONS,
  named_operations,
)
from src.arc.pnas import LOOKBACK, PnasArc
from src.arc.recurrent import RecurrentArc

LEFT, RIGHT = -1, 1

# Wires of nodes whose boxes have two colours, and of the nodes' inputs.
_NODE_COLOURS = ('#666666', '#1b9e77', '#7570b3', '#a6611a', '#1f78b4',
                 '#c51b7d', '#4d9221', '#542788')  # fmt: skip


class Box(typing.NamedTuple):
  """One row of a drawing.

  parts: tuple of one or two (label, operation or None); where it is None the
  box is outlined. number: str, '' for what has none. colour: of its wires, or
  None for that of its operation.
  """

  parts: tuple
  number: str = ''
  colour: typing.Optional[str] = None


class Wire(typing.NamedTuple):
  """A connection beside the main path; source and target are rows."""

  source: int
  target: int
  side: int


class Band(typing.NamedTuple):
  """Rows first to last belong together; lines says what they have in common."""

  first: int
  last: int
  lines: tuple


class Picture(typing.NamedTuple):
  """All there is to draw.

  boxes: list of Box. links: list of (source, target) rows of the main path,
  next to each other. wires: list of Wire. lanes: list of (row, side) that may
  have wires in some architecture of this size. bands: list of Band. notes: dict
  from row to the text on the link that enters it.
  """

  boxes: list
  links: list
  wires: list
  lanes: list
  bands: list
  notes: dict


class Look(typing.NamedTuple):
  """How to draw.

  operations: sequence of `Operation`, or None for the published list, with
    numbers for names where an architecture is from a larger space.
  title: str or None; long lines are wrapped.
  out_filters: int, width of a macro network's first stage, or None to leave
    widths out.
  view: 'search' or 'final', which network the widths and labels are of.
  image_size: int, pixels.
  num_reductions: int, how often the resolution is halved.
  separable: bool, whether the final network builds separable convolutions as
    such; without it they are plain ones, and are so named.
  layout: 'layered', 'circular' or, for recurrent cells, 'palette', which shows
    them as ENAS-pytorch does.
  loose_ends: bool, whether the output of a recurrent cell is the mean of its
    loose ends; None for what goes with its format.
  """

  operations: typing.Optional[tuple] = None
  title: typing.Optional[str] = None
  out_filters: typing.Optional[int] = None
  view: str = 'search'
  image_size: int = 32
  num_reductions: int = 2
  separable: bool = False
  layout: str = 'layered'
  loose_ends: typing.Optional[bool] = None


def pictures(arc, look):
  """list of `Picture` of an architecture: two for cells, else one.

  Raises:
    ArcError: it cannot be drawn, or the look is wrong.
  """
  if look.view not in VIEWS:
    raise ArcError('view is %r, expected search or final' % (look.view,))
  return _pictures(arc, look)


@functools.singledispatch
def _pictures(arc, look):
  del look
  raise ArcError(
    'a layer of a %s has no single operation: it cannot be drawn' % arc.kind
  )


@_pictures.register(MacroArc)
def _macro(arc, look):
  operations = look.operations or named_operations(
    arc.num_operations, MACRO_OPERATIONS
  )
  operations = arc.layer_operations(operations)
  if look.view == 'final' and not look.separable:
    operations = [_as_built(op) for op in operations]
  image = 'image %d×%d' % (look.image_size, look.image_size)
  boxes = [
    Box(((image, None),)),
    Box((('stem conv 3×3', None),), colour='#666666'),
  ]
  for layer, operation in enumerate(operations):
    boxes.append(Box(((operation.label, operation),), '%d' % layer))
  boxes += [Box((('global average pool', None),)), Box((('classifier', None),))]

  # Row 0 is the image; row j + 1 is tensor j, and row i + 2 layer i.
  wires = [
    Wire(edge.source + 1, edge.target + 1, _own_side(edge.source))
    for edge in arc.edges()
    if edge.is_skip
  ]
  first = SKIP_FROM.index(arc.skip_from)
  sources = range(first, first + arc.num_layers - 1)
  lanes = [(j + 1, _own_side(j)) for j in sources]
  bands, notes = [], {}
  some_width = look.out_filters or 2
  for stage in stages(
    arc.num_layers,
    some_width,
    look.view,
    look.image_size,
    look.num_reductions,
  ):
    lines = ['%d×%d' % (stage.size, stage.size)]
    if look.out_filters is not None:
      lines.append('%d filters' % stage.filters)
    first = stage.layers[0] + 2
    if stage.layers[0]:
      notes[first] = 'halve all tensors'
    else:
      first = 1
    bands.append(Band(first, stage.layers[-1] + 2, tuple(lines)))
  return [Picture(boxes, _chain(boxes), wires, lanes, bands, notes)]


@_pictures.register(MicroArc)
def _cells(arc, look):
  return [_cell(arc, name, look) for name in CELLS]


def _cell(arc, name, look):
  operations = look.operations
  if operations is None:
    operations = named_operations(arc.num_operations, MICRO_OPERATIONS)
  reads = [
    (block.index_1, block.index_2, pair)
    for block, pair in zip(
      getattr(arc, name), arc.block_operations(name, operations)
    )
  ]
  joined = 'add 1×1 convolutions of' if look.view == 'search' else 'concatenate'
  inputs = (('layer before the last', '0'), ('last layer', '1'))
  lines = tuple(CELL_NAMES[name].split())
  return _blocks(inputs, reads, arc.loose_ends(name), joined, lines)


@_pictures.register(PnasArc)
def _pnas(arc, look):
  inputs = (('cell before the last', '-2'), ('last cell', '-1'))
  if arc.cell == 'flat':
    inputs = (('last cell', '-1'),)
  reads = []
  for block, pair in zip(arc.blocks, arc.block_operations(look.operations)):
    rows = (block.index_1 - LOOKBACK, block.index_2 - LOOKBACK)
    reads.append(((0, 0) if arc.cell == 'flat' else rows) + (pair,))
  outputs = [len(inputs) + number for number in arc.outputs()]
  return [_blocks(inputs, reads, outputs, 'concatenate', ('PNAS', 'cell'), 0)]


def _blocks(inputs, reads, outputs, joined, lines, first=None):
  """One cell: a block has one input from either side of its box.

  Args:
    inputs: tuple of (label, number), the rows that all blocks may read.
    reads: list of (row, row, pair of `Operation`), the blocks.
    outputs: rows that are the cell's output.
    joined: str, how they become one.
    lines: tuple of str, the name of the cell.
    first: int, number of the first block; None for that of its row.
  """
  shift = 0 if first is None else first - len(inputs)
  boxes = [
    Box(((label, None),), number, _NODE_COLOURS[row])
    for row, (label, number) in enumerate(inputs)
  ]
  wires = []
  for row, (left, right, pair) in enumerate(reads, len(inputs)):
    boxes.append(
      Box(
        tuple((operation.label, operation) for operation in pair),
        '%d' % (row + shift),
        _NODE_COLOURS[row % len(_NODE_COLOURS)],
      )
    )
    wires += [Wire(left, row, LEFT), Wire(right, row, RIGHT)]
  last = len(boxes) - 1
  text = _listed(row + shift for row in outputs)
  boxes.append(Box((('%s %s' % (joined, text), None),)))
  wires += [Wire(n, last + 1, _own_side(n)) for n in outputs if n != last]
  links = [(last, last + 1)] if last in outputs else []
  lanes = [(n, side) for n in range(last) for side in (LEFT, RIGHT)]
  bands = [Band(len(inputs), last, lines)]
  return Picture(boxes, links, wires, lanes, bands, {})


@_pictures.register(RecurrentArc)
def _recurrent(arc, look):
  boxes = [Box((('input, previous state', None),))]
  for node, operation in enumerate(arc.node_operations()):
    boxes.append(Box(((operation.label, operation),), '%d' % node))
  output = len(boxes)
  ends = arc.averaged(look.loose_ends)
  text = _listed(ends)
  if ends != arc.loose_ends:
    text = '1 to %d' % ends[-1]
  boxes.append(Box((('mean of ' + text, None),)))
  # Row n + 1 is node n.
  edges = list(zip(arc.predecessors, range(1, arc.num_nodes)))
  edges = [(source + 1, node + 1) for source, node in edges]
  edges += [(node + 1, output) for node in ends]
  links = [(0, 1)] + [(s, t) for s, t in edges if t == s + 1]
  wires = [Wire(s, t, _own_side(s - 1)) for s, t in edges if t > s + 1]
  lanes = [(n + 1, _own_side(n)) for n in range(arc.num_nodes - 1)]
  return [Picture(boxes, links, wires, lanes, [Band(1, output - 1, ())], {})]


def _own_side(number):
  return RIGHT if number % 2 else LEFT


def _chain(boxes):
  return [(row, row + 1) for row in range(len(boxes) - 1)]


def _listed(numbers):
  return ', '.join(map(str, numbers))


def _as_built(operation):
  """The operation that the fixed network builds for this one."""
  if operation.kind != 'separable':
    return operation
  label = 'conv %d×%d' % (operation.kernel, operation.kernel)
  return operation._replace(kind='conv', label=label)
