"""What is known of a run, wherever it was read."""

import typing


class Shown(typing.NamedTuple):
  """One architecture that was shown.

  Attributes:
    epoch: int, or None before the first controller phase.
    index: int, its place in the block of that epoch.
    arc: the architecture.
    accuracy: float, the reward of a recurrent cell, or None.
  """

  epoch: typing.Optional[int]
  index: int
  arc: typing.Any
  accuracy: typing.Optional[float]


class ChildStep(typing.NamedTuple):
  """A line about an update of the child; None for what a log lacks."""

  epoch: typing.Any
  step: typing.Any
  loss: typing.Any
  learning_rate: typing.Any
  accuracy: typing.Any
  perplexity: typing.Any
  minutes: typing.Any


class ControllerStep(typing.NamedTuple):
  """A line about an update of the controller; None for what a log lacks."""

  epoch: typing.Any
  step: typing.Any
  loss: typing.Any
  entropy: typing.Any
  accuracy: typing.Any
  baseline: typing.Any
  minutes: typing.Any


class Evaluation(typing.NamedTuple):
  """A line about an evaluation."""

  epoch: typing.Any
  step: typing.Any
  accuracy: typing.Any


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
