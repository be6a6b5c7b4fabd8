"""Flags that make rewards more than perplexities, and what goes with them."""

from src.arc import capacity
from src.arc import text as text_lib
from src.arc.hadamard_space import HadamardSpace
from src.recurrent import flags as flag_table
from src.recurrent import lookahead
from src.run.errors import UsageError


def check(flags):
  """Raises UsageError for values of these flags that make no sense."""
  capacity_target(flags)
  entropy_weight(flags)
  _check_chosen(flags)
  if flags.controller_training and flag_table.looks_ahead(flags):
    _check_lookahead(flags)


def _check_chosen(flags):
  given = [
    name
    for name in ('hidden_sizes', 'search_optimizer_hparams')
    if getattr(flags, name)
  ]
  if given and flags.cell_space == HadamardSpace.type:
    raise UsageError('--%s is of --cell_space=enas' % given[0])
  learnt = flags.extra_gradient == 'response'
  diagnosed = flags.lookahead_diagnostic_every
  if flags.search_optimizer_hparams and flags.controller_training:
    if not learnt or diagnosed:
      raise UsageError(
        '--search_optimizer_hparams: rewards at the same weights say nothing '
        'of a learning rate: give --extra_gradient=response, without '
        '--lookahead_diagnostic_every'
      )


def _check_lookahead(flags):
  if flags.lookahead_step == 'momentum' and flags.shared_optim == 'sgd':
    raise UsageError(
      '--lookahead_step=momentum and --shared_optim=sgd, which keeps no '
      'velocity: give --shared_optim=momentum or adam, or '
      '--lookahead_step=fresh_grad'
    )
  if flags.noisy_reward:
    raise UsageError(
      '--noisy_reward measures rewards with other weights at each; '
      '--extra_gradient and --lookahead_diagnostic_every compare them'
    )


def capacity_target(flags):
  """What --capacity_target adds to the reward of a cell, a function of it.

  None without such a target.

  Raises:
    UsageError: it is none.
  """
  if not flags.capacity_target:
    return None
  parts = flags.capacity_target.split(':')
  try:
    name, value, weight = parts[0], float(parts[1]), float(parts[2])
    known = len(parts) == 3 and abs(value) + abs(weight) < float('inf')
  except (IndexError, ValueError):
    known = False
  if not known or name not in capacity.MEASURES:
    raise UsageError(
      '--capacity_target=%s: expected measure:value:weight with one of %s'
      % (text_lib.quote(flags.capacity_target), ', '.join(capacity.MEASURES))
    )

  def _bonus(arc):
    measured = capacity.measured(arc, flags.shared_hid)[name]
    return -weight * abs(measured - value)

  return _bonus


def entropy_weight(flags):
  """The weight of the entropy in an epoch, a function of it; or None.

  Raises:
    UsageError: it does not begin before it ends.
  """
  final = flags.entropy_coeff_final
  if final is None:
    return None
  begin = flags.entropy_anneal_from
  end = flags.entropy_anneal_to or flags.max_epoch - 1
  if not begin < end:
    raise UsageError(
      '--entropy_anneal_from=%d and the end of it, epoch %d: expected them in '
      'this order' % (begin, end)
    )
  first = flags.entropy_coeff

  def _weight(epoch):
    gone = min(max((epoch - begin) / float(end - begin), 0.0), 1.0)
    return first + gone * (final - first)

  return _weight


def lookahead_setting(flags):
  """lookahead.Setting, or None where there is to be none."""
  if not flag_table.looks_ahead(flags):
    return None
  return lookahead.Setting(
    flags.extra_gradient,
    flags.lookahead_step,
    flags.lookahead_samples,
    flags.lookahead_diagnostic_every > 0,
  )
