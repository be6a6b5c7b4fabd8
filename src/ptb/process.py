"""The command `data/ptb/process.py`: texts in, ids and vocabulary out."""

import argparse
import os
import sys

from src.ptb import corpus as corpus_lib
from src.ptb import data_utils, npz
from src.run.errors import UsageError, exit_code_of


def main(argv):
  """Runs the command; returns its exit code."""
  parser = argparse.ArgumentParser(
    prog='process.py',
    description='Numbers the words of train, valid and test texts.',
  )
  parser.add_argument(
    'folder',
    nargs='?',
    default='.',
    help='where the texts are, called train, train.txt, ptb.train.txt or '
    'wiki.train.tokens and so on (default: here)',
  )
  parser.add_argument(
    '--out', help='.npz file to write (default: ptb.npz beside the texts)'
  )
  parser.add_argument(
    '--unknown_words',
    choices=('refuse', 'unk'),
    default='refuse',
    help='what to do with words of valid and test that train has not: refuse '
    'them (default), or read them as <unk>, added where train has none',
  )
  parser.add_argument(
    '--min_count',
    type=int,
    default=1,
    metavar='N',
    help='read words that train has less often than N times as <unk>, words '
    'that it has not too (default: 1, keep all)',
  )
  options = parser.parse_args(argv)
  return exit_code_of(lambda: _process(options))


def _process(options):
  out = options.out or os.path.join(options.folder, 'ptb.npz')
  if not out.endswith('.npz'):
    raise UsageError('--out=%s: expected a name that ends in .npz' % out)
  if not os.path.isdir(options.folder):
    raise UsageError('%s is no folder' % options.folder)
  if options.min_count < 1:
    raise UsageError('--min_count=%d: expected at least 1' % options.min_count)

  def _warn(line):
    print(line, file=sys.stderr)

  corpus = corpus_lib.from_folder(
    options.folder, options.unknown_words, options.min_count, _warn
  )
  for line in corpus_lib.twins(corpus):
    _warn(line)
  for line in data_utils.summary(corpus):
    print(line)
  npz.write(out, corpus)
  print('Wrote %s and %s' % (out, npz.vocabulary_path(out)))
