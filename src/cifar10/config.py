"""From flags to the configs of graphs and runs: read once, checked here.

Nothing below this module and `macro_space` and `micro_space` sees flags. Those
two, of a kind, say what is particular to a type of search space: which one the
flags ask for, and what child and controller it has. A task whose spaces are not
made from flags hands in its own.
"""

from src.arc import ArcError, CellsSpace, MacroSpace, read_arc
from src.cifar10 import (
  experiment,
  graphs,
  macro_space,
  micro_space,
  reward_cost,
)
from src.nn import clipping, schedules
from src.run import common_flags, session
from src.run.errors import UsageError

# Updates between two decays of the controller's learning rate.
CONTROLLER_LR_DEC_EVERY = 1000000

_ASKED_FOR = {
  'macro': macro_space,
  'branch': macro_space,
  'connection': macro_space,
  'micro': micro_space,
}
_OF_TYPE = {MacroSpace: macro_space, CellsSpace: micro_space}


def check(flags):
  """Raises UsageError for values that make no sense together."""
  common_flags.check(flags)
  if flags.child_lr_cosine:
    for name in (
      'child_lr_max', 'child_lr_min', 'child_lr_T_0', 'child_lr_T_mul'
    ):  # fmt: skip
      if getattr(flags, name) is None:
        raise UsageError('--child_lr_cosine needs --%s' % name)
  alone = flags.controller_baseline == 'global'
  if flags.controller_num_replicas > 1 and not alone:
    raise UsageError(
      '--controller_baseline=%s: workers that share a controller '
      '(--controller_num_replicas=%d) know the baseline global only'
      % (flags.controller_baseline, flags.controller_num_replicas)
    )
  if flags.child_sync_replicas and flags.child_num_aggregate is None:
    raise UsageError('--child_sync_replicas needs --child_num_aggregate')
  _ASKED_FOR[flags.search_for].check(flags)


def space(flags):
  """The search space that flags ask for, a value of `src.arc.spaces`."""
  return _ASKED_FOR[flags.search_for].from_flags(flags)


def data_format(flags):
  """'NHWC' or 'NCHW'.

  Raises:
    UsageError: NCHW where there is no GPU.
  """
  gpu = session.has_gpu()
  if flags.data_format == 'auto':
    return 'NCHW' if gpu else 'NHWC'
  if flags.data_format == 'NCHW' and not gpu:
    raise UsageError(
      '--data_format=NCHW needs a GPU, and TensorFlow sees none: use NHWC or '
      'auto'
    )
  return flags.data_format


def child_config(flags, space, layout):
  """ChildConfig of a space.

  Args:
    flags: flag values.
    space: MacroSpace or CellsSpace.
    layout: 'NHWC' or 'NCHW'.

  Raises:
    ArcError: `child_fixed_arc` is none of the space.
  """
  return _OF_TYPE[type(space)].child_config(flags, space, layout)


def with_advice(flags, error):
  """An ArcError about `child_fixed_arc`, with the flags that it needs.

  Args:
    flags: flag values.
    error: ArcError, returned as it is if no flags would help.
  """
  own = 'micro' if flags.search_for == 'micro' else 'macro'
  for kind in (own, 'macro', 'micro'):
    try:
      arc = read_arc(flags.child_fixed_arc, kind)
    except ArcError:
      continue
    needed = [('search_for', kind)] if kind != own else []
    if kind == 'micro':
      needed.append(('child_num_cells', arc.num_cells))
    else:
      needed.append(('child_num_layers', arc.num_layers))
    beyond = any(arc.operation_counts()[flags.child_num_branches :])
    if kind == 'micro' or beyond:
      needed.append(('child_num_branches', arc.num_operations))
    words = [
      '--%s=%s' % pair for pair in needed if getattr(flags, pair[0]) != pair[1]
    ]
    if words:
      return ArcError(
        '%s; this --child_fixed_arc needs %s' % (error, ' '.join(words))
      )
  return error


