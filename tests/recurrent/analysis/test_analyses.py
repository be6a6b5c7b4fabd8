"""All analyses of one tiny search of cells of two sizes: files and numbers."""

import csv
import importlib
import json

import numpy as np
import pytest
from matplotlib.image import imread

from src.arc import RecurrentArc, capacity
from src.arc.dag_space import DagSpace
from src.recurrent.analysis import neighbours, plots
from src.recurrent.analysis import probability_evolution as probabilities
from src.recurrent.study import command, files, opened
from src.view import samples
from tests.recurrent import tiny

COUNT = 6
SCRIPTS = {
  'hidden_state_naive_similarity': ['similarity.png'],
  'hidden_state_performance_similarity': ['performance.png'],
  'hidden_state_similarity_distribution': ['distance_density.png'],
  'hidden_state_tsne': ['performance_tsne.png'],
  'probability_evolution': [
    'probability_density.png', 'probability_lineplot.png',
    'hidden_state_heatmap.png', 'probability_density_random_state.png',
    'probability_lineplot_random_state.png', 'hidden_state_random_heatmap.png',
    'entropy.png',
  ],
  'sampled_dag_performance_distribution': ['density.png', 'num_nodes.png'],
  'validation_set_performance_correlation': ['correlation.png'],
  'model_evaluation_speed': ['speed.png'],
  'capacity': ['capacity.png', 'mixed_against_single.png'],
  'neighbours': ['neighbours.png'],
}  # fmt: skip


def study(name):
  return importlib.import_module('src.recurrent.analysis.' + name).STUDY


@pytest.fixture(scope='module')
def searched(tmp_path_factory):
  """(folder of data sets, run directory)."""
  folder = tmp_path_factory.mktemp('recurrent')
  data, out = tiny.write_texts(folder), folder / 'tiny_flexible'
  more = ['--max_epoch=1', '--train_type=flexible', '--shared_lr=0.01']
  tiny.train(tiny.arguments(data, out, *more))
  return data, out


@pytest.fixture(scope='module')
def run(searched):
  """opened.Opened, one for all: to build its graph takes longest."""
  data, out = searched
  argv = ['study', '--load_path', str(out), '--data_dir', data]
  argv += ['--num_archs=%d' % COUNT, '--train_batches=2']
  with opened.opened(*command.parse(study('capacity'), argv)) as found:
    yield found


@pytest.fixture(scope='module')
def done(run, tmp_path_factory):
  """dict from script to (its JSON, rows of its CSV, folder)."""
  root, found = tmp_path_factory.mktemp('results'), {}
  for name in SCRIPTS:
    made = study(name)
    output = files.Output(str(root), made.folder, run.name, made.stem)
    made.run(run, output)
    folder = root / made.folder / 'tiny_flexible'
    text = (folder / (made.stem + '.json')).read_text()
    with (folder / (made.stem + '.csv')).open() as file:
      rows = list(csv.DictReader(file))
    found[name] = json.loads(text, parse_constant=pytest.fail), rows, folder
  return found


def floats(rows, name):
  return np.array([float(row[name]) for row in rows])


def test_pictures(done):
  for name, pictures in SCRIPTS.items():
    for picture in pictures:
      pixels = imread(str(done[name][2] / picture))
      assert pixels.shape[0] > 300 and pixels[..., :3].std() > 0.02, picture


def test_states_know_all_but_the_last_decision(run):
  """In cells that are smaller than the largest, the last that was taken."""
  texts = (
    '0 0 1 1 2',
    '0 0 1 1 3',
    '0 0 2 1 2',
    '0 0 1 1 2 0 0',
    '0 0 1 1 2 0 3',
  )
  walks = run.walks([RecurrentArc.parse(text) for text in texts])
  assert walks.taken.sum(1).tolist() == [6, 6, 6, 8, 8]
  hidden = walks.hidden
  for one, other in ((0, 1), (3, 4)):
    np.testing.assert_allclose(hidden[one], hidden[other], rtol=0, atol=1e-7)
  for other in (2, 3):
    assert np.abs(hidden[0] - hidden[other]).max() > 1e-5
  assert walks.choices[2].tolist()[:6] == [0, 0, 0, 2, 1, 2]


