"""What a run says of its steps: lines of the log, cells of the tables.

A run hands over numbers and gets text; nothing is written here. A task has a
`Lines` of its own, and an experiment whose log is to look different another.
"""

import typing


class Reward(typing.NamedTuple):
  """What a controller's step tells: tensors of the graph, then their values.

  Attributes:
    loss: float, of the controller.
    entropy: float, of the sample.
    grad_norm: float, before clipping.
    score: float, what the child was measured to be worth.
    reward: float, the score and what the entropy adds to it.
    baseline: float, after this sample.
    metrics: dict from name to float, see `reinforce.Sample`.
  """

  loss: typing.Any
  entropy: typing.Any
  grad_norm: typing.Any
  score: typing.Any
  reward: typing.Any
  baseline: typing.Any
  metrics: typing.Any


class Lines:
  """Text of the log and cells of the tables; epochs count from 0 here.

  Attributes:
    METRICS: column names of metrics.csv.
    ARCHITECTURES: those of architectures.csv, which a search has.
    first_epoch: int, the number of the first epoch in headings.
  """

  METRICS = ()
  ARCHITECTURES = ()
  first_epoch = 1

  def child(self, epoch, step, told, rate, minutes):
    """The line of update number `step` of the child.

    Args:
      epoch: int.
      step: int.
      told: what the task's experiment knows of the update.
      rate: float, its learning rate.
      minutes: float, since the start of the run.
    """
    raise NotImplementedError

  def child_cells(self, told):
    """dict of cells in metrics.csv for the same, but for the rate."""
    raise NotImplementedError

  def controller_heading(self, epoch):
    return 'Epoch %s: Training controller' % (epoch + self.first_epoch)

  def shows_reward(self, index):
    """Whether reward number `index` of an epoch is told."""
    raise NotImplementedError

  def controller(self, updates, told, rate, minutes):
    """The line of a reward.

    Args:
      updates: int, how many the controller has had.
      told: Reward.
      rate: float, the learning rate.
      minutes: float, since the start of the run.
    """
    raise NotImplementedError

  def controller_cells(self, told):
    """dict of cells in metrics.csv for the same, but for the rate."""
    names = ('loss', 'grad_norm', 'entropy', 'baseline')
    return {name: getattr(told, name) for name in names}

  def architectures_heading(self, count):
    return 'Here are %s architectures' % count

  def architecture(self, arc, score):
    """The list of lines of a shown architecture and its score on one batch."""
    raise NotImplementedError

  def architecture_cells(self, score):
    """dict of cells in architectures.csv for the same."""
    raise NotImplementedError

  def eval_heading(self, epoch):
    return 'Epoch %s: Eval' % (epoch + self.first_epoch)

  def evaluation(self, step, split, found):
    """The list of lines of an evaluation.

    Args:
      step: int, updates of the child.
      split: str.
      found: the task's score of the split, see `scoring.Scorer`.
    """
    raise NotImplementedError

  def evaluation_cells(self, found):
    """dict of cells in metrics.csv for the same."""
    raise NotImplementedError
