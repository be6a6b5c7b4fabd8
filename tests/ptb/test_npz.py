"""A corpus in an .npz and a .vocab.json, and each way they can be wrong."""

import gc
import json
import os
import pickle  # noqa: TID251 (to write what is refused)

import numpy as np
import pytest

from src.files import npz as files_npz
from src.files.errors import FileError
from src.ptb import npz
from src.ptb.corpus import ANEW, Corpus, DataError
from tests.ptb import texts

NOT_OURS = '; it is not what data/ptb/process.py writes'
CORPUS = Corpus(
  *(np.array(texts.IDS[split], np.int32) for split in texts.IDS),
  texts.VOCABULARY,
)


@pytest.fixture
def path(tmp_path):
  path = str(tmp_path / 'text.npz')
  npz.write(path, CORPUS)
  return path


def _error(path):
  with pytest.raises(DataError) as caught:
    npz.read(path)
  assert '\n' not in str(caught.value)
  return str(caught.value)


def _change(path, **arrays):
  with np.load(path) as old:
    values = dict(old)
  values.update(arrays)
  np.savez(path, **{n: v for n, v in values.items() if v is not None})


def test_round_trip(path, tmp_path):
  found = npz.read(path)
  assert found.vocabulary == CORPUS.vocabulary
  for split in texts.IDS:
    ids = getattr(found, split)
    assert (ids.tolist(), ids.dtype) == (texts.IDS[split], np.int32)
  assert sorted(os.listdir(str(tmp_path))) == ['text.npz', 'text.vocab.json']


def test_the_vocabulary_is_plain_json(path):
  with open(npz.vocabulary_path(path)) as file:
    assert json.load(file) == list(texts.VOCABULARY)


def test_words_of_other_alphabets(tmp_path):
  path = str(tmp_path / 'x.npz')
  words = ('<eos>', 'Über', '戦場', 'a', 'b', 'c')
  npz.write(path, CORPUS._replace(vocabulary=words))
  assert npz.read(path).vocabulary == words


def test_missing_files(path):
  os.remove(npz.vocabulary_path(path))
  assert _error(path) == (
    'cannot read the vocabulary %s: No such file or directory; '
    'data/ptb/process.py writes it beside the .npz' % npz.vocabulary_path(path)
  )
  npz.write(path, CORPUS)
  os.remove(path)
  assert _error(path).startswith(
    'cannot read %s: No such file or directory; ' % path
  )


def test_damaged_files_are_one_line(path):
  with open(path, 'rb') as file:
    whole = file.read()
  for content in (
    b'',
    b'text',
    whole[: len(whole) // 2],
    whole[:100] + b'\xff' * 20 + whole[120:],
  ):
    with open(path, 'wb') as file:
      file.write(content)
    assert _error(path).endswith(NOT_OURS)


def test_pickles_are_refused(path, tmp_path):
  marker = str(tmp_path / 'ran')

  class Gadget:
    def __reduce__(self):
      return open, (marker, 'w')

  with open(path, 'wb') as file:
    pickle.dump(Gadget(), file)
  assert _error(path).endswith(NOT_OURS)
  npz.write(path, CORPUS)
  _change(path, train=np.array([Gadget()], object))
  assert _error(path).endswith(NOT_OURS)
  assert not os.path.exists(marker)


def test_a_single_array_is_refused(path):
  with open(path, 'wb') as file:
    np.save(file, CORPUS.train)
  assert _error(path) == path + ': it is no archive of arrays' + NOT_OURS


def test_missing_array(path):
  _change(path, valid=None)
  assert _error(path) == path + ': it has no array valid' + NOT_OURS


def test_arrays_are_checked(path):
  _change(path, valid=np.array([0.5]))
  assert _error(path).startswith(
    path + ': its valid ids are float64 of shape [1] instead of int32 [N]; '
  )
  _change(path, valid=np.array([7], np.int32))
  assert 'has the id 7; with a vocabulary of 6 words' in _error(path)


def test_words_of_another_corpus(path):
  words = list(texts.VOCABULARY)
  words[3] = 'dog'
  with open(npz.vocabulary_path(path), 'w') as file:
    json.dump(words, file)
  assert _error(path) == (
    '%s was made with other words than those in %s: make both anew with '
    'data/ptb/process.py' % (path, npz.vocabulary_path(path))
  )


@pytest.mark.parametrize(
  ('content', 'problem'),
  [('{"a": 1}', ' holds no list of words'), ('[', ' is no JSON: ')],
)
def test_damaged_vocabulary(path, content, problem):
  words = npz.vocabulary_path(path)
  with open(words, 'w') as file:
    file.write(content)
  error = _error(path)
  assert error.startswith(words + problem) and error.endswith(ANEW)


def test_unwritable(tmp_path):
  path = str(tmp_path / 'none' / 'x.npz')
  with pytest.raises(DataError) as caught:
    npz.write(path, CORPUS)
  assert str(caught.value) == (
    'cannot write %s.part: No such file or directory'
    % npz.vocabulary_path(path)
  )


def test_a_damaged_archive_leaves_nothing_to_complain_later(tmp_path, capsys):
  path = tmp_path / 'cut.npz'
  path.write_bytes(b'PK\x03\x04' + bytes(40))
  with pytest.raises(FileError, match='cut.npz'):
    files_npz.read(str(path), ['a'])
  gc.collect()
  assert capsys.readouterr().err == ''
