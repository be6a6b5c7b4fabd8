"""Comparisons of a small made study, computed by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from src.view import compare
from src.view.study import folder, results
from tests import made_study

A, B, C, D = '0 1 1', '2 3 0', '4 5 1', '1 1 0'


def _entries(*given):
  return [folder.Entry(arc, times, score, 0.5) for arc, times, score in given]


def _study(falls=False, **more):
  """Two seeds; the better the earlier in the alphabet."""
  scores = {A: 0.9, B: 0.8, C: 0.6, D: 0.5}
  if falls:
    scores = {arc: 100 - 10 * value for arc, value in scores.items()}
  seeds = [
    folder.Seed(
      0,
      {
        'controller': _entries((A, 3, scores[A]), (C, 1, scores[C])),
        'random': _entries((B, 1, scores[B]), (D, 1, scores[D])),
      },
      {A: scores[B], C: scores[D]},
    ),
    folder.Seed(
      1,
      {
        'controller': _entries((B, 1, scores[B])),
        'random': _entries((C, 1, scores[C]), (D, 3, scores[D])),
      },
      {},
    ),
  ]
  retrained = {arc: [scores[arc]] for arc in scores}
  study = folder.Study(seeds, None, retrained, falls, 'test_accuracy', [])
  return study._replace(**more)


def test_the_seed_is_the_unit():
  found = results.found(_study(), 1, 2)
  (best,) = found.of_best
  assert (best.first, best.other) == ('controller', 'random')
  assert best.seeds == [0, 1]
  assert best.differences == pytest.approx([0.9 - 0.8, 0.8 - 0.6])
  assert best.paired == compare.paired(best.differences)
  # Of two samples all are drawn.
  (drawn,) = found.of_drawn
  assert drawn.differences == pytest.approx([0.75 - 0.65, 0.8 - 0.55])
  assert found.best['random'] == pytest.approx({0: 0.8, 1: 0.6})


def test_samples_count_as_often_as_they_were_drawn():
  found = results.found(_study(), 1, 1)
  own, uniform = found.shared
  mean = (3 * 0.9 + 0.6) / 4
  assert own.weights == results.OWN
  assert own.contrast.differences == pytest.approx(
    [mean - 0.65, 0.8 - (0.6 + 3 * 0.5) / 4]
  )
  # In uniform weights the controller's were scored in seed 0 alone.
  assert uniform.weights == results.UNIFORM
  assert uniform.contrast.seeds == [0]
  assert uniform.contrast.differences == pytest.approx(
    [(3 * 0.8 + 0.5) / 4 - 0.65]
  )
  assert math.isnan(uniform.p) and own.p == own.contrast.paired.p_t
  assert own.shifts[0].counts == (4, 2)
  # 3 x above both; 0.6 below 0.8 and above 0.5
  assert own.shifts[0].delta == pytest.approx(6 / 8.0)


def test_lower_perplexities_win():
  rising, falling = (results.found(_study(falls), 1, 2) for falls in (0, 1))
  for up, down in zip(
    rising.of_best + rising.of_drawn, falling.of_best + falling.of_drawn
  ):
    assert down.differences == pytest.approx([10 * d for d in up.differences])
  for up, down in zip(rising.shared, falling.shared):
    for seed, shift in up.shifts.items():
      assert down.shifts[seed].delta == pytest.approx(shift.delta)
  # Medians are compared: 91, 91, 91, 94 against 92 and 95.
  assert falling.shared[0].contrast.differences[0] == pytest.approx(93.5 - 91)
  assert falling.taus['all'].tau == pytest.approx(rising.taus['all'].tau)


def test_tau_compares_within_one_seeds_weights():
  found = results.found(_study(), 1, 1)
  assert {(p.seed, p.arm, p.weights, p.shared) for p in found.points} == {
    (0, 'controller', 'uniform', 0.8), (0, 'controller', 'uniform', 0.5),
    (0, 'random', 'uniform', 0.8), (0, 'random', 'uniform', 0.5),
    (1, 'controller', 'own', 0.8),
    (1, 'random', 'uniform', 0.6), (1, 'random', 'uniform', 0.5),
  }  # fmt: skip
  # Seed 0: A, B above C, D, four pairs; A and B, C and D are equal in shared
  # scores alone. Seed 1: C above D; B is on its own, in its own weights.
  tau = found.taus['all']
  assert tau.count == 7
  assert tau.tau == pytest.approx(5 / math.sqrt(5 * 7))
  assert set(found.taus) == {'all'}  # fewer than five of each arm
  # What headroom is measured by counts as well.
  study = _study(headroom={D: [0.5, 0.5]})
  del study.retrained[D]
  again = results.found(study, 1, 1).taus['all']
  assert (again.count, again.tau) == (7, tau.tau)


def test_what_is_not_retrained_in_full_is_left_out():
  study = _study()
  del study.retrained[D]
  study.retrained[C] = []
  found = results.found(study, 2, 0)
  assert found.best == {'controller': pytest.approx({0: 0.9, 1: 0.8})}
  assert found.of_best == []
  assert found.notes[:2] == [
    'best, controller of seed 0: 1 of 2 failed in training',
    'best, left out as not all are retrained: random of seed 0 (1 of 2), '
    'random of seed 1 (1 of 2)',
  ]
  none = results.found(_study(retrained=None), 2, 2)
  assert (none.best, none.of_best, none.points, none.taus) == ({}, [], [], {})
  assert none.shared and none.notes == []


def test_headroom():
  groups = {A: [0.5, 0.6], B: [0.8, 0.7], C: []}
  found = results.found(_study(headroom=groups), 1, 0).headroom
  assert found == compare.variance_components([groups[A], groups[B]])
  few = results.found(_study(headroom={A: [0.5], B: [0.6]}), 1, 0)
  assert few.headroom is None and 'headroom: too few' in few.notes[-1]


def test_a_made_study_agrees_with_scipy(tmp_path):
  made_study.write(str(tmp_path), seeds=4, gain=0.02)
  study = folder.read(str(tmp_path))
  found = results.found(study, 2, 4)
  pairs = [(c.weights, c.contrast.other) for c in found.shared]
  assert pairs == [
    ('own', 'random'),
    ('uniform', 'random'),
    ('uniform', 'matched'),
  ]
  for shared in found.shared:
    one = found.samples['controller', shared.weights]
    two = found.samples[shared.contrast.other, 'uniform']
    means = [[np.mean(of[seed]) for seed in range(4)] for of in (one, two)]
    two_sided = stats.ttest_rel(*means)
    p = two_sided[1] / 2 if two_sided[0] > 0 else 1 - two_sided[1] / 2
    assert shared.contrast.paired.p_t == pytest.approx(p)
    for seed in range(4):
      p = stats.mannwhitneyu(one[seed], two[seed], alternative='greater')[1]
      assert shared.shifts[seed].p == pytest.approx(p)
  raw = [shared.contrast.paired.p_t for shared in found.shared]
  assert [shared.p for shared in found.shared] == compare.holm(raw)
  assert set(found.taus) == {'all', 'controller', 'random', 'matched'}
  assert found.skips['matched'] > 0.65 > found.skips['random']
