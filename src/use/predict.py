"""What images show: asks a trained network.

python -m src.use.predict --checkpoint_path=RUN image.jpg folder/ ...
"""

import contextlib
import functools
import os
import sys

import numpy as np
import tqdm

from src.arc import command_line
from src.arc import text as text_lib
from src.files import photo, png
from src.images import listing
from src.run import errors
from src.use import metrics, overlay, prediction, table, tiles, trained

_MOST_LINES = 5  # classes that are shown of an image with one label


def main(argv=None, prog='python -m src.use.predict', package=None):
  """Runs the command; returns the exit status.

  Args:
    argv: list of str, those of the process unless given.
    prog: str, what the command is called.
    package: str, the only one whose networks are taken; any unless given.
  """
  arguments = _parser(prog).parse_args(argv)
  arguments.package = package
  return errors.exit_code_of(lambda: _run(arguments), arguments.debug)


def _run(arguments):
  arguments.images = _found(arguments.images)
  pictures = _check(arguments)
  count, bad = len(arguments.images), 0
  with contextlib.ExitStack() as stack:
    network = stack.enter_context(
      trained.opened(arguments.checkpoint_path, arguments.package)
    )
    thresholds = _thresholds(arguments.threshold, network.names)
    write_row = stack.enter_context(table.opened(arguments.csv))
    for number, path in enumerate(arguments.images):
      title = 'image %d/%d' % (number + 1, count)
      try:
        pixels, answer = _look(arguments, network, thresholds, path, title)
      except (png.ImageError, errors.UsageError) as error:
        if count == 1:
          raise
        print('error: %s' % text_lib.printable(str(error)), file=sys.stderr)
        bad += 1
        continue
      most = _MOST_LINES if network.one_label else None
      for line in prediction.lines(path, answer, most):
        text_lib.say(line)
      write_row(path, answer)
      if pictures:
        _draw(arguments, path, pixels, answer, pictures[number])
  if bad:
    raise errors.RunError('%d of %d images have no answer' % (bad, count))


def _look(arguments, network, thresholds, path, title):
  """(the pixels of a photo, what the network says about them)."""
  pixels = photo.read(path)
  bar = functools.partial(
    tqdm.tqdm, desc=title, unit='batch', leave=False, disable=None,
    file=sys.stderr,
  )  # fmt: skip
  try:
    answer = prediction.predict(
      pixels,
      network,
      arguments.tile_side if arguments.tiles else None,
      arguments.overlap,
      arguments.batch_size,
      thresholds,
      bar,
    )
  except tiles.TooManyWindows as error:
    raise errors.UsageError('%s: %s' % (path, error)) from error
  return pixels, answer


def _found(paths):
  """The files, and for folders the images below them, sorted.

  Raises:
    RunError: a folder holds no images.
  """
  files = []
  for path in paths:
    if not os.path.isdir(path):
      files.append(path)
      continue
    below = listing.images_below(path)
    if not below:
      raise errors.RunError('%s holds no images' % path)
    files += below
  return files


def _check(arguments):
  """What can be refused before the network is opened.

  Returns:
    list of the pictures to be written, one for each image; or an empty one.
  """
  for name in ('tile_side', 'batch_size'):
    if getattr(arguments, name) < 1:
      raise errors.UsageError('--%s must be at least 1' % name)
  if not 0 <= arguments.overlap <= 0.9:
    raise errors.UsageError(
      '--overlap=%g: expected 0 to 0.9, a part of the side' % arguments.overlap
    )
  if arguments.threshold is not None:
    _numbers(arguments.threshold)
  try:
    if arguments.overlay_dir is not None:
      os.makedirs(arguments.overlay_dir, exist_ok=True)
  except OSError as error:
    raise errors.RunError(
      'cannot make %s: %s' % (arguments.overlay_dir, error.strerror)
    ) from error
  folder = os.path.dirname(arguments.csv or '') or '.'
  if not os.path.isdir(folder):
    raise errors.RunError('there is no folder %s for the CSV' % folder)
  pictures = []
  if arguments.overlay_dir is not None:
    pictures = [
      os.path.join(arguments.overlay_dir, name)
      for name in overlay.names(arguments.images)
    ]
  inputs = {_file(path): path for path in arguments.images}
  inputs.pop(None, None)
  for flag, targets in (
    ('--overlay_dir', pictures), ('--csv', [arguments.csv or ''])
  ):  # fmt: skip
    for target in targets:
      if _file(target) in inputs:
        raise errors.UsageError(
          '%s would be written over the image %s; give another %s'
          % (target, inputs[_file(target)], flag)
        )
  return pictures


