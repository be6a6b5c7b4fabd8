"""A corpus as files that hold numbers and words, and nothing that runs.

`name.npz` has the ids, `name.vocab.json` the words, a list in the order of
their ids. The former remembers the SHA-256 of the latter's words, so that two
corpora cannot be mixed up.
"""

import hashlib
import json
import os

import numpy as np

from src.arc import text as text_lib
from src.files import npz
from src.files.errors import FileError
from src.ptb import corpus as corpus_lib
from src.ptb.corpus import ANEW, SPLITS, Corpus, DataError

_DIGEST = 'vocabulary_sha256'


def vocabulary_path(path):
  """'ptb.vocab.json' of 'ptb.npz'."""
  return os.path.splitext(path)[0] + '.vocab.json'


def write(path, corpus):
  """Writes both files, each all at once.

  Args:
    path: str, ends in '.npz'.
    corpus: Corpus.

  Raises:
    DataError: a file cannot be written.
  """
  arrays = {split: getattr(corpus, split) for split in SPLITS}
  arrays[_DIGEST] = _digest(corpus.vocabulary)
  words = vocabulary_path(path)
  try:
    with text_lib.open_text(words + '.part', 'w') as file:
      json.dump(list(corpus.vocabulary), file, indent=0)
      file.write('\n')
    with open(path + '.part', 'wb') as file:
      np.savez_compressed(file, **arrays)
    os.replace(words + '.part', words)
    os.replace(path + '.part', path)
  except OSError as error:
    raise DataError(
      'cannot write %s: %s' % (error.filename, error.strerror)
    ) from error


def read(path):
  """Reads what `write` wrote.

  Args:
    path: str.

  Returns:
    Corpus.

  Raises:
    DataError: a file is missing, damaged, or does not belong to the other.
  """
  vocabulary = _read_vocabulary(vocabulary_path(path))
  fields = SPLITS + (_DIGEST,)
  try:
    found = npz.read(path, fields)
  except FileError as error:
    raise DataError(
      '%s; it is not what data/ptb/process.py writes' % error
    ) from error
  arrays = [found[name] for name in fields]
  corpus = Corpus(*arrays[:-1], vocabulary)
  corpus_lib.check(corpus, path)
  if not np.array_equal(arrays[-1], _digest(vocabulary)):
    raise DataError(
      '%s was made with other words than those in %s: make both anew with '
      'data/ptb/process.py' % (path, vocabulary_path(path))
    )
  return corpus


def _digest(vocabulary):
  """uint8 [32], the SHA-256 of the words, one a line."""
  text = '\n'.join(map(str, vocabulary)).encode('utf-8')
  return np.frombuffer(hashlib.sha256(text).digest(), np.uint8)


def _read_vocabulary(path):
  try:
    with open(path, encoding='utf-8', errors='strict') as file:
      words = json.load(file)
  except OSError as error:
    raise DataError(
      'cannot read the vocabulary %s: %s; data/ptb/process.py writes it beside '
      'the .npz' % (path, error.strerror)
    ) from error
  except ValueError as error:
    raise DataError('%s is no JSON: %s%s' % (path, error, ANEW)) from error
  if not isinstance(words, list):
    raise DataError('%s holds no list of words%s' % (path, ANEW))
  return tuple(words)
