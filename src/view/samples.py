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
_LEVEL = 0.05  # of a two-sided test where its power is asked for


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


class Spread(typing.NamedTuple):
  """Brown and Forsythe's test that two samples spread alike: F and its p."""

  f: float
  p: float


class Medians(typing.NamedTuple):
  """The difference of two medians.

  Attributes:
    difference: float, that of the first less that of the other.
    low, high: floats, the percentile interval of a bootstrap.
  """

  difference: float
  low: float
  high: float


class Best(typing.NamedTuple):
  """The lowest of as many of one sample as of another, by bootstrap.

  Attributes:
    count: int, how many the lowest is of.
    means: (float, float), the lowest that is expected of each.
    wins: float, how likely the first has the lower one; equal ones count half.
    low, high: floats, between which lies the first's lowest less the other's.
  """

  count: int
  means: tuple
  wins: float
  low: float
  high: float


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
    shift(first, other),
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


def mean_interval(values, draws=_DRAWS, seed=0):
  """(low, high), the 95 % percentile interval of a mean, by bootstrap.

  Args:
    values: floats [N].
    draws, seed: ints, of the bootstrap.
  """
  values = np.asarray(values, float)
  generator = np.random.RandomState(seed)
  means = values[generator.randint(len(values), size=[draws, len(values)])]
  ends = 50 * (1 - compare.LEVEL), 50 * (1 + compare.LEVEL)
  low, high = np.percentile(means.mean(1), ends)
  return float(low), float(high)


def spread(first, other):
  """`Spread` of two samples, by distances from their medians.

  Args:
    first, other: floats [N] and [M], both at least 2.
  """
  from scipy import stats

  apart = [np.abs(of - np.median(of)) for of in (first, other)]
  if not any(np.ptp(of) for of in apart):
    return Spread(float('nan'), float('nan'))
  return Spread(*map(float, stats.levene(first, other, center='median')))


def medians(first, other, draws=_DRAWS, seed=0):
  """`Medians` of two samples.

  Args:
    first, other: floats [N] and [M].
    draws: int, of the bootstrap.
    seed: int, of the bootstrap.
  """
  generator = np.random.RandomState(seed)
  first, other = np.asarray(first, float), np.asarray(other, float)
  drawn = [
    np.median(of[generator.randint(len(of), size=[draws, len(of)])], axis=1)
    for of in (first, other)
  ]
  ends = 50 * (1 - compare.LEVEL), 50 * (1 + compare.LEVEL)
  low, high = np.percentile(drawn[0] - drawn[1], ends)
  apart = np.median(first) - np.median(other)
  return Medians(float(apart), float(low), float(high))


def best_of(first, other, count):
  """`Best` of `count` drawn from each of two samples, with replacement.

  All resamples count: of N numbers in order, place i is the lowest in
  (N - i)^count - (N - i - 1)^count of N^count.

  Args:
    first, other: floats [N] and [M].
    count: int.
  """
  values = [np.sort(np.asarray(of, float)) for of in (first, other)]
  shares = [
    -np.diff((np.arange(len(of), -1, -1.0) / len(of)) ** count) for of in values
  ]
  apart = (values[0][:, None] - values[1][None, :]).ravel()
  weights = np.outer(*shares).ravel()
  wins = np.sum(weights * ((apart < 0) + 0.5 * (apart == 0)))
  order = np.argsort(apart, kind='stable')
  up_to = np.cumsum(weights[order])
  ends = (1 - compare.LEVEL) / 2, (1 + compare.LEVEL) / 2
  places = np.searchsorted(up_to, ends).clip(max=len(order) - 1)
  low, high = apart[order[places]]
  means = tuple(float(np.dot(*of)) for of in zip(values, shares))
  return Best(count, means, float(wins), float(low), float(high))


def detectable(first, other):
  """float, the size of Cliff's delta that Mann and Whitney's test finds.

  With `compare.POWER`, two-sided at 5 %, by Noether (1987): as if the spread
  of U were that of equal samples. nan where there are too few to show any.

  Args:
    first, other: ints, how many numbers there are in each sample.
  """
  from scipy import stats

  clear = stats.norm.isf(_LEVEL / 2) + stats.norm.ppf(compare.POWER)
  variance = (first + other + 1) / (12.0 * first * other)
  delta = float(2 * clear * np.sqrt(variance))
  return delta if delta < 1 else float('nan')


def shift(first, other):
  """float, Hodges and Lehmann's; see `Difference`."""
  return float(np.median(np.subtract.outer(first, other)))


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
