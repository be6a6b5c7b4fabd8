"""How good a trained network is at each defect, and what it takes for what.

  python -m src.AEROBI.score --checkpoint_path=outputs_2 --data_path=... \\
    --out=scores
"""

import os
import sys

import numpy as np
import tqdm

from src.AEROBI import (
  codebrim,
  confusion,
  confusion_picture,
  metrics,
  pipeline,
  trained,
  unreadable,
)
from src.arc import command_line
from src.arc import text as text_lib
from src.run import errors

_NAMES = {'train': 'train', 'valid': 'val', 'test': 'test'}


def main(argv=None):
  """Runs the command; returns the exit status."""
  arguments = _parser().parse_args(argv)
  return errors.exit_code_of(lambda: _run(arguments), arguments.debug)


def answers(network, split, batch_size=16, threads=4):
  """Asks about the middle of each image of a split, once.

  Args:
    network: trained.Trained.
    split: codebrim.Split.
    batch_size: int > 0.
    threads: int > 0, images decoded at a time.

  Returns:
    (probabilities float32 [N, C], labels float32 [N, C])
  """
  found, labels = [], []
  reader = pipeline.evaluation(split, batch_size, network.size, threads=threads)
  with reader:
    for step in tqdm.trange(
      reader.num_batches, unit='batch', disable=None, file=sys.stderr
    ):
      images, truth = reader.batch(step)
      found.append(network.predict(images))
      labels.append(truth)
  return np.concatenate(found), np.concatenate(labels)


def _run(arguments):
  _check(arguments)
  data = codebrim.read(arguments.data_path)
  name = _NAMES[arguments.split]
  with trained.opened(arguments.checkpoint_path) as network:
    if data.short_side is not None and data.short_side < network.size:
      raise errors.UsageError(
        'the network looks at %d pixels, but the images in %s were reduced to '
        'a short side of %d: give those that python -m src.AEROBI.prepare '
        'makes with --short_side=%d or without it'
        % (network.size, arguments.data_path, data.short_side, network.size)
      )
    data = unreadable.refuse_or_skip(
      data, arguments.skip_unreadable_images, arguments.threads, names=[name]
    )
    probabilities, labels = answers(
      network, getattr(data, name), arguments.batch_size, arguments.threads
    )
    names = network.names
  if not np.isfinite(probabilities).all():
    raise errors.RunError(
      'the network gives values that are no numbers: give an earlier '
      '--checkpoint_path'
    )
  report = metrics.report(probabilities, labels, arguments.threshold, names)
  table = metrics.threshold_table(probabilities, labels, names=names)
  shown = ['', 'On %s:' % arguments.split] + metrics.lines(report)
  shown.append(
    'always answering %s, most frequent in train: exact match %.4f'
    % metrics.majority(data.train.labels, labels, names)
  )
  print('\n'.join(shown + [''] + metrics.threshold_lines(table)))
  if arguments.out is not None:
    mixed = confusion.confusion(
      probabilities, labels, arguments.threshold, names
    )
    _write(arguments, report, table, mixed, data.synthetic)


def _check(arguments):
  """What can be refused before the network is opened."""
  for name in ('batch_size', 'threads'):
    if getattr(arguments, name) < 1:
      raise errors.UsageError('--%s must be at least 1' % name)
  if not 0 <= arguments.threshold <= 1:
    raise errors.UsageError(
      '--threshold=%g: expected 0 to 1' % arguments.threshold
    )
  if arguments.out is not None:
    try:
      os.makedirs(arguments.out, exist_ok=True)
    except OSError as error:
      raise _cannot_write(arguments.out, error) from error


def _write(arguments, report, table, mixed, synthetic):
  title = 'What the network sees in the %s images%s' % (
    arguments.split,
    ' (SYNTHETIC)' if synthetic else '',
  )
  figure = confusion_picture.draw(mixed, title)
  try:
    for name, text in (
      ('classes.csv', metrics.csv_text(report.classes)),
      ('thresholds.csv', metrics.csv_text(table)),
      ('confusion.csv', confusion.csv_text(mixed)),
    ):
      with text_lib.open_text(
        os.path.join(arguments.out, name), 'w', newline=''
      ) as sink:
        sink.write(text)
    for name in ('confusion.png', 'confusion.svg'):
      figure.savefig(os.path.join(arguments.out, name))
  except OSError as error:
    raise _cannot_write(arguments.out, error) from error
  text_lib.say('written to ' + arguments.out)


def _cannot_write(path, error):
  return errors.RunError('cannot write %s: %s' % (path, error.strerror))


def _parser():
  parser = command_line.Parser(
    prog='python -m src.AEROBI.score',
    description='Scores a trained network class by class: precision, recall, '
    'F1, average precision, thresholds, and what is taken for what. Each '
    'image is looked at once, in its middle.',
  )
  add = parser.add_argument
  add('--checkpoint_path', required=True, metavar='PATH',
      help='run directory of a fixed network, one of its checkpoints, or what '
      '--mode=export wrote')  # fmt: skip
  add('--data_path', required=True, metavar='DIR', help='folder of CODEBRIM')
  add('--split', choices=sorted(_NAMES), default='test',
      help='images to score on (default: test)')  # fmt: skip
  add(
    '--threshold',
    type=float,
    default=0.5,
    metavar='P',
    help='a class is predicted from this probability on (default: 0.5)',
  )
  add('--out', metavar='DIR',
      help='write classes.csv, thresholds.csv, confusion.csv, confusion.png '
      'and confusion.svg there')  # fmt: skip
  add('--skip_unreadable_images', action='store_true',
      help='leave out damaged images instead of ending with their '
      'names')  # fmt: skip
  add('--batch_size', type=int, default=16, metavar='N',
      help='images at a time (default: 16)')  # fmt: skip
  add('--threads', type=int, default=4, metavar='N',
      help='images decoded at a time (default: 4)')  # fmt: skip
  add('--debug', action='store_true', help='show tracebacks')
  return parser


if __name__ == '__main__':
  sys.exit(main())
