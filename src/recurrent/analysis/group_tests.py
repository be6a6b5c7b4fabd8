"""Whether a trained controller's cells are better than others: tests, words.

Tests of means are of ln of the perplexities, which span orders of magnitude;
the others are of ranks, or of medians, of the perplexities as they are. What is
not finite counts as the worst that there is.
"""

import collections

import numpy as np

from src.arc import describe
from src.run.errors import RunError
from src.view import compare, samples
from src.view.study.words import CLEAR, short_p

TRAINED = 'trained'
GROUPS = collections.OrderedDict(
  (
    (TRAINED, "the trained controller's"),
    ('untrained', 'those of the untrained controller'),
    ('uniform', 'uniform ones'),
    ('random_run', 'those of the random run'),
  )
)
SPLITS = 'valid', 'test'
ALL = 'all'  # of the runs
TESTS = (
  'run', 'first', 'other', 'split', 'test', 'of', 'primary', 'statistic', 'p',
  'p_holm',
)  # fmt: skip
EFFECTS = (
  'run', 'first', 'other', 'split', 'first_median', 'other_median',
  'median_difference', 'median_low', 'median_high', 'shift', 'delta',
  'delta_low', 'delta_high', 'best_of', 'first_best', 'other_best', 'best_low',
  'best_high', 'best_wins', 'detectable_delta',
)  # fmt: skip
_MANN_WHITNEY, _PAIRED = 'mann_whitney', 'paired_t'
_SHORT = 'run', 'against', 'text', 'medians', 'delta', '95 %', 'p', 'p (Holm)'


def settled(values):
  """Perplexities without infinite ones: the worst finite one is in their place.

  Args:
    values: dict from run to dict from group, `TRAINED` first, to dict from
      split to floats [N].

  Returns:
    (such a dict, how many were not finite).

  Raises:
    RunError: none of a run is finite.
  """
  made, count = collections.OrderedDict(), 0
  for run, groups in values.items():
    made[run] = collections.OrderedDict((name, {}) for name in groups)
    for split in SPLITS:
      known = [np.asarray(groups[name][split], float) for name in groups]
      together = np.concatenate(known)
      finite = together[np.isfinite(together)]
      count += len(together) - len(finite)
      if not len(finite):
        raise RunError('%s: no %s perplexity is finite' % (run, split))
      for name, of in zip(groups, known):
        made[run][name][split] = np.where(np.isfinite(of), of, finite.max())
  return made, count


def tests(values):
  """Rows of `TESTS`, all two-sided.

  By Holm p is corrected for all tests of a run; those over the runs, for all
  of these.

  Args:
    values: what `settled` returned.
  """
  rows = []
  several = len(values) > 1
  for run, other, split, first, second in _pairs(values):
    found = samples.difference(np.log(first), np.log(second))
    spread = samples.spread(np.log(first), np.log(second))
    apart = found.means[0] - found.means[1]
    for name, of, statistic, p in (
      (_MANN_WHITNEY, 'ranks', found.u, found.p_u),
      ('kolmogorov_smirnov', 'ranks', found.d, found.p_d),
      ('permutation', 'mean ln ppl', apart, found.p_mixed),
      ('welch_t', 'mean ln ppl', found.t, found.p_t),
      ('brown_forsythe', 'spread of ln ppl', spread.f, spread.p),
    ):
      primary = not several and name == _MANN_WHITNEY and split == SPLITS[0]
      rows.append((run, TRAINED, other, split, name, of, primary, statistic, p))
  for (other, split), found in over_runs(values).items():
    name, of = _PAIRED, 'mean ln ppl of each run'
    primary = split == SPLITS[0]
    what = ALL, TRAINED, other, split, name, of, primary
    rows.append(what + (-found.mean, found.p_both))
  corrected = {
    run: iter(compare.holm([row[-1] for row in rows if row[0] == run]))
    for run in list(values) + [ALL]
  }
  return [row + (next(corrected[row[0]]),) for row in rows]


def over_runs(values):
  """dict from (other group, split) to `compare.Paired` of the runs.

  Differences are of mean ln perplexities, above zero where the trained
  controller's are lower. Empty for one run.
  """
  found = collections.OrderedDict()
  if len(values) > 1:
    for _, other, split, first, second in _pairs(values):
      apart = np.mean(np.log(second)) - np.mean(np.log(first))
      found.setdefault((other, split), []).append(apart)
  return collections.OrderedDict(
    (key, compare.paired(apart, compare.TWO_SIDED))
    for key, apart in found.items()
  )


