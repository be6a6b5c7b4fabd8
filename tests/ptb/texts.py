"""Small texts for tests, and where the real ones may be."""

import os

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
PTB = os.environ.get('ENAS_PTB', os.path.join(ROOT, 'data', 'ptb'))
MINI = os.path.join(ROOT, 'data', 'wikitext_mini')

TRAIN = ' the cat sat \n the <unk> sat \n\n a cat \n'
VALID = ' the cat \n'
TEST = ' a cat sat \n'
# What they are: the words in the order of code points, and the ids.
VOCABULARY = ('<eos>', '<unk>', 'a', 'cat', 'sat', 'the')
IDS = {
  'train': [5, 3, 4, 0, 5, 1, 4, 0, 0, 2, 3, 0],
  'valid': [5, 3, 0],
  'test': [2, 3, 4, 0],
}


def write(folder, spelling='%s.txt', train=TRAIN, valid=VALID, test=TEST):
  """Writes the three texts; returns the folder as str."""
  for split, text in (('train', train), ('valid', valid), ('test', test)):
    (folder / (spelling % split)).write_bytes(text.encode('utf-8'))
  return str(folder)


def need_ptb():
  """Skips a test where the Penn Treebank is not."""
  if not any(
    os.path.isfile(os.path.join(PTB, name % 'train'))
    for name in ('%s', '%s.txt', 'ptb.%s.txt')
  ):
    pytest.skip(
      'Penn Treebank, which may not be shipped, is neither in data/ptb nor '
      'where ENAS_PTB says'
    )
  return PTB
