"""Draws, describes and compares architectures on the command line.

python -m src.arc draw "0 5 1 3 0 1" -o arc.png
python -m src.arc info "0 5 1 3 0 1"
python -m src.arc diff "0 5 1 3 0 1" "0 5 1 2 0 0"
"""

import sys

from src.arc import (
  ArcError,
  HadamardArc,
  RecurrentArc,
  command_line,
  draw_arc,
  pasted,
  read_arc,
)
from src.arc import text as text_lib
from src.arc.capacity import measured
from src.arc.counts import VIEWS
from src.arc.describe import (
  caption,
  counted,
  differences,
  network_name,
  places,
  side_by_side,
  summary,
)
from src.arc.dot import to_dot
from src.arc.draw import LAYOUTS
from src.arc.pnas import CONCATS, KINDS_OF_CELL
from src.arc.reading import KINDS, NUMBERED
from src.arc.record import Network


def main(arguments=None):
  """Runs one command; returns the exit status, 2 for anything wrong."""
  return command_line.run(_parser(), arguments)


def _parser():
  parser = command_line.Parser(
    prog='python -m src.arc', description=__doc__.split('\n')[0]
  )
  commands = parser.add_subparsers(metavar='COMMAND', dest='command')
  commands.required = True

  draw = commands.add_parser('draw', help='draw an architecture into a file')
  draw.set_defaults(run=_draw)
  _add_common(draw, ['arc'])
  draw.add_argument(
    '-o',
    '--output',
    required=True,
    metavar='FILE',
    help='the picture: a file ending in .png, .svg or .pdf; of a recurrent '
    'cell also .dot, for Graphviz',
  )
  draw.add_argument(
    '--title', help='text above the drawing, instead of that of the next three'
  )
  draw.add_argument('--epoch', type=int, help='shown above the drawing')
  draw.add_argument('--accuracy', type=float, help='shown above the drawing')
  draw.add_argument(
    '--out_filters',
    type=int,
    help='width of the first stage of a network in channels; with it, widths, '
    'parameters and multiply-adds are shown (of cells, with the next and '
    '--view=final)',
  )
  draw.add_argument(
    '--network_layers', type=int, help='layers of the network made of cells'
  )
  draw.add_argument(
    '--view',
    choices=VIEWS,
    default='search',
    help='show it as part of the search model, or as the network that is '
    'trained from scratch (default: %(default)s)',
  )
  draw.add_argument(
    '--layout',
    choices=LAYOUTS,
    default='layered',
    help='down a spine, or on a ring; or, recurrent cells, in rows and in the '
    'colours of ENAS-pytorch (default: %(default)s)',
  )

  info = commands.add_parser('info', help='print what an architecture is')
  info.set_defaults(run=_info)
  _add_common(info, ['arc'])
  info.add_argument(
    '--out_filters',
    type=int,
    default=36,
    help='width of the first stage in channels (default: %(default)s)',
  )
  info.add_argument(
    '--network_layers',
    type=int,
    default=15,
    help='layers of the network made of cells (default: %(default)s)',
  )

  for command in (draw, info):
    command.add_argument(
      '--image_size',
      type=int,
      default=32,
      help='side of an image in pixels (default: %(default)s)',
    )
    command.add_argument(
      '--num_reductions',
      type=int,
      default=2,
      help='how often the resolution is halved (default: %(default)s)',
    )
    command.add_argument(
      '--num_classes',
      type=int,
      default=10,
      help='labels, for the counts (default: %(default)s)',
    )
    command.add_argument(
      '--separable',
      action='store_true',
      help='the final network builds separable convolutions as such, as with '
      '--child_fixed_separable; otherwise they are plain ones',
    )

  diff = commands.add_parser(
    'diff', help='print where two architectures differ; exit code 1 if they do'
  )
  diff.set_defaults(run=_diff)
  _add_common(diff, ['arc', 'other'])
  return parser


