"""What runs on images say: the lines of melodyguan/enas, and the tables.

Source of the lines: `src/cifar10/main.py` there.
"""

import typing

from src.run import lines
from src.run.logs import RULE


class Update(typing.NamedTuple):
  """What is told of an update of the child.

  Attributes:
    loss: float32.
    hits: int32, right answers in the batch.
    grad_norm: float32, before clipping.
  """

  loss: typing.Any
  hits: typing.Any
  grad_norm: typing.Any


class Lines(lines.Lines):
  """See `lines.Lines`; scores are accuracies."""

  METRICS = (
    'phase', 'epoch', 'step', 'loss', 'learning_rate', 'grad_norm', 'accuracy',
    'entropy', 'baseline', 'skip_rate',
  )  # fmt: skip
  ARCHITECTURES = ('epoch', 'step', 'arc', 'valid_accuracy')

  def __init__(self, config):
    """config: experiment.RunConfig."""
    self._config = config
    self.first_epoch = config.first_epoch

  def child(self, epoch, step, told, rate, minutes):
    return (
      'epoch=%-6dch_step=%-6d loss=%-8.6f lr=%-8.4f |g|=%-8.4f tr_acc=%-3d/%3d '
      'mins=%-10.2f'
      % (
        epoch,
        step,
        told.loss,
        rate,
        told.grad_norm,
        told.hits,
        self._config.batch_size,
        minutes,
      )
    )

  def child_cells(self, told):
    return {
      'loss': told.loss,
      'grad_norm': told.grad_norm,
      'accuracy': float(told.hits) / self._config.batch_size,
    }

  def shows_reward(self, index):
    return index % self._config.log_every == 0

  def controller(self, updates, told, rate, minutes):
    return (
      'ctrl_step=%-6d loss=%-7.3f ent=%-5.2f lr=%-6.4f |g|=%-8.4f acc=%-6.4f '
      'bl=%-5.2f mins=%.2f'
      % (
        updates,
        told.loss,
        told.entropy,
        rate,
        told.grad_norm,
        told.score,
        told.baseline,
        minutes,
      )
    )

  def controller_cells(self, told):
    num_skips = max(self._config.space.num_skips, 1)
    return dict(
      super().controller_cells(told),
      accuracy=told.score,
      skip_rate=told.metrics.get('skip_count', 0.0) / num_skips,
    )

  def architecture(self, arc, score):
    return arc.log_lines() + ['val_acc=%-6.4f' % score, RULE]

  def architecture_cells(self, score):
    return {'valid_accuracy': score}

  def evaluation(self, step, split, found):
    return [
      'Eval at %s' % step,
      '%s_accuracy: %-6.4f' % (split, found.value),
    ]

  def evaluation_cells(self, found):
    return {'accuracy': found.value}
