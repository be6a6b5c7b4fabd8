#!/usr/bin/env python3
"""Makes this folder's texts out of those of WikiText-2.

  python data/wikitext_mini/make.py FOLDER

FOLDER holds WikiText-2, its files called train.txt or wiki.train.tokens and so
on. Taken are the articles on storms and roads, which are written to a pattern
that a small model can learn in minutes, each from the split it is in; words
that the training articles have less than three times become `<unk>`.
"""

import collections
import os
import re
import sys

SPLITS = ('train', 'valid', 'test')
SPELLINGS = ('%s.txt', 'wiki.%s.tokens')
TITLES = re.compile(
  r'\b(hurricane|tropical storm|typhoon|cyclone|highway|route|interchange|'
  r'state road)\b',
  re.IGNORECASE,
)
LEAST_COUNT = 3
UNKNOWN = '<unk>'


def articles(path):
  """Yields each article of a text, a list of lines, a line a list of words."""
  article = []
  with open(path, encoding='utf-8') as file:
    for line in file:
      words = line.split()
      if _is_title(words):
        if article:
          yield article
        article = []
      if words:
        article.append(words)
  if article:
    yield article


def _is_title(words):
  """Whether a line is `= Title =`, with one sign on each side."""
  ends = words[:1] + words[-1:]
  return (
    len(words) > 2 and ends == ['=', '='] and '=' not in (words[1], words[-2])
  )


def make(source, target):
  """Writes the three texts.

  Args:
    source: str, folder of WikiText-2.
    target: str, folder to write to.

  Returns:
    dict of each split to its number of tokens, ends of lines included.
  """
  chosen = {}
  for split in SPLITS:
    paths = [os.path.join(source, name % split) for name in SPELLINGS]
    there = [path for path in paths if os.path.isfile(path)]
    if not there:
      raise SystemExit('there is neither %s nor %s' % tuple(paths))
    chosen[split] = [
      line
      for article in articles(there[0])
      if TITLES.search(' '.join(article[0]))
      for line in article
    ]
  counts = collections.Counter(
    word for line in chosen['train'] for word in line
  )
  tokens = {}
  for split, lines in chosen.items():
    with open(
      os.path.join(target, split + '.txt'), 'w', encoding='utf-8', newline='\n'
    ) as file:
      for line in lines:
        words = (w if counts[w] >= LEAST_COUNT else UNKNOWN for w in line)
        file.write(' '.join(words) + '\n')
    tokens[split] = sum(len(line) + 1 for line in lines)
  return tokens


if __name__ == '__main__':
  if len(sys.argv) != 2:
    sys.exit('usage: make.py FOLDER_OF_WIKITEXT_2')
  here = os.path.dirname(os.path.abspath(__file__))
  for name, number in make(sys.argv[1], here).items():
    print('%s: %d tokens' % (name, number))
