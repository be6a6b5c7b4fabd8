"""The command `data/ptb/process.py`: texts in, ids and vocabulary out."""

import argparse
import os

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
    help='where the texts are, called train, train.txt or ptb.train.txt and '
    'so on (default: here)',
  )
  parser.add_argument(
    '--out', help='.npz file to write (default: ptb.npz beside the texts)'
  )
  parser.add_argument(
    '--unknown_words',
    choices=('refuse', 'unk'),
    default='refuse',
    help='what to do with words of valid and test that train has not: refuse '
    'them (default), or read them as <unk>',
  )
  options = parser.parse_args(argv)
  return exit_code_of(lambda: _process(options))


def _process(options):
  out = options.out or os.path.join(options.folder, 'ptb.npz')
  if not out.endswith('.npz'):
    raise UsageError('--out=%s: expected a name that ends in .npz' % out)
  if not os.path.isdir(options.folder):
    raise UsageError('%s is no folder' % options.folder)
  corpus = corpus_lib.from_folder(
    options.folder, options.unknown_words, lambda line: None
  )
  for line in data_utils.summary(corpus):
    print(line)
  npz.write(out, corpus)
  print('Wrote %s and %s' % (out, npz.vocabulary_path(out)))
