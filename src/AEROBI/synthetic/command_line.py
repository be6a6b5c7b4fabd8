"""The command scripts/make_synthetic_codebrim.py."""

import contextlib
import os
import signal

from src.AEROBI import codebrim
from src.AEROBI.synthetic import contact_sheet, plan, writing
from src.arc import command_line
from src.arc import text as text_lib
from src.run import errors

_DESCRIPTION = (
  'Draws a synthetic stand-in for CODEBRIM: its folders, names, label '
  'frequencies and sizes, and none of its pixels. Nothing is downloaded. '
  'Results on it are no CODEBRIM results.'
)
_LEAST = 6  # crops of a split: one for each class
_SHOWN = 64  # crops on a contact sheet


def main(argv=None):
  """Runs the command; returns the exit status."""
  arguments = _parser().parse_args(argv)
  return errors.exit_code_of(lambda: _run(arguments), arguments.debug)


def settings_of(arguments):
  """The `plan.Settings` that a command line asks for.

  Raises:
    errors.UsageError: a number is out of range.
  """
  settings = plan.PRESETS.get(arguments.preset, plan.Settings())
  given = {
    name: getattr(arguments, name)
    for name in (
      'train',
      'val',
      'test',
      'scale',
      'seed',
      'variant',
      'aspect',
      'with_unlabelled',
    )  # fmt: skip
    if getattr(arguments, name) is not None
  }
  settings = settings._replace(**given)
  for split in codebrim.SPLITS:
    if getattr(settings, split) < _LEAST:
      raise errors.UsageError(
        '--%s is %d; it must be at least %d, one crop for each class'
        % (split, getattr(settings, split), _LEAST)
      )
  if not 0 < settings.scale <= 4:
    raise errors.UsageError(
      '--scale is %g; it must be above 0 and at most 4' % settings.scale
    )
  return settings


def _run(arguments):
  if arguments.out is None and arguments.contact_sheet is None:
    raise errors.UsageError('give --out DIR, --contact_sheet FILE, or both')
  if arguments.processes < 1:
    raise errors.UsageError(
      '--processes is %d; it must be at least 1' % arguments.processes
    )
  settings = settings_of(arguments)
  if arguments.contact_sheet is not None:
    _contact_sheet(arguments.contact_sheet, settings)
  if arguments.out is not None:
    with _cleared_away():
      root = writing.write(arguments.out, settings, arguments.processes)
    codebrim.read(root)
    text_lib.say(
      'written to %s: use it with --data_path=%s' % (root, text_lib.quote(root))
    )


@contextlib.contextmanager
def _cleared_away():
  """Lets SIGTERM end what is inside by an exception, as Ctrl-C does."""

  def end(number, _):
    signal.signal(number, signal.SIG_IGN)  # once is enough
    raise errors.Interrupted(number, 'stopped by SIGTERM')

  before = signal.signal(signal.SIGTERM, end)
  try:
    yield
  finally:
    signal.signal(signal.SIGTERM, before)


def _contact_sheet(path, settings):
  files = [file for file in plan.files(settings) if not file.mirrored]
  crops = [
    (writing.draw(file, settings).image, contact_sheet.caption(file.label))
    for file in files[:_SHOWN]
  ]
  try:
    contact_sheet.write(path, crops)
  except OSError as error:
    raise errors.RunError(
      'cannot write %s: %s' % (path, error.strerror)
    ) from error
  text_lib.say('written to ' + path)


def _parser():
  parser = command_line.Parser(
    prog='make_synthetic_codebrim.py', description=_DESCRIPTION
  )
  default = plan.Settings()
  add = parser.add_argument
  add('--out', metavar='DIR',
      help='where the folder %s is made' % writing.FOLDER)  # fmt: skip
  add('--contact_sheet', metavar='FILE',
      help='write a PNG with the first %d crops and their labels'
      % _SHOWN)  # fmt: skip
  add('--preset', choices=sorted(plan.PRESETS),
      help='tiny: 24/8/8 crops of 48-96 px, for tests; demo: 600/120/120; '
      'full: as many as CODEBRIM has, 6481/616/632')  # fmt: skip
  for split in codebrim.SPLITS:
    add('--' + split, type=int, metavar='N',
        help='crops in %s (default: %d)'
        % (split, getattr(default, split)))  # fmt: skip
  add('--scale', type=float, metavar='S',
      help="size relative to CODEBRIM's crops, whose short side has a median "
      'of 314 px (default: %g)' % default.scale)  # fmt: skip
  add('--seed', type=int, metavar='K',
      help='equal seeds give equal bytes (default: %d)'
      % default.seed)  # fmt: skip
  add('--variant', choices=plan.VARIANTS,
      help='balanced: rare training crops again as _copyNN; suffix: mirrored '
      'twins named _-_NN, which the metadata do not name')  # fmt: skip
  add('--aspect', choices=plan.ASPECTS,
      help="square instead of CODEBRIM's ratios")  # fmt: skip
  add('--with_unlabelled', action='store_true', default=None,
      help='some crops without any label, as 52 of CODEBRIM')  # fmt: skip
  add('--processes', type=int, metavar='N', default=os.cpu_count() or 1,
      help='they do not change the result (default: one per core)')  # fmt: skip
  add('--debug', action='store_true', help='show tracebacks')
  return parser