def child_training(flags, num_batches):
  """ChildTraining of the flags; num_batches is steps an epoch."""
  if flags.child_lr_cosine:
    schedule = schedules.CosineRestarts(
      flags.child_lr_max,
      flags.child_lr_min,
      flags.child_lr_T_0,
      flags.child_lr_T_mul,
      num_batches,
    )
  else:
    schedule = schedules.Exponential(
      flags.child_lr,
      flags.child_lr_dec_rate,
      flags.child_lr_dec_every * num_batches,
    )
  clip = None
  if flags.child_clip_gradients:
    clip = clipping.EachNorm(flags.child_grad_bound)
  return graphs.ChildTraining(
    num_steps=flags.num_epochs * num_batches,
    schedule=schedule,
    l2_reg=flags.child_l2_reg,
    clip=clip,
    num_aggregate=flags.child_num_aggregate if flags.child_sync_replicas else 1,
    synchronous=flags.child_sync_replicas and flags.child_num_replicas > 1,
    cutout_size=flags.child_cutout_size,
    train_aux_head=flags.child_train_aux_head,
  )


def controller_config(flags, space):
  """ControllerConfig of a space, or None for a fixed network."""
  if flags.child_fixed_arc is not None:
    return None
  return _OF_TYPE[type(space)].controller_config(flags, space)


def controller_training(flags, num_reward_batches=1, record=None):
  """ControllerTraining of the flags, or None if it is not trained.

  Args:
    flags: flag values.
    num_reward_batches: int, how many there are to have a baseline each.
    record: `src.arc` Record of the run, by which --reward_cost counts.
  """
  if not flags.controller_training:
    return None
  cost = None
  if flags.reward_cost is not None:
    cost = reward_cost.Penalty(reward_cost.parse(flags.reward_cost), record)
  return graphs.ControllerTraining(
    schedule=schedules.Exponential(
      flags.controller_lr,
      flags.controller_lr_dec_rate,
      CONTROLLER_LR_DEC_EVERY,
    ),
    l2_reg=flags.controller_l2_reg,
    bl_dec=flags.controller_bl_dec,
    entropy_weight=flags.controller_entropy_weight,
    skip_weight=flags.controller_skip_weight,
    baseline=flags.controller_baseline,
    num_reward_batches=num_reward_batches,
    num_aggregate=(
      flags.controller_num_aggregate if flags.controller_sync_replicas else 1
    ),
    synchronous=flags.controller_sync_replicas
    and flags.controller_num_replicas > 1,
    cost=cost,
  )


def random_arc(flags, space):
  """Function of a generator that gives an architecture, as chance does."""
  return _OF_TYPE[type(space)].random_arc(flags, space)


def run_config(flags, space):
  """RunConfig of the flags in a space."""
  return experiment.RunConfig(
    output_dir=flags.output_dir,
    seed=flags.seed,
    batch_size=flags.batch_size,
    num_epochs=flags.num_epochs,
    log_every=flags.log_every,
    eval_every_epochs=flags.eval_every_epochs,
    controller_train_every=flags.controller_train_every,
    controller_runs=flags.controller_train_steps
    * flags.controller_num_aggregate,
    child_aggregate=flags.child_num_aggregate
    if flags.child_sync_replicas
    else 1,
    controller_aggregate=flags.controller_num_aggregate
    if flags.controller_sync_replicas
    else 1,
    reward_batch_size=flags.controller_reward_batch_size,
    rewards_stay=flags.controller_baseline == 'per_batch',
    batch_shared_by=(
      flags.controller_num_aggregate if flags.controller_shared_batch else 1
    ),
    random_arc=(
      random_arc(flags, space) if flags.child_arcs == 'random' else None
    ),
    space=space,
    eval_splits=('valid', 'test')
    if flags.child_fixed_arc is None
    else ('test',),
  )
