"""The command line of a search, and of what it has found."""

import pytest

from src.arc import PNASNET_5
from src.pnas import search_flags, train
from src.run import engines, program, session
from src.run import flags as flags_lib
from tests.pnas import tiny_search


def _main(*words):
  return train.main(['train.py'] + list(words))


def test_a_dry_run_of_the_paper(capsys):
  assert _main('--preset=paper', '--dry_run') == 0
  said = capsys.readouterr().out.splitlines()
  assert said[0] == 'level 1: 136 cells, 136 to train'
  assert '300 blocks' in said[1] and '76800' in said[1]
  assert '= 301056 candidates' in said[4] and '256 to train' in said[4]
  assert said[5:] == [
    'models to train: 1160', 'examples: 0.9 M a model, 1.04 B in all'
  ]  # fmt: skip


def test_a_dry_run_of_the_reference(capsys):
  assert _main('--dry_run', '--nodedup') == 0
  said = capsys.readouterr().out.splitlines()
  assert said[0] == 'level 1: 36 cells, 36 to train'
  assert said[3] == 'models to train: 52'


def test_presets_are_defaults():
  flags = search_flags.parse(['x', '--preset=paper', '--K=7'])
  assert (flags.B, flags.K, flags.predictor, flags.ensemble) == (5, 7, 'mlp', 5)
  flags = search_flags.parse(['x'])
  child = search_flags.child(flags)
  assert (child.num_epochs, child.batch_size, child.cell) == (5, 128, 'flat')
  assert child.num_valids == 5000 and child.report is False
  for table in (search_flags.GROUPS, search_flags.groups('paper')):
    names = [row.name for row in flags_lib.rows(table)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
  ('words', 'message'),
  [
    (['--num_valids=0'], 'judged by validation images'),
    (['--engine=dusk'], 'local:N for N processes'),
    (['--output_dir=', '--resume=nowhere'], 'there is no search'),
    (['--B=0'], '--B=0: expected at least 1'),
    (['--operators=conv'], "operation 'conv' is not known"),
    (['--cell=dag', '--lookback=0'], 'lookback is 0'),
    (['--preset=old'], '--preset'),
    (['--child_num_reductions=9', '--cell=dag'], 'too small'),
    (
      ['--predictor=mlp', '--restore_controller=x'],
      'for --predictor=reference',
    ),
    (['--output_dir', 'final_train_x', '--B=0'], '--B=0'),
  ],
)
def test_what_is_refused(tmp_path, capsys, words, message):
  assert train.main(tiny_search.words('x', tmp_path / 'o', *words)) == 2
  assert message in capsys.readouterr().err
  assert not (tmp_path / 'o').exists()


def test_a_file_of_flags_has_no_cell_to_train(tmp_path, capsys):
  path = tmp_path / 'flags'
  path.write_text('--final_train=pnasnet5\n')
  words = tiny_search.words('x', tmp_path / 'o', '--flagfile=%s' % path)
  assert train.main(words) == 2
  assert '--final_train is for the command line' in capsys.readouterr().err


def test_on_a_cluster_of_ray_a_training_has_the_core_it_asks_for(monkeypatch):
  asked = []
  monkeypatch.setattr(engines, 'named', lambda *words: asked.append(words))
  monkeypatch.setenv(session.THREADS, '')
  train.engine_of(search_flags.parse(['x', '--engine=ray:auto']))
  assert asked == [('ray:auto', [], 1, 0.0)]
  assert session.config().intra_op_parallelism_threads == 1


def test_the_final_network_has_the_settings_of_the_micro_one(
  monkeypatch, tmp_path
):
  found = []
  monkeypatch.setattr(
    program, 'training', lambda task, flags, engine: found.append((task, flags))
  )
  words = ['--final_train=pnasnet5', '--output_dir=x', '--num_epochs=3']
  assert _main(*words) == 0
  task, flags = found[0]
  task.check(flags)
  child = task.child(flags)
  assert child.fixed_arc == PNASNET_5
  assert (child.cells_per_stage, child.out_filters) == (3, 48)
  assert child.use_aux_heads and child.drop_path_keep_prob == 0.6
  assert (flags.num_epochs, flags.num_valids) == (3, 0)
  training = task.child_training(flags, 10)
  assert training.optimizer.momentum == 0.9
  assert training.schedule.lr_max == 0.05
  path = tmp_path / 'best_cell.json'
  path.write_text(PNASNET_5.to_json())
  assert _main('--final_train', str(path), '--output_dir=x', '--F=4') == 0
  flags = found[1][1]
  assert task.child(flags).fixed_arc == PNASNET_5 and flags.F == 4
