"""Texts as sequences of word ids (format of `data/ptb/process.py` of
melodyguan/enas).

A text is one sentence a line. Its tokens are the words between blanks, and
`<eos>` after each line. The vocabulary is that of the training text alone, in
the order of code points.
"""

import array
import collections
import itertools
import typing

import numpy as np

from src.ptb import text_files
from src.ptb.text_files import EOS, SPLITS, DataError

UNKNOWN = '<unk>'
ANEW = '; make it anew with data/ptb/process.py'
_SHOWN = 3  # words that an error names


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


def from_folder(folder, unknown_words='refuse', min_count=1, log=print):
  """Reads the texts of a folder, whichever of `text_files.SPELLINGS` they have.

  Args:
    folder: str.
    unknown_words: what to do with words of the valid and test text that are
      not in the training text: 'refuse', or 'unk' to read them as `<unk>`,
      which becomes a word where the training text lacks it.
    min_count: int; above 1, words that the training text has less often are
      read as `<unk>` in all texts, unknown ones too.
    log: function of a str that prints one line, a warning.

  Returns:
    Corpus.

  Raises:
    DataError: a text is missing, empty, not UTF-8, or has an unknown word.
  """
  paths = text_files.find(folder)
  found = collections.defaultdict(itertools.count().__next__)
  tokens = array.array('i')
  for _, words in text_files.sentences(paths[0], log):
    tokens.extend(map(found.__getitem__, words))
  counts = np.bincount(tokens)
  kept = {word for word, key in found.items() if counts[key] >= min_count}
  kept.add(EOS)
  map_unknown = unknown_words == 'unk' or min_count > 1
  if map_unknown:
    kept.add(UNKNOWN)
    if UNKNOWN not in found and len(kept) > len(found):
      log(
        'warning: %s has no %s: the word was added and never trained; '
        'data/ptb/process.py --min_count=2 reads rare words as it'
        % (paths[0], UNKNOWN)
      )
  vocabulary = tuple(sorted(kept))
  ids = {word: number for number, word in enumerate(vocabulary)}
  table = np.array(
    [ids[word if word in ids else UNKNOWN] for word in found], np.int32
  )
  texts = [table[np.frombuffer(tokens, np.intc)]]
  for path in paths[1:]:
    texts.append(_read(path, ids, paths[0], map_unknown, log))
  return Corpus(*texts, vocabulary)


def by_appearance(folder, log=print):
  """Reads the texts of a folder as ENAS-pytorch does: every word is known.

  The vocabulary is that of all three texts, in the order in which words first
  appear in the training, the valid and the test text.

  Args, Returns, Raises: see `from_folder`.
  """
  ids, texts = {}, []
  for path in text_files.find(folder):
    tokens = array.array('i')
    for _, words in text_files.sentences(path, log):
      tokens.extend(ids.setdefault(word, len(ids)) for word in words)
    texts.append(np.frombuffer(tokens, np.intc).astype(np.int32, copy=False))
  return Corpus(*texts, tuple(ids))


def _read(path, ids, train_path, map_unknown, log):
  """int32 [N], the ids of a text other than the training text."""
  tokens = array.array('i')
  unknown = {}  # word -> the line it is first in
  for number, words in text_files.sentences(path, log):
    for word in words:
      token = ids.get(word)
      if token is None:
        unknown.setdefault(word, number)
        token = ids.get(UNKNOWN, 0)
      tokens.append(token)
  if unknown and not map_unknown:
    _refuse(path, unknown, train_path)
  return np.frombuffer(tokens, np.intc).astype(np.int32, copy=False)


def _refuse(path, unknown, train_path):
  shown = ', '.join(
    '%r (line %d)' % (word, line)
    for word, line in sorted(unknown.items(), key=lambda item: item[1])[:_SHOWN]
  )
  raise DataError(
    '%s has %d words that %s has not: %s%s; --unknown_words=unk reads them as '
    '%s, --min_count=2 of data/ptb/process.py rare words too'
    % (
      path,
      len(unknown),
      train_path,
      shown,
      ', ...' if len(unknown) > _SHOWN else '',
      UNKNOWN,
    )
  )


def twins(corpus):
  """A warning for each two splits that are the same text, a list."""
  return [
    'warning: the %s and the %s text are the same' % pair
    for pair in itertools.combinations(SPLITS, 2)
    if np.array_equal(*(getattr(corpus, split) for split in pair))
  ]


def check(corpus, path):
  """Raises DataError unless the arrays and words of a file fit together.

  Args:
    corpus: Corpus of arrays and words of any kind.
    path: str, where it is from, for the messages.
  """
  size = len(corpus.vocabulary)
  for word in corpus.vocabulary:
    if not isinstance(word, str) or not word:
      raise _unfit(path, 'vocabulary holds %r, no word' % (word,))
  if len(set(corpus.vocabulary)) != size or not size:
    problem = 'ambiguous: a word is there twice' if size else 'empty'
    raise _unfit(path, 'vocabulary is ' + problem)
  for split in SPLITS:
    ids = getattr(corpus, split)
    if ids.dtype != np.int32 or ids.ndim != 1:
      raise _unfit(
        path,
        '%s ids are %s of shape %s instead of int32 [N]'
        % (split, ids.dtype.name, list(ids.shape)),
      )
    if not ids.size:
      raise _unfit(path, split + ' text is empty')
    low, high = int(ids.min()), int(ids.max())
    if low < 0 or high >= size:
      raise _unfit(
        path,
        '%s text has the id %d; with a vocabulary of %d words ids lie in 0..%d'
        % (split, low if low < 0 else high, size, size - 1),
      )


def _unfit(path, what):
  return DataError('%s: its %s%s' % (path, what, ANEW))
