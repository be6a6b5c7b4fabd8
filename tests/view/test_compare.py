"""The statistics of studies, against slow arithmetic and enumeration."""

import itertools
import math

import numpy as np
import pytest

from src.view import compare

DIFFERENCES = [0.021, -0.004, 0.012, 0.0, 0.012, 0.03]


def _student(t, freedom):
  """P(T > t), from the density in small steps."""
  at = np.linspace(t, t + 2000, 2000001)
  scale = math.gamma((freedom + 1) / 2.0) / (
    math.sqrt(freedom * math.pi) * math.gamma(freedom / 2.0)
  )
  density = scale * (1 + at**2 / freedom) ** (-(freedom + 1) / 2.0)
  return float(np.sum((density[1:] + density[:-1]) / 2) * (at[1] - at[0]))


def test_paired_t():
  found = compare.paired(DIFFERENCES)
  count = len(DIFFERENCES)
  mean = sum(DIFFERENCES) / count
  sd = math.sqrt(sum((d - mean) ** 2 for d in DIFFERENCES) / (count - 1))
  error = sd / math.sqrt(count)
  assert (found.count, found.wins) == (6, 4)
  assert found.p_both == pytest.approx(2 * found.p_t)
  assert found.mean == pytest.approx(mean) and found.sd == pytest.approx(sd)
  assert found.p_t == pytest.approx(_student(mean / error, 5), rel=1e-5)
  assert found.low + found.high == pytest.approx(2 * mean)
  tail = _student((found.high - mean) / error, 5)
  assert tail == pytest.approx(0.025, rel=1e-4)


def _midranks(values):
  """Ranks of sizes; equal ones share the mean of theirs."""
  sizes = [abs(value) for value in values]
  return [
    sum(other < size for other in sizes) + (sizes.count(size) + 1) / 2.0
    for size in sizes
  ]


@pytest.mark.parametrize(
  'differences', [DIFFERENCES, [-0.1, 0.2, 0.3, -0.3, 0.4, -0.5, 0.2]]
)
def test_sign_and_signed_rank_tests_are_exact(differences):
  found = compare.paired(differences)
  clear = [d for d in differences if d]
  ranks = _midranks(clear)
  seen = sum(rank for rank, d in zip(ranks, clear) if d > 0)
  signs = list(itertools.product([False, True], repeat=len(clear)))
  as_far = sum(
    sum(rank for rank, up in zip(ranks, of) if up) >= seen for of in signs
  )
  assert found.p_wilcoxon == pytest.approx(as_far / float(len(signs)))
  as_often = sum(sum(of) >= found.wins for of in signs)
  assert found.p_sign == pytest.approx(as_often / float(len(signs)))
  assert compare.paired([0.5, 0.25]).p_wilcoxon == 0.25


def test_what_seeds_would_find():
  sd, count, trials = 0.02, 5, 100000
  # What 5 % and 2.5 % of t with 4 degrees of freedom exceed.
  for alpha, critical in (
    (compare.ALPHA, 2.131847),
    (compare.TWO_SIDED, 2.776445),
  ):
    size = compare.detectable(sd, count, alpha)
    drawn = np.random.RandomState(0).normal(size, sd, [trials, count])
    t = drawn.mean(axis=1) / (drawn.std(axis=1, ddof=1) / math.sqrt(count))
    won = np.mean(t > critical)
    assert abs(won - 0.8) < 4 * math.sqrt(0.8 * 0.2 / trials)
  needed = compare.seeds_needed(0.01, sd)
  assert compare.power(0.01, sd, needed) >= 0.8
  assert compare.power(0.01, sd, needed - 1) < 0.8
  assert compare.seeds_needed(100 * sd, sd) == 2
  assert compare.seeds_needed(1e-4 * sd, sd) is None
  assert compare.seeds_needed(-0.01, sd) is None


def test_what_is_too_little_is_undefined():
  one, equal = compare.paired([0.01]), compare.paired([0.1, 0.1])
  for found in (one, equal):
    assert math.isnan(found.p_t) and math.isnan(found.detectable)
    assert math.isnan(found.low) and found.needed is None
  assert (one.p_sign, equal.p_sign) == (0.5, 0.25)
  none = compare.paired([0.0, 0.0])
  assert (none.wins, none.p_sign, none.p_wilcoxon) == (0, 1, 1)
  assert math.isnan(compare.mann_whitney([1], [2, 3]).low)
  assert compare.mann_whitney([1, 1], [1, 1])[1:3] == (1, 0)
  assert math.isnan(compare.tau([1, 1], [1, 2]).tau)


