"""Statistics of studies: groups of numbers that are compared.

Functions of arrays; nothing here knows of architectures. Whatever compares
groups of them uses these. What a sample is too small or too equal for is nan.
Higher is better: of perplexities, hand over the negative ones.
"""

import itertools
import math
import typing

import numpy as np

LEVEL = 0.95  # of every interval, two-sided
ALPHA = 0.05  # of a one-sided test where its power is asked for
TWO_SIDED = ALPHA / 2  # of each side of a two-sided one
POWER = 0.8
_MOST_SEEDS = 10000
_MOST_ORDERS = 7  # things of which all orders are looked at
_CERTAIN = 30  # standard errors; from some 40 on, SciPy may answer nan


class Paired(typing.NamedTuple):
  """Differences between two arms, one for each seed.

  Attributes:
    count: int, seeds.
    mean: float, the mean difference.
    sd: float, of the differences, with N - 1.
    low, high: floats, the interval of the mean by Student's t.
    p_t: float, of the one-sided t test that the mean is above zero.
    wins: int, how many differences are above zero.
    p_sign: float, exact, of the one-sided sign test; zeros are left out.
    p_wilcoxon: float, exact, of the one-sided signed-rank test; zeros are left
      out, equal sizes share their ranks.
    detectable: float, the mean that as many seeds find with `POWER`.
    needed: int, how many seeds find the mean seen with `POWER`; None if it is
      not above zero or would take more than 10,000.
  """

  count: int
  mean: float
  sd: float
  low: float
  high: float
  p_t: float
  wins: int
  p_sign: float
  p_wilcoxon: float
  detectable: float
  needed: typing.Optional[int]

  @property
  def p_both(self):
    """float, of the two-sided t test that the mean is zero."""
    return 2 * min(self.p_t, 1 - self.p_t)


class Shift(typing.NamedTuple):
  """One group against another.

  Attributes:
    counts: (int, int), numbers in each.
    p: float, of the one-sided Mann-Whitney test that the first is higher.
    delta: float, Cliff's: how much more often one of the first is higher than
      one of the other than lower, from -1 to 1.
    low, high: floats, its interval.
  """

  counts: tuple
  p: float
  delta: float
  low: float
  high: float


class Components(typing.NamedTuple):
  """What makes repeated measurements of several things differ.

  Attributes:
    groups: int, things.
    count: int, measurements.
    between: float, standard deviation between things; 0 where the estimate of
      the variance is below.
    within: float, standard deviation of repeated measurements.
    f: float, the ratio of mean squares.
    p: float, of the F test that the things do not differ.
  """

  groups: int
  count: int
  between: float
  within: float
  f: float
  p: float


class Tau(typing.NamedTuple):
  """Kendall's rank correlation, tau-b.

  Attributes:
    count: int, things with both measurements.
    tau: float.
    p: float, two-sided; nan with several strata.
    low, high: floats, the percentile interval of a bootstrap over the things.
  """

  count: int
  tau: float
  p: float
  low: float
  high: float


class Rho(typing.NamedTuple):
  """Spearman's rank correlation.

  Attributes:
    count: int, pairs.
    rho: float.
    p: float, of the one-sided test that it is above zero: exact up to seven
      pairs, by Student's t beyond.
  """

  count: int
  rho: float
  p: float


def paired(differences, alpha=ALPHA):
  """`Paired` of the differences of each seed.

  Args:
    differences: floats [N], N at least 1; above zero is a win of the first arm.
    alpha: float, the level of the test that `detectable` and `needed` are of;
      `TWO_SIDED` where both sides are tested.
  """
  from scipy import stats

  values = np.asarray(differences, np.float64)
  count, mean, nan = len(values), float(np.mean(values)), float('nan')
  sd = float(np.std(values, ddof=1)) if count > 1 else nan
  low = high = p_t = least = nan
  if sd > 1e-9 * np.max(np.abs(values)):
    error = sd / math.sqrt(count)
    half = stats.t.ppf((1 + LEVEL) / 2, count - 1) * error
    low, high = mean - half, mean + half
    p_t = float(stats.t.sf(mean / error, count - 1))
    least = detectable(sd, count, alpha)
  clear = values[values != 0]
  wins = int(np.sum(clear > 0))
  p_sign = float(stats.binom.sf(wins - 1, len(clear), 0.5))
  return Paired(
    count, mean, sd, low, high, p_t, wins, p_sign, signed_rank(clear), least,
    seeds_needed(mean, sd, alpha),
  )  # fmt: skip


