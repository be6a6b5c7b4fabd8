"""Shows what a search did: video, curves, report, statistics.

python -m src.view video outputs/quickstart/search -o search.mp4
python -m src.view curves outputs/quickstart/search -o curves.png
python -m src.view report outputs/quickstart/search
python -m src.view rank derived.csv --random derived_random.csv
python -m src.view top outputs/quickstart/search -k 5 -o outputs/top
python -m src.view study outputs/study
python -m src.view gif "0 3 1 5 1 1" -o growth.gif
"""

import importlib
import os
import sys

from src.arc import (
  ArcError,
  ChannelMacroArc,
  MacroArc,
  RecurrentArc,
  command_line,
  pasted,
  read_arc,
  record,
)
from src.arc.macro import SKIP_FROM
from src.view import log, rank


def main(arguments=None):
  """Runs one command; returns the exit status, 2 for anything wrong."""
  parser = command_line.Parser(
    prog='python -m src.view', description=__doc__.split('\n')[0]
  )
  commands = parser.add_subparsers(metavar='COMMAND', dest='command')
  commands.required = True
  run = 'a run directory, a log, or what extractArcString.py wrote'

  video = commands.add_parser('video', help='the architectures as a video')
  video.set_defaults(run=_video)
  video.add_argument('path', metavar='RUN', help=run)
  video.add_argument(
    '-o', '--output', required=True, help='a file ending in .mp4 or .gif'
  )
  video.add_argument(
    '--every',
    type=int,
    metavar='K',
    help='show each K-th architecture and the last one (default: the best of '
    'each epoch)',
  )
  video.add_argument(
    '--fps', type=float, default=3.0,
    help='architectures a second (default: %(default)s)',
  )  # fmt: skip
  video.add_argument(
    '--height', type=int, default=720,
    help='of the picture in pixels (default: %(default)s)',
  )  # fmt: skip

  curves = commands.add_parser('curves', help='learning curves as a picture')
  curves.set_defaults(run=_curves)
  curves.add_argument('path', metavar='RUN', help=run)
  curves.add_argument(
    '-o', '--output', required=True, help='a file ending in .png, .svg or .pdf'
  )

  report = commands.add_parser(
    'report', help='write report.html anew, as the run does after each epoch'
  )
  report.set_defaults(run=_report)
  report.add_argument('path', metavar='RUN', help='a run directory')

  ranking = commands.add_parser(
    'rank', help='statistics of what --mode=derive wrote'
  )
  ranking.set_defaults(run=_rank)
  ranking.add_argument('derived', help='derived.csv')
  ranking.add_argument('--random', help='derived_random.csv, to compare with')
  ranking.add_argument(
    '--retrained',
    help='CSV with columns arc and accuracy, after training from scratch: '
    "gives Kendall's tau",
  )
  _add_top(commands)
  _add_study(commands)
  _add_gif(commands)
  return command_line.run(parser, arguments)


def _add_top(commands):
  top = commands.add_parser(
    'top', help='which architecture to take: score, size, measured latency'
  )
  top.set_defaults(run=_top)
  top.add_argument('path', metavar='RUN', help='the directory of a search')
  top.add_argument(
    '-k', type=int, default=5, metavar='K',
    help='how many, the best first (default: %(default)s)',
  )  # fmt: skip
  top.add_argument(
    '-o', '--output', metavar='FOLDER',
    help='write top.csv, top.json and the front, top.png, there',
  )  # fmt: skip
  top.add_argument(
    '--batch_size', type=int, default=1, metavar='N',
    help='images at a time when latency is measured (default: %(default)s)',
  )  # fmt: skip
  top.add_argument(
    '--nolatency', action='store_true', help='measure none: no TensorFlow'
  )


def _add_study(commands):
  study = commands.add_parser(
    'study', help='controller against chance over seeds: tests and one page'
  )
  study.set_defaults(run=_study)
  study.add_argument('path', metavar='DIR', help='what scripts/study.sh filled')
  study.add_argument(
    '--arcs', action='store_true',
    help='print the architectures to retrain, one a line, and no more',
  )  # fmt: skip
  study.add_argument(
    '--headroom', type=int, metavar='N',
    help='print N random architectures to train before anything is claimed, '
    'and no more',
  )  # fmt: skip
  study.add_argument(
    '--skip_rate', type=int, metavar='SEED',
    help="print how many of its skips this seed's controller takes, from 0 to "
    '1, and no more',
  )  # fmt: skip
  study.add_argument(
    '--top', type=int, default=2, metavar='K',
    help='the best of each arm and seed that are retrained (default: '
    '%(default)s)',
  )  # fmt: skip
  study.add_argument(
    '--sample', type=int, default=4, metavar='N',
    help='how many of its samples are retrained too, drawn at random '
    '(default: %(default)s)',
  )  # fmt: skip


def _add_gif(commands):
  gif = commands.add_parser(
    'gif', help='how a macro network is sampled, node by node, as a GIF'
  )
  gif.set_defaults(run=_gif)
  gif.add_argument(
    'arc', metavar='ARC', nargs='?',
    help='numbers as in --child_fixed_arc, or what else src.arc reads '
    '(default: four nodes with skips from layers)',
  )  # fmt: skip
  gif.add_argument(
    '-o', '--output', required=True, help='a file ending in .gif'
  )
  gif.add_argument(
    '--run', dest='directory', metavar='RUN',
    help='the run directory that the architecture is from: names operations '
    'and says where skips come from',
  )  # fmt: skip
  gif.add_argument(
    '--skip_from', choices=SKIP_FROM, default=SKIP_FROM[0],
    help="where a node's first skip comes from: the stem, as in ENAS, or the "
    'first layer',
  )  # fmt: skip


