"""Upstream's ptb.pkl is read, and nothing in one is run."""

import os
import pickle  # noqa: TID251 (to write pickles)

import numpy as np
import pytest

from src.ptb import pickled
from src.ptb.corpus import DataError
from tests.files import python2
from tests.ptb import texts

TEXTS = [np.array(texts.IDS[split], np.int32) for split in texts.IDS]
IDS = {word: number for number, word in enumerate(texts.VOCABULARY)}
WORDS = dict(enumerate(texts.VOCABULARY))


def _write(folder, content):
  path = str(folder / 'ptb.pkl')
  with open(path, 'wb') as file:
    file.write(content)
  return path


def _error(folder, content):
  path = _write(folder, content)
  with pytest.raises(DataError) as caught:
    pickled.read(path)
  message = str(caught.value)
  assert message.startswith(path) and '\n' not in message
  return message[len(path) :]


def _python2(arrays, vocabulary):
  """What Python 2 writes with protocol 2."""
  content = b'\x80\x02('
  for values in arrays:
    content += python2.array(values.astype('<i4'), b'i4', b'<')
  numbers = [
    (python2.text(word.encode('utf-8')), python2.number(number))
    for number, word in enumerate(vocabulary)
  ]
  for flip in (1, -1):
    content += b'}(' + b''.join(b''.join(n[::flip]) for n in numbers) + b'u'
  return content + b't.'


def _check(corpus, vocabulary=texts.VOCABULARY):
  assert corpus.vocabulary == vocabulary
  for split, ids in texts.IDS.items():
    found = getattr(corpus, split)
    assert (found.tolist(), found.dtype) == (ids, np.int32)


def test_reads_what_python_2_wrote(tmp_path):
  vocabulary = texts.VOCABULARY[:-1] + ('über',)
  content = _python2(TEXTS, vocabulary)
  trusted = pickle.loads(content, encoding='latin1')
  assert trusted[0].tolist() == texts.IDS['train']
  _check(pickled.read(_write(tmp_path, content)), vocabulary)


@pytest.mark.parametrize('protocol', range(5))
@pytest.mark.parametrize('order', ['<', '>'])
def test_reads_what_python_3_wrote(tmp_path, protocol, order):
  arrays = [ids.astype(order + 'i4') for ids in TEXTS]
  content = pickle.dumps((*arrays, IDS, WORDS), protocol)
  _check(pickled.read(_write(tmp_path, content)))


def test_refuses_to_call_anything(tmp_path):
  marker = str(tmp_path / 'ran')

  class Gadget:
    def __reduce__(self):
      return open, (marker, 'w')

  content = pickle.dumps((*TEXTS, IDS, dict(WORDS, x=Gadget())), 2)
  assert _error(tmp_path, content) == (
    " is no ptb.pkl: it asks for '%s.open', which no ptb.pkl needs; refused"
    % open.__module__
  )
  assert not os.path.exists(marker)


@pytest.mark.parametrize(
  ('fields', 'problem'),
  [
    (
      (*TEXTS, IDS),
      ' is no ptb.pkl: expected the ids of three texts, the id of each word '
      'and the word of each id',
    ),
    (
      [1],
      ' is no ptb.pkl: expected the ids of three texts, the id of each word '
      'and the word of each id',
    ),
    (
      (TEXTS[0], [1], TEXTS[2], IDS, WORDS),
      ' is no ptb.pkl: its valid ids are no int32 array',
    ),
    (
      (*TEXTS, list(IDS), WORDS),
      ' is no ptb.pkl: its words and their ids are no dicts',
    ),
    (
      (*TEXTS, IDS, dict(WORDS, x=1)),
      ' is no ptb.pkl: its words are not numbered from 0 without a gap',
    ),
    (
      (*TEXTS, dict(IDS, cat=1), WORDS),
      ' is no ptb.pkl: the ids of its words are not those of its word list',
    ),
    (
      (TEXTS[0].astype(np.int64), *TEXTS[1:], IDS, WORDS),
      " is no ptb.pkl: it holds an array of type 'i8'; only int32 (i4) is "
      'allowed',
    ),
    (
      (*TEXTS[:2], TEXTS[2] + 9, IDS, WORDS),
      ': its test text has the id 13; with a vocabulary of 6 words ids lie in '
      '0..5',
    ),
    (
      (*TEXTS, {0: 0}, {0: 0}),
      ': its vocabulary holds 0, no word',
    ),
  ],
)
def test_names_what_is_wrong(tmp_path, fields, problem):
  assert _error(tmp_path, pickle.dumps(fields, 2)).startswith(problem)


def test_damaged_files_are_one_line(tmp_path):
  whole = pickle.dumps((*TEXTS, IDS, WORDS), 2)
  for size in (0, 1, 20, len(whole) // 2, len(whole) - 1):
    assert _error(tmp_path, whole[:size]).startswith(' is no ptb.pkl: ')
  assert _error(tmp_path, b'\x1f\x8b').startswith(' is no ptb.pkl: ')


def test_an_error_without_text_has_a_reason(tmp_path, monkeypatch):
  def _load(*unused):
    raise MemoryError

  monkeypatch.setattr(pickled.unpickle, 'load', _load)
  assert _error(tmp_path, b'') == ' is no ptb.pkl: MemoryError'


def test_missing_file(tmp_path):
  with pytest.raises(DataError) as caught:
    pickled.read(str(tmp_path / 'ptb.pkl'))
  assert str(caught.value) == (
    'cannot read %s/ptb.pkl: No such file or directory' % tmp_path
  )
