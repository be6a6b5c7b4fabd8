"""Texts as sequences of word ids (format of `data/ptb/process.py` of
melodyguan/enas).

A text is one sentence a line. Its tokens are the words between blanks, and
`<eos>` after each line. The vocabulary is that of the training text alone, in
the order of code points.
"""

import array
import os
import typing

import numpy as np

from src.run.errors import RunError

SPLITS = ('train', 'valid', 'test')
EOS = '<eos>'
UNKNOWN = '<unk>'
# How the three texts of a folder may be called; the first that is there counts.
SPELLINGS = ('%s', '%s.txt', 'ptb.%s.txt')
_SHOWN = 3  # words that an error names


class DataError(RunError):
  """One line: what is wrong with the data, where, what would be right."""


class Corpus(typing.NamedTuple):
  """Three texts and the words of their ids.

  train, valid, test: int32 [number of tokens].
  vocabulary: tuple of str, the word of each id.
  """

  train: np.ndarray
  valid: np.ndarray
  test: np.ndarray
  vocabulary: typing.Tuple[str, ...]

  @property
  def vocabulary_size(self):
    return len(self.vocabulary)


def find(folder):
  """The paths of the three texts in a folder, in the order of SPLITS.

  Raises:
    DataError: there is none, or one is missing.
  """
  for spelling in SPELLINGS:
    names = [spelling % split for split in SPLITS]
    there = [os.path.isfile(os.path.join(folder, name)) for name in names]
    if all(there):
      return [os.path.join(folder, name) for name in names]
    if any(there):
      raise DataError(
        '%s has %s but no %s: all three texts are needed'
        % (folder, names[there.index(True)], names[there.index(False)])
      )
  raise DataError(
    '%s has no texts: expected train, valid and test, or %s, or %s'
    % (
      folder,
      *(
        ', '.join(spelling % split for split in SPLITS)
        for spelling in SPELLINGS[1:]
      ),
    )
  )


def from_folder(folder, unknown_words='refuse', log=print):
  """Reads the texts of a folder, whichever of SPELLINGS they are in.

  Args:
    folder: str.
    unknown_words: what to do with words of the valid and test text that are
      not in the training text: 'refuse', or 'unk' to read them as `<unk>`,
      which must be a word of the training text then.
    log: function of a str that prints one line.

  Returns:
    Corpus.

  Raises:
    DataError: a text is missing, empty, not UTF-8, or has an unknown word.
  """
  paths = find(folder)
  words = {EOS}
  for _, line in _lines(paths[0]):
    words.update(line.split())
  vocabulary = tuple(sorted(words))
  ids = {word: number for number, word in enumerate(vocabulary)}
  if unknown_words == 'unk' and UNKNOWN not in ids:
    raise DataError(
      '%s has no word %s to read unknown words as' % (paths[0], UNKNOWN)
    )
  texts = []
  for path in paths:
    log('Reading ' + path)
    texts.append(_read(path, ids, paths[0], unknown_words == 'unk'))
  return Corpus(*texts, vocabulary)


def _read(path, ids, train_path, map_unknown):
  """int32 [N], the ids of one text."""
  tokens = array.array('i')
  unknown = {}  # word -> the line it is first in
  eos = ids[EOS]
  for number, line in _lines(path):
    for word in line.split():
      token = ids.get(word)
      if token is None:
        unknown.setdefault(word, number)
        token = ids.get(UNKNOWN, eos)
      tokens.append(token)
    tokens.append(eos)
  if unknown and not map_unknown:
    _refuse(path, unknown, train_path, UNKNOWN in ids)
  return np.frombuffer(tokens, np.intc).astype(np.int32, copy=False)


def _refuse(path, unknown, train_path, has_unknown):
  shown = ', '.join(
    '%r (line %d)' % (word, line)
    for word, line in sorted(unknown.items(), key=lambda item: item[1])[:_SHOWN]
  )
  advice = (
    '--unknown_words=unk reads them as ' + UNKNOWN
    if has_unknown
    else 'replace them by words that it has'
  )
  raise DataError(
    '%s has %d words that %s has not: %s%s; %s'
    % (
      path,
      len(unknown),
      train_path,
      shown,
      ', ...' if len(unknown) > _SHOWN else '',
      advice,
    )
  )


def _lines(path):
  """Yields (number from 1, line); line breaks at the very end are no lines.

  Raises:
    DataError: the file cannot be read, is not UTF-8, or has no word.
  """
  empty, words = 0, False
  try:
    with open(path, encoding='utf-8-sig') as file:
      for number, line in enumerate(file, 1):
        if line == '\n':
          empty += 1
          continue
        for earlier in range(number - empty, number):
          yield earlier, ''
        empty = 0
        words = words or bool(line.strip())
        yield number, line
  except OSError as error:
    raise DataError('cannot read %s: %s' % (path, error.strerror)) from error
  except UnicodeDecodeError as error:
    raise DataError('%s is not UTF-8 text: %s' % (path, error)) from error
  if not words:
    raise DataError('%s is empty: expected one sentence a line' % path)


def check(corpus, path):
  """Raises DataError unless the arrays and words of a file fit together.

  Args:
    corpus: Corpus of arrays and words of any kind.
    path: str, where it is from, for the messages.
  """
  size = len(corpus.vocabulary)
  for word in corpus.vocabulary:
    if not isinstance(word, str) or not word:
      raise DataError('%s: its vocabulary holds %r, no word' % (path, word))
  if len(set(corpus.vocabulary)) != size or not size:
    raise DataError(
      '%s: its vocabulary is %s'
      % (path, 'empty' if not size else 'ambiguous: a word is there twice')
    )
  for split in SPLITS:
    ids = getattr(corpus, split)
    if ids.dtype != np.int32 or ids.ndim != 1:
      raise DataError(
        '%s: its %s ids are %s of shape %s instead of int32 [N]'
        % (path, split, ids.dtype.name, list(ids.shape))
      )
    if not ids.size:
      raise DataError('%s: its %s text is empty' % (path, split))
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= size:
      raise DataError(
        '%s: its %s text has the id %d; with a vocabulary of %d words ids lie '
        'in 0..%d' % (path, split, low if low < 0 else high, size, size - 1)
      )
