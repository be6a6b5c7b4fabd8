"""Two samples, against published numbers and enumeration."""

import inspect
import itertools

import numpy as np
import pytest
from scipy import stats

from src.view import samples

A = [61.2, 59.8, 63.5, 60.1, 62.7, 58.9, 64.0, 61.9, 60.6, 59.3]
B = [62.8, 64.4, 61.5, 65.1, 63.9, 66.2, 62.1, 64.8, 63.0, 65.6]
TIES = [1, 2, 2, 3, 3, 3, 4], [2, 3, 4, 4, 5, 5]


def test_the_difference_of_two_samples():
  """SciPy 1.17's numbers, and of all 184,756 ways to mix them 478 as far."""
  found = samples.difference(A, B)
  assert found.means == pytest.approx((61.2, 63.94))
  assert found.u == 12
  # SciPy of Python 3.6 has the normal with continuity alone.
  exact = 'method' in inspect.signature(stats.mannwhitneyu).parameters
  expected = 0.0028795 if exact else 0.0045864
  assert found.p_u == pytest.approx(expected, abs=1e-7)
  assert found.d == pytest.approx(0.6)
  assert found.p_d == pytest.approx(0.0524476, abs=1e-7)
  assert found.t == pytest.approx(-3.676684, abs=1e-6)
  assert found.freedom == pytest.approx(17.690, abs=1e-3)
  assert found.p_t == pytest.approx(0.00176822, abs=1e-8)
  assert found.p_mixed == pytest.approx(478 / 184756.0, rel=1e-12)
  assert found.delta == pytest.approx(-0.76)
  assert found.shift == pytest.approx(-2.75)
  assert samples.difference(B, A).u == 88


def test_ties():
  found = samples.difference(*TIES)
  assert found.u == 8.5 and found.p_u == pytest.approx(0.0782624, abs=1e-7)
  assert found.d == pytest.approx(0.5238095, abs=1e-7)
  assert found.p_d == pytest.approx(0.2773893, abs=1e-7)
  alike = samples.difference([2, 2], [2, 2, 2])
  assert (alike.p_u, alike.shift, alike.p_mixed) == (1, 0, 1)
  assert np.isnan(alike.t)


def test_many_ways_to_mix_are_drawn_from():
  found = samples.mixed(A + A[:5], B + B[:5])
  assert 0 < found < 0.001 and found == samples.mixed(A + A[:5], B + B[:5])
  assert samples.mixed(A + A, A + A) == 1


def test_samples_of_one_distribution_have_uniform_p():
  draw = np.random.RandomState(1)
  found = [samples.difference(draw.randn(6), draw.randn(6)) for _ in range(200)]
  for name in ('p_t', 'p_mixed'):
    p = [getattr(of, name) for of in found]
    assert stats.kstest(p, 'uniform')[1] > 0.01, name


def test_spread():
  """F of the distances from the medians, by its definition."""
  wide = [10 * value for value in A]
  apart = [np.abs(of - np.median(of)) for of in (np.array(wide), np.array(B))]
  found = samples.spread(wide, B)
  f, p = stats.f_oneway(*apart)
  assert (found.f, found.p) == pytest.approx((f, p)) and found.p < 0.01
  assert np.isnan(samples.spread([1, 1], [2, 2]).p)


def test_the_difference_of_medians():
  """Of three and two numbers there are 27 x 4 resamples to look at."""
  first, other = [1.0, 5.0, 9.0], [2.0, 4.0]
  ways = [
    np.median(one) - np.median(two)
    for one in itertools.product(first, repeat=3)
    for two in itertools.product(other, repeat=2)
  ]
  found = samples.medians(first, other)
  assert found.difference == 2
  ends = np.percentile(ways, [2.5, 97.5])
  assert (found.low, found.high) == pytest.approx(tuple(ends))
  assert found == samples.medians(first, other)


def test_the_best_of_some():
  """All 64 x 27 resamples; 3 is in both samples."""
  first, other = [1.0, 3.0, 8.0, 3.0], [6.0, 3.0, 2.0]
  lowest = [
    [min(way) for way in itertools.product(of, repeat=3)]
    for of in (first, other)
  ]
  apart = np.subtract.outer(*lowest).ravel()
  found = samples.best_of(first, other, 3)
  assert found.count == 3
  assert found.means == pytest.approx(tuple(map(np.mean, lowest)))
  wins = np.mean(apart < 0) + np.mean(apart == 0) / 2
  assert found.wins == pytest.approx(wins)
  for end, share in ((found.low, 0.025), (found.high, 0.975)):
    assert np.mean(apart < end) < share <= np.mean(apart <= end)


def test_what_a_test_finds_with_80_percent_power():
  """By trial: normal samples that are apart by as much."""
  assert samples.detectable(100, 100) == pytest.approx(0.23, abs=0.002)
  assert np.isnan(samples.detectable(3, 3))
  delta = samples.detectable(40, 40)
  apart = np.sqrt(2) * stats.norm.ppf((delta + 1) / 2)
  draw, found = np.random.RandomState(0), 0
  for _ in range(400):
    first, other = draw.randn(40) + apart, draw.randn(40)
    u = np.sum(first[:, None] > other[None, :])
    spread = np.sqrt(40 * 40 * 81 / 12.0)
    found += abs(u - 800) / spread > stats.norm.isf(0.025)
  assert 0.75 < found / 400.0 < 0.85


def test_correlation_and_regression():
  found = samples.correlation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])
  assert found.spearman == pytest.approx(0.8207827, abs=1e-7)
  assert found.pearson == pytest.approx(3 / np.sqrt(2 * 5.2) * np.sqrt(0.8))
  with_gap = samples.correlation(
    [1, 2, 3, 4, 5, 6], [5, 6, 7, 8, 7, float('inf')]
  )
  assert with_gap == found
  assert np.isnan(samples.correlation([1, 1, 1], [1, 2, 3]).spearman)
  line = samples.regression([0, 1, 2, 3], [1, 3, 5, 7])
  assert (line.slope, line.intercept) == pytest.approx((2, 1))
  assert np.isnan(samples.regression([1, 1, 1], [1, 2, 3]).slope)


def test_an_interval_of_a_mean():
  values = np.random.RandomState(0).standard_normal(400) + 3
  low, high = samples.mean_interval(values)
  error = values.std() / 20
  np.testing.assert_allclose(
    [low, high], values.mean() + 1.96 * error * np.array([-1, 1]), atol=0.02
  )
