"""What a large network costs in the controller's reward (`--reward_cost`).

  R = accuracy - weight * max(0, cost / target - 1)

The cost is that of the fixed network of the sampled architecture, with the
layers and filters of the search: its parameters or its multiply-adds, exactly
as `src.arc` counts them.

Source: the reward of TuNAS, quality + beta |T / T0 - 1| (Bender et al., CVPR
2020, equation 2), on its upper side alone, as in MnasNet's hard constraint (Tan
et al., CVPR 2019, alpha = 0). MnasNet's accuracy * (cost / target) ** w would
also change the rewards below the target and the scale that the baseline, the
entropy's weight and learning rates are tuned for; a term that is subtracted
leaves what fits as it is.
"""

import typing

import numpy as np

from src.arc import describe
from src.arc.record import Record
from src.run import ranges
from src.run.errors import UsageError
from src.tf1 import tf

MEASURES = ('params', 'madds')  # in the order of `describe.final_counts`


class RewardCost(typing.NamedTuple):
  """A cost and how much it weighs.

  Attributes:
    measure: 'params' or 'madds'.
    target: float, what is free.
    weight: float, what a network of twice the target loses.
  """

  measure: str
  target: float
  weight: float


class Penalty(typing.NamedTuple):
  """That of the networks of a run.

  Attributes:
    cost: RewardCost.
    record: `src.arc` Record, which space and sizes.
  """

  cost: RewardCost
  record: Record

  def relative(self, tokens):
    """Cost of an architecture over the target, a float.

    Args:
      tokens: sequence of ints.
    """
    arc = self.record.space.from_tokens(tokens)
    counts = describe.final_counts(arc, self.record)
    return counts[MEASURES.index(self.cost.measure)] / self.cost.target

  def build(self, tokens):
    """What is taken off the reward, float32 scalar, in the default graph.

    Counting is left to `src.arc`, in this process: an architecture takes about
    a millisecond, and no table has to know how cells widen each other.

    Args:
      tokens: int32 [number of tokens].
    """
    with tf.device('/cpu:0'):
      relative = tf.numpy_function(
        lambda tokens: np.float32(self.relative(tokens)), [tokens], tf.float32
      )
      relative.set_shape([])
      return self.cost.weight * tf.maximum(0.0, relative - 1.0)


def parse(text):
  """The RewardCost that a flag's value means; ValueError if it is none."""
  measure, target, weight = text.split(':')
  cost = RewardCost(measure, float(target), float(weight))
  if measure not in MEASURES:
    raise ValueError(measure)
  for value in cost[1:]:
    if not ranges.POSITIVE.holds(value):
      raise ValueError(value)
  return cost


def _holds(text):
  try:
    return bool(parse(text))
  except ValueError:
    return False


RANGE = ranges.Range(
  _holds,
  'expected params or madds, a positive target and weight, as madds:200e6:0.5',
)


def check(flags, space):
  """Raises UsageError where the flag can have no effect.

  Args:
    flags: flag values.
    space: what is searched, a value of `src.arc.spaces`.
  """
  if flags.reward_cost is None or flags.mode != 'train':
    return
  if not flags.controller_training:
    raise UsageError(
      '--reward_cost: no controller is trained; leave it out, or '
      '--nocontroller_training'
    )
  if not describe.counts_all(space):
    raise UsageError(
      '--reward_cost: networks of this space cannot be counted%s'
      % (
        ''
        if getattr(space, 'num_filters', None) is None
        else '; add --controller_search_whole_channels'
      )
    )
