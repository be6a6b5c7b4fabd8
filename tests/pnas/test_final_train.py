"""What a search found, trained by itself: it learns, goes on, is exported."""

import csv

import numpy as np
import pytest

from src.arc import PnasArc
from src.pnas import main, train
from src.run import checkpoints, saved_model
from tests import tiny_runs

CELL = PnasArc.from_tokens(
  [-2, '3x3 dconv', -1, '3x3 maxpool', 0, '3x3 conv', -1, '3x3 conv']
)
WORDS = ['--N=1', '--F=4', '--batch_size=20', '--noreport', '--log_every=1']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """A folder with data, `best_cell.json`, and `out`: trained for 3 epochs."""
  folder = tmp_path_factory.mktemp('final')
  tiny_runs.write_data(folder / 'data', 184)
  (folder / 'best_cell.json').write_text(CELL.to_json())
  with tiny_runs.shared_graphs:
    assert _train(folder, 3) == 0
    yield folder


def _train(folder, epochs):
  words = ['--final_train=%s' % (folder / 'best_cell.json')]
  words += ['--data_path=%s' % (folder / 'data')]
  words += ['--output_dir=%s' % (folder / 'out'), '--num_epochs=%d' % epochs]
  with tiny_runs.shared_graphs:
    return train.main(['train.py'] + words + WORDS)


def _accuracies(folder):
  """By epoch, on the test images."""
  rows = tiny_runs.table(folder / 'out', 'metrics.csv')
  return [float(row['accuracy']) for row in rows if row['phase'] == 'test']


def test_it_learns_and_goes_on_from_its_checkpoint(folder):
  before = _accuracies(folder)
  assert len(before) == 3
  assert _train(folder, 6) == 0
  found = _accuracies(folder)
  assert found[:3] == before and len(found) == 6
  assert checkpoints.find(str(folder / 'out'))[-1].state['found']
  assert max(found[3:]) > before[0] + 0.2


def test_it_is_scored_and_exported(folder, tmp_path, capsys):
  run = '--checkpoint_path=%s' % (folder / 'out')
  path = tmp_path / 'scores.csv'
  words = ['main.py', run, '--mode=eval', '--eval_output=%s' % path]
  assert main.main(words) == 0
  with open(str(path)) as file:
    (row,) = csv.DictReader(file)
  accuracy = float(row['accuracy'])
  assert accuracy == pytest.approx(_accuracies(folder)[-1], abs=1e-4)
  out = str(tmp_path / 'model')
  assert (
    main.main(['main.py', run, '--mode=export', '--export_dir=' + out]) == 0
  )
  capsys.readouterr()
  records = np.fromfile(str(folder / 'data' / 'test_batch.bin'), np.uint8)
  records = records.reshape([-1, 3073])
  images = records[:, 1:].reshape([-1, 3, 32, 32]).transpose([0, 2, 3, 1])
  with saved_model.opened(out) as (ask, note):
    logits = ask({'images': images})['logits']
  assert note['arc'] == str(CELL)
  assert (logits.argmax(1) == records[:, 0]).mean() == pytest.approx(accuracy)
