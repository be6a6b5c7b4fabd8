"""Where the errors of a poisoned space come from.

Two things in the papers' own setup raise them beside poor architectures: test
images are classified with dropout and noise in force, and an architecture in
which everything is dropped on the way does not see them (`sight`).
"""

import collections
import typing

import numpy as np

from src.robustness.analysis import found


class Explained(typing.NamedTuple):
  """A poisoned space whose controller learns, all its seeds together.

  Errors are shares of test images; means of nothing are nan.

  Attributes:
    name: str.
    experiment: str.
    runs: int.
    epochs: int, of all runs.
    likely: float, how likely layer 0 is to drop everything at first.
    of_ten: float, share of the sampled architectures that are cut off.
    of_best: float, share of epochs whose best one is.
    at_chance: int, epochs at chance with noise.
    cut_off: int, those of them whose architecture is cut off.
    clean_then: float, mean error without noise in the epochs at chance.
    error: dict from mode to float, mean of the last epochs.
    clean_space: dict from mode to float, the same of the space without poison;
      None if it was not run.
    clean_highest: dict from mode to float, its highest of an epoch, or None.
    seeing: float, mean error with noise of all epochs whose best architecture
      is not cut off.
    highest: dict from mode to float, the highest of an epoch.
  """

  name: str
  experiment: str
  runs: int
  epochs: int
  likely: float
  of_ten: float
  of_best: float
  at_chance: int
  cut_off: int
  clean_then: float
  error: dict
  clean_space: typing.Optional[dict]
  clean_highest: typing.Optional[dict]
  seeing: float
  highest: dict

  def excess(self, mode):
    """Error above that of the space without poison; nan if there is none."""
    if self.clean_space is None:
      return float('nan')
    return self.error[mode] - self.clean_space[mode]


def explained(measured):
  """list of Explained, in the order of files.

  Args:
    measured: list of found.Measured.
  """
  learnt = [one for one in measured if one.run.controller == found.RL]
  by_name = collections.OrderedDict()
  for one in learnt:
    if one.run.poisons:
      by_name.setdefault(found.name_of(one.run), []).append(one)
  return [_of(name, of, learnt) for name, of in by_name.items()]


def _of(name, members, learnt):
  run = members[0].run
  clean = [
    one
    for one in learnt
    if one.run.clean and found.world(one.run) == found.world(run)
  ]

  def _rows(column, of=members):
    return np.concatenate([one.run.column(column) for one in of])

  def _highest(of):
    return {
      mode: float(np.max(1 - _rows('test_' + mode, of))) for mode in found.MODES
    }

  errors = {mode: 1 - _rows('test_' + mode) for mode in found.MODES}
  chance = found.is_chance(errors['ref'], run.dataset)
  cut = _rows('cut_off_best') > 0
  return Explained(
    name=name,
    experiment=run.experiment,
    runs=len(members),
    epochs=len(cut),
    likely=run.blind,
    of_ten=float(np.mean(_rows('cut_off_avg'))),
    of_best=float(np.mean(cut)),
    at_chance=int(np.sum(chance)),
    cut_off=int(np.sum(chance & cut)),
    clean_then=_mean(errors['clean'][chance]),
    error=_errors(members),
    clean_space=_errors(clean) if clean else None,
    clean_highest=_highest(clean) if clean else None,
    seeing=_mean(errors['ref'][~cut]),
    highest=_highest(members),
  )


def _errors(members):
  return {
    mode: _mean([one.error[mode] for one in members]) for mode in found.MODES
  }


def _mean(values):
  return float(np.mean(values)) if len(values) else float('nan')
