"""Two samples of numbers: whether they differ, and whether they go together.

Thin calls of SciPy beside those in `compare`; all tests are two-sided here.
What a sample is too small or too equal for is nan.
"""

import itertools
import typing

import numpy as np

from src.view import compare

_MOST_PAIRS = 400  # for an exact test of Mann and Whitney
_MOST_WAYS = 200000  # of mixing two samples, of which all are looked at
_DRAWS, _AT_ONCE = 10000, 500


class Difference(typing.NamedTuple):
  """One sample against another, all p two-sided.

  Attributes:
    counts: (int, int).
    means: (float, float).
    u, p_u: Mann and Whitney's U of the first; exact up to 400 pairs without
      ties, else by a normal with corrections for ties and continuity.
    d, p_d: Kolmogorov and Smirnov's.
    t, freedom, p_t: Welch's.
    p_mixed: of a permutation test of the means: exact where there are few ways
      to mix the samples, else of 10,000 of them.
    delta: Cliff's, see `compare.Shift`.
    shift: Hodges and Lehmann's, the median of all differences of the first and
      the other.
  """

  counts: tuple
  means: tuple
  u: float
  p_u: float
  d: float
  p_d: float
  t: float
  freedom: float
  p_t: float
  p_mixed: float
  delta: float
  shift: float


class Correlation(typing.NamedTuple):
  """Two measurements of the same things; p are two-sided.

  Attributes:
    count: int.
    spearman, spearman_p, pearson, pearson_p: floats.
  """

  count: int
  spearman: float
  spearman_p: float
  pearson: float
  pearson_p: float


class Regression(typing.NamedTuple):
  """A line through points, by least squares; p is of the slope, two-sided."""

  slope: float
  intercept: float
  r: float
  p: float
  error: float


def difference(first, other, seed=0):
  """`Difference` of two samples.

  Args:
    first: floats [N].
    other: floats [M]; N and M are at least 2.
    seed: int, of the permutations.
  """
  from scipy import stats

  first, other = np.asarray(first, float), np.asarray(other, float)
  pairs = first[:, None] - other[None, :]
  u = float(np.sum(pairs > 0) + 0.5 * np.sum(pairs == 0))
  d, p_d = stats.ks_2samp(first, other)[:2]
  parts = [np.var(of, ddof=1) / len(of) for of in (first, other)]
  t = freedom = p_t = float('nan')
  if sum(parts) > 0:
    t, p_t = stats.ttest_ind(first, other, equal_var=False)
    freedom = sum(parts) ** 2 / sum(
      part**2 / (len(of) - 1) for part, of in zip(parts, (first, other))
    )
  return Difference(
    (len(first), len(other)),
    (float(first.mean()), float(other.mean())),
    u,
    _p_u(first, other, pairs),
    float(d),
    float(p_d),
    float(t),
    float(freedom),
    float(p_t),
    mixed(first, other, seed),
    compare.mann_whitney(first, other).delta,
    float(np.median(pairs)),
  )


def _p_u(first, other, pairs):
  from scipy import stats

  if not pairs.any():
    return 1.0
  more = {'alternative': 'two-sided'}
  together = np.concatenate([first, other])
  if len(set(together)) == len(together) and pairs.size <= _MOST_PAIRS:
    try:
      return float(stats.mannwhitneyu(first, other, method='exact', **more)[1])
    except TypeError:  # SciPy of Python 3.6 knows the normal only
      pass
    return float(stats.mannwhitneyu(first, other, **more)[1])
  try:
    more['method'] = 'asymptotic'
    return float(stats.mannwhitneyu(first, other, **more)[1])
  except TypeError:
    return float(stats.mannwhitneyu(first, other, alternative='two-sided')[1])


def mixed(first, other, seed=0):
  """p of a permutation test that two means are equal; see `Difference`."""
  from scipy import special

  everything = np.concatenate([first, other]).astype(float)
  everything -= everything.mean()
  size = len(first)
  # Of values whose mean is 0, a part's sum tells the difference of means.
  least = abs(everything[:size].sum()) - 1e-12 * np.abs(everything).sum()
  ways = special.comb(len(everything), size)
  if ways <= _MOST_WAYS:
    chosen = itertools.chain.from_iterable(
      itertools.combinations(range(len(everything)), size)
    )
    places = np.fromiter(chosen, int).reshape(-1, size)
    return float(np.mean(np.abs(everything[places].sum(1)) >= least))
  generator, hits = np.random.RandomState(seed), 0
  for _ in range(_DRAWS // _AT_ONCE):
    order = generator.rand(_AT_ONCE, len(everything)).argsort(axis=1)
    sums = np.abs(everything[order[:, :size]].sum(1))
    hits += int(np.sum(sums >= least))
  return (1 + hits) / (1.0 + _DRAWS)


def mean_interval(values, draws=10000, seed=0):
  """(low, high), the 95 % percentile interval of a mean, by bootstrap.

  Args:
    values: floats [N].
    draws, seed: ints, of the bootstrap.
  """
  values = np.asarray(values, float)
  generator = np.random.RandomState(seed)
  means = values[generator.randint(len(values), size=[draws, len(values)])]
  low, high = np.percentile(means.mean(1), [2.5, 97.5])
  return float(low), float(high)


def correlation(one, other):
  """`Correlation` of two measurements; things without both are left out.

  Args:
    one, other: floats [N].
  """
  from scipy import stats

  one, other = _known(one, other)
  nan = float('nan')
  if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
    return Correlation(len(one), nan, nan, nan, nan)
  ranks, values = stats.spearmanr(one, other), stats.pearsonr(one, other)
  found = ranks[0], ranks[1], values[0], values[1]
  return Correlation(len(one), *map(float, found))


def regression(x, y):
  """`Regression` of y on x, floats [N]; points without both are left out."""
  from scipy import stats

  x, y = _known(x, y)
  if len(x) < 3 or np.ptp(x) == 0:
    return Regression(*[float('nan')] * 5)
  return Regression(*map(float, stats.linregress(x, y)[:5]))


def _known(one, other):
  one, other = np.asarray(one, float), np.asarray(other, float)
  known = np.isfinite(one) & np.isfinite(other)
  return one[known], other[known]
