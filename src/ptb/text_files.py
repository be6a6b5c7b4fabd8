"""The text files of a folder: their names, their lines, what is odd in them.

A text can be legal by the letter and still not mean what it seems to: in
another encoding, without blanks between its words, or with its `<eos>` written
out. What cannot be meant is refused; what may be is read and told.
"""

import codecs
import os
import re
import shlex

from src.run.errors import RunError

SPLITS = ('train', 'valid', 'test')
EOS = '<eos>'
# How the three texts of a folder may be called; the first that is there counts.
SPELLINGS = ('%s', '%s.txt', 'ptb.%s.txt', 'wiki.%s.tokens', 'wiki.%s.raw')
_ALSO = {'valid': ('val',)}  # what a split may be called besides
_MARKS = (
  (codecs.BOM_UTF32_LE, 'UTF-32'),
  (codecs.BOM_UTF32_BE, 'UTF-32'),
  (codecs.BOM_UTF16_LE, 'UTF-16'),
  (codecs.BOM_UTF16_BE, 'UTF-16'),
)
_PACKED = (b'\x1f\x8b', b'PK\x03\x04', b'BZh', b'\xfd7zXZ')
# Thai, Lao, Burmese, Khmer, Chinese and Japanese, with their punctuation.
_WITHOUT_BLANKS = re.compile(
  '[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3000-\u30ff\u3400-\u9fff'
  '\uff00-\uffef\U00020000-\U0003ffff]+'
)
_LONG_RUN = 6  # characters; words of those languages have fewer on average
_MOSTLY = 0.9
_LONG_LINE = 1000  # words


class DataError(RunError):
  """One line: what is wrong with the data, where, what would be right."""


def find(folder):
  """The paths of the three texts in a folder, in the order of SPLITS.

  Raises:
    DataError: there is none, or one is missing.
  """
  incomplete = None
  for spelling in SPELLINGS:
    names = [_present(folder, spelling, split) for split in SPLITS]
    if None not in names:
      return [os.path.join(folder, name) for name in names]
    if any(names) and incomplete is None:
      missing = spelling % SPLITS[names.index(None)]
      incomplete = next(filter(None, names)), missing
  if incomplete is not None:
    raise DataError(
      '%s has %s but no %s: all three texts are needed'
      % ((folder,) + incomplete)
    )
  raise DataError(
    '%s has no texts: expected train, valid and test, or one of %s, and so on'
    % (folder, ', '.join(spelling % 'train' for spelling in SPELLINGS[1:]))
  )


def _present(folder, spelling, split):
  """The name of a split's file in one spelling, or None if it is not there."""
  for word in (split, *_ALSO.get(split, ())):
    if os.path.isfile(os.path.join(folder, spelling % word)):
      return spelling % word
  return None


def sentences(path, log):
  """Yields (number of the line from 1, its words and `<eos>`).

  A line that ends in `<eos>` gets no second one. Line breaks at the very end
  are no lines.

  Args:
    path: str.
    log: function of a str, called at the end for what is odd in the text.

  Raises:
    DataError: the file cannot be read, is not UTF-8, has no word, or no blanks
      between its words.
  """
  lines = spelt_out = lonely = characters = longest = 0
  runs, in_runs, example = 0, 0, ''
  for number, line in _lines(path):
    words = line.split()
    if words:
      lines += 1
      lonely += len(words) == 1
      characters += sum(map(len, words))
      for run in _WITHOUT_BLANKS.findall(line):
        run = run.strip()  # U+3000 is a blank
        runs, in_runs, example = runs + 1, in_runs + len(run), example or run
    if words[-1:] == [EOS]:
      spelt_out += 1
    else:
      longest = max(longest, len(words) if EOS not in words else 0)
      words.append(EOS)
    yield number, words
  if not lines:
    raise DataError('%s is empty: expected one sentence a line' % path)
  if in_runs > max(characters / 2, _LONG_RUN * runs):
    raise DataError(
      '%s has no blanks between its words, such as in %r: separate words by '
      "blanks, or characters (sed 's/./& /g' does)" % (path, example[:20])
    )
  if spelt_out:
    log(
      'warning: %s: %d lines end in %s already and get no second one'
      % (path, spelt_out, EOS)
    )
  if lonely > _MOSTLY * lines:
    log(
      'warning: %s has one word a line, and %s after each: expected one '
      'sentence a line, blanks between its words' % (path, EOS)
    )
  if lines == 1 and longest > _LONG_LINE:
    log(
      'warning: %s is one line of %d words, with one %s at its end: expected '
      'one sentence a line' % (path, longest, EOS)
    )


def _lines(path):
  """Yields (number from 1, line); line breaks at the very end are no lines."""
  empty = 0
  try:
    with open(path, encoding='utf-8-sig', errors='strict') as file:
      for number, line in enumerate(file, 1):
        if line == '\n':
          empty += 1
          continue
        if '\0' in line:
          raise DataError(
            '%s has bytes 0 (line %d): it is no text, or not in UTF-8; %s'
            % (path, number, _remedy(path, 'UTF-16LE'))
          )
        for earlier in range(number - empty, number):
          yield earlier, ''
        empty = 0
        yield number, line
  except OSError as error:
    raise DataError('cannot read %s: %s' % (path, error.strerror)) from error
  except UnicodeDecodeError as error:
    raise DataError(
      '%s is not UTF-8 text: %s; %s' % (path, error, _remedy(path, 'LATIN1'))
    ) from error


def _remedy(path, encoding):
  """How to make text of a file, in this encoding unless its bytes tell it."""
  with open(path, 'rb') as file:
    start = file.read(4096)
  if start.startswith(_PACKED):
    return 'it is an archive: unpack it first'
  zeros = start[::2].count(0), start[1::2].count(0)
  if any(zeros):
    encoding = 'UTF-16LE' if zeros[1] > zeros[0] else 'UTF-16BE'
  for mark, name in reversed(_MARKS):
    encoding = name if start.startswith(mark) else encoding
  command = 'iconv -f %s -t UTF-8 %s > NEW' % (encoding, shlex.quote(path))
  return 'if it is text in %s, save it as UTF-8: %s' % (encoding, command)