def test_each_distinct_cell_is_scored_once(run, done, monkeypatch):
  """Pairs are compared by the scores of their cells."""
  calls = []
  measured = run.measured
  monkeypatch.setattr(
    run, 'measured', lambda *args: calls.append(args) or measured(*args)
  )
  run._known.clear()
  arcs = run.sample(COUNT)
  values = run.perplexities(arcs + arcs)
  assert len(calls) == len(set(arcs)) < 2 * COUNT
  told, rows, _ = done['hidden_state_performance_similarity']
  assert len(rows) == COUNT * (COUNT - 1) / 2
  for row in rows:
    apart = abs(values[int(row['i'])] - values[int(row['j'])])
    assert float(row['abs_ppl_diff']) == pytest.approx(apart)
  both = samples.correlation(floats(rows, 'l2'), floats(rows, 'abs_ppl_diff'))
  found = told['l2_distance_spearmanr']['correlation']
  assert found == pytest.approx(both.spearman)
  sampled = done['sampled_dag_performance_distribution'][1]
  assert floats(sampled, 'ppl') == pytest.approx(values[:COUNT])
  assert [row['split'] for row in sampled] == ['valid'] * COUNT


def test_closest_and_farthest_pairs(done):
  _, rows, folder = done['hidden_state_similarity_distribution']
  kinds = {kind: [r for r in rows if r['kind'] == kind] for kind in
           ('closest', 'farthest')}  # fmt: skip
  near, far = (floats(kinds[kind], 'l2') for kind in ('closest', 'farthest'))
  assert (np.diff(near) > 0).all() and (np.diff(far) < 0).all()
  names = {path.name for path in (folder / 'networks').iterdir()}
  assert names == {
    '%s_%.5f_%s.png' % (row['kind'], float(row['l2']), side)
    for row in rows
    for side in ('left', 'right')
  }


def test_tsne_has_four_planes(done):
  _, rows, _ = done['hidden_state_tsne']
  assert len(rows) == 4 * COUNT and np.isfinite(floats(rows, 'x')).all()


def test_probabilities(done):
  _, rows, _ = done['probability_evolution']
  zero = [row for row in rows if row['first_state'] == 'zero']
  random = [row for row in rows if row['first_state'] == 'random']
  assert {row['kind'] for row in zero} == {'nodes', 'activation', 'predecessor'}
  assert len({row['max_prob'] for row in zero if row['decision'] == '0'}) == 1
  firsts = {row['max_prob'] for row in random if row['decision'] == '0'}
  assert len(firsts) == COUNT
  for row in rows:
    if row['decision'] == '2':  # what node 1 reads
      assert float(row['max_prob']) == 1 and float(row['entropy']) == 0
  # Of cells of three nodes there are no decisions of a fourth.
  assert {len([r for r in zero if r['sample'] == '%d' % n])
          for n in range(COUNT)} <= {6, 8}  # fmt: skip


def test_shares_of_probabilities():
  values = np.array([[0.0, 1.0], [0.5, 1.0], [0.5, np.nan]])
  found = probabilities.shares(values)
  assert found.sum(0) == pytest.approx([1, 1])
  assert found[12, 0] == pytest.approx(2 / 3.0) and found[-1, 1] == 1


def test_estimates_are_of_parts_of_the_text(run, done):
  told, rows, folder = done['validation_set_performance_correlation']
  assert set(told) == {'eval_derive', 'eval_full', 'derive_full'}
  assert [row['estimator_a'] for row in rows] == ['eval', 'eval', 'derive']
  with (folder / 'perplexities.csv').open() as file:
    table = list(csv.DictReader(file))
  arc = run.sample(1)[0]
  assert table[0]['arc'] == str(arc)
  text = run.text('valid', 2, 32)
  assert text.matrix.shape[0] == 2 and len(text.windows) <= 32
  assert float(table[0]['eval']) == run.measured(arc, text).value
  first = run.text('valid', count=1)
  assert float(table[0]['derive']) == run.measured(arc, first).value
  both = samples.correlation(floats(table, 'eval'), floats(table, 'full'))
  assert told['eval_full']['pearson'] == pytest.approx(both.pearson)


