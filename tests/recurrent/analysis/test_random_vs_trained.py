"""Trained against random cells of tiny searches among four cells."""

import csv
import json
import shutil

import numpy as np
import pytest
from matplotlib.image import imread

from src.arc import RecurrentArc, capacity
from src.nn import variables
from src.recurrent.analysis import capacity as of_capacity
from src.recurrent.analysis import plots
from src.recurrent.analysis import random_vs_trained as command
from src.recurrent.study import command as command_line
from src.recurrent.study import opened, scratch
from src.recurrent.study.command import main
from src.run import directory
from src.run.errors import Interrupted
from src.view import samples
from tests.recurrent import tiny

COUNT = 6


@pytest.fixture(scope='module')
def runs(tmp_path_factory):
  """(folder of data sets, function of a name that gives a run's path)."""
  folder = tmp_path_factory.mktemp('runs')
  data = tiny.write_texts(folder)
  small = ['--num_blocks=2', '--shared_rnn_activations=tanh,relu']
  small += ['--max_epoch=1']
  for name, more in (
    ('one', ['--random_seed=1']),
    ('two', ['--random_seed=2']),
    ('chance', ['--random_seed=3', '--train_type=random', '--shared_lr=0.01']),
  ):
    tiny.train(tiny.arguments(data, folder / name, *(small + more)))
  return data, lambda name: str(folder / name)


def study(runs, out, *more):
  argv = ['x', '--data_dir', runs[0], '--results_dir', str(out)]
  return command.main(argv + ['--num_archs=%d' % COUNT] + list(more))


def read(path):
  with path.open() as file:
    return list(csv.DictReader(file))


@pytest.fixture(scope='module')
def shared(runs, tmp_path_factory):
  """Its results of one run, and of a random one beside it."""
  out = tmp_path_factory.mktemp('shared')
  more = ['--load_path', runs[1]('one'), '--random_run', runs[1]('chance')]
  assert study(runs, out, *more) == 0
  return out / 'random_vs_trained' / 'one' / 'shared'


def test_files(shared):
  rows = read(shared / 'archs.csv')
  groups = ['trained', 'untrained', 'uniform', 'random_run']
  assert [row['group'] for row in rows] == list(np.repeat(groups, COUNT))
  for row in rows:
    arc = RecurrentArc.parse(row['arc'])
    assert row['canonical_id'] == capacity.canonical_id(arc)
    assert (row['run'], row['n_nodes'], row['epochs']) == ('one', '2', '')
  told = json.loads((shared / 'results.json').read_text())
  assert len(told['verdicts']) == 3 and len(told['effects']) == 6
  tests = read(shared / 'tests.csv')
  trained, uniform = (
    [float(row['valid_ppl']) for row in rows if row['group'] == name]
    for name in ('trained', 'uniform')
  )
  found = samples.difference(trained, uniform)
  (row,) = [
    row
    for row in tests
    if (row['other'], row['split'], row['test'])
    == ('uniform', 'valid', 'mann_whitney')
  ]
  assert float(row['p']) == pytest.approx(found.p_u)
  for name in ('density.png', 'ecdf.png'):
    assert imread(str(shared / name))[..., :3].std() > 0.02


def test_duplicates_are_counted_and_computed_once(shared):
  """Six cells of four: some are there twice, with one perplexity."""
  rows, known = read(shared / 'archs.csv'), {}
  for row in rows:
    known.setdefault(row['canonical_id'], set()).add(row['valid_ppl'])
  assert len(known) <= 4 and all(len(found) == 1 for found in known.values())
  told = json.loads((shared / 'results.json').read_text())['groups']
  for group in told:
    ids = [r['canonical_id'] for r in rows if r['group'] == group['group']]
    assert (group['cells'], group['distinct']) == (COUNT, len(set(ids)))
    assert group['most_often'] == max(map(ids.count, ids))