def _add_common(parser, names):
  for name in names:
    parser.add_argument(
      name,
      help='numbers as in --child_fixed_arc, the lines of a log block or of a '
      'script, JSON, a file with one of these, or - for standard input',
    )
  parser.add_argument(
    '--kind',
    choices=KINDS,
    help='kind of architecture (default: told by the numbers)',
  )
  parser.add_argument(
    '--num_layers',
    type=int,
    help='number of layers, of blocks in a cell, or of nodes (default: told '
    'by the number of tokens)',
  )
  parser.add_argument(
    '--num_operations',
    type=int,
    help='size of the search space (default: the published one)',
  )
  parser.add_argument(
    '--cell',
    choices=KINDS_OF_CELL,
    help='how a PNAS cell is wired: its blocks read cells and blocks, or all '
    'operations read its input (default: told by what the first block reads)',
  )
  parser.add_argument(
    '--concat',
    choices=CONCATS,
    help='which blocks are the output of a PNAS cell (default: unused)',
  )


def _read(word, args):
  text = pasted.one(word)
  return read_arc(
    text,
    args.kind,
    args.num_layers,
    args.num_operations,
    args.cell,
    args.concat,
  )


def _other_readings(arc, args):
  """Lines that say that the numbers may be an architecture of another kind."""
  lines = []
  for kind in NUMBERED if args.kind is None else ():
    try:
      other = read_arc(str(arc), kind, args.num_layers, args.num_operations)
    except ArcError:
      continue
    if type(other) is not type(arc):
      lines.append(
        'The same numbers are a %s too: --kind=%s' % (other.kind, kind)
      )
  return lines


def _draw(args):
  arc = _read(args.arc, args)
  if isinstance(arc, RecurrentArc) and args.output.endswith('.dot'):
    with text_lib.open_text(args.output, 'w') as file:
      file.write(to_dot(arc, arc.averaged()))
    print('Wrote %s (%s)' % (args.output, arc.kind))
    return 0
  title = args.title
  if title is None:
    title = caption(arc, args.epoch, args.accuracy, _network(args), args.view)
  draw_arc(
    arc,
    args.output,
    title=title,
    out_filters=args.out_filters,
    view=args.view,
    layout=args.layout,
    image_size=args.image_size,
    num_reductions=args.num_reductions,
    separable=args.separable,
  )
  print('Wrote %s (%s)' % (args.output, arc.kind))
  return 0


def _network(args):
  return Network(
    out_filters=args.out_filters,
    num_layers=args.network_layers,
    image_size=args.image_size,
    num_reductions=args.num_reductions,
    num_classes=args.num_classes,
    separable=args.separable,
  )


def _info(args):
  arc, network = _read(args.arc, args), _network(args)
  lines = [summary(arc, network)] + side_by_side(places(arc))
  for view in VIEWS:
    numbers = counted(arc, network, view)
    if numbers:
      lines.append(
        '%s, %d filters, images of %dx%d: %s parameters, %s multiply-adds'
        % (
          (network_name(arc, view, network), args.out_filters)
          + 2 * (args.image_size,)
          + tuple(map('{:,}'.format, numbers))
        )
      )
  if isinstance(arc, (RecurrentArc, HadamardArc)):
    lines += side_by_side(_measures(arc))
  print('\n'.join(lines + _other_readings(arc, args)))
  return 0


def _measures(arc):
  """Rows of (name, text): those that need no size of the state."""
  for name, value in measured(arc).items():
    if name != 'n_cell_params':
      yield name, '%.4f' % value if isinstance(value, float) else str(value)


def _diff(args):
  one, other = _read(args.arc, args), _read(args.other, args)
  rows = differences(one, other)
  if not rows:
    print('the same architecture')
    return 0
  print('\n'.join(side_by_side(rows)))
  if type(one) is type(other) and one.canonical() == other.canonical():
    print('the same network, spelt differently')
  else:
    count = max(len(places(one)), len(places(other)))
    print('%d of %d places differ' % (len(rows), count))
  return 1


if __name__ == '__main__':
  sys.exit(main())