def effects(values, best_of):
  """Rows of `EFFECTS`; below zero, and wins above a half, is better.

  Args:
    values: what `settled` returned.
    best_of: int, of how many cells the best are compared.
  """
  rows = []
  for run, other, split, first, second in _pairs(values):
    medians = samples.medians(first, second)
    delta = compare.mann_whitney(first, second)
    best = samples.best_of(first, second, best_of)
    rows.append(
      (run, TRAINED, other, split, float(np.median(first)))
      + (float(np.median(second)),)
      + tuple(medians)
      + (samples.shift(first, second), delta.delta, delta.low, delta.high)
      + (best_of,)
      + best.means
      + (best.low, best.high, best.wins)
      + (samples.detectable(len(first), len(second)),)
    )
  return rows


def _pairs(values):
  """Yields (run, other group, split, floats [N], floats [M])."""
  for run, groups in values.items():
    for other in groups:
      if other != TRAINED:
        for split in SPLITS:
          yield run, other, split, groups[TRAINED][split], groups[other][split]


def table(tested, found):
  """Lines of a short table: what each run's cells are against the others.

  Args:
    tested: what `tests` returned.
    found: what `effects` returned.
  """
  known = {row[:5]: row for row in tested}
  rows = [_SHORT]
  for row in found:
    of = dict(zip(EFFECTS, row))
    p, p_holm = known[row[:4] + (_MANN_WHITNEY,)][-2:]
    rows.append(
      (
        of['run'],
        of['other'],
        of['split'],
        '%.2f / %.2f' % (of['first_median'], of['other_median']),
        '%+.2f' % of['delta'],
        '%+.2f to %+.2f' % (of['delta_low'], of['delta_high']),
        short_p(p),
        short_p(p_holm),
      )
    )
  return describe.side_by_side(rows)


def verdicts(values, tested, found):
  """Sentences for who reads nothing else, by the primary test of each group.

  Args:
    values: what `settled` returned.
    tested, found: what `tests` and `effects` returned.
  """
  lines, of_runs = [], over_runs(values)
  for row in tested:
    primary = dict(zip(TESTS, row))
    if not primary['primary']:
      continue
    if primary['test'] == _PAIRED:
      lines.append(_over_runs(of_runs[row[2:4]], primary))
    else:
      (effect,) = [of for of in found if of[:4] == row[:4]]
      lines.append(_of_one(dict(zip(EFFECTS, effect)), primary))
  return lines


def _of_one(effect, primary):
  told = (
    'median perplexity %(first_median).2f against %(other_median).2f '
    '(difference %(median_low).2f to %(median_high).2f), '
    "Cliff's delta %(delta)+.2f (%(delta_low)+.2f to %(delta_high)+.2f)"
    % effect
  )
  line = '%s: %s, p = %s (Holm)' % (
    _judged(effect['other'], effect['delta'], primary['p_holm']),
    told,
    short_p(primary['p_holm']),
  )
  least = effect['detectable_delta']
  if not primary['p_holm'] < CLEAR and not np.isnan(least):
    line += '; with 80 %% power as many cells show a delta of %.2f' % least
  return line + '.'


def _over_runs(found, primary):
  ratios = tuple(np.exp([-found.mean, -found.high, -found.low]))
  line = '%s: over %d runs %.3f times the perplexity (%.3f to %.3f), p = %s' % (
    (_judged(primary['other'], -found.mean, primary['p_holm']), found.count)
    + ratios
    + (short_p(primary['p_holm']) + ' (Holm)',)
  )
  if not primary['p_holm'] < CLEAR and (found.needed or 0) > found.count:
    line += '; for the difference seen %d runs are needed' % found.needed
  return line + '.'


def _judged(other, difference, p):
  if not p < CLEAR:
    names = GROUPS[TRAINED], GROUPS[other]
    return 'No difference shown between %s cells and %s' % names
  better = 'better' if difference < 0 else 'worse'
  return 'The trained controller\'s cells are %s than %s' % (
    better, GROUPS[other],
  )  # fmt: skip


def warnings(values, shared):
  """list of str, what these numbers do not tell.

  Args:
    values: what `settled` returned.
    shared: bool, whether they are of shared weights.
  """
  counts = {
    len(of[SPLITS[0]]) for groups in values.values() for of in groups.values()
  }
  lines = []
  for count in sorted(counts):
    delta, both = samples.detectable(count, count), (count, count)
    if np.isnan(delta):
      lines.append('%d against %d cells are too few to tell.' % both)
    else:
      lines.append(
        "With %d against %d cells, two-sided at 5 %%, Mann and Whitney's test "
        "shows a Cliff's delta of %.2f with 80 %% power." % (both + (delta,))
      )
  if shared:
    lines.append(
      "Shared weights were trained on the controller's cells: whether these "
      'are better on their own is what --train=scratch tells.'
    )
  if len(values) == 1:
    lines.append(
      'Cells of one search are no independent replicates of it: this tells of '
      'one controller, not of the method. Give --load_path runs of several '
      'seeds (arXiv 1902.08142 and 1902.07638).'
    )
  return lines
