"""All numbers of a study as a tidy table: one in each row."""

import csv
import io
import math
import typing

import numpy as np


class Number(typing.NamedTuple):
  """A row; what does not belong to it is ''.

  Attributes:
    quantity: str.
    arm: str, or 'first-other' of a difference, which is above zero where the
      first is better.
    seed: int, of the search; '' for what is of all seeds.
    value: float.
    low, high: floats, the interval with 95 %.
    p: float.
    n: int, how many numbers it is from.
  """

  quantity: str
  arm: str = ''
  seed: typing.Any = ''
  value: typing.Any = ''
  low: typing.Any = ''
  high: typing.Any = ''
  p: typing.Any = ''
  n: typing.Any = ''


def as_csv(results):
  """str, the table of results.Results; what is undefined is empty."""
  text = io.StringIO()
  table = csv.writer(text, lineterminator='\n')
  table.writerow(Number._fields)
  for number in rows(results):
    table.writerow(
      '' if isinstance(value, float) and math.isnan(value) else value
      for value in number
    )
  return text.getvalue()


def rows(results):
  """Yields each Number of results.Results."""
  found = results.headroom
  if found:
    yield Number(
      'headroom_sd_architectures', value=found.between, n=found.groups
    )
    yield Number('headroom_sd_seeds', value=found.within, n=found.count)
    yield Number('headroom_f', value=found.f, p=found.p, n=found.count)
  for name, means, contrasts in (
    ('best_retrained', results.best, results.of_best),
    ('drawn_retrained', results.drawn, results.of_drawn),
  ):
    for arm, scores in means.items():
      for seed, score in scores.items():
        yield Number(name, arm, seed, score)
    for contrast in contrasts:
      yield from _contrast(name, contrast)
  for (arm, weights), scores in results.samples.items():
    for seed, values in scores.items():
      for what, of in (('mean', np.mean), ('median', np.median)):
        yield Number(
          'shared_%s_%s' % (weights, what), arm, seed, float(of(values)),
          n=len(values),
        )  # fmt: skip
  for shared in results.shared:
    yield from _shared(shared)
  for arm, rate in results.skips.items():
    yield Number('skip_rate', arm, value=rate)
  for arm, tau in results.taus.items():
    yield Number('tau', arm, '', tau.tau, tau.low, tau.high, tau.p, tau.count)


def _contrast(name, contrast):
  arms, found = '%s-%s' % (contrast.first, contrast.other), contrast.paired
  for seed, difference in zip(contrast.seeds, contrast.differences):
    yield Number(name + '_difference', arms, seed, difference)
  yield Number(
    name + '_difference', arms, '', found.mean, found.low, found.high,
    found.p_t, found.count,
  )  # fmt: skip
  yield Number(name + '_sd', arms, value=found.sd, n=found.count)
  yield Number(
    name + '_wins', arms, value=found.wins, p=found.p_sign, n=found.count
  )
  yield Number(name + '_wilcoxon', arms, p=found.p_wilcoxon, n=found.count)
  yield Number(
    name + '_detectable', arms, value=found.detectable, n=found.count
  )
  if found.needed:
    yield Number(name + '_seeds_needed', arms, value=found.needed)


def _shared(shared):
  name, contrast = 'shared_' + shared.weights, shared.contrast
  yield from _contrast(name, contrast)
  arms = '%s-%s' % (contrast.first, contrast.other)
  yield Number(name + '_holm', arms, p=shared.p)
  for seed, shift in shared.shifts.items():
    yield Number(
      name + '_cliffs_delta', arms, seed, shift.delta, shift.low, shift.high,
      shift.p, sum(shift.counts),
    )  # fmt: skip
