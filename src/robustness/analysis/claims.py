"""What the papers claim, next to what was measured, and what explains it.

The papers are "Poisoning the Search Space in Neural Architecture Search" (arXiv
2106.14406) and "Towards One Shot Search Space Poisoning in NAS" (2111.07138).
"""

import math

from src.robustness.analysis.explained import explained
from src.robustness.analysis.found import MODES
from src.robustness.analysis.words import percent
from src.view import compare
from src.view.page import Section

# Two poison actions, of which one drops everything.
_ONE_SHOT = 'P6P3_002_100'
_COLUMNS = (
  'experiment', 'runs', 'layer 0 drops all, likely', 'cut off, of ten',
  'cut off, best', 'epochs at chance', 'of them cut off', 'clean error then',
  'ref error, not cut off', 'above clean space, ref', 'clean',
)  # fmt: skip
_ABOUT = (
  'An architecture is cut off if everything is dropped on all ways from image '
  'to classifier: it answers the same for all images, 90 % error with ten '
  'classes. Evaluated clean, nothing is dropped; rewards, and the choice of '
  'the best of ten, are always clean and do not show it. The last two columns '
  'are mean errors of the last epochs minus those of the space without poison, '
  'in points.'
)


def sections(results):
  """list of `page.Section`, empty without a poisoned space.

  Args:
    results: found.Results.
  """
  told = explained(results.measured)
  if not told:
    return []
  claims = [('claim', 'measured')]
  claims += [
    ('two poison operations raise the error up to 90 % (2111.07138)', text)
    for text in (_one_shot(one) for one in told if one.experiment == _ONE_SHOT)
  ]
  claims += [
    ('more of the same poison raise the error (2106.14406): ' + family.name,
     '; '.join(_correlation(family, mode) for mode in MODES))
    for family in results.families
    if len({number for number, _ in family.points}) > 2
  ]  # fmt: skip
  table = [_COLUMNS] + [_row(one) for one in told]
  lines = [_ABOUT] + [line for one in told for line in _sentences(one)]
  title = 'What the papers claim, and what explains it'
  tables = ([claims] if len(claims) > 1 else []) + [table]
  return [Section(title, None, tables, lines)]


def _one_shot(one):
  text = (
    '%s: highest of an epoch %s %% ref, %s %% clean; mean of the last epochs '
    '%s %% ref, %s %% clean' % (
      (one.name,)
      + tuple(percent(one.highest[mode]) for mode in MODES)
      + tuple(percent(one.error[mode]) for mode in MODES)
    )
  )  # fmt: skip
  if one.clean_space is None:
    return text
  return text + (
    '; without poison highest %s and %s %%, mean %s and %s %%'
    % tuple(
      percent(of[mode])
      for of in (one.clean_highest, one.clean_space)
      for mode in MODES
    )
  )


def _correlation(family, mode):
  rho = family.rho[mode].rho
  means = []
  for number in sorted({number for number, _ in family.points}):
    errors = [one.error[mode] for at, one in family.points if at == number]
    means.append('%d: %s' % (number, percent(sum(errors) / len(errors))))
  poisoned = [(at, one.error[mode]) for at, one in family.points if at]
  return '%s error in %% by poison actions %s, rho %s, without 0 %s' % (
    mode,
    ', '.join(means),
    _rho(rho),
    _rho(compare.spearman(*zip(*poisoned)).rho),
  )


def _rho(value):
  return '-' if math.isnan(value) else '%+.2f' % value


def _row(one):
  return (
    one.name,
    '%d' % one.runs,
    percent(one.likely),
    percent(one.of_ten),
    percent(one.of_best),
    '%d of %d' % (one.at_chance, one.epochs),
    '%d' % one.cut_off,
    percent(one.clean_then),
    percent(one.seeing),
  ) + tuple(_points(one.excess(mode)) for mode in MODES)


def _sentences(one):
  """What of a space's error the two explain, a list of str."""
  lines = []
  if one.at_chance:
    lines.append(
      '%s: in %d of %d epochs at chance the architecture was cut off; '
      'evaluated clean, the same epochs have a mean error of %s %%.'
      % (one.name, one.cut_off, one.at_chance, percent(one.clean_then))
    )
  excess = one.excess('ref')
  if excess > 0:
    lines.append(
      '%s: of %s points above the space without poison, %s are left when '
      'evaluated clean.'
      % (one.name, _points(excess), _points(one.excess('clean')))
    )
  return lines


def _points(value):
  return '-' if math.isnan(value) else '%+.1f' % (100 * value)
