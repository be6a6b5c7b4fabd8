"""Reads the `ptb.pkl` of melodyguan/enas without trusting it.

It is one pickle, mostly of protocol 2, of (train ids, valid ids, test ids,
id of each word, word of each id).
"""

import numpy as np

from src.files import unpickle
from src.files.errors import reason
from src.ptb import corpus as corpus_lib
from src.ptb.corpus import SPLITS, Corpus, DataError


def read(path):
  """Reads a corpus that Python 2 or 3 pickled.

  Args:
    path: str.

  Returns:
    Corpus.

  Raises:
    DataError: the file is missing or damaged, asks for a name it may not
      have, or holds something else.
  """
  try:
    file = open(path, 'rb')
  except OSError as error:
    raise DataError('cannot read %s: %s' % (path, error.strerror)) from error
  with file:
    try:
      corpus = _checked(unpickle.load(file, np.int32, 'ptb.pkl'))
    # A damaged pickle can make the unpickler raise nearly anything.
    except Exception as error:
      raise DataError('%s is no ptb.pkl: %s' % (path, reason(error))) from error
  corpus_lib.check(corpus, path)
  return corpus


def _checked(fields):
  if not isinstance(fields, tuple) or len(fields) != len(SPLITS) + 2:
    raise ValueError(
      'expected the ids of three texts, the id of each word and the word of '
      'each id'
    )
  texts, ids, words = fields[:3], fields[3], fields[4]
  for split, text in zip(SPLITS, texts):
    if not isinstance(text, unpickle.Array):
      raise ValueError('its %s ids are no int32 array' % split)
  if not isinstance(ids, dict) or not isinstance(words, dict):
    raise ValueError('its words and their ids are no dicts')
  if set(words) != set(range(len(words))):
    raise ValueError('its words are not numbered from 0 without a gap')
  vocabulary = tuple(words[number] for number in range(len(words)))
  if ids != {word: number for number, word in enumerate(vocabulary)}:
    raise ValueError('the ids of its words are not those of its word list')
  return Corpus(
    *(text.values.astype(np.int32, copy=False) for text in texts),
    tuple(map(_word, vocabulary)),
  )


def _word(value):
  """str of a word, which Python 2 wrote as bytes."""
  return value.decode('utf-8') if isinstance(value, bytes) else value
