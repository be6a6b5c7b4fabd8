"""Tokens, vocabulary and ids of texts, and what is wrong with wrong ones."""

import hashlib

import numpy as np
import pytest

from src.ptb import corpus as corpus_lib
from src.ptb import text_files
from src.ptb.corpus import Corpus, DataError
from tests.ptb import texts


def _read(folder, **how):
  return corpus_lib.from_folder(folder, log=lambda line: None, **how)


def _error(call, *args, **how):
  with pytest.raises(DataError) as caught:
    call(*args, **how)
  assert '\n' not in str(caught.value)
  return str(caught.value)


@pytest.mark.parametrize('spelling', text_files.SPELLINGS)
def test_texts_in_each_spelling(tmp_path, spelling):
  lines = []
  folder = texts.write(tmp_path, spelling)
  if spelling == '%s.txt':
    (tmp_path / 'valid.txt').rename(tmp_path / 'val.txt')
    (tmp_path / 'test').write_text('of another spelling, without the others')
  corpus = corpus_lib.from_folder(folder, log=lines.append)
  assert corpus.vocabulary == texts.VOCABULARY
  assert corpus.vocabulary_size == 6
  for split, ids in texts.IDS.items():
    found = getattr(corpus, split)
    assert (found.tolist(), found.dtype) == (ids, np.int32)
  assert lines == []


def _reference(text):
  """The tokens as upstream's `process.py` finds them."""
  return text.strip().replace('\n', '<eos>').split() + ['<eos>']


def test_tokens_are_those_of_the_reference(tmp_path):
  # Every line has blanks around it, as Mikolov's files, or it would not work.
  text = ' b a \n c \n  \n a a \n'
  folder = texts.write(tmp_path, train=text, valid=text, test=text)
  corpus = _read(folder)
  tokens = _reference(text)
  assert corpus.vocabulary == tuple(sorted(set(tokens)))
  assert [corpus.vocabulary[i] for i in corpus.train] == tokens
  assert corpus.valid.tolist() == corpus.test.tolist() == corpus.train.tolist()


def test_line_breaks_at_the_end_are_no_lines(tmp_path):
  # The valid and test texts of melodyguan/enas have one more.
  folder = texts.write(tmp_path, valid=texts.VALID + '\n\n', test='\na\n\na')
  corpus = _read(folder)
  assert corpus.valid.tolist() == texts.IDS['valid']
  assert corpus.test.tolist() == [0, 2, 0, 0, 2, 0]


def test_windows_files_and_other_alphabets(tmp_path):
  text = '\ufeffÜber 戦場\r\nüber\r\n'
  corpus = _read(texts.write(tmp_path, train=text, valid=text, test=text))
  assert corpus.vocabulary == ('<eos>', 'Über', 'über', '戦場')
  assert corpus.train.tolist() == [1, 3, 0, 2, 0]


def test_unknown_words_are_named(tmp_path):
  folder = texts.write(tmp_path, valid='the dog\nran\nto the\ndog by\n')
  assert _error(_read, folder) == (
    "{0}/valid.txt has 4 words that {0}/train.txt has not: 'dog' (line 1), "
    "'ran' (line 2), 'to' (line 3), ...; --unknown_words=unk reads them as "
    '<unk>, --min_count=2 of data/ptb/process.py rare words too'.format(folder)
  )


def test_unknown_words_as_unk(tmp_path):
  folder = texts.write(tmp_path, valid='the dog\nsat\n')
  corpus = _read(folder, unknown_words='unk')
  assert corpus.valid.tolist() == [5, 1, 0, 4, 0]
  assert corpus.vocabulary == texts.VOCABULARY


def test_unknown_words_where_there_is_no_unk(tmp_path):
  folder = texts.write(tmp_path, train='the cat\n', test='a cat\n')
  assert '--unknown_words=unk reads them as <unk>' in _error(_read, folder)
  lines = []
  corpus = corpus_lib.from_folder(folder, 'unk', log=lines.append)
  assert corpus.vocabulary == ('<eos>', '<unk>', 'cat', 'the')
  assert corpus.test.tolist() == [1, 2, 0]
  assert len(lines) == 1 and 'has no <unk>: the word was added' in lines[0]


