"""From flags to the configs of graphs and runs: read once, checked here.

Nothing below this module and `macro_space` and `micro_space` sees flags. Those
two, of a kind, say what is particular to a type of search space: which one the
flags ask for, and what child and controller it has. A task whose spaces are not
made from flags hands in its own.
"""

from src.arc import ArcError, CellsSpace, MacroSpace, read_arc
from src.cifar10 import experiment, graphs, macro_space, micro_space
from src.nn import clipping, schedules
from src.run import session
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

_POSITIVE = (lambda value: 0 < value < float('inf'), 'a positive number')
_NOT_NEGATIVE = (lambda value: 0 <= value < float('inf'), 'at least 0')
_RANGES = (
  ('child_keep_prob', lambda value: 0 < value <= 1, 'a number in (0, 1]'),
  (
    'child_drop_path_keep_prob',
    lambda value: 0 < value <= 1,
    'a number in (0, 1]',
  ),
  (
    'controller_skip_target',
    lambda value: 0 < value < 1,
    'a number between 0 and 1',
  ),
  ('controller_bl_dec', lambda value: 0 <= value <= 1, 'a number in [0, 1]'),
  ('child_lr', *_POSITIVE),
  ('child_lr_max', *_POSITIVE),
  ('child_lr_min', *_NOT_NEGATIVE),
  ('child_lr_dec_rate', *_POSITIVE),
  ('child_l2_reg', *_NOT_NEGATIVE),
  ('child_grad_bound', *_POSITIVE),
  ('controller_lr', *_POSITIVE),
  ('controller_lr_dec_rate', *_POSITIVE),
  ('controller_l2_reg', *_NOT_NEGATIVE),
  ('controller_temperature', *_POSITIVE),
  ('controller_tanh_constant', *_POSITIVE),
  ('controller_op_tanh_reduce', *_POSITIVE),
  ('controller_entropy_weight', *_NOT_NEGATIVE),
  ('controller_skip_weight', *_NOT_NEGATIVE),
)


def check(flags):
  """Raises UsageError for values that make no sense, alone or together."""
  _need(flags, 'search_for', 'macro, branch, connection or micro')
  _need(flags, 'data_path', 'the folder of the data set')
  for name in (
    'batch_size', 'num_epochs', 'log_every', 'eval_every_epochs',
    'child_num_layers', 'child_num_cells', 'child_out_filters',
    'child_out_filters_scale',
    'child_lr_dec_every', 'controller_train_every', 'controller_train_steps',
    'controller_num_aggregate', 'child_num_aggregate', 'child_lr_T_0',
    'child_lr_T_mul', 'child_cutout_size', 'keep_checkpoints',
    'derive_samples',
  ):  # fmt: skip
    value = getattr(flags, name)
    if value is not None and value < 1:
      raise UsageError('--%s=%s: expected at least 1' % (name, value))
  for name in ('child_num_replicas', 'controller_num_replicas'):
    if getattr(flags, name) != 1:
      raise UsageError(
        '--%s=%s: one process is one replica, expected 1; '
        '--controller_num_aggregate averages gradients within it'
        % (name, getattr(flags, name))
      )
  for name, allowed, words in _RANGES:
    value = getattr(flags, name)
    if value is not None and not allowed(value):
      raise UsageError('--%s=%s: expected %s' % (name, value, words))
  if flags.child_lr_cosine:
    for name in (
      'child_lr_max', 'child_lr_min', 'child_lr_T_0', 'child_lr_T_mul'
    ):  # fmt: skip
      if getattr(flags, name) is None:
        raise UsageError('--child_lr_cosine needs --%s' % name)
  if flags.child_sync_replicas and flags.child_num_aggregate is None:
    raise UsageError('--child_sync_replicas needs --child_num_aggregate')
  _ASKED_FOR[flags.search_for].check(flags)
  if flags.mode == 'train':
    if not flags.output_dir:
      raise UsageError('--output_dir is needed: where the run is kept')
    if flags.child_fixed_arc is not None and flags.controller_training:
      raise UsageError(
        '--child_fixed_arc trains one network: add --nocontroller_training'
      )


def _need(flags, name, what):
  if not getattr(flags, name):
    raise UsageError('--%s is needed: %s' % (name, what))


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


def controller_training(flags):
  """ControllerTraining of the flags, or None if it is not trained."""
  if not flags.controller_training:
    return None
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
    num_aggregate=(
      flags.controller_num_aggregate if flags.controller_sync_replicas else 1
    ),
    synchronous=flags.controller_sync_replicas
    and flags.controller_num_replicas > 1,
  )


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
    space=space,
    eval_splits=('valid', 'test')
    if flags.child_fixed_arc is None
    else ('test',),
  )
