"""Tests and sentences on groups of perplexities that are made by hand."""

import numpy as np
import pytest

from src.recurrent.analysis import group_tests
from src.run.errors import RunError
from src.view import compare, samples

DRAW = np.random.RandomState(0)
NOISE = np.exp(0.1 * DRAW.randn(2, 12))


def groups(*factors):
  """A run for each factor, of trained against untrained perplexities."""
  return {
    'run_%d' % number: {
      'trained': {
        'valid': 90 * factor * NOISE[0],
        'test': 80 * factor * NOISE[0],
      },
      'untrained': {'valid': 90 * NOISE[1], 'test': 80 * NOISE[1]},
    }
    for number, factor in enumerate(factors)
  }


def test_tests_of_one_run():
  values = groups(0.8)
  rows = [
    dict(zip(group_tests.TESTS, row)) for row in group_tests.tests(values)
  ]
  assert [row['test'] for row in rows if row['split'] == 'valid'] == [
    'mann_whitney', 'kolmogorov_smirnov', 'permutation', 'welch_t',
    'brown_forsythe',
  ]  # fmt: skip
  assert [row['test'] for row in rows if row['primary']] == ['mann_whitney']
  first, other = (values['run_0'][of]['valid'] for of in
                  ('trained', 'untrained'))  # fmt: skip
  found = samples.difference(first, other)
  assert (rows[0]['statistic'], rows[0]['p']) == (found.u, found.p_u)
  of_logs = samples.difference(np.log(first), np.log(other))
  assert rows[3]['p'] == of_logs.p_t != found.p_t
  corrected = compare.holm([row['p'] for row in rows])
  assert [row['p_holm'] for row in rows] == corrected


def test_effects():
  values = groups(0.8)
  row = dict(zip(group_tests.EFFECTS, group_tests.effects(values, 3)[0]))
  first, other = (values['run_0'][of]['valid'] for of in
                  ('trained', 'untrained'))  # fmt: skip
  assert row['median_difference'] == np.median(first) - np.median(other)
  assert row['median_low'] < row['median_difference'] < row['median_high'] < 0
  assert row['delta'] == np.sign(first[:, None] - other).mean() < 0
  assert row['first_best'] == samples.best_of(first, other, 3).means[0]
  assert row['detectable_delta'] == samples.detectable(12, 12)


@pytest.mark.parametrize(
  'factor, words', [(0.6, 'are better than'), (1.6, 'are worse than'),
                    (1.0, 'No difference shown')]
)  # fmt: skip
def test_verdicts_of_one_run(factor, words):
  values = groups(factor)
  tested, found = group_tests.tests(values), group_tests.effects(values, 3)
  (line,) = group_tests.verdicts(values, tested, found)
  assert words in line and "Cliff's delta" in line
  assert ('show a delta of 0.67' in line) == (factor == 1.0)
  assert len(group_tests.table(tested, found)) == 3
  warned = ' '.join(group_tests.warnings(values, True))
  assert 'replicates' in warned and 'Shared weights' in warned


def test_too_few_cells_are_told():
  few = {
    name: {split: of[:3] for split, of in splits.items()}
    for name, splits in groups(0.5)['run_0'].items()
  }
  values = {'run_0': few}
  assert '3 against 3 cells are too few' in group_tests.warnings(values, 0)[0]
  tested, found = group_tests.tests(values), group_tests.effects(values, 3)
  (line,) = group_tests.verdicts(values, tested, found)
  assert line.startswith('No difference shown') and 'power' not in line


def test_runs_are_compared_by_their_means():
  values = groups(0.8, 0.82, 0.79)
  paired = group_tests.over_runs(values)['untrained', 'valid']
  apart = np.mean(np.log(NOISE[1])) - np.mean(np.log(NOISE[0]))
  assert paired.mean == pytest.approx(apart - np.log([0.8, 0.82, 0.79]).mean())
  rows = group_tests.tests(values)
  (row,) = [row for row in rows if row[6]]
  primary = dict(zip(group_tests.TESTS, row))
  assert (primary['run'], primary['test']) == ('all', 'paired_t')
  assert primary['p'] == pytest.approx(2 * paired.p_t)
  assert primary['p_holm'] == pytest.approx(4 * paired.p_t)  # with that of test
  found = group_tests.effects(values, 3)
  (line,) = group_tests.verdicts(values, rows, found)
  assert 'over 3 runs %.3f times' % np.exp(-paired.mean) in line
  assert 'are better' in line
  assert 'replicates' not in ' '.join(group_tests.warnings(values, False))
  # Fewer runs than the difference needs tell how many it does.
  values = groups(0.6, 1.1)
  tested, found = group_tests.tests(values), group_tests.effects(values, 3)
  (line,) = group_tests.verdicts(values, tested, found)
  needed = group_tests.over_runs(values)['untrained', 'valid'].needed
  assert needed > 2 and '%d runs are needed' % needed in line
  # Turned round, the trained are worse, and as clearly so.
  worse = group_tests.tests(groups(1.4, 1.45, 1.38))
  (row,) = [row for row in worse if row[6]]
  assert row[-2] < 0.05 and row[-3] > 0


def test_what_is_not_finite_counts_as_the_worst():
  values = groups(1.0)
  values['run_0']['trained']['valid'][3] = np.inf
  values['run_0']['untrained']['valid'][5] = np.nan
  made, count = group_tests.settled(values)
  assert count == 2
  worst = made['run_0']['trained']['valid'][3]
  assert worst == made['run_0']['untrained']['valid'][5]
  assert worst == max(of['valid'].max() for of in made['run_0'].values())
  assert np.isfinite([row[-1] for row in group_tests.tests(made)]).all()
  for of in values['run_0'].values():
    of['test'] = np.full(12, np.inf)
  with pytest.raises(RunError, match='run_0: no test perplexity'):
    group_tests.settled(values)