def test_mann_whitney_is_exact_in_small():
  first, other = [0.9, 0.5, 0.8], [0.1, 0.4, 0.6, 0.2]
  found = compare.mann_whitney(first, other)

  def _above(chosen, rest):
    return sum(a > b for a in chosen for b in rest)

  everything = first + other
  splits = [
    (
      [everything[i] for i in of],
      [v for i, v in enumerate(everything) if i not in of],
    )
    for of in itertools.combinations(range(7), 3)
  ]
  seen = _above(first, other)
  assert found.counts == (3, 4)
  assert found.delta == pytest.approx((2 * seen - 12) / 12.0)
  p = sum(_above(*split) >= seen for split in splits) / float(len(splits))
  assert found.p == pytest.approx(p)


def test_interval_of_cliffs_delta():
  first, other = [3, 5, 5, 7, 2], [1, 5, 2, 4]
  signs = [[(a > b) - (a < b) for b in other] for a in first]
  n, m = 5, 4
  delta = sum(map(sum, signs)) / 20.0
  rows = [sum(row) / 4.0 for row in signs]
  columns = [sum(column) / 5.0 for column in zip(*signs)]
  variance = (
    m**2 * sum((r - delta) ** 2 for r in rows)
    + n**2 * sum((c - delta) ** 2 for c in columns)
    - sum((s - delta) ** 2 for row in signs for s in row)
  ) / float(n * m * (n - 1) * (m - 1))
  assert variance > (1 - delta**2) / (n * m - 1)
  z = 1.959964
  root = z * math.sqrt(variance * ((1 - delta**2) ** 2 + z**2 * variance))
  under = 1 - delta**2 + z**2 * variance
  found = compare.mann_whitney(first, other)
  assert found.delta == pytest.approx(delta)
  assert found.low == pytest.approx((delta - delta**3 - root) / under, rel=1e-5)
  assert found.high == pytest.approx(
    (delta - delta**3 + root) / under, rel=1e-5
  )
  apart = compare.mann_whitney([4, 5, 6, 7], [1, 2, 3, 3.5, 0])
  end = (4 - z**2) / (4 + z**2)
  assert (apart.low, apart.high) == (pytest.approx(end, rel=1e-5), 1)
  equal = compare.mann_whitney([1, 1], [1, 1])  # the least variance: 1 / 3
  half = z / math.sqrt(3 + z**2)
  assert (equal.low, equal.high) == pytest.approx((-half, half), rel=1e-5)


def test_interval_of_cliffs_delta_covers_the_truth():
  generator = np.random.RandomState(1)
  truth = math.erf(0.25)  # of two normals, half a deviation apart
  hits = 0
  for _ in range(400):
    one, two = generator.normal(0.5, 1, 25), generator.normal(0, 1, 20)
    found = compare.mann_whitney(one, two)
    hits += found.low <= truth <= found.high
  assert abs(hits / 400.0 - 0.95) < 0.033  # three standard errors


def test_variance_components():
  groups = [[0.5, 0.6], [0.8, 0.7, 0.9], [0.4], [0.55, 0.65]]
  everything = sum(groups, [])
  mean = sum(everything) / 8
  means = [sum(group) / len(group) for group in groups]
  between = (
    sum(len(g) * (own - mean) ** 2 for g, own in zip(groups, means)) / 3.0
  )
  within = sum((v - own) ** 2 for g, own in zip(groups, means) for v in g) / 4.0
  size = (8 - (4 + 9 + 1 + 4) / 8.0) / 3
  found = compare.variance_components(groups)
  assert (found.groups, found.count) == (4, 8)
  assert found.f == pytest.approx(between / within)
  assert found.within == pytest.approx(math.sqrt(within))
  assert found.between == pytest.approx(math.sqrt((between - within) / size))
  # With two groups F is the square of Student's t.
  two = compare.variance_components(groups[:2])
  assert two.p == pytest.approx(2 * _student(math.sqrt(two.f), 3), rel=1e-4)
  same = compare.variance_components([[0.1, 0.9], [0.9, 0.1]])
  assert same.between == 0 and same.p == 1
  for few in ([[0.5, 0.6]], [[0.5], [0.6]], []):
    with pytest.raises(ValueError, match='two groups or more'):
      compare.variance_components(few)