def test_the_untrained_controller_is_the_first_one(runs, monkeypatch):
  """Its first weights sample; then those that were trained are back."""
  argv = ['x', '--load_path', runs[1]('one'), '--data_dir', runs[0]]
  flags, given = command.command.parse(command.STUDY, argv)
  with opened.opened(flags, given) as run:
    session, seen = run._session, []
    own = session.graph.get_collection('trainable_variables', 'controller/')

    def _sample(*args):
      seen.append(session.run(own))
      raise KeyboardInterrupt

    before, trained = run.sample(20), session.run(own)
    with monkeypatch.context() as patch:
      patch.setattr(run, 'sample', _sample)
      with pytest.raises(KeyboardInterrupt):
        run.untrained(20)
    first = variables.initial_values(1, session.graph)
    for variable, value in zip(own, seen[0]):
      np.testing.assert_array_equal(value, first[variable.op.name])
    assert any((value != last).any() for value, last in zip(seen[0], trained))
    assert run.sample(20) == before
    assert run.untrained(20) not in (before, run.uniform(20))


def test_runs_of_two_seeds(runs, tmp_path, capsys):
  both = '%s,%s' % (runs[1]('one'), runs[1]('two'))
  assert study(runs, tmp_path, '--load_path=' + both) == 0
  folder = tmp_path / 'random_vs_trained' / 'one+two' / 'shared'
  rows = read(folder / 'archs.csv')
  apart = []
  for run in ('one', 'two'):
    means = [
      np.mean([np.log(float(row['valid_ppl'])) for row in rows
               if (row['run'], row['group']) == (run, group)])
      for group in ('trained', 'untrained')
    ]  # fmt: skip
    apart.append(means[1] - means[0])
  told = json.loads((folder / 'results.json').read_text())['over_runs']
  assert told[0]['count'] == 2
  assert told[0]['mean'] == pytest.approx(np.mean(apart))
  assert 'over 2 runs' in capsys.readouterr().out
  names = {path.name for path in folder.glob('*.png')}
  assert names == {
    '%s%s.png' % (kind, run)
    for kind in ('density', 'ecdf')
    for run in ('', '_one', '_two')
  }


def test_training_from_scratch_goes_on(runs, tmp_path, monkeypatch, capsys):
  """A signal after the first cell; then what is done is not done again."""
  more = ['--load_path', runs[1]('one'), '--train=scratch', '--nouniform']
  more += ['--scratch_epochs=1']
  trained, train = [], scratch._train

  def _once(task, own):
    if trained:
      raise Interrupted(15, 'saved')
    trained.append(own.output_dir)
    return train(task, own)

  monkeypatch.setattr(scratch, '_train', _once)
  assert study(runs, tmp_path, *more) not in (0, 1, 2)
  folder = tmp_path / 'random_vs_trained' / 'one'
  assert len(list(folder.glob('trainings/*/*/done.txt'))) == 1
  assert not list(folder.glob('scratch/archs.csv'))
  again = []
  monkeypatch.setattr(
    scratch, '_train', lambda t, own: again.append(own) or train(t, own)
  )
  assert study(runs, tmp_path, *more) == 0
  rows = read(folder / 'scratch' / 'archs.csv')
  distinct = {row['canonical_id'] for row in rows}
  assert len(rows) == 2 * COUNT and len(again) == len(distinct) - 1
  assert trained[0] not in [own.output_dir for own in again]
  assert {(row['seed'], row['epochs']) for row in rows} == {('1', '1')}
  row, table = rows[0], folder / 'trainings' / rows[0]['canonical_id']
  metrics = read(table / 'seed_1' / 'metrics.csv')
  (valid,) = [m['perplexity'] for m in metrics if m['phase'] == 'valid']
  assert float(row['valid_ppl']) == pytest.approx(float(valid), rel=1e-5)
  # All is done: nothing trains, and the tables are the same.
  before = (folder / 'scratch' / 'tests.csv').read_bytes()
  del again[:]
  assert study(runs, tmp_path, *more) == 0 and not again
  assert (folder / 'scratch' / 'tests.csv').read_bytes() == before
  capsys.readouterr()
  assert study(runs, tmp_path, *(more + ['--scratch_epochs=2'])) == 2
  assert '--scratch_epochs=1 --patience=0: give' in capsys.readouterr().err
  (table / 'seed_1' / 'done.txt').write_text('{')
  assert study(runs, tmp_path, *more) == 1
  assert 'done.txt is damaged' in capsys.readouterr().err


