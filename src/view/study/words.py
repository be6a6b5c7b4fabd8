"""What a study says, in tables and sentences.

Every sentence comes from the numbers; that nothing was found is said as such,
with what as many seeds would have found.
"""

import math

import numpy as np

from src.view.page import Section
from src.view.study.folder import ARMS, CONTROLLER, MATCHED, RANDOM
from src.view.study.results import GROUPS, OWN, UNIFORM

CLEAR = 0.05  # what is told as found has a smaller p
_FEW_SEEDS = 5


class Forms:
  """How scores and differences are written.

  Accuracies are shares, their differences points: hundredths.
  """

  def __init__(self, study):
    self.measure = 'perplexity' if study.falls else 'accuracy'
    split = (study.column or '').rpartition('_')[0]
    self.retrained = ' '.join(
      [{'test': 'test', 'valid': 'validation'}.get(split, ''), self.measure]
    ).strip()
    self.note = ' (lower is better)' if study.falls else ''
    self.unit = 'of perplexity' if study.falls else 'points'
    self._falls = study.falls

  def score(self, value):
    return ('%.2f' if self._falls else '%.4f') % value

  def points(self, value, sign=True):
    """A difference with its sign, or a width without one; no unit."""
    if math.isnan(value):
      return '-'
    return ('%+.2f' if sign else '%.2f') % (
      value if self._falls else 100 * value
    )

  def interval(self, low, high):
    """The interval of a difference; a dash where there is none."""
    if math.isnan(low):
      return '-'
    return '%s to %s' % (self.points(low), self.points(high))


def sections(study, results):
  """list of Section; those without data are left out, the last concludes.

  Args:
    study: folder.Study.
    results: results.Results.
  """
  forms = Forms(study)
  made = [
    _headroom(results, forms),
    _best(results, forms),
    _shared(study, results, forms),
    _taus(results),
    Section(
      'What one can say, and what not', None, [], _verdicts(results, forms)
    ),
  ]
  return [section for section in made if section]


def left_out(study, results):
  """list of str, a line each: what is not there, or not in full."""
  lines = []
  if study.missing:
    lines.append('Not there, left out: %s' % ', '.join(study.missing))
  return lines + ['Incomplete: ' + note for note in results.notes]


def _headroom(results, forms):
  found = results.headroom
  if found is None:
    return None
  told = (
    found.groups, found.count, forms.points(found.between, False),
    forms.points(found.within, False), forms.unit, found.f, short_p(found.p),
  )  # fmt: skip
  line = (
    '%d random architectures, %d trainings: standard deviation %s between '
    'architectures, %s between training seeds (%s); F = %.2f, p = %s.' % told
  )
  return Section('Headroom', 'headroom', [], [line, _headroom_verdict(found)])


def _headroom_verdict(found):
  if not found.p < CLEAR:
    return (
      'The spread between architectures is not told apart from that between '
      'seeds: no search can be shown to win in this space with such trainings.'
    )
  if found.between > found.within:
    return (
      'The spread between architectures exceeds that between seeds: there is '
      'something for a search to find.'
    )
  return (
    'Architectures do differ, but less than seeds do: a search has little to '
    'win, and many trainings are needed to see it.'
  )


def _best(results, forms):
  arms = [arm for arm in ARMS if arm in results.best]
  seeds = sorted({seed for arm in arms for seed in results.best[arm]})
  tables = [[('seed',) + tuple(arms)]] if arms else []
  for seed in seeds:
    scores = [results.best[arm].get(seed) for arm in arms]
    tables[0].append(
      (str(seed),) + tuple('-' if s is None else forms.score(s) for s in scores)
    )
  compared = [
    (what, contrast, None)
    for what, contrasts in (
      ('best %d' % results.top, results.of_best),
      ('drawn', results.of_drawn),
    )
    for contrast in contrasts
  ]
  if not (tables or compared):
    return None
  lines = [
    'First table: mean %s of the best %d of each arm.'
    % (forms.retrained, results.top)
  ]
  if compared:
    tables.append(_comparisons(compared, forms))
    lines.append(_ABOVE_ZERO % forms.unit)
  return Section('The best of each arm, retrained', 'best', tables, lines)


