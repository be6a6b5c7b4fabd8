"""What is known of a run, wherever it was read."""

import collections
import typing

Shown = collections.namedtuple('Shown', ['epoch', 'index', 'arc', 'accuracy'])
Shown.__doc__ = """One architecture that was shown.

epoch: int, or None before the first controller phase. index: int, its place in
the block of that epoch. arc: the architecture. accuracy: float, the reward of a
recurrent cell, or None.
"""

ChildStep = collections.namedtuple(
  'ChildStep',
  [
    'epoch',
    'step',
    'loss',
    'learning_rate',
    'accuracy',
    'perplexity',
    'minutes',
  ],
)
ControllerStep = collections.namedtuple(
  'ControllerStep',
  ['epoch', 'step', 'loss', 'entropy', 'accuracy', 'baseline', 'minutes'],
)
Evaluation = collections.namedtuple('Evaluation', ['epoch', 'step', 'accuracy'])


class History(typing.NamedTuple):
  """All that a run tells, each list in its order.

  Attributes:
    child: list of ChildStep.
    controller: list of ControllerStep.
    valid, test: lists of Evaluation.
    shown: list of Shown.
    skipped: list of str, what could not be read.
    perplexity: dict from 'valid', 'probe' (of one cell, in a search) and 'test'
      to a list of Evaluation whose `accuracy` is a perplexity, for language
      models; else empty lists.
    space: what the architectures are from, a value of `src.arc.spaces`; None
      where none is known.
  """

  child: list
  controller: list
  valid: list
  test: list
  shown: list
  skipped: list
  perplexity: dict
  space: typing.Any = None

  def evaluations(self):
    """Those of one split, if there are any: they tell epochs and steps."""
    of_text = self.perplexity
    return self.valid or self.test or of_text['valid'] or of_text['test']


def nothing():
  """A History of nothing yet."""
  return History([], [], [], [], [], [], {'valid': [], 'probe': [], 'test': []})
