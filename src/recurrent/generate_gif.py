"""The cells that a search derived, one after another, as a GIF.

  python -m src.recurrent.generate_gif --model_name RUN --output cells.gif

Source: `generate_gif.py` of ENAS-pytorch.
"""

import os
import re
import sys

import numpy as np

from src.arc import paint
from src.recurrent.experiment import NETWORKS
from src.run import common_flags, directory, ranges
from src.run import flags as flags_lib
from src.run.errors import RunError, UsageError, exit_code_of
from src.run.flags import Flag
from src.view import video

MILLISECONDS = 500  # of a frame
_NAME = re.compile(r'(\d+)-(\d+)-.*-best\.png\Z')
_DPI = 150
_SIZE, _LINE = 12, 0.25  # points; inches

GROUPS = [
  (
    'Animation',
    [
      Flag(
        'model_name', 'str', '', 'run: a folder, or its name in log_dir',
        needed='a run, or its name in log_dir',
      ),
      Flag('log_dir', 'str', 'logs', 'folder of runs'),
      Flag('output', 'str', 'sample.gif', 'file to write'),
      Flag(
        'max_frame', 'int', 50, 'frames at most, the first and the last among '
        'them', ranges.at_least(2),
      ),
      Flag('title', 'str', '', 'line above all frames'),
      *common_flags.named('debug'),
    ],
  )
]  # fmt: skip


def main(argv):
  """Runs the program; returns its exit code."""

  def _main():
    flags, _ = flags_lib.parse(GROUPS, argv)
    flags_lib.check(GROUPS, flags)
    if os.path.splitext(flags.output)[1].lower() != '.gif':
      raise UsageError(
        '--output=%s: expected a file ending in .gif' % flags.output
      )
    paths = shown(pictures(folder(flags.model_name, flags.log_dir)), flags)
    try:
      os.makedirs(os.path.dirname(flags.output) or '.', exist_ok=True)
      count = video.write_gif(
        flags.output, MILLISECONDS, frames(paths, flags.title)
      )
    except OSError as error:
      raise RunError('cannot make %s: %s' % (flags.output, error)) from error
    print('%s: %d frames' % (flags.output, count))

  return exit_code_of(_main, '--debug' in argv)


def folder(model_name, log_dir):
  """Where the pictures of a run lie.

  Raises:
    UsageError: it is no run.
  """
  for place in (model_name, os.path.join(log_dir, model_name)):
    if os.path.isfile(os.path.join(place, directory.FLAGS_FILE)):
      return os.path.join(place, NETWORKS)
  raise UsageError(
    '--model_name=%s is no run, neither as a folder nor in %s'
    % (model_name, log_dir)
  )


def pictures(path):
  """list of paths, the derived cells of a search in the order of its steps.

  Raises:
    UsageError: there are none.
  """
  found = []
  for name in os.listdir(path) if os.path.isdir(path) else ():
    match = _NAME.match(name)
    if match:
      numbers = tuple(int(number) for number in match.groups())
      found.append((numbers, os.path.join(path, name)))
  if not found:
    raise UsageError(
      '%s has no pictures of derived cells (*-best.png), of which the frames '
      'are made' % path
    )
  return [name for _, name in sorted(found)]


def shown(paths, flags):
  """At most --max_frame of a list, evenly spread, with its first and last."""
  count = min(len(paths), flags.max_frame)
  places = np.linspace(0, len(paths) - 1, count)
  return [paths[int(round(place))] for place in places]


def lines(path, title=''):
  """list of str, what stands above a frame."""
  step = int(_NAME.match(os.path.basename(path)).group(2))
  return ([title] if title else []) + ['step: {:,}'.format(step)]


def frames(paths, title=''):
  """Yields the frames, uint8 [height, width, 3], RGB, all of one size.

  Drawings stand in the middle, below the lines.
  """
  from PIL import Image

  sizes = []
  for path in paths:
    with Image.open(path) as image:
      sizes.append(image.size)
  width, height = (max(size) for size in zip(*sizes))
  for path in paths:
    head = _head(lines(path, title), width)
    with Image.open(path) as image:
      drawn = np.asarray(image.convert('RGB'))
    frame = np.full([len(head) + height, width, 3], 255, np.uint8)
    frame[: len(head)] = head
    top = len(head) + (height - drawn.shape[0]) // 2
    left = (width - drawn.shape[1]) // 2
    frame[top : top + drawn.shape[0], left : left + drawn.shape[1]] = drawn
    yield frame


def _head(told, width):
  """Lines as pixels of so many columns, smaller where they are long."""
  inches, tall = width / float(_DPI), _LINE * (len(told) + 0.5)
  figure = paint.new_figure(inches, tall)
  figure.set_dpi(_DPI)
  for number, line in enumerate(told):
    needed = paint.text_width(line, _SIZE)
    size = _SIZE * min(1, 0.94 * inches / max(needed, 0.01))
    y = 1 - (number + 0.75) * _LINE / tall
    figure.text(0.03, y, paint.plain_text(line), va='center', fontsize=size)
  found = np.full([int(round(tall * _DPI)), width, 3], 255, np.uint8)
  drawn = paint.pixels(figure)[: len(found), :width]
  found[: drawn.shape[0], : drawn.shape[1]] = drawn
  return found


if __name__ == '__main__':
  sys.exit(main(sys.argv))
