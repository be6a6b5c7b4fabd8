"""What searches of recurrent cells say: the lines of ENAS-pytorch and MENAS.

Curves have the names that their TensorBoard has, with its steps: the child's
updates, the controller's, epochs.
"""

import typing

from src.run import lines


class Update(typing.NamedTuple):
  """What is told of updates of the child.

  Attributes:
    loss: float, of the last one, with penalties; see `Mean` for the others.
    grad_norm: float, of the last one, before clipping.
    mean: Mean.
  """

  loss: float
  grad_norm: float
  mean: typing.Any


class Mean(typing.NamedTuple):
  """Of the updates since the line before.

  Attributes:
    raw_loss: float, cross entropy in nats.
    loss: float, with penalties.
    perplexity: float, exp of raw_loss.
  """

  raw_loss: float
  loss: float
  perplexity: float


class Lines(lines.Lines):
  """See `lines.Lines`; epochs count from 0 here, as in the references."""

  METRICS = (
    'phase', 'epoch', 'step', 'loss', 'raw_loss', 'learning_rate', 'grad_norm',
    'perplexity', 'entropy', 'reward', 'baseline', 'adv', 'extra',
  )  # fmt: skip
  ARCHITECTURES = ('epoch', 'step', 'arc', 'reward', 'perplexity')
  first_epoch = 0

  def __init__(self, log_every, reward):
    """
    Args:
      log_every: int, rewards between two lines.
      reward: function of a perplexity, what it is worth.
    """
    self._log_every = log_every
    self._reward = reward

  def child(self, epoch, step, told, rate, minutes):
    return (
      'train | epoch %3d | lr %4.2f | raw loss %.2f | loss %.2f | ppl %8.2f'
    ) % (
      epoch, rate, told.mean.raw_loss, told.mean.loss, told.mean.perplexity
    )  # fmt: skip

  def child_cells(self, told):
    mean = told.mean._asdict()
    return dict(mean, grad_norm=told.grad_norm)

  def shows_reward(self, index):
    return (index + 1) % self._log_every == 0

  def controller(self, epoch, mean, rate):
    """The line of some rewards; mean: dict of means since the last one."""
    return (
      'controller | epoch %3d | lr %.5f | R %.5f | entropy %.4f | loss %.5f'
      % (epoch, rate, mean['reward'], mean['entropy'], mean['loss'])
    )

  def derived(self, perplexity):
    return 'derive | best PPL: %8.6f' % perplexity

  def evaluation(self, step, split, found):
    del step
    return [
      '%s eval | loss: %8.2f | ppl: %8.2f'
      % ('val' if split == 'valid' else split, found.log, found.value)
    ]

  def evaluation_cells(self, found):
    return {'loss': found.log, 'perplexity': found.value}

  def architecture_cells(self, found):
    return {'reward': self._reward(found.value), 'perplexity': found.value}