def _file(path):
  """What tells a file from any other, None if there is none."""
  try:
    found = os.stat(path)
  except OSError:
    return None
  return found.st_dev, found.st_ino


def _numbers(text):
  """Dict from class, or from number, to threshold."""
  if os.path.isfile(text):
    try:
      return metrics.best_thresholds(text)
    except (OSError, ValueError) as error:
      raise errors.RunError('--threshold: %s' % error) from error
  try:
    numbers = [float(part) for part in text.split(',')]
  except ValueError:
    numbers = []
  if not numbers or not all(0 <= number <= 1 for number in numbers):
    raise errors.UsageError(
      '--threshold=%s: expected a number from 0 to 1, or one for each class '
      'with commas between them, or a thresholds.csv' % text
    )
  return dict(enumerate(numbers))


def _thresholds(text, names):
  """float64 [C], or None unless given."""
  if text is None:
    return None
  numbers = _numbers(text)
  if len(numbers) not in (1, len(names)) or (
    os.path.isfile(text) and list(numbers) != list(names)
  ):
    raise errors.UsageError(
      '--threshold=%s has %d numbers; the classes are %s'
      % (text, len(numbers), ', '.join(names))
    )
  return np.broadcast_to(list(numbers.values()), len(names))


def _draw(arguments, path, pixels, answer, target):
  """Writes the picture."""
  figure = overlay.draw(
    pixels, answer, os.path.basename(path), arguments.all_panels
  )
  try:
    figure.savefig(target)
  except OSError as error:
    raise errors.RunError(
      'cannot write %s: %s' % (target, error.strerror)
    ) from error
  text_lib.say('  drawn in ' + target)


def _parser(prog):
  parser = command_line.Parser(
    prog=prog,
    description='Says what images show. An image is seen as a whole, or cut '
    'into tiles.',
  )
  add = parser.add_argument
  add('images', nargs='+', metavar='IMAGE',
      help='BMP, GIF, JPEG, PNG, TIFF or WebP; or a folder of '
      'them')  # fmt: skip
  add('--checkpoint_path', required=True, metavar='PATH',
      help='run directory of a fixed network (its last checkpoint; RUN:best: '
      'that with the best validation), a checkpoint, or what --mode=export '
      'wrote')  # fmt: skip
  add('--threshold', metavar='P',
      help='a class is seen from this probability on; or one for each class, '
      'with commas between them; or the thresholds.csv of a score, the best of '
      'which are taken (default: 0.5; the most probable class where images '
      'have one)')  # fmt: skip
  add('--tiles', action='store_true',
      help='look at overlapping tiles of large photos: a defect is as probable '
      'as in the tile where it is most so, the background as where it is '
      'least so')  # fmt: skip
  add('--tile_side', type=int, default=tiles.TILE_SIDE, metavar='N',
      help="side of the tiles in the photo's pixels (default: %d)"
      % tiles.TILE_SIDE)  # fmt: skip
  add('--overlap', type=float, default=tiles.OVERLAP, metavar='F',
      help='part of their side that neighbouring tiles share at least '
      '(default: %g)' % tiles.OVERLAP)  # fmt: skip
  add('--csv', metavar='FILE', help='write all answers there')
  add('--overlay_dir', metavar='DIR',
      help='write a picture for each image that shows where each defect is '
      'seen; finest with --tiles')  # fmt: skip
  add('--all_panels', action='store_true',
      help='in it, show what is not seen, too')  # fmt: skip
  add('--batch_size', type=int, default=16, metavar='N',
      help='windows at a time (default: 16)')  # fmt: skip
  add('--debug', action='store_true', help='show tracebacks')
  return parser


if __name__ == '__main__':
  sys.exit(main())
