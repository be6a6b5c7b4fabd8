"""Several runs in one table, from what their ablations have written."""

import csv
import json

import pytest

from src.recurrent.ablation_studies import ablation_summary


@pytest.fixture
def results(tmp_path):
  """Function (study, run, validation dict) that writes a results.json."""

  def _write(study, run, found):
    folder = tmp_path / study / run
    folder.mkdir(parents=True)
    text = json.dumps({'validation': found, 'test': found})
    (folder / 'results.json').write_text(text)

  return _write


def call(tmp_path, *runs):
  return ablation_summary.main(
    ['summary'] + list(runs) + ['--results_dir', str(tmp_path)]
  )


def test_a_row_for_each_study_and_run(results, tmp_path, capsys):
  said = {'max_improvement': 2.0, 'max_decrease': -3.0}
  results(
    'node_ablation', 'a', dict(said, original_performance=10.0, **{'1': 8.0,
    '2': 13.0, '3': None})
  )  # fmt: skip
  results(
    'activation_ablation_single', 'a',
    {'original_performance': 10.0, 'tanh': {'0': 10.0, '1': 11.0}},
  )  # fmt: skip
  results(
    'crossed_ablation', 'b',
    {'original_performance': 5.0, 'random_links_random_activations': 6.0,
     'geometric': {'random_links_random_activations': 1.0},
     'links': {'mean': 1.0}, 'activations': None, 'both': None},
  )  # fmt: skip
  assert call(tmp_path, 'logs/a/', 'b') == 0
  out = capsys.readouterr().out
  assert out.count('valid') == 3 and ' test ' not in out
  path = tmp_path / 'ablation_summary' / 'results.csv'
  with path.open() as file:
    rows = [row for row in csv.DictReader(file) if row['split'] == 'valid']
  found = {(row['study'], row['run']): row for row in rows}
  node = found['node_ablation', 'a']
  assert (node['variants'], node['better']) == ('3', '1')
  assert float(node['median_delta']) == 0.5
  assert (node['best_variant'], node['best_ppl']) == ('1', '8.0')
  assert (node['max_improvement'], node['max_decrease']) == ('2.0', '-3.0')
  single = found['activation_ablation_single', 'a']
  assert single['variants'] == '2' and single['best_variant'] == 'tanh 0'
  assert (single['max_improvement'], single['max_decrease']) == ('', '-1.0')
  assert found['crossed_ablation', 'b']['variants'] == '1'


def test_what_is_not_there_or_damaged(results, tmp_path, capsys):
  assert call(tmp_path, 'a') == 2
  assert 'no results of ablations of a' in capsys.readouterr().err
  results('node_ablation', 'a', {})
  assert call(tmp_path, 'a') == 1
  assert 'results.json is damaged' in capsys.readouterr().err