def test_speed(done):
  _, rows, _ = done['model_evaluation_speed']
  assert {row['batch'] for row in rows} == {'4', '2'}
  words = floats(rows, 'seconds') * floats(rows, 'tokens_per_s')
  of_batch = {row['batch']: round(n) for row, n in zip(rows, words)}
  assert of_batch['2'] == 225 // 2 * 2 - 2  # all words but the first ones
  assert of_batch['4'] == 225 // 4 * 4 - 4


def test_capacity(done):
  told, rows, folder = done['capacity']
  assert len(told['correlations']) == 3 * len(capacity.MEASURES)
  for entry in told['correlations']:
    assert entry['p'] is None or entry['p_holm'] >= entry['p']
  assert set(told['mixed_against_single']) == {'train_ppl', 'valid_ppl', 'gap'}
  single = [row for row in rows if row['group'] == 'single']
  assert len(single) == COUNT == len(rows) / 2
  assert {row['n_distinct_activations'] for row in single} == {'1'}
  gap = np.log(floats(rows, 'valid_ppl') / floats(rows, 'train_ppl'))
  assert floats(rows, 'gap') == pytest.approx(gap, abs=1e-9)
  mixed = [row for row in rows if row['group'] == 'mixed']
  both = samples.correlation(floats(mixed, 'depth'), floats(mixed, 'gap'))
  (entry,) = (
    entry
    for entry in told['correlations']
    if (entry['measure'], entry['outcome']) == ('depth', 'gap')
  )
  assert files.strict(both.spearman) == pytest.approx(entry['spearman'])


def test_neighbours(run, done):
  told, rows, _ = done['neighbours']
  random = [row for row in rows if row['kind'] == 'random']
  assert len(random) == COUNT * (COUNT - 1) / 2
  near = floats([row for row in rows if row['kind'] != 'random'], 'l2')
  far = floats(random, 'l2')
  pairs = far[:, None] - near
  auc = np.mean(pairs > 0) + np.mean(pairs == 0) / 2
  assert told['auc'] == pytest.approx(auc)
  arc = RecurrentArc.parse(tiny.ARC)
  kinds = [kind for kind, _ in neighbours.of_space(run.space, arc)]
  assert kinds == ['activation'] * 12 + ['link'] * 3
  whole = DagSpace(4, scope='cell')
  one = RecurrentArc.parse('1 0 1 1 1 0 1')
  assert {kind for kind, _ in neighbours.of_space(whole, one)} == {'link'}


def test_the_same_again(run, done, tmp_path):
  for name in ('probability_evolution', 'neighbours'):
    made = study(name)
    made.run(run, files.Output(str(tmp_path), made.folder, 'x', made.stem))
    for ending in ('.csv', '.json'):
      path = tmp_path / made.folder / 'x' / (made.stem + ending)
      before = (done[name][2] / path.name).read_bytes()
      assert path.read_bytes() == before, path.name


def test_too_few_cells_are_a_line(searched, capsys):
  argv = ['study', '--load_path', str(searched[1]), '--num_archs=2']
  assert command.main(study('neighbours'), argv) == 2
  err = capsys.readouterr().err
  assert '--num_archs=2' in err and err.count('\n') == 1


def test_moments_of_what_is_there():
  mean, spread = plots.moments(np.array([[1, np.nan], [3, np.nan]]))
  assert (mean[0], spread[0]) == (2, 1)
  assert np.isnan(mean[1]) and np.isnan(spread[1])


def test_what_is_not_finite_is_not_drawn():
  values = np.array([1.0, 2, 3, np.inf, np.nan, 900])
  figure = plots.density({'a': values}, 'title', 'ppl', 'box')
  assert figure.axes[0].get_xlabel() == 'log10 of ppl'
  points = np.random.RandomState(0).rand(6, 2)
  plots.maps([(points, 'x')] * 4, values, 'title', 'ppl').canvas.draw()
  plots.density({'a': [2.0, 2.0], 'b': []}, 'title', 'x').canvas.draw()
