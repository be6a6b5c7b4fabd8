"""What runs on text say: the lines of melodyguan/enas, `avg=`, the tables.

Source of the lines: `src/ptb/main.py` there.
"""

import typing

from src.run import lines


class Update(typing.NamedTuple):
  """What is told of an update of the child.

  Attributes:
    loss: float, as melodyguan/enas has it: summed over the window, of one row.
    grad_norm: float, before clipping.
    perplexity: float, of the epoch so far.
    averaged: int, 1 if weights are averaged, else 0.
  """

  loss: typing.Any
  grad_norm: typing.Any
  perplexity: float
  averaged: int


class Lines(lines.Lines):
  """See `lines.Lines`; scores are rewards of one window, or perplexities."""

  METRICS = (
    'phase', 'epoch', 'step', 'loss', 'learning_rate', 'grad_norm',
    'perplexity', 'entropy', 'reward', 'baseline', 'averaged',
  )  # fmt: skip
  ARCHITECTURES = ('epoch', 'step', 'arc', 'reward')

  def __init__(self, config):
    """config: experiment.RunConfig."""
    self._config = config

  def child(self, epoch, step, told, rate, minutes):
    return (
      'epoch=%-6d ch_step=%-6d loss=%-8.4f lr=%-8.4f |g|=%-10.2f tr_ppl=%-8.2f '
      'avg=%-2d mins=%-10.2f'
      % (
        epoch,
        step,
        told.loss,
        rate,
        told.grad_norm,
        told.perplexity,
        told.averaged,
        minutes,
      )
    )

  def child_cells(self, told):
    return told._asdict()

  def shows_reward(self, index):
    return index % self._config.controller_log_every == 0

  def controller(self, updates, told, rate, minutes):
    return (
      'ctrl_step=%-6d loss=%-7.3f ent=%-5.2f lr=%-8.2e |g|=%-10.7f rw=%-7.3f '
      'bl=%-7.3f mins=%.2f'
      % (
        updates,
        told.loss,
        told.entropy,
        rate,
        told.grad_norm,
        told.reward,
        told.baseline,
        minutes,
      )
    )

  def controller_cells(self, told):
    return dict(super().controller_cells(told), reward=told.reward)

  def architecture(self, arc, score):
    return ['%s rw=%.3f' % (line, score) for line in arc.log_lines()]

  def architecture_cells(self, score):
    return {'reward': score}

  def evaluation(self, step, split, found):
    return ['Eval at %s' % step] + [
      '%s_%s: %-6.2f' % (split, name, value)
      for name, value in (
        ('total_loss', found.total_loss),
        ('log_ppl', found.log),
        ('ppl', found.value),
      )
    ]

  def evaluation_cells(self, found):
    return {'loss': found.total_loss, 'perplexity': found.value}
