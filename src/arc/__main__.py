"""Draws and describes macro architectures on the command line.

python -m src.arc draw "0 5 1 3 0 1" -o arc.png
python -m src.arc info "0 5 1 3 0 1"
"""

import argparse
import sys

from src.arc import (
  MACRO_OPERATIONS,
  ArcError,
  MacroArc,
  count_multiply_adds,
  count_parameters,
  draw_macro,
  tensor_name,
)
from src.arc.counts import VIEWS


class _Parser(argparse.ArgumentParser):
  """A parser that reports an error in one line."""

  def error(self, message):
    self.exit(2, '%s: %s\n' % (self.prog, message))


def main(arguments=None):
  """Runs one command; returns the exit status, 2 for anything wrong."""
  args = _parser().parse_args(arguments)
  try:
    arc = MacroArc.parse(args.arc, args.num_layers, args.num_operations)
    args.run(arc, args)
  except (ArcError, OSError) as error:
    print('python -m src.arc: %s' % error, file=sys.stderr)
    return 2
  return 0


def _parser():
  parser = _Parser(prog='python -m src.arc', description=__doc__.split('\n')[0])
  commands = parser.add_subparsers(metavar='COMMAND', dest='command')
  commands.required = True

  draw = commands.add_parser('draw', help='draw an architecture into a file')
  draw.set_defaults(run=_draw)
  _add_common(draw)
  draw.add_argument(
    '-o',
    '--output',
    required=True,
    metavar='FILE',
    help='the picture: a file ending in .png, .svg or .pdf',
  )
  draw.add_argument('--title', help='text above the drawing')
  draw.add_argument(
    '--view',
    choices=VIEWS,
    default='search',
    help='show it as part of the search model, or as the network that is '
    'trained from scratch (default: %(default)s)',
  )
  draw.add_argument(
    '--out_filters',
    type=int,
    help='width of the first stage in channels; shown when given',
  )

  info = commands.add_parser('info', help='print what an architecture is')
  info.set_defaults(run=_info)
  _add_common(info)
  info.add_argument(
    '--out_filters',
    type=int,
    default=36,
    help='width of the first stage in channels (default: %(default)s)',
  )
  return parser


def _add_common(parser):
  parser.add_argument(
    'arc', help='numbers as in --child_fixed_arc, or the lines of a log block'
  )
  parser.add_argument(
    '--num_layers',
    type=int,
    help='number of layers (default: told by the number of tokens)',
  )
  parser.add_argument(
    '--num_operations',
    type=int,
    default=len(MACRO_OPERATIONS),
    help='size of the search space (default: %(default)s)',
  )


def _draw(arc, args):
  draw_macro(
    arc,
    args.output,
    title=args.title,
    out_filters=args.out_filters,
    view=args.view,
  )
  print('Wrote %s' % args.output)


def _info(arc, args):
  lines = [
    '%d layers, %d tokens, %d of %d skips'
    % (
      arc.num_layers,
      len(arc.tokens),
      arc.num_skips,
      arc.num_layers * (arc.num_layers - 1) // 2,
    )
  ]
  names = [operation.name for operation in arc.layer_operations()]
  row = '%5s  %-12s  %-10s  %s'
  lines.append((row % ('layer', 'operation', 'input', 'skips from')).rstrip())
  for layer, name in enumerate(names):
    skips = [tensor_name(source) for source in arc.skip_sources(layer)]
    main_input = tensor_name(arc.main_input(layer))
    lines.append(row % (layer, name, main_input, ', '.join(skips) or '-'))
    if layer in arc.pool_layers:
      lines.append('%5s  all tensors halved' % '')
  for view in VIEWS:
    lines.append(
      '%-6s network, %d filters: %s parameters, %s multiply-adds per 32x32 '
      'image'
      % (
        view,
        args.out_filters,
        format(count_parameters(arc, args.out_filters, view), ','),
        format(count_multiply_adds(arc, args.out_filters, view), ','),
      )
    )
  print('\n'.join(lines))


if __name__ == '__main__':
  sys.exit(main())