_ABOVE_ZERO = (
  'Differences (%s) are above zero where the first is better; t, sign and '
  'Wilcoxon are p of one-sided tests over the seeds. The last column: which '
  'difference as many seeds find with 80 %% power.'
)


def _comparisons(compared, forms):
  """A table; compared: list of (what, Contrast, corrected p or None)."""
  corrected = any(p is not None for _, _, p in compared)
  heading = ('what', 'comparison', 'difference', '95 %', 'won', 't')
  heading += ('corrected',) if corrected else ()
  table = [heading + ('sign', 'Wilcoxon', 'seen with 80 %')]
  for what, contrast, p in compared:
    found = contrast.paired
    row = (
      what,
      '%s - %s' % (contrast.first, contrast.other),
      forms.points(found.mean),
      forms.interval(found.low, found.high),
      '%d of %d' % (found.wins, found.count),
      short_p(found.p_t),
    )
    row += (short_p(p),) if corrected else ()
    table.append(
      row
      + (short_p(found.p_sign), short_p(found.p_wilcoxon))
      + (forms.points(found.detectable, False),)
    )
  return table


_WEIGHTS = {
  OWN: 'each in its own weights',
  UNIFORM: 'both in uniform weights',
}


def _shared(study, results, forms):
  if not results.samples:
    return None
  what = 'medians' if study.falls else 'means'
  tables = [_samples(study, results, forms)]
  lines = ['Shared %s on held-out data.' % forms.measure]
  if results.shared:
    compared = [(s.weights, s.contrast, s.p) for s in results.shared]
    tables.append(_comparisons(compared, forms))
    table = [('what', 'comparison', 'seed', "Cliff's delta", '95 %', 'p')]
    for shared in results.shared:
      pair = '%s - %s' % (shared.contrast.first, shared.contrast.other)
      table += [
        (
          shared.weights, pair, str(seed), '%+.2f' % shift.delta,
          _ends(shift), short_p(shift.p),
        )
        for seed, shift in shared.shifts.items()
      ]  # fmt: skip
    tables.append(table)
    lines += [
      'own: %s; uniform: %s.' % (_WEIGHTS[OWN], _WEIGHTS[UNIFORM]),
      _ABOVE_ZERO % forms.unit,
      "The seeds' %s are compared, and p of the t test is corrected for %d "
      "comparisons (Holm). Cliff's delta and p of the Mann-Whitney test are of "
      "each seed's samples." % (what, len(results.shared)),
    ]
  if results.skips:
    rates = ['%s %.2f' % pair for pair in results.skips.items()]
    lines.append('Share of skips: %s.' % ', '.join(rates))
  return Section('Shared weights', 'shared', tables, lines)


def _samples(study, results, forms):
  """A table of each seed's samples."""
  best = np.min if study.falls else np.max
  table = [('seed', 'arm', 'weights', 'samples', 'mean', 'median', 'best')]
  for seed in study.seeds:
    for arm, weights in GROUPS:
      values = results.samples.get((arm, weights), {}).get(seed.number)
      if values is not None:
        table.append(
          (str(seed.number), arm, weights, str(len(values)))
          + tuple(forms.score(of(values)) for of in (np.mean, np.median, best))
        )
  return table


def _ends(found):
  """An interval from -1 to 1; a dash where there is none."""
  if math.isnan(found.low):
    return '-'
  return '%+.2f to %+.2f' % (found.low, found.high)


def _taus(results):
  if not results.taus:
    return None
  table = [('scored by', 'scores', "Kendall's tau", '95 %')]
  table += [
    (name, str(found.count), '%+.2f' % found.tau, _ends(found))
    for name, found in results.taus.items()
    if not math.isnan(found.tau)
  ]
  lines = []
  if len({(point.seed, point.weights) for point in results.points}) > 1:
    lines.append(
      'Pairs are compared within the weights of one seed. An architecture has '
      'as many scores as seeds whose weights scored it: %d in all.'
      % len({point.arc for point in results.points})
    )
  return Section('Shared against retrained', 'tau', [table], lines)


