"""Tables of scored architectures: what is read, ranked and written.

Whole evaluations and derivations are in tests/cifar10.
"""

import collections

import pytest

from src.arc import MacroArc
from src.run import scoring
from src.run.errors import RunError


def test_each_architecture_is_scored_once_and_the_best_comes_first():
  score = collections.namedtuple('Score', ['rank'])
  asked = []

  class _Scorer(scoring.Scorer):
    def score(self, arc, split):
      asked.append((arc, split))
      return score(-len(arc))

  ranked = scoring.ranked(_Scorer(), ['bb', 'a', 'ccc', 'a', 'bb', 'a'])
  assert ranked == [
    ('ccc', 1, score(-3)),
    ('bb', 2, score(-2)),
    ('a', 3, score(-1)),
  ]
  assert sorted(asked) == [(arc, 'valid') for arc in ('a', 'bb', 'ccc')]


def test_read_arcs(tmp_path):
  path = tmp_path / 'arcs.txt'
  path.write_text('\n0,1,0\n  \n[1 1\n 1]\n')
  arcs = scoring.read_arcs(str(path), lambda text: MacroArc.parse(text, 2, 2))
  assert arcs == [MacroArc.parse('0 1 0', 2, 2), MacroArc.parse('1 1 1', 2, 2)]


def test_no_architectures(tmp_path):
  path = tmp_path / 'arcs.txt'
  for content, message in [
    (b'\n \n', '%s holds no architectures: expected one a line' % path),
    (b'\xff\xfe\x00', 'cannot read %s: ' % path),
  ]:
    path.write_bytes(content)
    with pytest.raises(RunError) as caught:
      scoring.read_arcs(str(path), MacroArc.parse)
    assert str(caught.value).startswith(message)
  with pytest.raises(RunError, match='^cannot read .*No such file'):
    scoring.read_arcs(str(tmp_path / 'missing'), MacroArc.parse)


def test_unwritable_output(tmp_path):
  target = str(tmp_path / 'missing' / 'out.csv')
  with pytest.raises(RunError) as caught:
    scoring.write(target, [])
  assert str(caught.value) == (
    'cannot write %s: No such file or directory' % target
  )


def test_a_failed_write_keeps_the_old_table(tmp_path, monkeypatch):
  path = tmp_path / 'out.csv'
  path.write_text('old')

  def _full(source, target):
    raise OSError(28, 'No space left on device')

  monkeypatch.setattr(scoring.os, 'replace', _full)
  with pytest.raises(RunError, match='No space left on device'):
    scoring.write(str(path), [('0 1 0', 'test', 1, 2, 0.5)])
  assert path.read_text() == 'old'
