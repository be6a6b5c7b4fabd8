"""The log of rhubarbwu/ENAS-Experiments."""

from src.cifar10 import lines

# A line for each of so many updates of the controller.
_UPDATES = 2


class Lines(lines.Lines):
  """See `lines.Lines`; fields are apart by tabs, epochs count from 0."""

  def child(self, epoch, step, told, rate, minutes):
    """step: int, the batch's number in the epoch; minutes: since its start."""
    return '\t'.join(
      [
        'epoch=%d' % epoch,
        'ch_step=%d' % step,
        'loss=%.6f' % told.loss,
        'lr=%.4f' % rate,
        '|g|=%.4f' % told.grad_norm,
        'acc=%.4f' % (float(told.hits) / self._config.batch_size),
        'time=%.2fit/s' % _per_second(step + 1, minutes),
      ]
    )

  def shows_reward(self, index):
    return (index + 1) % (_UPDATES * self._config.controller_aggregate) == 0

  def controller(self, updates, told, rate, minutes):
    """minutes: since the start of the phase."""
    config = self._config
    number = (
      updates * config.controller_aggregate - 1
    ) % config.controller_runs
    return '\t'.join(
      [
        'ctrl_step=%d' % number,
        'loss=%.3f' % told.loss,
        'ent=%.2f' % told.entropy,
        'lr=%.4f' % rate,
        '|g|=%.4f' % told.grad_norm,
        'acc=%.4f' % told.score,
        'bl=%.2f' % told.baseline,
        'time=%.2fit/s' % _per_second(number + 1, minutes),
      ]
    )


def _per_second(count, minutes):
  return count / max(60 * minutes, 1e-9)
