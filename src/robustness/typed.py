"""The set `neuralarts`: all convolutions of one type, and pools beside them.

What a convolution with kernel k, padding p and dilation d does to a size is its
`internal` 2p - d(k - 1) and its stride; where both are equal, two convolutions
are of one type and can stand for each other in every network. All sets here
have the type of the 3x3 convolution with padding 1: sizes stay. Source:
NeuralArTS (arXiv 2110.08710) and rusbridger/enas_types.
"""

import collections
import typing

from src.arc.operations import live_taps
from src.robustness import catalogue
from src.robustness.experiments import Experiment, entries

NAME, ALIAS = 'neuralarts', 'enas_types'
CLEAN_ALIAS = 'types_0'
LIMITS = (4, 8, 12, 16)
# Hundreds of large kernels: too much for most machines without a GPU.
LARGE = ('T1_kd12', 'T1_kd16', 'T1_pd12', 'T1_pd16')


class Setting(typing.NamedTuple):
  """Kernel, padding and dilation of a convolution; as text, `(k,p,d)`."""

  k: int
  p: int
  d: int

  @property
  def internal(self):
    """int, what it adds to a size, at stride 1 less one."""
    return 2 * self.p - self.d * (self.k - 1)

  def __str__(self):
    return '(%d,%d,%d)' % self


TEMPLATE = Setting(3, 1, 1)


def size_after(setting, size, stride=1):
  """The size that a convolution makes of a size."""
  return (size + setting.internal - 1) // stride + 1


def same_type(one, other, strides=(1, 1)):
  """Whether they do the same to every size."""
  return one.internal == other.internal and strides[0] == strides[1]


def generate_settings_type_eq(k_limit, p_limit, d_limit, log=print):
  """Settings of the template's type, of which one number follows from two.

  Args:
    k_limit, p_limit, d_limit: one of them None, for the number that follows;
      the others an int, or a pair (lowest, highest).
    log: takes a line that says what is wrong with the limits.

  Returns:
    list of Setting; empty if the limits do not leave just one number open.
  """
  limits = [k_limit, p_limit, d_limit]
  if limits.count(None) != 1:
    log(
      'error: of the limits of k, p and d one is to be None, not %d'
      % limits.count(None)
    )
    return []
  given = [
    range(limit[0], limit[1] + 1)
    if isinstance(limit, tuple)
    else range(limit, limit + 1)
    for limit in limits
    if limit is not None
  ]
  complete = (_find_k, _find_p, _find_d)[limits.index(None)]
  found = [complete(first, second) for first in given[0] for second in given[1]]
  return [one for one in found if one and same_type(one, TEMPLATE)]


def _find_k(p, d):
  return Setting((2 * p - TEMPLATE.internal) // d + 1, p, d)


def _find_p(k, d):
  return Setting(k, (d * (k - 1) + TEMPLATE.internal) // 2, d)


def _find_d(k, p):
  # A kernel of one tap has no dilation that could make up for padding.
  return (
    Setting(k, p, (2 * p - TEMPLATE.internal) // (k - 1)) if k > 1 else None
  )


def settings():
  """Those of each set, an ordered dict from `kd04` and so on to a list."""
  found = collections.OrderedDict()
  for name, limits in (
    ('kd', lambda n: ((1, n), None, (1, n))),
    ('kp', lambda n: ((2, n), (1, n), None)),
    ('pd', lambda n: (None, (1, n), (1, n))),
  ):
    for number in LIMITS:
      found['%s%02d' % (name, number)] = generate_settings_type_eq(
        *limits(number)
      )
  return found


def experiments():
  """All 12, an ordered dict from name to Experiment; nothing in them is bad."""
  made = collections.OrderedDict()
  for name, found in settings().items():
    clean = catalogue.clean()
    pools = -(-len(found) // 4)
    operations = clean + [catalogue.conv(s.k, s.d, s.p) for s in found]
    operations += pools * [clean[4]] + pools * [clean[5]]
    name = 'T1_' + name
    made[name] = Experiment(name, entries(operations), bad_op_split=None)
  return made


def num_with_taps(found, size, taps):
  """How many of a list of Setting have so many taps that see a map.

  Args:
    found: list of Setting.
    size: int, of the map.
    taps: int; with 0 a convolution gives zeros, with 1 it is one of 1x1.
  """
  return sum(live_taps(s.k, s.d, size) == taps for s in found)