def _load(path):
  run = log.load(path)
  log.tell_skipped(run.history)
  return run


def _video(args):
  from src.view import video

  path, count = video.write(
    _load(args.path), args.output, args.every, args.fps, args.height
  )
  print('Wrote %s (%d architectures)' % (path, count))
  return 0


def _curves(args):
  from src.arc.draw import check_ending
  from src.view import curves

  check_ending(args.output)
  figure = curves.overview(_load(args.path).history)
  os.makedirs(os.path.dirname(args.output) or '.', exist_ok=True)
  figure.savefig(args.output, dpi=110)
  print('Wrote %s' % args.output)
  return 0


def _report(args):
  from src.view import report

  if not os.path.isdir(args.path):
    raise ArcError('there is no run directory %s' % args.path)
  print('Wrote %s' % report.write(args.path))
  return 0


def _top(args):
  from src.view import front, top

  for name, value in (('-k ', args.k), ('--batch_size=', args.batch_size)):
    if value < 1:
      raise ArcError('%s%d: expected at least 1' % (name, value))
  if not os.path.isdir(args.path):
    raise ArcError('there is no run directory %s' % args.path)
  found = top.ranking(_load(args.path), args.path)
  entries = found.entries[: args.k]
  if not args.nolatency:
    entries = _timed(args, entries)
  for line in top.lines(found, entries):
    print(line)
  best = len(top.front(found.entries, top.multiply_adds, found.falls))
  print('Of %d (%s)' % (len(found.entries), found.source))
  if not args.output:
    return 0
  timed = any(entry.latency for entry in entries)
  about = {'run': args.path, 'batch_size': args.batch_size if timed else None}
  top.write(args.output, found, entries, about)
  figure = front.picture(found, entries, ', %d at a time' % args.batch_size)
  if figure is not None:
    figure.savefig(os.path.join(args.output, 'top.png'), dpi=110)
  what = 'no front: nothing can be counted' if not best else 'front: %d' % best
  print('Wrote %s (%s)' % (args.output, what))
  return 0


def _timed(args, entries):
  """The entries with latencies; says on stderr why there are none."""
  arcs = [entry.arc for entry in entries]
  if isinstance(arcs[0], (ChannelMacroArc, RecurrentArc)):
    print(
      'no latency: %s'
      % (
        'no fixed network takes partial channels; search with '
        '--controller_search_whole_channels'
        if isinstance(arcs[0], ChannelMacroArc)
        else 'cells of language models are not timed'
      ),
      file=sys.stderr,
    )
    return entries
  try:
    # By its name: nothing here needs TensorFlow but this.
    latency = importlib.import_module('src.use.latency')
  except ImportError as error:
    raise ArcError('latency needs TensorFlow: add --nolatency') from error
  times = latency.measure(args.path, arcs, args.batch_size)
  return [entry._replace(latency=value) for entry, value in zip(entries, times)]


def _study(args):
  from src.view import page as page_lib
  from src.view.study import folder

  for name, value, least in (
    ('top', args.top, 1), ('sample', args.sample, 0),
    ('headroom', args.headroom, 2),
  ):  # fmt: skip
    if value is not None and value < least:
      raise ArcError('--%s=%d: expected at least %d' % (name, value, least))
  study = folder.read(args.path)
  if args.skip_rate is not None:
    print('%.4f' % folder.skip_rate(study, args.skip_rate))
    return 0
  if args.arcs or args.headroom is not None:
    chosen = (
      folder.to_retrain(study, args.top, args.sample)
      if args.arcs
      else folder.for_headroom(study, args.headroom)
    )
    print('\n'.join(chosen))
    return 0
  from src.view.study import page, results, words

  found = results.found(study, args.top, args.sample)
  for line in page_lib.as_lines(words.sections(study, found)):
    print(line)
  for line in words.left_out(study, found):
    print(line)
  paths = page.write(args.path, study, found)
  print('Wrote %s' % ', '.join(paths))
  return 0


def _gif(args):
  from src.view import growth

  arc, operations = growth.ARC, None
  if args.arc is not None and args.directory is not None:
    made = record.read(args.directory)
    if made is None or made.space is None:
      raise ArcError('%s is not the directory of a run' % args.directory)
    arc, operations = made.space.parse(pasted.one(args.arc)), made.space.actions
  elif args.arc is not None:
    arc = read_arc(pasted.one(args.arc))
    if isinstance(arc, MacroArc):
      arc = MacroArc(arc.ops, arc.skips, arc.num_operations, args.skip_from)
  count = growth.write(arc, args.output, operations)
  print('Wrote %s (%d frames)' % (args.output, count))
  return 0


def _rank(args):
  tables = [('controller', rank.read(args.derived))]
  if args.random:
    tables.append(('random', rank.read(args.random)))
  row = '%-10s  %7s  %7s  %7s  %7s  %7s'
  print(row % ('', 'samples', 'mean', 'std', 'best', 'worst'))
  for name, table in tables:
    found = rank.statistics(table)
    values = [('%.2f' if table.falls else '%.4f') % v for v in found[1:]]
    print(row % (name, found.count, *values))
  if args.random:
    for line in rank.against_chance(*(table for _, table in tables)):
      print(line)
  if args.retrained:
    retrained = rank.read(args.retrained)
    shared = tables[0][1]
    for _, table in tables[1:]:
      shared.update(table)
    tau, p_value, count = rank.kendall_tau(shared, retrained)
    print(
      "Kendall's tau %.3f (p = %.3g) over %d architectures"
      % (tau, p_value, count)
    )
  return 0


if __name__ == '__main__':
  sys.exit(main())
