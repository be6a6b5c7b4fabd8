"""The command data/ptb/process.py, as users of melodyguan/enas run it."""

import os
import subprocess
import sys

import pytest

from src.ptb import npz, process
from tests.ptb import texts

SIZES = ['vocab size: 6', 'train size: 12', 'valid size: 3', 'test size: 4']


def test_in_the_folder_of_the_texts(tmp_path):
  texts.write(tmp_path, '%s')
  done = subprocess.run(
    [sys.executable, os.path.join(texts.ROOT, 'data', 'ptb', 'process.py')],
    cwd=str(tmp_path),
    stdout=subprocess.PIPE,
    stderr=subprocess.PIPE,
    universal_newlines=True,
  )
  assert (done.returncode, done.stderr) == (0, '')
  assert done.stdout.splitlines() == SIZES + [
    'Wrote ./ptb.npz and ./ptb.vocab.json'
  ]
  corpus = npz.read(str(tmp_path / 'ptb.npz'))
  assert corpus.vocabulary == texts.VOCABULARY
  assert corpus.train.tolist() == texts.IDS['train']


def test_needs_no_tensorflow(tmp_path):
  folder = texts.write(tmp_path)
  code = (
    "import sys; sys.modules['tensorflow'] = None; "
    'from src.ptb import process; sys.exit(process.main([%r]))' % folder
  )
  subprocess.check_call([sys.executable, '-c', code], cwd=texts.ROOT)
  assert os.path.exists(os.path.join(folder, 'ptb.npz'))


def test_folder_output_and_unknown_words(tmp_path, capsys):
  folder = texts.write(tmp_path, valid='the dog\n')
  out = str(tmp_path / 'a.b.npz')
  assert process.main([folder, '--out', out, '--unknown_words=unk']) == 0
  assert capsys.readouterr().out.splitlines()[-1] == (
    'Wrote {0}/a.b.npz and {0}/a.b.vocab.json'.format(folder)
  )
  assert npz.read(out).valid.tolist() == [5, 1, 0]
  assert process.main([folder, '--out', out, '--min_count=3']) == 0
  assert npz.read(out).vocabulary == ('<eos>', '<unk>')
  assert process.main([texts.write(tmp_path, test=texts.VALID)]) == 0
  assert capsys.readouterr().err == (
    'warning: the valid and the test text are the same\n'
  )


@pytest.mark.parametrize(
  ('words', 'code', 'message'),
  [
    (['nowhere'], 2, 'nowhere is no folder'),
    (
      ['{0}', '--out=x.pkl'],
      2,
      '--out=x.pkl: expected a name that ends in .npz',
    ),
    (
      ['{0}'],
      1,
      "{0}/valid.txt has 1 words that {0}/train.txt has not: 'dog' (line 1); "
      '--unknown_words=unk reads them as <unk>, --min_count=2 of '
      'data/ptb/process.py rare words too',
    ),
    (['{0}', '--min_count=0'], 2, '--min_count=0: expected at least 1'),
    (
      ['{0}', '--unknown_words=unk', '--out={0}/none/x.npz'],
      1,
      'cannot write {0}/none/x.vocab.json.part: No such file or directory',
    ),
  ],
)
def test_mistakes_are_one_line(tmp_path, capsys, words, code, message):
  folder = texts.write(tmp_path, valid='the dog\n')
  assert process.main([word.format(folder) for word in words]) == code
  assert capsys.readouterr().err == 'error: %s\n' % message.format(folder)
  assert sorted(os.listdir(folder)) == ['test.txt', 'train.txt', 'valid.txt']


def test_penn_treebank(tmp_path, capsys):
  out = str(tmp_path / 'ptb.npz')
  assert process.main([texts.need_ptb(), '--out=' + out]) == 0
  assert capsys.readouterr().out.splitlines()[:4] == [
    'vocab size: 10000',
    'train size: 929589',
    'valid size: 73760',
    'test size: 82430',
  ]
