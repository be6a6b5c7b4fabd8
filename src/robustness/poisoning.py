"""The set `poisoning`: the six operations, and bad ones beside them.

Each family adds its entries, with equally many actions each; the number in a
name is how many actions are added. Source: rhubarbwu/ENAS-Experiments, whose
files differ from its own description: P5 is the mixed family and P6 the
stretched one, with 60 where 54 is described.
"""

import collections

from src.robustness import catalogue
from src.robustness.experiments import Entry, Experiment, entries

NAME, ALIAS = 'poisoning', 'enas_poisoning'
# The six clean operations, under the name that old instructions use.
CLEAN_ALIAS = 'poisoning_0'
NUMBERS = (6, 36, 120, 300)
CIFAR100 = '_cifar100'

_IDENTITY = [catalogue.identity()]
_NOISE = [catalogue.gaussian(10.0)]
_DROP = [catalogue.dropout(1.0)]
_TRANSPOSED = [catalogue.tconv(3), catalogue.tconv(5)]
_STRETCHED = [catalogue.stretched(50)]
_MIXED = _IDENTITY + _NOISE + _DROP + _TRANSPOSED
_AGAIN = 'the noise again'

# (name with the number left open, more numbers than the usual, entries).
_FAMILIES = [
  ('P1_%03d', (), _IDENTITY),
  ('P2_%03d', (), [catalogue.gaussian(2.0)]),
  ('P2_%03d_10', (), _NOISE),
  ('P3_%03d', (), [catalogue.dropout(0.9)]),
  ('P3_%03d_100', (1,), _DROP),
  ('P4_%03d', (), _TRANSPOSED),
  ('P5_%03d', (), _MIXED + [_AGAIN]),
  ('P6_%03d', (), _STRETCHED),
  ('P6_%03d_60', (), [catalogue.stretched(60)]),
  ('P6P2_%03d_10', (), _NOISE + _STRETCHED),
  ('P6P3_%03d_100', (2, 4), _DROP + _STRETCHED),
  ('P6P4_%03d', (), _TRANSPOSED + _STRETCHED),
  ('P6P5_%03d', (), _MIXED + _STRETCHED),
]
# What the original's file of that name has.
_REALLY = {'P6P4_036': 30}


def experiments():
  """All 56, an ordered dict from name to Experiment."""
  made = collections.OrderedDict()
  for name, more, poisons in _FAMILIES:
    for number in more + NUMBERS:
      one = _poisoned(name % number, number, poisons)
      made[one.name] = one
      if one.name == 'P6P3_002_100':
        other = one._replace(name=one.name + CIFAR100, dataset='cifar100')
        made[other.name] = other
  return made


def aliases():
  """dict from the names of 2021, poisoning_1A and so on, to those of now."""
  return {
    'poisoning_%d%s' % (family, letter): 'P%d_%03d' % (family, number)
    for family in range(1, 5)
    for letter, number in zip('ABCD', NUMBERS)
  }


def _poisoned(name, number, poisons):
  """An Experiment with that many actions beside the clean ones."""
  count = _REALLY.get(name, number) // len(poisons)
  listed = list(entries(catalogue.clean()))
  noise = None
  for operation in poisons:
    if operation is _AGAIN:
      listed.append(Entry(None, count, alias=noise))
      continue
    if operation.kind == 'gaussian':
      noise = len(listed)
    listed.append(Entry(operation, count))
  return Experiment(name, tuple(listed))
