"""Text data by its path: a folder of texts, an `.npz`, or a `ptb.pkl`."""

import os

from src.ptb import corpus as corpus_lib
from src.ptb import npz, pickled, text_files
from src.ptb.corpus import SPLITS, DataError

ADVICE = (
  'put train, valid and test texts there (Penn Treebank may not be shipped '
  'with the project), or give --data_path=data/wikitext_mini for the excerpt '
  'of WikiText-2 that is'
)


def read_data(data_path, unknown_words='refuse', log=print):
  """Reads a corpus.

  Args:
    data_path: str, a folder with a training, validation and test text in one
      of `text_files.SPELLINGS`; an `.npz` of `data/ptb/process.py`, its
      `.vocab.json` beside it; or a `ptb.pkl` of melodyguan/enas.
    unknown_words: 'refuse' or 'unk', see `corpus.from_folder`.
    log: function of a str that prints one line.

  Returns:
    corpus.Corpus.

  Raises:
    DataError: something is missing, damaged or does not fit.
  """
  log('-' * 80)
  log('Reading data')
  ending = os.path.splitext(data_path)[1]
  if os.path.isdir(data_path):
    for path in text_files.find(data_path):
      log('Reading ' + path)
    corpus = corpus_lib.from_folder(data_path, unknown_words, log=log)
  elif not os.path.exists(data_path):
    raise DataError('there is no data %s: %s' % (data_path, ADVICE))
  elif ending == '.npz':
    corpus = npz.read(data_path)
  elif ending == '.pkl':
    corpus = pickled.read(data_path)
  else:
    raise DataError(
      '%s is no data: expected a folder of texts, an .npz or a .pkl' % data_path
    )
  for line in corpus_lib.twins(corpus) + summary(corpus):
    log(line)
  return corpus


def summary(corpus):
  """What `data/ptb/process.py` of melodyguan/enas prints, a list of lines."""
  return ['vocab size: %d' % corpus.vocabulary_size] + [
    '%s size: %d' % (split, len(getattr(corpus, split))) for split in SPLITS
  ]
