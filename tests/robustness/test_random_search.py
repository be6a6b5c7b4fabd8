"""Random search: what is drawn, that it resumes, and what it says."""

import collections
import csv
import glob
import os

import pytest

from src.cifar10.evaluate import Accuracy
from src.robustness import driver, random_search
from src.robustness.task import Robustness
from src.run import retraining
from tests import tiny_runs
from tests.robustness import tiny


def test_what_is_drawn():
  """More of them begin with the same; skips are those of the flag."""
  words = driver.arguments(['x', 'poisoning', 'P5_300'], random_search.GROUPS)
  flags = driver.parse(words, random_search.GROUPS)
  space = Robustness().space(flags)
  arcs = random_search.drawn(space, flags, 60)
  assert random_search.drawn(space, flags, 3) == arcs[:3]
  assert len(set(arcs)) == 60 and {arc.skip_from for arc in arcs} == {'layer'}
  assert 0.37 < sum(arc.skip_rate for arc in arcs) / 60 < 0.43
  counts = collections.Counter(op for arc in arcs for op in arc.ops)
  bad = sum(counts[op] for op in counts if op >= 6) / 720.0
  assert abs(bad - 300 / 306.0) < 0.02
  # Of the 50 actions of an operation the first stands for all; the noise has
  # another 50, and so 100 of 306.
  assert set(counts) - set(range(6)) == {6, 56, 106, 156, 206}
  assert abs(counts[56] / 720.0 - 100 / 306.0) < 0.06


def test_seeds_of_an_architecture_are_one_score():
  def _score(arc, seed, hits):
    found = {'test': Accuracy(hits, 10)} if hits else {}
    return retraining.Score(arc, seed, '', found, 1, 0.0, None, None, None)

  scores = [_score('a', 1, 4), _score('b', 1, 9), _score('a', 2, 6)]
  table = random_search.scores_of(scores + scores[:1] + [_score('c', 1, 0)])
  assert table == {'a': (0.5, 1), 'b': (0.9, 1)}


def test_it_goes_on_and_keeps_what_it_has(tmp_path, capsys, monkeypatch):
  monkeypatch.chdir(tmp_path)
  tiny_runs.write_data(tmp_path / 'data')
  words = ['x', 'poisoning', 'P6P3_002_100', '1', '--data_path=data']
  words += tiny.SIZES[1:2] + tiny.SIZES[4:6] + ['--noreport']
  folder = 'checkpoints/poisoning.P6P3_002_100.random_search'
  with tiny_runs.shared_graphs:
    assert random_search.main(words + ['--num_archs=1']) == 0
    first = capsys.readouterr().out
    (log,) = glob.glob(folder + '/*/seed_69.txt')
    size = os.path.getsize(log)
    assert random_search.main(words + ['--num_archs=2']) == 0
  told = capsys.readouterr().out.splitlines()
  with open(os.path.join(folder, retraining.TABLE)) as file:
    rows = list(csv.DictReader(file))
  scores = [float(row['test_accuracy']) for row in rows]
  assert len(scores) == 2 and os.path.getsize(log) == size > 0
  assert told[-1] == (
    '2 random architectures: best %.4f, mean %.4f, standard deviation %.4f, '
    'worst %.4f'
    % (
      max(scores),
      sum(scores) / 2,
      (max(scores) - min(scores)) / 2**0.5,
      min(scores),
    )
  )
  only = float(first.split('best ')[1].split(',')[0])
  assert min(abs(only - score) for score in scores) < 1e-4


@pytest.mark.parametrize(
  ('words', 'told'),
  [
    (['poisoning', 'nope'], "no experiment 'nope'"),
    (['--num_archs=0'], '--num_archs=0: expected at least 1'),
    (['--mode=derive'], 'leave out --mode'),
    (['--fixed_arc=auto'], '--fixed_arc is for src.robustness.driver'),
  ],
)
def test_wrong_words_train_nothing(tmp_path, capsys, monkeypatch, words, told):
  monkeypatch.chdir(tmp_path)
  assert random_search.main(['x'] + words) == 2
  lines = capsys.readouterr().err.splitlines()
  assert len(lines) == 1 and told in lines[0]
  assert not os.listdir(str(tmp_path))