def test_rare_words_as_unk(tmp_path):
  folder = texts.write(tmp_path, train='b a b\na c\n', test='a d\n', valid='c')
  corpus = _read(folder, min_count=2)
  assert corpus.vocabulary == ('<eos>', '<unk>', 'a', 'b')
  assert corpus.train.tolist() == [3, 2, 3, 0, 2, 1, 0]
  assert (corpus.valid.tolist(), corpus.test.tolist()) == ([1, 0], [2, 1, 0])


@pytest.mark.parametrize(
  ('text', 'words', 'warning'),
  [
    ('a b <eos>\nb\n<eos>\n', 'a b <eos> b <eos> <eos>', '2 lines end in'),
    ('a\nb\na\n', 'a <eos> b <eos> a <eos>', 'has one word a line'),
    ('a b ' * 501, 'a b ' * 501 + '<eos>', 'is one line of 1002 words'),
    ('a b <eos> ' * 501, 'a b <eos> ' * 501, '1 lines end in <eos> already'),
    ('我 愛 北京 。\n你 好 \n', '我 愛 北京 。 <eos> 你 好 <eos>', None),
    (
      'one line\nsee 他们在北京工作\n',
      'one line <eos> see 他们在北京工作 <eos>',
      None,
    ),
  ],
)
def test_odd_texts_are_told(tmp_path, text, words, warning):
  lines = []
  folder = texts.write(tmp_path, train=text, valid='a b\n', test='a b\n')
  corpus = corpus_lib.from_folder(folder, 'unk', log=lines.append)
  assert [corpus.vocabulary[i] for i in corpus.train] == words.split()
  lines = [line for line in lines if 'has no <unk>' not in line]
  if warning is None:
    assert lines == []
  else:
    assert len(lines) == 1 and warning in lines[0]
    assert lines[0].startswith('warning: %s/train.txt' % folder)


@pytest.mark.parametrize(
  ('content', 'telling'),
  [
    (
      '他们在北京工作。\n'.encode(),
      "in '他们在北京工作。': separate words by blanks",
    ),
    ('a b\n'.encode('utf-16-be'), 'iconv -f UTF-16BE -t UTF-8 '),
    ('caf\xe9 a\n'.encode('utf-16-le'), 'iconv -f UTF-16LE -t UTF-8 '),
    (b'\x1f\x8b\x08', 'it is an archive: unpack it first'),
    (b'a b\n\0\n', 'has bytes 0 (line 2)'),
    ('a b\n'.encode('utf-16'), 'iconv -f UTF-16 -t UTF-8 '),
    ('a b\n'.encode('utf-32'), 'iconv -f UTF-32 -t UTF-8 '),
    (b'caf\xe9 a\n', "is not UTF-8 text: 'utf-8' codec"),
  ],
)
def test_texts_that_cannot_be_meant(tmp_path, content, telling):
  folder = texts.write(tmp_path)
  (tmp_path / 'test.txt').write_bytes(content)
  message = _error(_read, folder)
  assert message.startswith('%s/test.txt ' % folder) and telling in message


def test_twins(tmp_path):
  assert corpus_lib.twins(_corpus()) == [
    'warning: the train and the valid text are the same',
    'warning: the train and the test text are the same',
    'warning: the valid and the test text are the same',
  ]
  assert corpus_lib.twins(_read(texts.write(tmp_path))) == []


def test_folder_without_texts(tmp_path):
  assert _error(_read, str(tmp_path)) == (
    '%s has no texts: expected train, valid and test, or one of train.txt, '
    'ptb.train.txt, wiki.train.tokens, wiki.train.raw, and so on' % tmp_path
  )


def test_missing_text(tmp_path):
  folder = texts.write(tmp_path, 'ptb.%s.txt')
  (tmp_path / 'ptb.valid.txt').unlink()
  assert _error(_read, folder) == (
    '%s has ptb.train.txt but no ptb.valid.txt: all three texts are needed'
    % folder
  )


@pytest.mark.parametrize('text', ['', '\n\n', '  \n \n'])
def test_empty_text(tmp_path, text):
  folder = texts.write(tmp_path, valid=text)
  assert _error(_read, folder) == (
    '%s/valid.txt is empty: expected one sentence a line' % folder
  )


def _corpus(**changes):
  ids = np.array([0, 1], np.int32)
  return Corpus(ids, ids, ids, ('a', 'b'))._replace(**changes)


