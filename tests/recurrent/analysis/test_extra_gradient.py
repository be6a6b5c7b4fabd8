"""Searches with an extra gradient and without, from tables written by hand."""

import csv
import json

import numpy as np
import pytest
from scipy import stats

from src.recurrent import extra_gradient as table
from src.recurrent.analysis import extra_gradient as command
from src.recurrent.analysis import menas_summary
from src.view import compare

# Median perplexities of chance, of the controller, and of the best retrained.
_RUNS = {
  ('none', 1): (100, 90, 80),
  ('none', 2): (110, 95, 81),
  ('none', 3): (105, 94, 79),
  ('full', 1): (100, 85, 82),
  ('full', 2): (110, 88, 83),
  ('full', 3): (105, 89, 84),
}


def _write(folder, mode, seed, chance, best, retrained):
  (folder / 'scratch').mkdir(parents=True)
  flags = {'extra_gradient': mode, 'random_seed': seed}
  (folder / 'flags.json').write_text(json.dumps(flags))
  for name, middle in (('derive_random', chance), ('derive', best)):
    rows = ['%d,%g' % (n, middle + n) for n in (-1, 0, 1)]
    (folder / (name + '.csv')).write_text(
      'arc,valid_ppl\n' + '\n'.join(rows) + '\n'
    )
  (folder / 'scratch' / 'metrics.csv').write_text(
    'phase,perplexity\nvalid,%g\nchild,1\nvalid,%g\n'
    % (retrained + 5, retrained)
  )
  with (folder / table.TABLE).open('w') as file:
    writer = csv.DictWriter(file, table.COLUMNS)
    writer.writeheader()
    for epoch in range(3):
      numbers = dict.fromkeys(table.COLUMNS[8:], 0.1 * epoch)
      numbers.update(epoch=epoch, cos_ahead=0.6 + 0.1 * epoch, cos_now=0.4)
      writer.writerow(numbers)
    writer.writerow({'epoch': 3})  # a phase that was not diagnosed


@pytest.fixture
def runs(tmp_path):
  paths = []
  for (mode, seed), values in _RUNS.items():
    paths.append(tmp_path / ('%s_%d' % (mode, seed)))
    _write(paths[-1], mode, seed, *values)
  return [str(path) for path in paths]


def test_modes_are_compared_by_seed(runs, tmp_path, capsys):
  assert command.main(['x'] + runs + ['--results_dir', str(tmp_path)]) == 0
  printed = capsys.readouterr().out
  folder = tmp_path / 'extra_gradient'
  with (folder / 'results.csv').open() as file:
    rows = list(csv.DictReader(file))
  assert [row['outcome'] for row in rows] == ['gain', 'retrained']
  gains, retrained = [], []
  for seed in (1, 2, 3):
    plain, full = _RUNS['none', seed], _RUNS['full', seed]
    gains.append(np.log(full[0] / full[1]) - np.log(plain[0] / plain[1]))
    retrained.append(np.log(plain[2]) - np.log(full[2]))
  p_values = []
  for row, values in zip(rows, (gains, retrained)):
    test = stats.ttest_1samp(values, 0)
    p_values.append(test[1])
    np.testing.assert_allclose(float(row['mean']), np.mean(values))
    np.testing.assert_allclose(float(row['p']), test[1], rtol=1e-6)
  corrected = compare.holm(p_values)
  np.testing.assert_allclose([float(row['p_holm']) for row in rows], corrected)
  assert 'it is worth it' in printed and 'full: Look-ahead' in printed
  assert '18 diagnoses' not in printed and '9 diagnoses' in printed
  for name in ('similarity', 'gain', 'retrained'):
    assert (folder / (name + '.png')).stat().st_size > 5000


@pytest.mark.parametrize(
  ('mean', 'p_holm', 'words'),
  [
    (0.06, 0.04, 'worth it'),
    (-0.06, 0.04, 'harmful'),
    (0.06, 0.06, 'no difference shown'),
    (0.06, float('nan'), 'too few seeds'),
  ],
)
def test_answers_are_by_the_corrected_p(mean, p_holm, words):
  """Whatever the interval, which is of one of several tests."""
  row = ('full', 'gain', 3, mean, mean - 0.01, mean + 0.01, 0.02, p_holm, 0.1)
  assert words in command.answer(row)