def signed_rank(values):
  """p of Wilcoxon's one-sided signed-rank test, exact also with equal sizes.

  Of all 2^N ways to choose signs, the share whose positive ranks sum up to at
  least what was seen; they are counted sum by sum.

  Args:
    values: floats [N] without zeros.
  """
  from scipy import stats

  if not len(values):
    return 1.0
  ranks = np.rint(2 * stats.rankdata(np.abs(values))).astype(int)
  ways = np.zeros(ranks.sum() + 1)
  ways[0] = 1
  for rank in ranks:
    ways[rank:] = (ways[rank:] + ways[: len(ways) - rank]) / 2
    ways[:rank] /= 2
  return float(ways[ranks[np.asarray(values) > 0].sum() :].sum())


def power(difference, sd, count, alpha=ALPHA):
  """Chance that a one-sided paired t test of `count` seeds finds a mean."""
  from scipy import stats

  shift = difference * math.sqrt(count) / sd
  if shift > _CERTAIN:
    return 1.0
  critical = stats.t.isf(alpha, count - 1)
  return 1 - float(stats.nct.cdf(critical, count - 1, shift))


def detectable(sd, count, alpha=ALPHA):
  """The mean difference that `count` seeds find with `POWER`."""
  from scipy import optimize

  unit = sd / math.sqrt(count)
  return float(
    optimize.brentq(
      lambda size: power(size * unit, sd, count, alpha) - POWER,
      0,
      _CERTAIN,
      xtol=1e-9,
    )
    * unit
  )


def seeds_needed(difference, sd, alpha=ALPHA):
  """How many seeds find a mean difference with `POWER`; None if too many."""
  if not (difference > 0 and sd > 0):
    return None
  low, high = 1, 2
  while power(difference, sd, high, alpha) < POWER:
    low, high = high, 2 * high
    if high > _MOST_SEEDS:
      return None
  while high - low > 1:
    middle = (low + high) // 2
    if power(difference, sd, middle, alpha) < POWER:
      low = middle
    else:
      high = middle
  return high


def mann_whitney(first, other):
  """`Shift` of one group of independent numbers against another.

  The interval of Cliff's delta is his own, from an unbiased estimate of its
  variance (Cliff 1996, Ordinal Methods, chapter 5), asymmetric so that it stays
  within -1 to 1; where nothing overlaps, that of Feng and Cliff (2004).

  Args:
    first: floats [N].
    other: floats [M]; both N and M are at least 1.
  """
  from scipy import stats

  first, other = np.asarray(first, float), np.asarray(other, float)
  counts = len(first), len(other)
  signs = np.sign(first[:, None] - other[None, :])
  p = 1.0
  if signs.any():
    p = float(stats.mannwhitneyu(first, other, alternative='greater')[1])
  delta = float(signs.mean())
  if min(counts) < 2:
    return Shift(counts, p, delta, float('nan'), float('nan'))
  z = stats.norm.ppf((1 + LEVEL) / 2)
  if abs(delta) == 1:
    end = (min(counts) - z**2) / (min(counts) + z**2)
    ends = sorted((delta, delta * end))
    return Shift(counts, p, delta, *ends)
  variance = _delta_variance(signs)
  centre = delta - delta**3
  half = z * math.sqrt(variance * ((1 - delta**2) ** 2 + z**2 * variance))
  scale = 1 - delta**2 + z**2 * variance
  return Shift(
    counts, p, delta, (centre - half) / scale, (centre + half) / scale
  )


def _delta_variance(signs):
  """Variance of the mean of `signs` [N, M], which is not -1 or 1.

  Unbiased, but at least what Cliff allows.
  """
  rows, columns = signs.shape
  delta = signs.mean()
  of_rows = np.sum((signs.mean(axis=1) - delta) ** 2)
  of_columns = np.sum((signs.mean(axis=0) - delta) ** 2)
  total = np.sum((signs - delta) ** 2)
  estimate = (columns**2 * of_rows + rows**2 * of_columns - total) / float(
    rows * columns * (rows - 1) * (columns - 1)
  )
  return max(estimate, (1 - delta**2) / (rows * columns - 1))


