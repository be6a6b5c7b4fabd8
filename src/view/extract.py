"""Takes the architectures and accuracies out of a search's log.

The outputs of the CODEBRIM authors' extractArcString.py, and those that it
lacked: one line an architecture, with its accuracy, and the best one as it is
typed. Source of the former: meta-learning-CODEBRIM.
"""

import csv
import os
import sys

import numpy as np

from src.arc import ArcError, command_line, record
from src.arc import text as text_lib
from src.arc.tokens import check_at_least
from src.view import frames, log
from src.view.lines import events, opened

ROWS_FILE = 'arc_string_output.txt'
ARCS_FILE = 'arcs.csv'
COLUMNS = ('epoch', 'index', 'arc', 'valid_accuracy')
SPLITS = ('valid', 'test')


def extract(path, out_dir='.', num_rows=None, show=print):
  """Writes what a log holds.

  Into `out_dir`: `arc_string_output.txt` (the rows of all architectures),
  `valid_accuracy_array.npy` and `test_accuracy_array.npy` (float64, one value
  an evaluation; of language models `valid_ppl_array.npy` and so on, and the
  column of architectures is their reward), and `arcs.csv` (one line an
  architecture).

  Args:
    path: str, a log or a run directory.
    out_dir: str, is made when missing.
    num_rows: int, rows of an architecture, or None to see it from the log;
      after so many the shown rows have a gap.
    show: function of one line; told what the original prints.

  Returns:
    log.History.

  Raises:
    ArcError: the log is not there or cannot be read to its end, or num_rows is
      no number of rows.
    OSError: something cannot be written.
  """
  if os.path.isdir(path):
    path = os.path.join(path, 'stdout')
  if not os.path.isfile(path):
    raise ArcError("path to stdout doesn't exist: %s" % path)
  if num_rows is not None:
    check_at_least('--num_layers, or --arc-length less 1,', num_rows, 1)
  with opened(path) as file:
    lines = file.readlines()
  said = record.read(os.path.dirname(path))
  history = log.read(lines, said and said.space)
  rows = [event.value for event in events(lines) if event.kind == 'row']
  if num_rows is None and history.shown:
    num_rows = len(history.shown[0].arc.rows())
  _write(out_dir, history, rows)

  # Last, so that a reader who stops listening loses no file.
  count = 0
  for event in events(lines):
    if event.kind == 'row':
      show(event.value)
      count += 1
      if num_rows is not None and count % num_rows == 0:
        show('\n')
    elif event.kind in SPLITS:
      show(event.value)
  _show_best_epochs(history, show)
  return history


def _write(out_dir, history, rows):
  os.makedirs(out_dir, exist_ok=True)
  with text_lib.open_text(os.path.join(out_dir, ROWS_FILE), 'w') as file:
    file.writelines(row + '\n' for row in rows)
  of_text = any(history.perplexity.values())
  for name in SPLITS:
    found = history.perplexity[name] if of_text else getattr(history, name)
    kind = 'ppl' if of_text else 'accuracy'
    np.save(
      os.path.join(out_dir, '%s_%s_array.npy' % (name, kind)),
      np.array([e.accuracy for e in found], np.float64),
    )
  with text_lib.open_text(os.path.join(out_dir, ARCS_FILE), 'w') as file:
    table = csv.writer(file, lineterminator='\n')
    table.writerow(COLUMNS[:3] + ('reward',) if of_text else COLUMNS)
    for shown in history.shown:
      epoch = '' if shown.epoch is None else shown.epoch
      table.writerow([epoch, shown.index, shown.arc, shown.accuracy])


def _show_best_epochs(history, show):
  """The best validation accuracy, and the test accuracies of its epochs."""
  valid, test = (
    [evaluation.accuracy for evaluation in evaluations]
    for evaluations in (history.valid, history.test)
  )
  show((len(valid), len(test)))
  if not valid:
    return
  show('bv and bv_test')
  show(max(valid))
  for accuracy, of_test in zip(valid, test):  # the log may end between them
    if accuracy == max(valid):
      show(of_test)


def main(arguments=None):
  """Runs the command.

  Returns:
    int, the exit status: 2 for anything wrong, 1 if the log says nothing.
  """
  parser = command_line.Parser(
    prog='extractArcString.py', description=__doc__.split('\n')[0]
  )
  parser.set_defaults(run=_run)
  parser.add_argument(
    '--stdout', required=True, help='the log of a search, or its run directory'
  )
  parser.add_argument(
    '--arc-length',
    type=int,
    metavar='N',
    help='layers of an architecture and the classifier, as the original '
    'counts: 8 means 7 layers (default: seen from the log)',
  )
  parser.add_argument(
    '--num_layers', type=int, help='the same without the classifier'
  )
  parser.add_argument(
    '--out_dir', default='.', help='where to write (default: this folder)'
  )
  parser.add_argument(
    '--quiet',
    action='store_true',
    help='print the best architecture only, not what the original prints',
  )
  return command_line.run(parser, arguments)


def _run(args):
  num_rows = args.num_layers
  if num_rows is None and args.arc_length is not None:
    num_rows = args.arc_length - 1
  show = (lambda line: None) if args.quiet else print
  history = extract(args.stdout, args.out_dir, num_rows, show)
  log.tell_skipped(history)
  # On stderr unless it is all there is: stdout has the original's lines.
  file = sys.stdout if args.quiet else sys.stderr
  _print_summary(history, args.out_dir, file)
  return 1 if history == log.nothing() else 0


def _print_summary(history, out_dir, file):
  if not history.shown:
    print('The log shows no whole architecture.', file=file)
    return
  found = frames.ranked(history.shown)[0]
  print(
    '%d architectures: %s\nBest, on one batch: %s=%.4f, epoch %s\n'
    '--child_fixed_arc="%s"'
    % (
      len(history.shown),
      os.path.join(out_dir, ARCS_FILE),
      'rw' if found.arc.measure == 'reward' else 'val_acc',
      found.accuracy,
      '?' if found.epoch is None else found.epoch,
      found.arc,
    ),
    file=file,
  )