@pytest.mark.parametrize(
  ('name', 'text', 'told'),
  [
    ('flags.json', None, 'is no run of src.recurrent'),
    ('derive.csv', None, '--derive_from=controller first'),
    ('derive.csv', 'arc,valid_ppl\n0,x\n', 'is no perplexity'),
    ('scratch/metrics.csv', 'phase,perplexity\nvalid,x\n', 'is damaged'),
  ],
)
def test_what_is_missing_is_told(runs, tmp_path, capsys, name, text, told):
  path = tmp_path / 'none_1' / name
  path.unlink()
  if text is not None:
    path.write_text(text)
  assert command.main(['x'] + runs + ['--results_dir', str(tmp_path)]) in (1, 2)
  said = capsys.readouterr().err
  assert told in said and said.count('\n') == 1


def test_a_seed_counts_once(runs, capsys):
  assert command.main(['x'] + runs + runs[:1]) == 2
  assert 'none_1 are both --extra_gradient=none of seed 1' in (
    capsys.readouterr().err
  )


def _summary_inputs(root):
  """Results of two runs; returns the mean effects they were written with."""
  effects = {}
  for number, name in enumerate(('none_1', 'none_2')):
    crossed = root / 'crossed_ablation' / name
    crossed.mkdir(parents=True)
    found = {
      kind: {'mean': 0.1 * place + number}
      for place, kind in enumerate(('links', 'activations', 'both'))
    }
    effects[name] = {kind: of['mean'] for kind, of in found.items()}
    (crossed / 'results.json').write_text(json.dumps({'validation': found}))
    for scored, more in (('', 0.0), ('scratch', 0.5)):
      folder = root / 'capacity' / name / scored
      folder.mkdir(parents=True, exist_ok=True)
      lines = ['sample,group,train_ppl,valid_ppl,gap']
      for sample in range(3):
        lines.append('%d,mixed,60,90,%g' % (sample, 0.2 + more + number))
        lines.append('%d,single,50,80,0.1' % sample)
      (folder / 'results.csv').write_text('\n'.join(lines) + '\n')
  (root / 'extra_gradient').mkdir()
  (root / 'extra_gradient' / 'results.json').write_text(
    json.dumps({'answers': ['so'], 'diagnoses': {'full': 'thus'}})
  )
  for scored in ('shared', 'scratch'):
    folder = root / 'random_vs_trained' / 'none_1+none_2' / scored
    folder.mkdir(parents=True)
    (folder / 'results.json').write_text(json.dumps({'verdicts': [scored]}))
  return effects


def test_a_summary_of_all_studies(tmp_path, capsys):
  effects = _summary_inputs(tmp_path)
  argv = ['x', 'a/none_1', 'none_2', '--results_dir', str(tmp_path)]
  assert menas_summary.main(argv) == 0
  printed = capsys.readouterr().out
  for words in ('so\n', 'full: thus', 'shared weights: shared', '?\n'):
    assert words in printed
  with (tmp_path / 'menas_summary' / 'results.csv').open() as file:
    rows = {row['effect']: row for row in csv.DictReader(file)}
  for kind in ('links', 'activations', 'both'):
    values = [effects[name][kind] for name in effects]
    np.testing.assert_allclose(float(rows[kind]['mean']), np.mean(values))
  p_values = [float(row['p']) for row in rows.values()]
  corrected = compare.holm(p_values)
  np.testing.assert_allclose(
    [float(row['p_holm']) for row in rows.values()], corrected
  )
  gap = rows['gap, trained alone']
  np.testing.assert_allclose(float(gap['mean']), (0.6 + 1.6) / 2)
  train = rows['train_ppl, shared weights']
  np.testing.assert_allclose(float(train['mean']), np.log(60 / 50))
  path = tmp_path / 'crossed_ablation' / 'none_1' / 'results.json'
  whole = path.read_text()
  path.write_text('{}')
  assert menas_summary.main(argv) == 1
  said = capsys.readouterr().err
  assert 'is damaged' in said and said.count('\n') == 1
  path.write_text(whole)
  (tmp_path / 'capacity' / 'none_2' / 'results.csv').unlink()
  assert menas_summary.main(argv) == 2
  assert 'run the study first' in capsys.readouterr().err
  assert menas_summary.main(['x', 'one']) == 2
