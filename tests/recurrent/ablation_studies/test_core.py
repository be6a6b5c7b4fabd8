"""Ablations on a tiny search: keys, numbers, files, errors."""

import csv
import json

import numpy as np
import pytest

from src.arc import RecurrentArc
from src.arc.dag_space import chain
from src.recurrent.ablation_studies import (
  activation_replacement,
  chart,
  core,
  crossed,
  edge_addition,
  node_removal,
  single_activation_replacement,
)
from src.recurrent.study import command, opened
from tests.arc.published_cells import CELLS
from tests.recurrent import tiny

NAMES = ('tanh', 'relu', 'identity', 'sigmoid')
PAPER = RecurrentArc.parse(CELLS[0])
CHAIN = RecurrentArc(chain(4), ['tanh', 'relu', 'tanh', 'sigmoid'])


@pytest.fixture(scope='module')
def data(tmp_path_factory):
  return tiny.write_texts(tmp_path_factory.mktemp('recurrent'))


@pytest.fixture(scope='module')
def searched(data, tmp_path_factory):
  out = tmp_path_factory.mktemp('runs') / 'tiny_orig'
  tiny.train(tiny.arguments(data, out, '--max_epoch=1'))
  return out


@pytest.fixture
def call(data, tmp_path, capsys):
  """Function (study, run, more words) that returns (code, stdout, stderr)."""

  def _call(study, run, *more):
    places = ['--results_dir', str(tmp_path), '--data_dir', data]
    code = command.main(
      study, ['study', '--load_path', str(run)] + places + list(more)
    )
    return (code,) + tuple(capsys.readouterr())

  return _call


def read(path):
  """A JSON file without what JSON has not, such as Infinity."""

  def _refuse(word):
    raise AssertionError(word)

  return json.loads(path.read_text(), parse_constant=_refuse)


def keys(study, cell, **flags):
  made = study.variants(cell, NAMES, type('Flags', (), flags))
  found = [variant.key for variant in made]
  assert len(set(found)) == len(found)
  return found


def test_keys_of_the_published_cell():
  assert keys(activation_replacement, PAPER) == [(name,) for name in NAMES]
  found = keys(single_activation_replacement, PAPER)
  assert len(found) == 48 and found[13] == ('relu', '1')
  numbers = [('%d' % node,) for node in range(1, 11)]
  assert keys(node_removal, PAPER) == numbers
  legal = [
    '%d_%d_%s' % (i, j, name)
    for i in (0, 1, 2, 4, 7, 8)  # all others are loose ends
    for j in range(i + 1, 12)
    if PAPER.predecessors[j - 1] != i
    for name in NAMES
  ]
  for mode in edge_addition.MODES:
    found = keys(edge_addition, PAPER, edge_mode=mode)
    assert sorted(key for (key,) in found) == sorted(legal)


def test_what_json_and_tables_say(searched, call, tmp_path):
  before = {p: p.read_bytes() for p in searched.rglob('*') if p.is_file()}
  study = single_activation_replacement.STUDY
  code, out, _ = call(study, searched)
  assert code == 0
  folder = tmp_path / 'activation_ablation_single' / 'tiny_orig'
  found = read(folder / 'results.json')
  cell = RecurrentArc.parse(out.split('Cell: ')[1].split('\n')[0])
  original = found['validation']['original_performance']
  assert 'entire validation set: %.4f' % original in out
  for split, said in found.items():
    ppl = np.array([[said[n]['%d' % k] for n in NAMES] for k in range(4)])
    for node, name in enumerate(cell.activations):
      assert said[name]['%d' % node] == said['original_performance'], split
    gains = said['original_performance'] - ppl
    assert np.count_nonzero(gains) > 4
    assert said['max_improvement'] == (gains.max() if gains.max() > 0 else None)
    assert said['max_decrease'] == gains.min() < 0
  table = list(csv.DictReader((folder / 'results.csv').open()))
  assert tuple(table[0]) == core.COLUMNS and len(table) == 32
  for row in table:
    said = found['validation' if row['split'] == 'valid' else 'test']
    assert float(row['ppl']) == said[row['activation']][row['node']]
    assert row['arc'].split()[::2][int(row['node'])] == str(
      NAMES.index(row['activation'])
    )
  assert read(folder / 'params.json')['num_blocks'] == 4
  assert (folder / 'activation_ablation_single.png').stat().st_size > 5000
  files = {p.name: p.read_bytes() for p in folder.iterdir()}
  call(study, searched)
  assert files == {p.name: p.read_bytes() for p in folder.iterdir()}
  after = {p: p.read_bytes() for p in searched.rglob('*') if p.is_file()}
  assert before == after, 'the run was touched'


