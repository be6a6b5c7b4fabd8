"""From flags to the configs of graphs and runs: read once, checked here."""

from src.arc import describe
from src.arc.errors import ArcError
from src.arc.recurrent import RecurrentArc
from src.arc.recurrent_space import RecurrentSpace
from src.nn import clipping, schedules
from src.ptb import (
  experiment,
  graphs,
  ptb_enas_child,
  ptb_enas_controller,
  ptb_ops,
)
from src.ptb.flags import LEAST_NODES
from src.run import common_flags
from src.run.errors import UsageError


def check(flags):
  """Raises UsageError or ArcError for values that make no sense together."""
  common_flags.check(flags)
  if (flags.child_lr_warmup_val is None) != (
    flags.child_lr_warmup_steps is None
  ):
    raise UsageError(
      '--child_lr_warmup_val and --child_lr_warmup_steps go together: give '
      'both or none'
    )
  _check_arcs(flags)


def _check_arcs(flags):
  fixed = flags.child_fixed_arc is not None
  for name in ('child_fixed_arc', 'eval_probe_arc'):
    if getattr(flags, name) is not None:
      parse_arc(flags, getattr(flags, name))
  if fixed and flags.eval_probe_arc is not None:
    raise UsageError('--eval_probe_arc is for a search: leave it out')
  if not fixed and flags.child_optim_algo == 'asgd':
    raise UsageError(
      '--child_optim_algo=asgd averages the weights of one network: it needs '
      '--child_fixed_arc'
    )


def space(flags):
  """RecurrentSpace of the cells that the child has weights for."""
  depth = flags.child_rhn_depth
  return RecurrentSpace(depth, flags=(('child_rhn_depth', depth),))


def offered_space(flags):
  """RecurrentSpace of the cells that the controller may choose."""
  return space(flags).first_actions(flags.controller_num_funcs)


def parse_arc(flags, text):
  """The cell that a string means.

  Raises:
    ArcError: it means none, or one that this model has not.
  """
  try:
    arc = space(flags).parse(text)
  except ArcError as error:
    depth = _depth(text)
    if depth in (None, flags.child_rhn_depth):
      raise
    raise ArcError(
      '%s, which is a cell for --child_rhn_depth=%d' % (error, depth)
    ) from error
  if flags.child_arc_format not in ('auto', arc.format.name):
    raise ArcError(
      '--child_arc_format=%s: the cell has %d tokens, so give %s or auto'
      % (flags.child_arc_format, len(arc.tokens), arc.format.name)
    )
  return arc


def _depth(text):
  """The nodes of the cell that a string means at some depth, or None."""
  try:
    depth = RecurrentArc.parse(text).num_nodes
  except ArcError:
    return None
  return depth if depth >= LEAST_NODES else None


def decoded(flags, arc):
  """What a cell is, node by node, a list of lines for the log."""
  places = describe.places(arc)
  lines = ['%s: %s' % place for place in places[:-1]]
  ends = ', '.join(map(str, arc.loose_ends))
  if flags.child_average_loose_ends:
    return lines + ['output: mean of nodes ' + ends]
  return lines + [
    'output: mean of nodes 1 to %d (loose ends: %s)' % (arc.num_nodes - 1, ends)
  ]


def child_config(flags, vocabulary_size):
  """ptb_enas_child.ChildConfig of the flags."""
  arc = None
  if flags.child_fixed_arc is not None:
    arc = parse_arc(flags, flags.child_fixed_arc)
  return ptb_enas_child.ChildConfig(
    vocab_size=vocabulary_size,
    hidden_size=flags.child_lstm_hidden_size,
    space=space(flags),
    arc=arc,
    init_range=flags.child_init_range,
    keep=ptb_ops.Keep(
      *(
        getattr(flags, 'child_lstm_%s_keep' % name)
        for name in ptb_ops.Keep._fields
      )
    ),
    average_loose_ends=flags.child_average_loose_ends,
  )