def variance_components(groups):
  """`Components` of repeated measurements, by one-way analysis of variance.

  The model has random effects; groups may differ in size (Searle, Casella and
  McCulloch 1992, section 3.6).

  Args:
    groups: list of float arrays, one for each thing; two or more of them, and
      a second measurement of at least one.

  Raises:
    ValueError: there are too few of either.
  """
  from scipy import stats

  sizes = np.array([len(group) for group in groups])
  count, number = int(sizes.sum()), len(groups)
  if number < 2 or count == number:
    raise ValueError(
      'variance components need two groups or more, one of them with two '
      'values or more'
    )
  means = np.array([np.mean(group) for group in groups])
  everything = np.concatenate(groups)
  between = np.sum(sizes * (means - everything.mean()) ** 2) / (number - 1)
  within = np.sum((everything - np.repeat(means, sizes)) ** 2) / (
    count - number
  )
  size = (count - np.sum(sizes**2) / float(count)) / (number - 1)
  f = float(between / within) if within > 0 else float('nan')
  return Components(
    number,
    count,
    math.sqrt(max(0.0, (between - within) / size)),
    math.sqrt(within),
    f,
    float(stats.f.sf(f, number - 1, count - number)),
  )


def tau(one, other, strata=None, draws=2000, seed=0):
  """`Tau` of two measurements of the same things.

  Args:
    one, other: floats [N].
    strata: ints [N], or None: pairs count within a stratum only, as scores of
      two runs do not compare. Strata keep their sizes in the bootstrap.
    draws: int, of the bootstrap; 0 for no interval.
    seed: int, of the bootstrap.
  """
  from scipy import stats

  one, other = np.asarray(one, float), np.asarray(other, float)
  strata = np.zeros(len(one), int) if strata is None else np.asarray(strata)
  nan = float('nan')
  p = nan
  if len(one) > 1 and len(set(strata)) == 1:
    p = float(stats.kendalltau(one, other)[1])
  pairs = _pairs(one, strata), _pairs(other, strata)
  found = float(_tau_b(np.ones([1, len(one)]), *pairs)[0])
  low = high = nan
  if draws and not math.isnan(found):
    generator = np.random.RandomState(seed)
    times = np.zeros([draws, len(one)])
    for stratum in sorted(set(strata)):
      inside = np.flatnonzero(strata == stratum)
      equal = np.full(len(inside), 1.0 / len(inside))
      times[:, inside] = generator.multinomial(len(inside), equal, draws)
    drawn = _tau_b(times, *pairs)
    ends = 50 * (1 - LEVEL), 50 * (1 + LEVEL)
    low, high = np.percentile(drawn[~np.isnan(drawn)], ends)
  return Tau(len(one), found, p, float(low), float(high))


def spearman(one, other):
  """`Rho` of two measurements of the same things; equal ones share ranks.

  Args:
    one, other: floats [N].
  """
  from scipy import stats

  ranks = [stats.rankdata(values) for values in (one, other)]
  count, nan = len(ranks[0]), float('nan')
  one, other = (of - np.mean(of) for of in ranks) if count else ranks
  scale = math.sqrt(np.sum(one**2) * np.sum(other**2))
  if not scale:
    return Rho(count, nan, nan)
  rho = float(np.dot(one, other) / scale)
  if count <= _MOST_ORDERS:
    orders = np.array(list(itertools.permutations(other)))
    found = np.dot(orders, one) >= np.dot(one, other) - 1e-9
    return Rho(count, rho, float(np.mean(found)))
  rest = max(1 - rho**2, 1e-30)
  t = rho * math.sqrt((count - 2) / rest)
  return Rho(count, rho, float(stats.t.sf(t, count - 2)))


def _pairs(values, strata):
  """[N, N], the signs of all differences; 0 across strata."""
  together = strata[:, None] == strata[None, :]
  return np.sign(values[:, None] - values[None, :]) * together


def _tau_b(times, one, other):
  """tau-b where thing i is there `times[k, i]` times: floats [K].

  Args:
    times: floats [K, N].
    one, other: [N, N], what `_pairs` returns.
  """

  def _sum(matrix):
    return np.sum(np.dot(times, matrix) * times, axis=1)

  with np.errstate(divide='ignore', invalid='ignore'):
    return _sum(one * other) / np.sqrt(_sum(one**2) * _sum(other**2))


def holm(p_values):
  """p values of several tests, corrected for their number (Holm 1979).

  Args:
    p_values: floats [N].

  Returns:
    list of floats in the same order; nan stays nan and does not count.
  """
  known = [(p, i) for i, p in enumerate(p_values) if not math.isnan(p)]
  corrected, largest = [float('nan')] * len(p_values), 0.0
  for place, (p, i) in enumerate(sorted(known)):
    largest = max(largest, min(1.0, (len(known) - place) * p))
    corrected[i] = largest
  return corrected