def test_edges_are_second_parents_or_replace_the_first(searched, data):
  argv = ['study', '--load_path', str(searched), '--data_dir', data]
  flags, given = command.parse(edge_addition.STUDY, argv)
  assert flags.edge_mode == 'add'
  with opened.opened(flags, given) as run:
    assert flags.test_batch_size == flags.batch_size == 4
    plain = run.scores(CHAIN)
    for mode in edge_addition.MODES:
      flags.edge_mode = mode
      made = edge_addition.variants(CHAIN, NAMES, flags)
      found = {variant.key[0]: run.scores(variant.dag) for variant in made}
      same = [key for key, scores in found.items() if scores == plain]
      # All but 1 to 3, 0 to 2 and 0 to 3, and these four times.
      assert len(found) == 12
      assert same == ([] if mode == 'add' else list(found))
    # A cell of the space is the same by the graph that takes any cell.
    run.space = run.space._replace(links=chain(4), activations=NAMES[:1])
    run._known.clear()
    assert run.scores(CHAIN) == pytest.approx(plain, rel=1e-5)
    assert run._general is not None


def test_crossed(searched, call, tmp_path):
  code, out, _ = call(crossed.STUDY, searched, '--num_pairs=2')
  assert code == 0 and 'random links' in out
  folder = tmp_path / 'crossed_ablation' / 'tiny_orig'
  found = read(folder / 'results.json')
  rows = list(csv.DictReader((folder / 'results.csv').open()))
  assert len(rows) == 2 * 2 * 4
  for links, names in crossed.CELLS:
    mine = [
      row
      for row in rows
      if row['variant'] == '%s links, %s activations' % (links, names)
      and row['split'] == 'valid'
    ]
    key = '%s_links_%s_activations' % (links, names)
    mean = np.mean([float(row['ppl']) for row in mine])
    assert found['validation'][key] == pytest.approx(mean)
  both = [row['arc'].split() for row in rows if row['pair'] == '0'][::2]
  assert both[0][1::2] == both[1][1::2] and both[0][::2] == both[2][::2]
  assert both[3][1::2] == both[2][1::2] and both[3][::2] == both[1][::2]


def test_crossed_statistics():
  values = np.exp([[[1, 3], [2, 5]], [[2, 3], [4, 5]], [[0, 0], [1, np.inf]]])
  found = crossed.summary(values)
  assert found['links']['count'] == 2  # where all four are finite
  assert found['links']['mean'] == pytest.approx((1.5 + 2) / 2)
  assert found['activations']['mean'] == pytest.approx((2.5 + 1) / 2)
  assert found['both']['mean'] == pytest.approx(3.5)
  geometric = found['geometric']['random_links_trained_activations']
  assert geometric == pytest.approx(np.exp(7 / 3.0))


def test_a_run_of_one_cell(data, call, tmp_path_factory, tmp_path):
  """It is ablated itself; nothing samples there."""
  out = tmp_path_factory.mktemp('runs') / 'single'
  tiny.train(
    tiny.arguments(data, out, '--max_epoch=1', '--child_fixed_arc', tiny.ARC)
  )
  code, printed, _ = call(node_removal.STUDY, out, '--split=test')
  assert code == 0 and 'Cell: %s\n' % tiny.ARC in printed
  found = read(tmp_path / 'node_ablation' / 'single' / 'results.json')
  assert {'1', '2'} < set(found['test'])
  code, _, err = call(crossed.STUDY, out)
  assert code == 2 and 'nothing samples' in err and err.count('\n') == 1


@pytest.mark.parametrize(
  ('words', 'said'),
  [
    (['--load_path', 'nowhere'], 'nowhere is no run'),
    (['--load_path='], 'needs --load_path'),
    (['--mode', 'train'], 'mode'),
    (['--num_archs', '0'], '--num_archs=0: expected at least'),
  ],
)
def test_errors_are_a_line(call, tmp_path, words, said):
  code, _, err = call(node_removal.STUDY, tmp_path, *words)
  assert code == 2 and said in err and err.count('\n') == 1
  assert list(tmp_path.iterdir()) == []


def test_far_values_and_many_places_are_drawn():
  points = [('%d to 9' % n, 'relu', 10.0**n) for n in range(6)]
  figure = chart.variants(points + [('7', '', np.inf)], 9.0, 'title', 'ppl')
  (ax,) = figure.axes
  assert ax.get_yscale() == 'log' and len(ax.get_xticks()) == 7
