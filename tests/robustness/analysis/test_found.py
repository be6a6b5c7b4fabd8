"""What is measured of runs, by hand."""

import numpy as np
import pytest

from src.robustness import sets
from src.robustness.analysis import found, runs
from src.view import compare
from tests.robustness.analysis import made


@pytest.fixture(scope='module')
def chosen(tmp_path_factory):
  path = str(tmp_path_factory.mktemp('results'))
  made.folder(path)
  return runs.read(path)[0]


def _errors(run, mode, last):
  return np.mean([1 - row['test_' + mode] for row in run.rows[-last:]])


@pytest.mark.parametrize(('last', 'used'), [(None, 2), (5, 5), (99, 12)])
def test_one_run(chosen, last, used):
  run = next(run for run in chosen if run.experiment == 'P3_300_100')
  (one,) = found.results([run], last).measured
  assert (one.epochs, one.last) == (made.EPOCHS, used)
  for mode in ('ref', 'clean'):
    assert one.error[mode] == pytest.approx(_errors(run, mode, used))
  assert one.highest == max(1 - row['test_ref'] for row in run.rows)
  bad = np.mean([row['bad_layers_avg'] for row in run.rows[-used:]])
  assert one.bad == pytest.approx(bad) and one.at_chance == 0
  assert one.good == pytest.approx(made.LAYERS - bad)


def test_epochs_at_chance():
  _, one = sets.find('poisoning', 'P6P3_002_100')
  rows = [
    dict.fromkeys(
      ('test_ref', 'test_clean', 'bad_layers_avg', 'good_layers_avg'), value
    )
    for value in (0.1, 0.115, 0.13, 0.5)
  ]
  run = runs.Run('', 'poisoning', one.name, 'P6P3_100', 'cifar10', '', False, 2,
                 8, 0.125, 'rl', 1, True, rows)  # fmt: skip
  of_ten, of_hundred = found.results(
    [run, run._replace(dataset='cifar100')]
  ).measured
  assert (of_ten.at_chance, of_hundred.at_chance) == (0.5, 0.0)
  assert of_ten.highest == 0.9


def test_families_have_the_clean_space_in_them(chosen):
  families = {one.name: one for one in found.results(chosen).families}
  assert set(families) == {'P1', 'P3_100'}
  family = families['P3_100']
  numbers = [number for number, _ in family.points]
  assert numbers == [0] * 3 + [6] * 3 + [36] * 3 + [300] * 3
  errors = [_errors(one.run, 'clean', 2) for _, one in family.points]
  assert family.rho['clean'] == compare.spearman(numbers, errors)
  assert family.rho['ref'].rho > 0.9
  p_values = [families[name].rho['ref'].p for name in ('P1', 'P3_100')]
  corrected = compare.holm(p_values)
  assert [families[n].corrected['ref'] for n in ('P1', 'P3_100')] == corrected


def test_other_worlds_are_families_of_their_own(chosen):
  other = [run._replace(condition='tf') for run in chosen if not run.clean]
  families = found.results(chosen + other).families
  points = {family.name: len(family.points) for family in families}
  assert points == {'P1': 6, 'P3_100': 12, 'P1 +tf': 3, 'P3_100 +tf': 9}
  assert np.isnan(families[2].rho['ref'].rho)


def test_controllers(chosen):
  (group,) = found.results(chosen).groups
  assert group.name == 'poisoning P3_036_100'
  assert {n: len(of) for n, of in group.controllers.items()} == {
    'rl': 3, 'uniform': 3, 'frozen': 3,
  }  # fmt: skip
  expected = []
  for seed in (69, 70, 71):
    mine, other = (
      _errors(run, 'ref', 2)
      for name in ('rl', 'frozen')
      for run in chosen
      if (run.experiment, run.controller, run.seed)
      == ('P3_036_100', name, seed)
    )
    expected.append(other - mine)
  told = group.contrasts['frozen', 'ref']
  assert told == compare.paired(expected) and told.mean > 0.02
  # Seeds that only one of them has do not count.
  fewer = [r for r in chosen if (r.controller, r.seed) != ('uniform', 70)]
  (group,) = found.results(fewer).groups
  assert group.contrasts['uniform', 'clean'].count == 2
  (group,) = found.results([r for r in chosen if r.controller != 'rl']).groups
  assert len(group.controllers) == 2 and group.contrasts == {}
