"""Cells scored by a predictor that a search has trained."""

import pytest

from src.pnas import score_architectures, search, search_flags
from src.pnas.encoder import Encoder
from src.pnas.task import settle

OPERATORS = score_architectures.OPERATORS


@pytest.fixture
def run(tmp_path):
  """A run directory with a predictor for three blocks."""
  flags = search_flags.parse(
    ['x', '--operators=' + OPERATORS, '--nodedup', '--rnn_training_epochs=1']
  )
  child = search_flags.child(flags)
  settle(child)
  encoder = Encoder(
    None,
    search.state_space(flags, child),
    3,
    8,
    recipe=search.recipe(flags),
    directory=str(tmp_path / 'run'),
    log=lambda line: None,
  )
  (tmp_path / 'run').mkdir()
  encoder.train_step([0.1, 0.3, 0.3, 0.5])
  encoder.close()
  return str(tmp_path / 'run')


def _main(*words):
  return score_architectures.main(['score_architectures'] + list(words))


def test_all_cells_up_to_four_blocks(run, tmp_path, capsys):
  out = tmp_path / 'scores'
  words = ['--restore_controller=' + run, '--output_dir=%s' % out, '--B=4']
  assert _main(*words) == 0
  said = capsys.readouterr().out.splitlines()
  assert said[-2:] == ['Controller: Max B = 4 is reached', 'Finished']
  for blocks, count in ((2, 16), (3, 64), (4, 256)):
    rows = (out / ('scores_%d.csv' % blocks)).read_text().splitlines()
    assert len(rows) == count
    assert {len(row.split(',')) for row in rows} == {1 + 4 * blocks}
  # In the order of expansion.
  first = (out / 'scores_2.csv').read_text().splitlines()[0]
  assert first.split(',')[1:] == ['0', '3x3 maxpool'] * 4


def test_without_a_predictor(tmp_path, capsys):
  assert _main() == 2
  assert _main('--restore_controller=%s' % tmp_path, '--B=1') == 1
  said = capsys.readouterr().err
  assert '--restore_controller is needed' in said and 'no predictor' in said
  path = tmp_path / 'file'
  path.write_text('')
  assert _main('--restore_controller=x', '--output_dir=%s' % path) == 1
  assert 'cannot make the directory' in capsys.readouterr().err
