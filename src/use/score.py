"""How good a trained network is at each class, and what it takes for what.

python -m src.use.score --checkpoint_path=RUN --data_path=... --out=scores
"""

import os
import sys

import numpy as np
import tqdm

from src.arc import command_line
from src.arc import text as text_lib
from src.run import errors
from src.use import confusion, confusion_picture, metrics, trained


def main(argv=None, prog='python -m src.use.score', package=None):
  """Runs the command; returns the exit status.

  Args:
    argv: list of str, those of the process unless given.
    prog: str, what the command is called.
    package: str, the only one whose networks are taken; any unless given.
  """
  arguments = _parser(prog).parse_args(argv)
  arguments.package = package
  return errors.exit_code_of(lambda: _run(arguments), arguments.debug)


def answers(network, reader, one_hot):
  """Asks about each image of a split, once.

  Args:
    network: trained.Trained.
    reader: gives the batches of an evaluation, see `in_memory.Reader`; closed
      when all is read.
    one_hot: bool, whether labels are numbers to be made rows of 0 and 1.

  Returns:
    (probabilities float32 [N, C], labels [N, C] of 0 and 1)
  """
  found, labels = [], []
  try:
    for step in tqdm.trange(
      reader.num_batches, unit='batch', disable=None, file=sys.stderr
    ):
      images, truth = reader.batch(step)
      found.append(network.predict(images))
      labels.append(truth)
  finally:
    reader.close()
  labels = np.concatenate(labels)
  if one_hot:
    labels = _one_hot(labels, network)
  return np.concatenate(found), labels


def _one_hot(labels, network):
  return np.eye(len(network.names), dtype=np.float32)[labels]


def _run(arguments):
  _check(arguments)
  path = arguments.checkpoint_path
  with trained.opened(path, arguments.package) as network:
    task = trained.task_of(network.package)
    reader, train_labels, synthetic = task.examples(
      network,
      arguments.data_path,
      arguments.split,
      arguments.batch_size,
      arguments.threads,
      arguments.skip_unreadable_images,
    )
    probabilities, labels = answers(network, reader, network.one_label)
  names = network.names
  if not np.isfinite(probabilities).all():
    raise errors.RunError(
      'the network gives values that are no numbers: give an earlier '
      '--checkpoint_path'
    )
  threshold = arguments.threshold
  if threshold is None and not network.one_label:
    threshold = 0.5
  report = metrics.report(probabilities, labels, threshold, names)
  table = metrics.threshold_table(probabilities, labels, names)
  shown = ['', 'On %s:' % arguments.split] + metrics.lines(report)
  if network.one_label:
    train_labels = _one_hot(train_labels, network)
  shown.append(
    'always answering %s, most frequent in train: exact match %.4f'
    % metrics.majority(train_labels, labels, names)
  )
  if not network.one_label:
    shown += [''] + metrics.threshold_lines(table)
  print('\n'.join(shown))
  if arguments.out is not None:
    mixed = confusion.confusion(probabilities, labels, threshold, names)
    _write(arguments, report, table, mixed, synthetic)


def _check(arguments):
  """What can be refused before the network is opened."""
  for name in ('batch_size', 'threads'):
    if getattr(arguments, name) < 1:
      raise errors.UsageError('--%s must be at least 1' % name)
  if arguments.threshold is not None and not 0 <= arguments.threshold <= 1:
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


def _parser(prog):
  parser = command_line.Parser(
    prog=prog,
    description='Scores a trained network class by class: precision, recall, '
    'F1, average precision, thresholds, and what is taken for what. Each '
    'image is looked at once, in its middle.',
  )
  add = parser.add_argument
  add('--checkpoint_path', required=True, metavar='PATH',
      help='run directory of a fixed network (its last checkpoint; RUN:best: '
      'that with the best validation), a checkpoint, or what --mode=export '
      'wrote')  # fmt: skip
  add(
    '--data_path',
    required=True,
    metavar='DIR',
    help='the data set, as for training',
  )
  add('--split', choices=['test', 'train', 'valid'], default='test',
      help='images to score on (default: test)')  # fmt: skip
  add('--threshold', type=float, metavar='P',
      help='a class is predicted from this probability on (default: 0.5; the '
      'most probable class is, where images have one)')  # fmt: skip
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
