"""The text that comes with the project, and how it was made."""

import importlib.util
import os

import numpy as np
import pytest

from src.ptb import corpus as corpus_lib
from tests.ptb import texts


def _make():
  spec = importlib.util.spec_from_file_location(
    'make', os.path.join(texts.MINI, 'make.py')
  )
  module = importlib.util.module_from_spec(spec)
  spec.loader.exec_module(module)
  return module


ARTICLE = (
  ' \n = Hurricane %s = \n \n = = Storm = = \n it rains rains rains %s \n'
)
OTHER = ' = Hurricanes of jazz = \n rains \n'


def test_takes_articles_by_their_titles(tmp_path):
  source, target = tmp_path / 'in', tmp_path / 'out'
  source.mkdir()
  target.mkdir()
  text = OTHER + ARTICLE % ('Ann', 'now') + OTHER + ARTICLE % ('Bob', 'then')
  texts.write(source, 'wiki.%s.tokens', text, ARTICLE % ('X', 'it'), text)
  found = _make().make(str(source), str(target))
  assert found == {'train': 34, 'valid': 17, 'test': 34}
  article = '= <unk> <unk> =\n= = <unk> = =\n<unk> rains rains rains <unk>\n'
  assert (target / 'train.txt').read_text() == 2 * article
  assert (target / 'valid.txt').read_text() == article


def test_missing_source(tmp_path):
  with pytest.raises(SystemExit) as caught:
    _make().make(str(tmp_path), str(tmp_path))
  assert str(caught.value) == (
    'there is neither %s/train.txt nor %s/wiki.train.tokens'
    % (tmp_path, tmp_path)
  )


def test_the_texts():
  corpus = corpus_lib.from_folder(texts.MINI, log=lambda line: None)
  sizes = [len(ids) for ids in corpus[:3]]
  assert sizes == [81513, 14700, 17408]
  assert corpus.vocabulary_size == 2635
  # What a model of single words reaches, which a search has to beat.
  counts = np.bincount(corpus.train, minlength=corpus.vocabulary_size)
  logs = np.log(counts / counts.sum())
  assert counts.min() >= 3
  for ids, perplexity in ((corpus.valid, 295.69), (corpus.test, 297.55)):
    assert round(float(np.exp(-logs[ids].mean())), 2) == perplexity


def test_the_notice_names_licence_and_source():
  with open(os.path.join(texts.MINI, 'NOTICE')) as file:
    notice = ' '.join(file.read().split())
  for words in (
    'CC BY-SA 3.0',
    'https://creativecommons.org/licenses/by-sa/3.0/',
    'WikiText-2',
    'Salesforce',
    'authors of those articles',
    'Changes, made by make.py',
  ):
    assert words in notice
