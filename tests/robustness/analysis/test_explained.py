"""What noise and architectures that see nothing have to do with errors."""

import math

import pytest

from src.robustness import results, sets
from src.robustness.analysis import claims, found, runs
from src.robustness.analysis.explained import explained


def _run(set_name, name, rows, **changes):
  """A Run of rows (test_ref, test_clean, cut_off_avg, cut_off_best)."""
  _, one = sets.find(set_name, name)
  columns = 'test_ref', 'test_clean', 'cut_off_avg', 'cut_off_best'
  told = [
    dict(dict.fromkeys(results.COLUMNS, 0.5), **dict(zip(columns, row)))
    for row in rows
  ]
  poisons = one.num_actions - 6
  return runs.Run(
    name, set_name, name, 'F', 'cifar10', '', not poisons, poisons,
    one.num_actions, 0.125, 'rl', 69, True, told,
  )._replace(**changes)  # fmt: skip


CLEAN = _run('baseline', 'space_0', [(0.6, 0.65, 0, 0)])
POISONED = _run(
  'poisoning',
  'P6P3_002_100',
  [
    (0.1, 0.5, 0.2, 1),
    (0.11, 0.4, 0.1, 1),
    (0.1, 0.1, 0.1, 0),
    (0.5, 0.6, 0.0, 0),
  ],
)
OTHER_SEED = POISONED._replace(rows=POISONED.rows[3:], seed=70)


def _measured(*chosen):
  return found.results(list(chosen), 1)


def test_by_hand():
  (told,) = explained(_measured(CLEAN, POISONED, OTHER_SEED).measured)
  assert (told.runs, told.epochs, told.likely) == (2, 5, 0.125)
  assert (told.at_chance, told.cut_off) == (3, 2)
  assert told.of_ten == pytest.approx(0.08) and told.of_best == 0.4
  assert told.clean_then == pytest.approx(1 - 1.0 / 3)
  assert told.seeing == pytest.approx((0.9 + 0.5 + 0.5) / 3)
  assert told.excess('ref') == pytest.approx(0.1)
  assert told.excess('clean') == pytest.approx(0.05)
  assert told.highest == {'ref': 0.9, 'clean': 0.9}


def test_only_what_learns_and_is_of_the_same_world():
  frozen = POISONED._replace(controller='frozen')
  other = CLEAN._replace(condition='stem')
  (told,) = explained(_measured(frozen, other, OTHER_SEED).measured)
  assert (told.runs, told.clean_space) == (1, None)
  assert math.isnan(told.excess('ref')) and math.isnan(told.clean_then)
  assert not claims.sections(_measured(CLEAN, frozen))


def test_in_words():
  more = _run('poisoning', 'P6P3_036_100', [(0.3, 0.5, 0.9, 0)])
  (section,) = claims.sections(_measured(CLEAN, POISONED, more))
  stated, table = section.tables
  text = ' '.join(' '.join(row) for row in stated)
  assert 'highest of an epoch 90.00 % ref, 90.00 % clean' in text
  assert 'without poison highest 40.00 and 35.00 %, mean 40.00 and' in text
  assert 'ref error in % by poison actions 0: 40.00, 2: 50.00, 36: 70' in text
  assert 'rho +1.00, without 0 ' in text
  assert table[1][5:8] == ('3 of 4', '2', '66.67')
  told = ' '.join(section.lines)
  assert 'in 2 of 3 epochs at chance the architecture was cut off' in told
  assert 'of +10.0 points above the space without poison, +5.0 are left' in told