def _verdicts(results, forms):
  """Sentences for who reads nothing else."""
  lines = []
  if results.headroom:
    lines.append(_headroom_verdict(results.headroom))
  for contrast in results.of_best:
    lines.append(
      'Retrained, the best %d of each: %s'
      % (results.top, _verdict(contrast, contrast.paired.p_t, forms))
    )
  lines += _about_skips(results)
  for shared in results.shared:
    lines.append(
      'Shared weights, %s: %s'
      % (_WEIGHTS[shared.weights], _verdict(shared.contrast, shared.p, forms))
    )
  lines += _about_gains(results)
  if 'all' in results.taus:
    lines += _tau_verdict(results.taus['all'])
  counts = [contrast.paired.count for contrast in results.of_best]
  counts += [shared.contrast.paired.count for shared in results.shared]
  if counts and max(counts) < _FEW_SEEDS:
    most = max(counts)
    lines.append(
      '%d %s: even if all agree, the sign test says p = %.3g.'
      % (most, 'seed' if most == 1 else 'seeds', 0.5**most)
    )
  return lines or ['Nothing yet.']


_ARMS = {
  CONTROLLER: "the controller's",
  RANDOM: 'random ones',
  MATCHED: 'random ones with as many skips',
}


def _verdict(contrast, p, forms):
  """One sentence: better, worse, or nothing found and what would be."""
  found = contrast.paired
  names = _ARMS[contrast.first], _ARMS[contrast.other]
  if found.count < 2:
    return '%s against %s: one seed tells nothing of the next.' % names
  size = ' by %s %s' % (forms.points(abs(found.mean), False), forms.unit)
  if not math.isnan(found.low):
    size += ' (95 %% %s)' % forms.interval(found.low, found.high)
  if p < CLEAR:
    better = names + (size, short_p(p))
    return '%s are better than %s%s, one-sided p = %s.' % better
  if found.high < 0:
    return '%s are worse than %s%s.' % (names + (size,))
  line = 'no difference found between %s and %s (%s %s)' % (
    names + (forms.points(found.mean), forms.unit)
  )
  if not math.isnan(found.detectable):
    line += '; %d seeds would show one of %s' % (
      found.count, forms.points(found.detectable, False)
    )  # fmt: skip
  if found.needed and found.needed > found.count:
    line += ', for the one seen %d are needed' % found.needed
  return line + '.'


def _about_skips(results):
  """Whether more skips could pass for a search."""
  rates, others = results.skips, [c.other for c in results.of_best]
  if CONTROLLER not in rates or RANDOM not in others or MATCHED in others:
    return []
  return [
    'No random architectures with as many skips as the controller chooses '
    '(%.0f %%) were retrained: skips alone could pass for a search.'
    % (100 * rates[CONTROLLER])
  ]


def _about_gains(results):
  """What gains with shared weights do not mean."""
  found = {
    shared.weights: shared.p < CLEAR
    for shared in results.shared
    if shared.contrast.other == RANDOM
  }
  lines = []
  if found.get(OWN) and found.get(UNIFORM) is False:
    lines.append(
      'The gain is not found in uniform weights: its own were trained on what '
      'the controller samples.'
    )
  primary = [c.paired.p_t for c in results.of_best if c.other == RANDOM]
  if any(found.values()) and primary and not primary[0] < CLEAR:
    lines.append(
      'A gain with shared weights is none of the networks yet: what counts is '
      'what they score when trained from scratch.'
    )
  return lines


def _tau_verdict(found):
  if math.isnan(found.tau):
    return []
  if found.low > 0:
    line = 'Shared scores tell something of what retraining finds'
  elif found.high < 0:
    line = 'Shared scores rank the wrong way round'
  else:
    line = (
      'That shared scores tell anything of what retraining finds is not shown'
    )
  told = line, found.tau, _ends(found)
  return ["%s: Kendall's tau %+.2f (95 %% %s)." % told]


def short_p(p):
  """A p value in two digits; a dash where there is none."""
  return '-' if math.isnan(p) else '%.2g' % p