def test_check_accepts():
  assert corpus_lib.check(_corpus(), 'x.npz') is None


@pytest.mark.parametrize(
  ('changes', 'message'),
  [
    (
      {'valid': np.array([0, 1])},
      'x.npz: its valid ids are int64 of shape [2] instead of int32 [N]',
    ),
    (
      {'test': np.zeros([2, 1], np.int32)},
      'x.npz: its test ids are int32 of shape [2, 1] instead of int32 [N]',
    ),
    ({'train': np.zeros(0, np.int32)}, 'x.npz: its train text is empty'),
    (
      {'train': np.array([0, 2], np.int32)},
      'x.npz: its train text has the id 2; with a vocabulary of 2 words ids '
      'lie in 0..1',
    ),
    (
      {'test': np.array([-1, 2], np.int32)},
      'x.npz: its test text has the id -1; with a vocabulary of 2 words ids '
      'lie in 0..1',
    ),
    ({'vocabulary': ()}, 'x.npz: its vocabulary is empty'),
    (
      {'vocabulary': ('a', 'a')},
      'x.npz: its vocabulary is ambiguous: a word is there twice',
    ),
    ({'vocabulary': ('a', 3)}, 'x.npz: its vocabulary holds 3, no word'),
    ({'vocabulary': ('a', '')}, "x.npz: its vocabulary holds '', no word"),
  ],
)
def test_check_refuses(changes, message):
  error = _error(corpus_lib.check, _corpus(**changes), 'x.npz')
  assert error == message + '; make it anew with data/ptb/process.py'


# What Penn Treebank is: tokens, distinct ids, <unk>, sum and MD5 of the ids as
# little-endian int32, first and last ids.
PENN = {
  'train': (
    929589, 10000, 45020, 4196780420, '084c1b2a198b0f6aa176d165cf64f95f',
    [237, 807, 950, 1325, 1476, 1691, 3773, 3920, 4067, 4380],
    [112, 9119, 5825, 44, 43],
  ),
  'valid': (
    73760, 6022, 3485, 333516316, '2f87972d62d0a8aa5a0733cfcb70ca27',
    [1993, 5502, 9680, 9119, 5816, 9018, 8946, 48, 5225, 1678],
    [45, 5667, 4470, 45, 43],
  ),
  'test': (
    82430, 6049, 4794, 370544174, '28884f00a11ecbe4abff0839e61f8591',
    [6017, 4764, 9705, 5860, 1005, 5754, 43, 1279, 9801, 9012],
    [9020, 4221, 9869, 9498, 43],
  ),
}  # fmt: skip
WORDS = {
  '#': 0, '$': 1, '&': 2, "'": 3, "'s": 9, '<eos>': 43, '<unk>': 44, 'N': 45,
  'a': 48, 'of': 6142, 'the': 9012, 'to': 9119, 'zones': 9998, 'zurich': 9999,
}  # fmt: skip


@pytest.fixture(scope='module')
def penn():
  return _read(texts.need_ptb())


@pytest.mark.parametrize('split', sorted(PENN))
def test_penn_treebank_ids(penn, split):
  ids = getattr(penn, split)
  count, distinct, unknown, total, md5, first, last = PENN[split]
  assert len(ids) == count
  assert len(np.unique(ids)) == distinct
  assert int((ids == WORDS['<unk>']).sum()) == unknown
  assert int(ids.sum(dtype=np.int64)) == total
  assert hashlib.md5(ids.astype('<i4').tobytes()).hexdigest() == md5
  assert (ids[:10].tolist(), ids[-5:].tolist()) == (first, last)


def test_penn_treebank_words(penn):
  assert penn.vocabulary_size == 10000
  assert {penn.vocabulary[number]: number for number in WORDS.values()} == WORDS
  counts = np.bincount(penn.train, minlength=10000)
  most = [penn.vocabulary[number] for number in np.argsort(-counts)[:5]]
  assert most == ['the', '<unk>', '<eos>', 'N', 'of']
  # A unigram model's perplexity, the baseline of every other.
  bits = np.log(counts / counts.sum())
  assert round(float(np.exp(-bits[penn.valid].mean())), 2) == 687.03
  assert round(float(np.exp(-bits[penn.test].mean())), 2) == 639.30
