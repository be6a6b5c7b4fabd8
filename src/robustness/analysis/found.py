"""What is measured of runs, and how groups of them compare.

All numbers of groups come from `src.view.compare`.
"""

import collections
import typing

import numpy as np

from src.view import compare

# Two ways to measure the test error, see --eval_mode.
MODES = ('ref', 'clean')
RL = 'rl'
_CHANCE = {'cifar10': 0.9, 'cifar100': 0.99}
_NEAR = 0.02


class Measured(typing.NamedTuple):
  """One run in numbers; errors are shares of test images.

  Attributes:
    run: runs.Run.
    epochs: int, that its table has.
    last: int, of how many epochs at its end the means are.
    error: dict from mode to float, the mean of the last epochs.
    highest: float, the highest error of an epoch, of mode ref.
    at_chance: float, share of the epochs whose error, of mode ref, is that of
      guessing or within two points of it.
    bad, good: floats, layers of the ten sampled architectures, mean of the
      last epochs.
  """

  run: typing.Any
  epochs: int
  last: int
  error: dict
  highest: float
  at_chance: float
  bad: float
  good: float


class Family(typing.NamedTuple):
  """Error against number of poison actions.

  Attributes:
    name: str.
    points: list of (poisons, Measured), the clean space among them, by number.
    rho: dict from mode to compare.Rho.
    corrected: dict from mode to float, p corrected for the number of families.
  """

  name: str
  points: list
  rho: dict
  corrected: dict


class Group(typing.NamedTuple):
  """An experiment under several controllers.

  Attributes:
    name: str.
    controllers: ordered dict from a controller to its list of Measured.
    contrasts: dict from another controller than rl and mode to compare.Paired
      of its error minus that of rl, one difference for each seed of both.
  """

  name: str
  controllers: typing.Mapping
  contrasts: dict


class Results(typing.NamedTuple):
  """measured: list of Measured; families of Family; groups of Group."""

  measured: list
  families: list
  groups: list


def results(chosen, last=None):
  """`Results` of runs.

  Args:
    chosen: list of runs.Run.
    last: int, epochs at the end of each that its mean is of; a sixth of those
      that there are unless given.
  """
  measured = [_measured(run, last) for run in chosen]
  return Results(measured, _families(measured), _groups(measured))


def _measured(run, last):
  epochs = len(run.rows)
  last = min(epochs, last or max(1, epochs // 6))
  errors = {
    mode: 1 - np.array(run.column('test_' + mode), float) for mode in MODES
  }

  def _at_end(values):
    return float(np.mean(values[-last:]))

  return Measured(
    run,
    epochs,
    last,
    {mode: _at_end(errors[mode]) for mode in MODES},
    float(np.max(errors['ref'])),
    float(np.mean(is_chance(errors['ref'], run.dataset))),
    _at_end(run.column('bad_layers_avg')),
    _at_end(run.column('good_layers_avg')),
  )


def is_chance(errors, dataset):
  """Which of an array of errors are that of guessing, or near it."""
  return errors >= _CHANCE[dataset] - _NEAR


def world(run):
  """What runs have to share to be compared, but for their experiment."""
  return run.dataset, run.condition


def name_of(run):
  """What a runs.Run is of, but for controller and seed."""
  return title('%s %s' % (run.set, run.experiment), *world(run))


def title(name, dataset, condition):
  """How an experiment or a family is called, with what is not as usual."""
  if dataset != 'cifar10' and not name.endswith(dataset):
    name += ' ' + dataset
  return name + (' +' + condition if condition else '')


def _families(measured):
  learnt = [one for one in measured if one.run.controller == RL]
  found = collections.OrderedDict()
  for one in learnt:
    if one.run.poisons:
      found.setdefault((one.run.family,) + world(one.run), []).append(one)
  families = []
  for (name, *shared), members in found.items():
    clean = [
      one for one in learnt if one.run.clean and world(one.run) == tuple(shared)
    ]
    points = sorted(
      ((one.run.poisons, one) for one in clean + members),
      key=lambda point: point[0],
    )
    numbers = [number for number, _ in points]
    rho = {
      mode: compare.spearman(numbers, [one.error[mode] for _, one in points])
      for mode in MODES
    }
    families.append(Family(title(name, *shared), points, rho, {}))
  for mode in MODES:
    p_values = compare.holm([family.rho[mode].p for family in families])
    for family, p_value in zip(families, p_values):
      family.corrected[mode] = p_value
  return families


def _groups(measured):
  found = collections.OrderedDict()
  for one in measured:
    of = found.setdefault(name_of(one.run), collections.OrderedDict())
    of.setdefault(one.run.controller, []).append(one)
  return [
    Group(name, of, _contrasts(of)) for name, of in found.items() if len(of) > 1
  ]


def _contrasts(controllers):
  by_seed = {
    name: {one.run.seed: one for one in of} for name, of in controllers.items()
  }
  mine, contrasts = by_seed.get(RL, {}), {}
  for name in by_seed:
    seeds = sorted(set(by_seed[name]) & set(mine))
    if name == RL or not seeds:
      continue
    for mode in MODES:
      contrasts[name, mode] = compare.paired(
        [by_seed[name][s].error[mode] - mine[s].error[mode] for s in seeds]
      )
  return contrasts