def _slow_tau(one, other, strata):
  """tau-b from pairs within a stratum; nan if a side tells none apart."""
  order = ties_one = ties_other = 0
  for i, j in itertools.combinations(range(len(one)), 2):
    if strata[i] != strata[j]:
      continue
    a, b = np.sign(one[i] - one[j]), np.sign(other[i] - other[j])
    order += a * b
    ties_one += a != 0
    ties_other += b != 0
  pairs = math.sqrt(ties_one * ties_other)
  return order / pairs if pairs else float('nan')


def test_tau_within_strata_and_its_bootstrap():
  one = [0.1, 0.2, 0.2, 0.5, 0.9, 0.3, 0.8, 0.7]
  other = [0.6, 0.5, 0.7, 0.7, 0.9, 0.1, 0.2, 0.65]
  strata = [0, 0, 0, 0, 0, 1, 1, 1]
  found = compare.tau(one, other, strata, draws=40, seed=3)
  assert found.count == 8 and math.isnan(found.p)
  assert found.tau == pytest.approx(_slow_tau(one, other, strata))
  generator = np.random.RandomState(3)
  times = np.hstack(
    [generator.multinomial(n, [1.0 / n] * n, 40) for n in (5, 3)]
  )
  drawn = [
    _slow_tau(*(np.repeat(of, row) for of in (one, other, strata)))
    for row in times
  ]
  ends = np.percentile(
    [tau for tau in drawn if not math.isnan(tau)], [2.5, 97.5]
  )
  assert (found.low, found.high) == (
    pytest.approx(ends[0]),
    pytest.approx(ends[1]),
  )
  whole = compare.tau(one, other, draws=0)
  assert whole.tau == pytest.approx(_slow_tau(one, other, [0] * 8))
  assert math.isnan(whole.low)
  # Of 4! orders this one and its reverse are as far off.
  assert compare.tau(range(4), range(4)).p == pytest.approx(2 / 24.0)


def test_holm_is_bonferroni_on_every_set_of_tests():
  p_values = [0.011, 0.3, 0.02, 0.015]
  for i, corrected in enumerate(compare.holm(p_values)):
    sets = [
      of
      for size in range(1, 5)
      for of in itertools.combinations(range(4), size)
      if i in of
    ]
    worst = max(min(1, len(of) * min(p_values[k] for k in of)) for of in sets)
    assert corrected == pytest.approx(worst)
  with_unknown = compare.holm([0.02, float('nan'), 0.01])
  assert math.isnan(with_unknown[1]) and with_unknown[::2] == [0.02, 0.02]


@pytest.mark.parametrize(
  ('one', 'other'),
  [
    ([0, 6, 36, 120], [0.2, 0.3, 0.5, 0.9]),
    ([0, 6, 6, 36, 36, 120], [0.2, 0.5, 0.1, 0.2, 0.9, 0.4]),
  ],
)
def test_spearman_is_exact_for_few(one, other):
  """The correlation of mid-ranks, against all orders of one side."""
  found = compare.spearman(one, other)
  first, second = _midranks(one), _midranks(other)
  rho = np.corrcoef(first, second)[0, 1]
  assert found.count == len(one) and found.rho == pytest.approx(rho)
  orders = list(itertools.permutations(second))
  as_far = sum(np.corrcoef(first, of)[0, 1] > rho - 1e-9 for of in orders)
  assert found.p == pytest.approx(as_far / float(len(orders)))


def test_spearman_of_many_and_of_none():
  generator = np.random.RandomState(1)
  one = generator.permutation(20) // 2
  other = one + generator.normal(0, 6, 20)
  found = compare.spearman(one, -other)
  rho = np.corrcoef(_midranks(one), _midranks_of_any(-other))[0, 1]
  assert found.rho == pytest.approx(rho) and rho < 0
  t = -rho * math.sqrt(18 / (1 - rho**2))
  assert found.p == pytest.approx(1 - _student(t, 18), rel=1e-5)
  assert compare.spearman([1, 2, 3] * 4, [1, 2, 3] * 4).p < 1e-9
  for values in ([], [1], [2, 2, 2]):
    assert math.isnan(compare.spearman(values, values).rho)


def _midranks_of_any(values):
  """As `_midranks`, of values that may be below zero."""
  return _midranks(values - np.min(values))
