"""Tables, charts and a page of a folder of results.

python -m src.robustness.analysis results
"""

import os
import sys

from src.arc import command_line
from src.arc import text as text_lib
from src.robustness.analysis import claims, found, page, runs, words
from src.run.errors import RunError, UsageError, exit_code_of
from src.view import page as page_lib


def main(arguments=None):
  """Runs the command; returns its exit code."""
  parser = command_line.Parser(
    prog='python -m src.robustness.analysis',
    description=__doc__.split('\n')[0],
  )
  parser.add_argument(
    'folder', nargs='?', default='results',
    help='where runs left their tables (default: %(default)s)',
  )  # fmt: skip
  parser.add_argument(
    '-o', '--output', metavar='DIR', help='where to write (default: there)'
  )
  parser.add_argument(
    '--last', type=int, metavar='N',
    help='mean error of so many epochs (default: the last sixth of each run)',
  )  # fmt: skip
  parser.add_argument(
    '--experiments_dir', default='experiments', metavar='DIR',
    help='folder of sets of your own (default: %(default)s)',
  )  # fmt: skip
  args = parser.parse_args(arguments)
  return exit_code_of(lambda: _main(args))


def _main(args):
  if args.last is not None and args.last < 1:
    raise UsageError('--last=%d: expected at least 1' % args.last)
  chosen, left_out = runs.read(args.folder, args.experiments_dir)
  if not chosen:
    told = ''.join('; ' + text_lib.printable(line) for line in left_out[:1])
    raise UsageError('%s holds no tables of results%s' % (args.folder, told))
  results = found.results(chosen, args.last)
  sections = claims.sections(results) + words.sections(results)
  for line in page_lib.as_lines(sections):
    text_lib.say(line)
  for line in left_out:
    text_lib.say(line)
  target = args.output or args.folder
  title = 'Results in %s' % text_lib.printable(os.path.normpath(args.folder))
  try:
    paths = page.write(target, title, results, sections, left_out)
  except OSError as error:
    place = error.filename or target
    raise RunError(
      'cannot write %s: %s' % (place, error.strerror or error)
    ) from error
  text_lib.say('Wrote %s' % ', '.join(paths))


if __name__ == '__main__':
  sys.exit(main())
