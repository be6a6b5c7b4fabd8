"""The folder of a study: what is read, what is to be retrained."""

import collections

import pytest

from src.arc import ArcError, RecurrentSpace, record, spaces
from src.arc.operations import MACRO_OPERATIONS
from src.view.__main__ import main
from src.view.study import folder
from tests import made_study

DERIVED = 'rank,arc,times_sampled,valid_accuracy'
CONTROLLER = 'seed_0/controller/derived.csv'
RANDOM = 'seed_0/random/derived_random.csv'


def _space(directory, space):
  directory.mkdir(parents=True)
  made = record.Record('ptb', space, record.Network())
  (directory / record.FILE).write_text(made.to_json())


def test_spellings_of_one_cell_are_one_architecture(tmp_path):
  _space(tmp_path / 'seed_7' / 'controller', RecurrentSpace(3))
  rows = [
    (1, '0 0 1 0 2', 3, 90),
    (2, '0 0 1 1 2', 1, 95),
    (3, '0 0 2 0 1', 1, 100),
  ]
  header = 'rank,arc,times_sampled,valid_ppl'
  name = 'seed_7/controller/derived.csv'
  made_study.table(str(tmp_path), name, header, rows)
  rows = [
    ('0 0 2  0 1', 0, 80, ''),
    ('0 0 1 0 2', 1, 90, ''),
    ('0 0 1 1 2', 0, '', 'nan'),
  ]
  header = 'arc,seed,test_ppl,failure'
  made_study.table(str(tmp_path), 'retrained/scores.csv', header, rows)
  study = folder.read(str(tmp_path))
  cell, other = '0 0 2 0 1', '0 0 1 1 2'
  entries = study.seeds[0].arms['controller']
  assert [(e.arc, e.times, e.score) for e in entries] == [
    (cell, 4, 92.5), (other, 1, 95)
  ]  # fmt: skip
  assert study.falls and study.column == 'test_ppl'
  assert study.retrained == {cell: [80, 90], other: []}
  assert folder.to_retrain(study, 2, 0) == [cell, other]
  assert study.missing == [
    'seed_7/random/derived_random.csv',
    'seed_7/random/controller_scored.csv',
    'headroom/scores.csv',
  ]


def test_the_test_split_judges_retrained_ones(tmp_path):
  made_study.write(str(tmp_path), seeds=1)
  study = folder.read(str(tmp_path))
  assert study.column == 'test_accuracy' and not study.falls
  assert {len(scores) for scores in study.headroom.values()} == {2}
  assert study.missing == []
  (seed,) = study.seeds
  assert list(seed.arms) == list(folder.ARMS)
  for entries in seed.arms.values():
    scores = [entry.score for entry in entries]
    assert scores == sorted(scores, reverse=True)


def test_drawn_as_often_as_sampled():
  entries = [
    folder.Entry(name, times, 0.5, None)
    for name, times in (('a', 1), ('b', 2), ('c', 5))
  ]
  trials = 4000
  first = collections.Counter()
  for seed in range(trials):
    drawn = folder.drawn(entries, 2, seed)
    assert len(set(drawn)) == 2
    assert drawn == folder.drawn(entries[::-1], 2, seed)
    assert drawn[:1] == folder.drawn(entries, 1, seed)
    first[drawn[0].arc] += 1
  for entry in entries:
    share = entry.times / 8.0
    error = (share * (1 - share) / trials) ** 0.5
    assert abs(first[entry.arc] / float(trials) - share) < 4 * error
  assert len(folder.drawn(entries, 9, 0)) == 3


def test_what_to_retrain(tmp_path):
  made_study.write(str(tmp_path), seeds=2, samples=8)
  study = folder.read(str(tmp_path))
  chosen = folder.to_retrain(study, 2, 3)
  assert len(set(chosen)) == len(chosen)
  expected = set()
  for seed in study.seeds:
    for entries in seed.arms.values():
      expected |= {e.arc for e in entries[:2]}
      expected |= {e.arc for e in folder.drawn(entries, 3, seed.number)}
  assert set(chosen) == expected


def test_errors_are_one_line(tmp_path):
  def _raises(message):
    with pytest.raises(ArcError, match=message) as raised:
      folder.read(str(tmp_path))
    assert '\n' not in str(raised.value)

  path = str(tmp_path)
  _raises('holds no study: expected seed_0/controller/derived.csv')
  made_study.table(path, CONTROLLER, DERIVED, [(1, '0 1 x', 1, 0.5)])
  _raises('derived.csv line 2: ')
  made_study.table(path, CONTROLLER, DERIVED, [(1, '0 1 1', 1, 1.5)])
  _raises('derived.csv line 2: 1.5 is no accuracy')
  made_study.table(path, CONTROLLER, DERIVED, [(1, '0 1 1', 1, 0.5)])
  with pytest.raises(ArcError, match='no seed has random architectures yet'):
    folder.for_headroom(folder.read(path), 2)
  made_study.table(path, RANDOM, 'arc,valid_ppl', [('0 1 1', 99)])
  _raises('derived.csv has accuracies, .*random.csv has perplexities')
  made_study.table(path, RANDOM, 'arc,valid_accuracy', [('0 1 0', 0.5)])
  for number, layers in ((3, 2), (20, 3)):
    space = spaces.MacroSpace('macro', MACRO_OPERATIONS, layers)
    _space(tmp_path / ('seed_%d' % number) / 'random', space)
  _raises('seed_3/random and .*seed_20/random searched different spaces')
  with pytest.raises(ArcError, match='cannot read .*no: No such file'):
    folder.read(str(tmp_path / 'no'))


def test_the_skips_that_a_controller_takes(tmp_path, capsys):
  rows = [(1, '0 1 1 2 1 0', 3, 0.5), (2, '0 1 0 2 0 0', 1, 0.4)]
  header = 'rank,arc,times_sampled,valid_accuracy'
  made_study.table(str(tmp_path), CONTROLLER, header, rows)
  words = ['study', str(tmp_path), '--skip_rate']
  assert main(words + ['0']) == 0
  assert capsys.readouterr().out == '%.4f\n' % (3 * 2 / 3 / 4)
  assert main(words + ['1']) == 2
  assert 'no controller with skips of seed 1: seeds 0' in (
    capsys.readouterr().err
  )
