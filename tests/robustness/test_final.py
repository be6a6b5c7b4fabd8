"""From a search to a network that is trained from scratch."""

import csv
import json
import os

import pytest

from src.robustness import driver
from src.run import retraining
from tests import tiny_runs
from tests.robustness import tiny


@pytest.fixture(scope='module', autouse=True)
def _graphs():
  with tiny_runs.shared_graphs:
    yield


def _scores(path):
  with open(str(path / 'run.fixed' / retraining.TABLE)) as file:
    return list(csv.DictReader(file))


def test_the_best_that_is_derived_is_trained(tmp_path, capsys):
  """Data, layers and space are the search's; filters and epochs its own."""
  words = tiny.words(tmp_path, '--set=poisoning', '--experiment=P6P5_006')
  words += ['--num_epochs=1', '--noavgpool_count_pad']
  assert driver.main(words) == 0
  capsys.readouterr()
  more = [words[0], 'poisoning', 'P6P5_006', '1', '--derive=3', '--noreport']
  more += ['--output_dir=%s' % (tmp_path / 'run'), '--batch_size=8']
  more += ['--child_out_filters=2', '--fixed_arc=auto']
  assert driver.main(more) == 0
  derived = tiny_runs.table(tmp_path / 'run', 'derived.csv')
  assert sum(int(row['times_sampled']) for row in derived) == 3
  (score,) = _scores(tmp_path)
  assert score['arc'] == derived[0]['arc'] and score['epochs'] == '1'
  assert 0 <= float(score['test_accuracy']) <= 1
  assert 'Best: test_accuracy 0.' in capsys.readouterr().out
  run = tmp_path / 'run.fixed' / score['directory']
  made = json.loads((run / 'flags.json').read_text())
  assert (made['child_num_layers'], made['child_out_filters']) == (3, 2)
  assert made['data_path'] == str(tmp_path / 'data')
  assert made['avgpool_count_pad'] is False
  # Again: the same is derived, nothing is trained.
  size = os.path.getsize(str(run / 'stdout'))
  assert driver.main(more) == 0
  assert os.path.getsize(str(run / 'stdout')) == size
  # Any other one, poisons and all.
  assert driver.main(more[:4] + more[5:-1] + ['--fixed_arc=7 9 1 11 0 1']) == 0
  assert [row['arc'] for row in _scores(tmp_path)] == ['7 9 1 11 0 1']


@pytest.mark.parametrize(
  ('words', 'told'),
  [
    (['--derive=3'], 'no search in checkpoints/baseline.space_0: run it first'),
    (['--fixed_arc=auto'], 'no search in'),
    (['--derive=0'], '--derive=0: expected at least 1'),
    (['--derive=3', '--mode=export'], 'leave out --mode'),
    (['--fixed_arc=0 9'], '12 layers has 78 tokens, found 2'),
    (['--fixed_arc=none/arc.txt'], 'cannot read none/arc.txt'),
  ],
)
def test_wrong_words_train_nothing(tmp_path, capsys, monkeypatch, words, told):
  monkeypatch.chdir(tmp_path)
  assert driver.main(['driver'] + words) == 2
  lines = capsys.readouterr().err.splitlines()
  assert len(lines) == 1 and told in lines[0]
  assert not os.listdir(str(tmp_path))
