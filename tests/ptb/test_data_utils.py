"""Whatever --data_path names is read, or one line says why not."""

import pickle  # noqa: TID251 (to write a ptb.pkl)

import numpy as np
import pytest

from src.ptb import data_utils, npz, pickled
from src.ptb.corpus import DataError
from tests.ptb import texts


def _error(path):
  with pytest.raises(DataError) as caught:
    data_utils.read_data(path, log=lambda line: None)
  return str(caught.value)


def test_folder_npz_and_pickle_are_the_same(tmp_path):
  lines = []
  folder = texts.write(tmp_path)
  corpus = data_utils.read_data(folder, log=lines.append)
  assert lines == ['-' * 80, 'Reading data'] + [
    'Reading %s/%s.txt' % (folder, split)
    for split in ('train', 'valid', 'test')
  ] + ['vocab size: 6', 'train size: 12', 'valid size: 3', 'test size: 4']
  archive, pickle_path = str(tmp_path / 'x.npz'), str(tmp_path / 'ptb.pkl')
  npz.write(archive, corpus)
  words = dict(enumerate(corpus.vocabulary))
  ids = {word: number for number, word in words.items()}
  with open(pickle_path, 'wb') as file:
    pickle.dump((*corpus[:3], ids, words), file, 2)
  assert pickled.read(pickle_path).vocabulary == texts.VOCABULARY
  for path in (archive, pickle_path):
    del lines[:]
    found = data_utils.read_data(path, log=lines.append)
    assert found.vocabulary == corpus.vocabulary
    for ids, expected in zip(found[:3], corpus[:3]):
      np.testing.assert_array_equal(ids, expected)
    assert lines[2:] == [
      'vocab size: 6', 'train size: 12', 'valid size: 3', 'test size: 4',
    ]  # fmt: skip


def test_unknown_words(tmp_path):
  folder = texts.write(tmp_path, valid='the dog\n')
  assert '--unknown_words=unk reads them' in _error(folder)
  corpus = data_utils.read_data(folder, 'unk', log=lambda line: None)
  assert corpus.valid.tolist() == [5, 1, 0]


def test_missing_data(tmp_path):
  for name in ('none', 'none.npz', 'ptb.pkl'):
    path = str(tmp_path / name)
    assert _error(path) == (
      'there is no data %s: put train, valid and test texts there (Penn '
      'Treebank may not be shipped with the project), or give '
      '--data_path=data/wikitext_mini for the excerpt of WikiText-2 that is'
      % path
    )


def test_a_file_of_another_kind(tmp_path):
  path = tmp_path / 'train.txt'
  path.write_text('a\n')
  assert _error(str(path)) == (
    '%s is no data: expected a folder of texts, an .npz or a .pkl' % path
  )
