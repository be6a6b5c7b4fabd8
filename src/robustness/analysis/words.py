"""What results say, in tables and sentences."""

import math

from src.robustness.analysis import found
from src.robustness.analysis.found import MODES
from src.view import compare
from src.view.page import Section
from src.view.study.words import short_p

ERROR, LAYERS, CONTROLLERS = 'error', 'layers', 'controllers'
_ABOUT_ERROR = (
  'Test error in % of the best of ten sampled architectures, mean of the last '
  'epochs of each run: ref with dropout and noise in force, as the papers '
  'measured, clean without. Only runs whose controller learns count.'
)
_ABOUT_RHO = (
  "rho is Spearman's rank correlation of the number of poison actions and the "
  'error, the clean space counting as 0; p is one-sided, that more of them '
  'raise the error, and corrected (Holm) for the number of families.'
)
_ABOUT_LAYERS = (
  'Layers of the ten sampled architectures whose action counts as bad, epoch '
  'by epoch; the dotted line is what equally likely actions give. Entropies '
  'are those of one decision, in nats, in the last epoch; at most: that of '
  'equally likely actions.'
)
_ABOUT_CONTROLLERS = (
  'Error of other controllers minus that of the one that learns (rl), in '
  'points, over the seeds of both; above zero rl is better. p is that of a '
  'one-sided paired t test.'
)
_FEW = (
  'Two or fewer seeds of both: what differs may be chance (fewer than the '
  'three that a comparison should have).'
)


def sections(results):
  """list of `page.Section`; results: found.Results."""
  made = []
  if results.families:
    made.append(_families(results))
    made.append(_layers(results))
  if results.groups:
    made.append(_controllers(results))
  return made + [_runs(results)]


def percent(value):
  """A share in per cent; a dash where there is none."""
  return '-' if math.isnan(value) else '%.2f' % (100 * value)


def _families(results):
  table = [('family', 'poison actions', 'runs')]
  table[0] += tuple(
    '%s %s' % (mode, what) for mode in MODES for what in ('rho', 'p', 'Holm')
  )
  means = [('family', 'poison actions', 'runs') + MODES]
  for family in results.families:
    numbers = sorted({number for number, _ in family.points})
    row = (family.name, ', '.join(map(str, numbers)), str(len(family.points)))
    for mode in MODES:
      rho = family.rho[mode]
      row += ('-' if math.isnan(rho.rho) else '%+.2f' % rho.rho,)
      row += (short_p(rho.p), short_p(family.corrected[mode]))
    table.append(row)
    for number in numbers:
      members = [one for at, one in family.points if at == number]
      means.append(
        (family.name, str(number), str(len(members)))
        + tuple(_mean_and_spread(members, mode) for mode in MODES)
      )
  return Section(
    'Test error and poison actions', ERROR, [table, means],
    [_ABOUT_ERROR, _ABOUT_RHO],
  )  # fmt: skip


def _mean_and_spread(members, mode):
  """'12.34 ± 0.56' of the errors of runs, without a spread for one."""
  told = compare.paired([one.error[mode] for one in members])
  if told.count == 1:
    return percent(told.mean)
  return '%s ± %s' % (percent(told.mean), percent(told.sd))


def _layers(results):
  table = [
    ('experiment', 'controller', 'seed', 'bad at first', 'bad at last',
     'good at last', 'equally likely', 'entropy of an operation',
     'at most', 'of a skip')
  ]  # fmt: skip
  for one in results.measured:
    run = one.run
    if not run.poisons:
      continue
    first = run.rows[0]
    total = first['good_layers_avg'] + first['bad_layers_avg']
    numbers = (
      first['bad_layers_avg'], one.bad, one.good,
      total * run.poisons / float(run.actions),
    )  # fmt: skip
    last = run.rows[-1]
    numbers += last['entropy_op'], math.log(run.actions), last['entropy_skip']
    table.append(
      (found.name_of(run), run.controller, '%d' % run.seed)
      + tuple('-' if math.isnan(n) else '%.2f' % n for n in numbers)
    )
  return Section('Good and bad layers', LAYERS, [table], [_ABOUT_LAYERS])


def _controllers(results):
  table = [('experiment', 'controller', 'seeds') + MODES]
  compared = [
    ('experiment', 'comparison', 'evaluated', 'difference', '95 %', 'won', 'p')
  ]
  fewest = None
  for group in results.groups:
    for name, members in group.controllers.items():
      table.append(
        (group.name, name, str(len(members)))
        + tuple(_mean_and_spread(members, mode) for mode in MODES)
      )
    for (name, mode), told in group.contrasts.items():
      interval = '-'
      if not math.isnan(told.low):
        interval = '%+.2f to %+.2f' % (100 * told.low, 100 * told.high)
      compared.append(
        (group.name, '%s - rl' % name, mode, '%+.2f' % (100 * told.mean),
         interval, '%d of %d' % (told.wins, told.count), short_p(told.p_t))
      )  # fmt: skip
      fewest = min(fewest or told.count, told.count)
  few = [_FEW] if fewest is not None and fewest < 3 else []
  tables = [table] + ([compared] if len(compared) > 1 else [])
  return Section(
    'The controller against chance', CONTROLLERS, tables,
    [_ABOUT_CONTROLLERS] + few,
  )  # fmt: skip


def _runs(results):
  table = [
    ('experiment', 'controller', 'seed', 'epochs', 'mean of', 'ref', 'clean',
     'highest ref', 'epochs at chance', 'bad layers')
  ]  # fmt: skip
  for one in results.measured:
    run = one.run
    table.append(
      (found.name_of(run), run.controller, '%d' % run.seed)
      + ('%d%s' % (one.epochs, '' if run.concluded else ' so far'),)
      + (str(one.last),)
      + tuple(percent(one.error[mode]) for mode in MODES)
      + (percent(one.highest), percent(one.at_chance), '%.2f' % one.bad)
    )
  line = (
    'All but the layers in %; an epoch is at chance if its error, with dropout '
    'and noise in force, is that of guessing or within two points of it.'
  )
  return Section('All runs', None, [table], [line])