def test_what_cannot_be_compared_is_a_line(runs, tmp_path, capsys):
  one, two, chance = map(runs[1], ('one', 'two', 'chance'))
  copy, larger = str(tmp_path / 'copy'), str(tmp_path / 'larger')
  for path, nodes in ((copy, 2), (larger, 3)):
    shutil.copytree(one, path)
    flags = directory.read_flags(one)
    directory.write_flags(path, dict(flags, num_blocks=nodes))
  for more, words in (
    ([], 'needs --load_path'),
    (['--load_path'], '--load_path: which run?'),
    (['--load_path', one + ',' + one], 'there twice'),
    (['--load_path', chance], 'controller was not trained'),
    (['--load_path', one, '--random_run', two], '--train_type=orig'),
    (['--run_dir', one, '--load_path', two, '--random_run', chance],
     '--random_run: 1 for 2'),
    (['--load_path', one, '--num_archs=2'], '--num_archs=2'),
    (['--load_path', one, '--load_path', copy], 'runs of one seed are one'),
    (['--load_path', one + ',' + larger], 'larger has other cells than'),
    (['--load_path', two, '--load_path', one + 'x'], 'is no run'),
  ):  # fmt: skip
    assert study(runs, tmp_path, *more) == 2, words
    err = capsys.readouterr().err
    assert words in err and err.count('\n') == 1, err


def test_trainings_of_one_cell_are_one_number():
  rows = [
    {'run': 'a', 'group': 'trained', 'index': index, 'seed': seed,
     'canonical_id': 'x', 'valid_ppl': valid, 'test_ppl': 2.0}
    for index, seed, valid in ((0, 1, 2.0), (0, 2, 8.0), (1, 1, 3.0),
                               (1, 2, np.inf))
  ]  # fmt: skip
  found = command.perplexities(rows)['a']['trained']
  assert found['valid'] == pytest.approx([4, np.inf])
  assert found['test'] == pytest.approx([2, 2])
  (group,) = command.counted(rows)
  assert (group['cells'], group['distinct']) == (2, 1)


def test_names_tell_runs_apart():
  assert command.names(['/x/a', '/x/b']) == ['a', 'b']
  found = command.names(['/out/seed_1/search', '/out/seed_2/search'])
  assert found == ['seed_1_search', 'seed_2_search']


def test_shares_of_far_numbers():
  groups = {'a': [1.0, 2, 3, np.inf], 'b': [1.0, 900], 'c': [np.nan]}
  (ax,) = plots.shares_below(groups, 'title', 'ppl').axes
  assert ax.get_xscale() == 'log' and len(ax.lines) == 2
  x, y = ax.lines[0].get_data()
  assert x.tolist() == [1, 1, 2, 3, 900]
  assert y.tolist() == [0, 0.25, 0.5, 0.75, 0.75]


def test_mixed_and_single_cells_trained_alone(runs, tmp_path, capsys):
  """Of `capacity`; perplexities are those of the trainings' runs."""
  argv = ['x', '--data_dir', runs[0], '--results_dir', str(tmp_path)]
  argv += ['--load_path', runs[1]('one'), '--num_archs=3', '--train=scratch']
  argv += ['--scratch_epochs=1', '--derive_from=random']
  assert main(of_capacity.STUDY, argv) == 0
  folder = tmp_path / 'capacity' / 'one' / 'scratch'
  rows = read(folder / 'results.csv')
  assert [row['group'] for row in rows] == ['mixed'] * 3 + ['single'] * 3
  for row in rows:
    run = folder / 'trainings' / row['canonical_id'] / 'seed_1'
    assert run.with_suffix('.txt').is_file()
    told = {r['phase']: r['perplexity'] for r in tiny.rows(run, 'metrics.csv')}
    assert float(row['valid_ppl']) == pytest.approx(float(told['valid']))
    score = json.loads((run / 'done.txt').read_text())
    gap = np.log(score['valid'] / score['train'])
    assert float(row['gap']) == pytest.approx(gap)
  cells = {row['arc'] for row in rows[:3]}
  capsys.readouterr()
  with opened.opened(*command_line.parse(of_capacity.STUDY, argv)) as run:
    assert {str(arc) for arc in run.uniform(3)} == cells