def child_training(flags, num_batches):
  """graphs.ChildTraining; num_batches is of windows of child_bptt_steps."""
  form = flags.child_l2_form
  if form == 'auto':
    form = 'quartic' if flags.child_fixed_arc is None else 'square'
  schedule = schedules.Exponential(
    flags.child_lr,
    flags.child_lr_dec_rate,
    flags.child_lr_dec_every * num_batches,
    flags.child_lr_dec_start * num_batches,
    flags.child_lr_dec_min,
  )
  if flags.child_lr_warmup_val is not None:
    schedule = schedules.WarmUp(
      schedule, flags.child_lr_warmup_val, flags.child_lr_warmup_steps or 0
    )
  clip = None
  if flags.child_grad_bound is not None:
    clip = clipping.GlobalNorm(flags.child_grad_bound)
  return graphs.ChildTraining(
    batch_size=flags.batch_size,
    schedule=schedule,
    bptt=flags.child_bptt_steps,
    clip=clip,
    l2_reg=flags.child_l2_reg,
    l2_form=form,
    rnn_l2_reg=flags.child_rnn_l2_reg,
    rnn_slowness_reg=flags.child_rnn_slowness_reg,
    averaging=flags.child_optim_algo == 'asgd',
  )


def controller_config(flags):
  """ptb_enas_controller.ControllerConfig, or None for a fixed network."""
  if flags.child_fixed_arc is not None:
    return None
  return ptb_enas_controller.ControllerConfig(
    num_nodes=flags.child_rhn_depth - 1,
    num_funcs=flags.controller_num_funcs,
    lstm_size=flags.controller_lstm_size,
    tanh_constant=flags.controller_tanh_constant,
    temperature=flags.controller_temperature,
    distance_penalty=flags.controller_distance_penalty or None,
    full_entropy=flags.controller_true_entropy,
  )


def controller_training(flags, num_reward_batches):
  """graphs.ControllerTraining, or None if the controller is not trained."""
  if not flags.controller_training:
    return None
  return graphs.ControllerTraining(
    schedule=schedules.Constant(flags.controller_lr),
    bl_dec=flags.controller_bl_dec,
    entropy_weight=flags.controller_entropy_weight,
    l2_reg=flags.controller_l2_reg,
    num_aggregate=(
      flags.controller_num_aggregate if flags.controller_sync_replicas else 1
    ),
    baseline=flags.controller_baseline,
    num_reward_batches=num_reward_batches,
  )


def run_config(flags):
  """experiment.RunConfig of the flags."""
  averages = flags.child_optim_algo == 'asgd'
  probe = None
  if flags.eval_probe_arc is not None:
    probe = parse_arc(flags, flags.eval_probe_arc)
  return experiment.RunConfig(
    space=space(flags),
    output_dir=flags.output_dir,
    seed=flags.seed,
    batch_size=flags.batch_size,
    bptt=flags.child_bptt_steps,
    random_bptt=flags.child_random_bptt,
    num_epochs=flags.num_epochs,
    log_every=flags.log_every,
    eval_every_epochs=flags.eval_every_epochs,
    eval_full=flags.eval_full,
    probe=probe,
    reset_probability=flags.child_reset_train_states or 0.0,
    average_threshold=flags.child_asgd_threshold if averages else None,
    average_start_step=flags.child_asgd_start_step if averages else None,
    controller_train_every=flags.controller_train_every,
    controller_runs=(
      flags.controller_train_steps * flags.controller_num_aggregate
    ),
    controller_aggregate=(
      flags.controller_num_aggregate if flags.controller_sync_replicas else 1
    ),
    controller_log_every=min(flags.log_every, flags.controller_num_aggregate),
    windows_shared_by=(
      flags.controller_num_aggregate if flags.controller_shared_batch else 1
    ),
    derive_split=0 if flags.child_fixed_arc else flags.derive_split,
    random_arc=(
      offered_space(flags).random if flags.child_arcs == 'random' else None
    ),
  )
