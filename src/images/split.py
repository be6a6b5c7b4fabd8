"""Splits that a data set lacks: taken from training, class by class."""

import collections

import numpy as np

from src.nn import keyed
from src.run.errors import RunError


def parted(total, count, seed, purpose):
  """Chooses `count` of `total` places, whatever they hold.

  Args:
    total, count: int.
    seed: int; the same seed chooses the same.
    purpose: str, tells apart the choices of one seed.

  Returns:
    (int [total - count], int [count]): places left and places chosen, rising.
  """
  order = keyed.generator(seed, purpose).permutation(total)
  return np.sort(order[count:]), np.sort(order[:count])


def held_out(labels, fraction, seed, purpose):
  """Chooses images so that all classes keep their shares.

  Of each class (with several labels an image: of each set of labels) a fraction
  is taken, rounded, and never all. Where classes are so small that this takes
  nothing, single images are taken from the largest ones.

  Args:
    labels: int [N], or [N, C] of zeros and ones.
    fraction: float in (0, 1).
    seed: int; the same seed takes the same.
    purpose: str, tells apart the splits of one seed.

  Returns:
    bool [N], whether an image is taken.

  Raises:
    RunError: there are too few images to take any.
  """
  groups = collections.OrderedDict()
  for place, label in enumerate(np.asarray(labels)):
    groups.setdefault(tuple(np.atleast_1d(label)), []).append(place)
  taken = np.zeros(len(labels), bool)
  for number, places in enumerate(groups.values()):
    draw = keyed.generator(seed, 'held out for ' + purpose, number)
    count = min(int(len(places) * fraction + 0.5), len(places) - 1)
    taken[draw.permutation(places)[:count]] = True
  if not taken.any():
    places = max(groups.values(), key=len, default=())
    if len(places) < 2:
      raise RunError(
        'there are too few images to hold any out for %s: %d in %d classes'
        % (purpose, len(labels), len(groups))
      )
    taken[places[-1]] = True
  return taken
