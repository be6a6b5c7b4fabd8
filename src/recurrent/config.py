"""From flags to the configs of graphs and runs: read once, checked here."""

import os

from src.arc import configured, pasted
from src.arc import text as text_lib
from src.arc.dag_space import activation_names
from src.arc.errors import ArcError
from src.arc.hadamard import HadamardArc
from src.arc.hadamard_space import HadamardSpace
from src.arc.recurrent import RecurrentArc
from src.nn import clipping, optimizers, schedules
from src.recurrent import (
  child,
  controller,
  experiment,
  graphs,
  norm,
  rewards,
  shaping,
  types,
)
from src.run.errors import UsageError

_OPTIMIZERS = {
  'sgd': optimizers.Sgd(),
  'momentum': optimizers.Momentum(0.9, nesterov=False),
  'adam': optimizers.Adam(0.9, 0.999, 1e-8),
}

_OF_WORDS = 'cells in words are of --cell_space=lstm_style'

# What `settle` sets that no flag is.
DERIVED = (
  'controller_training', 'seed', 'num_epochs', 'keep_checkpoints',
  'controller_train_every', 'eval_every_epochs', 'checkpoint_path',
)  # fmt: skip


def settle(flags):
  """Sets what follows from other flags; does nothing the second time.

  Raises:
    UsageError, ArcError: one line each.
  """
  for name, value in types.cell_defaults(flags).items():
    if getattr(flags, name) is None:
      setattr(flags, name, value)
  kind = types.TYPES[flags.train_type]
  names = activation_names(flags.shared_rnn_activations)
  flags.shared_rnn_activations = ','.join(names)
  if (kind.fixed or flags.mode == 'single') and not flags.child_fixed_arc:
    path = flags.dag_path or _only_file(flags.preset_dir)
    flags.child_fixed_arc = pasted.one(path)
    flags.num_blocks = _nodes(flags, flags.child_fixed_arc)
    if flags.num_blocks < 2:
      raise UsageError('%s: it holds no cell of two or more nodes' % path)
  flags.controller_training = kind.learns and not flags.child_fixed_arc
  flags.seed = flags.random_seed
  flags.num_epochs = flags.max_epoch + bool(flags.shared_initial_step)
  flags.keep_checkpoints = flags.max_save_num
  # What the warnings of all tasks ask for.
  flags.controller_train_every = flags.eval_every_epochs = 1


def _only_file(folder):
  try:
    names = sorted(n for n in os.listdir(folder) if n.endswith('.json'))
  except OSError:
    names = []
  if len(names) != 1:
    raise UsageError(
      'which cell is to be trained? Give --dag_path, a dag.json or a file with '
      'its numbers; %s has %d such files' % (folder, len(names))
    )
  return os.path.join(folder, names[0])


def _nodes(flags, text):
  if flags.cell_space == HadamardSpace.type:
    return HadamardArc.parse(text).num_nodes
  _, cell = configured.split(text)
  if cell[:1].isalpha():
    raise ArcError('%s: %s' % (text_lib.quote(cell), _OF_WORDS))
  return len(cell.split()) // 2 + 1


def check(flags):
  """Raises UsageError or ArcError for values that make no sense together."""
  if flags.tie_weights and flags.shared_embed != flags.shared_hid:
    raise UsageError(
      '--shared_embed=%d and --shared_hid=%d: the decoder is the embedding, so '
      'they are equal, or give --notie_weights'
      % (flags.shared_embed, flags.shared_hid)
    )
  largest = flags.max_blocks or flags.num_blocks
  if types.TYPES[flags.train_type].sizes and not (
    flags.min_blocks <= largest <= flags.num_blocks
  ):
    raise UsageError(
      '--min_blocks=%d --max_blocks=%d --num_blocks=%d: expected them in this '
      'order' % (flags.min_blocks, largest, flags.num_blocks)
    )
  types.check_space(flags)
  if flags.controller_max_step % flags.controller_num_aggregate:
    raise UsageError(
      '--controller_max_step=%d is no multiple of '
      '--controller_num_aggregate=%d: the last rewards would wait'
      % (flags.controller_max_step, flags.controller_num_aggregate)
    )
  rows = min(flags.batch_size, flags.test_batch_size)
  if flags.output_norm and flags.eval_norm == norm.BATCH and rows < 2:
    raise UsageError(
      '--batch_size=%d --test_batch_size=%d: statistics of a batch are of at '
      'least 2 rows; or give --eval_norm=moving'
      % (flags.batch_size, flags.test_batch_size)
    )
  types.space(flags)
  shaping.check(flags)
  if flags.child_fixed_arc:
    parse_arc(flags, flags.child_fixed_arc)


def parse_arc(flags, text):
  """The cell that a string means.

  Raises:
    ArcError: it means none, or one that the model has not.
  """
  try:
    return types.space(flags).parse(text)
  except ArcError as error:
    of_words = flags.cell_space == HadamardSpace.type
    settings, cell = configured.split(text)
    if settings and not (of_words or types.settings(flags)):
      raise ArcError(
        '%s; settings in front of a cell are of --hidden_sizes or '
        '--search_optimizer_hparams' % error
      ) from error
    try:
      nodes = (HadamardArc if of_words else RecurrentArc).parse(cell).num_nodes
    except ArcError:
      if of_words or not cell[:1].isalpha():
        raise error from None
      raise ArcError('%s; %s' % (error, _OF_WORDS)) from error
    if nodes == flags.num_blocks:
      raise
    raise ArcError(
      '%s; give --num_blocks=%d for a cell of this size' % (error, nodes)
    ) from error


def child_config(flags, vocabulary_size):
  """child.ChildConfig of the flags."""
  return child.ChildConfig(
    vocab_size=vocabulary_size,
    space=types.space(flags),
    embed_size=flags.shared_embed,
    hidden_size=flags.shared_hid,
    tied=flags.tie_weights,
    edge_weights=flags.edge_weights,
    all_nodes=flags.output == 'all_nodes',
    last_node=flags.next_state == 'last_node',
    state_bound=flags.state_norm_clip or None,
    batch_norm=flags.output_norm,
    eval_norm=flags.eval_norm,
    norm_uniform=flags.bn_uniform_init,
    init_range=flags.init_range,
    drop=child.Drop(
      words=flags.shared_dropoute,
      inputs=flags.shared_dropouti,
      outputs=flags.shared_dropout,
      weights=flags.shared_wdrop,
    ),
    mean_of_ends=flags.output == 'loose_ends',
  )


def child_training(flags, epoch_steps):
  """graphs.ChildTraining; epoch_steps: int, the child's steps an epoch."""
  first = flags.shared_initial_step
  if flags.shared_lr_cosine:
    schedule = _cosine(
      flags, flags.shared_lr, flags.shared_lr_min, epoch_steps, first
    )
  else:
    schedule = schedules.Exponential(
      flags.shared_lr,
      flags.shared_decay,
      epoch_steps,
      first + (flags.shared_decay_after - 1) * epoch_steps,
    )
  amounts = {
    name: getattr(flags, flag + '_amount') if getattr(flags, flag) else 0.0
    for name, flag in (
      ('activation', 'activation_regularization'),
      ('slowness', 'temporal_activation_regularization'),
      ('stabiliser', 'norm_stabilizer_regularization'),
    )
  }
  return graphs.ChildTraining(
    batch_size=flags.batch_size,
    schedule=schedule,
    optimizer=_OPTIMIZERS[flags.shared_optim],
    l2_reg=flags.shared_l2_reg,
    clip=_clip(flags.shared_grad_clip),
    fixed_point=flags.norm_stabilizer_fixed_point,
    rate=flags.shared_lr,
    **amounts,
  )


def _clip(bound):
  return clipping.GlobalNorm(bound) if bound else None


def _cosine(flags, highest, lowest, epoch_steps, first=0):
  """From the highest rate to the lowest in all epochs."""
  return schedules.Cosine(highest, lowest, flags.max_epoch, epoch_steps, first)


def controller_config(flags):
  """controller.ControllerConfig, or None for one cell."""
  if flags.child_fixed_arc:
    return None
  kind = types.TYPES[flags.train_type]
  return controller.ControllerConfig(
    space=types.space(flags),
    lstm_size=flags.controller_hid,
    # As the references derived: another policy than the one that was trained.
    tanh_constant=(
      None if flags.derive_no_tanh and flags.mode != 'train' else flags.tanh_c
    ),
    temperature=flags.softmax_temperature,
    position_embeddings=flags.position_embeddings,
    tied=kind.tied,
    forget_bias=kind.forget_bias,
  )


def controller_training(flags):
  """rewards.ControllerTraining, or None if the controller is not trained."""
  if not flags.controller_training:
    return None
  schedule = schedules.Constant(flags.controller_lr)
  updates = flags.controller_max_step // flags.controller_num_aggregate
  if flags.controller_lr_cosine:
    schedule = _cosine(
      flags, flags.controller_lr_max, flags.controller_lr_min, max(updates, 1)
    )
  return rewards.ControllerTraining(
    batch_size=flags.batch_size,
    schedule=schedule,
    optimizer=_OPTIMIZERS[flags.controller_optim],
    decay=flags.ema_baseline_decay,
    entropy_weight=(
      flags.entropy_coeff if flags.entropy_coeff_final is None else None
    ),
    entropy_in_reward=flags.entropy_mode == 'reward',
    discount=flags.discount if 0 < flags.discount < 1 else None,
    clip=_clip(flags.controller_grad_clip),
    num_aggregate=flags.controller_num_aggregate,
    reward=_reward(flags),
    noisy=flags.noisy_reward,
    extra=types.TYPES[flags.train_type].extra,
    extra_weight=flags.controller_reg_weight,
    perturbed=flags.perturb_eval,
    bonus=bool(flags.capacity_target)
    or flags.extra_gradient in ('response', 'full'),
    lookahead=shaping.lookahead_setting(flags),
  )


def _reward(flags):
  """Function of a perplexity, a float or a tensor."""
  power = 2 if flags.ppl_square else 1
  return lambda perplexity: flags.reward_c / perplexity**power


def run_config(flags):
  """experiment.RunConfig of the flags."""
  return experiment.RunConfig(
    space=types.space(flags),
    output_dir=flags.output_dir,
    seed=flags.seed,
    batch_size=flags.batch_size,
    test_batch_size=flags.test_batch_size,
    bptt=flags.shared_rnn_max_length,
    num_epochs=flags.num_epochs,
    shared_steps=flags.shared_max_step,
    initial_steps=flags.shared_initial_step,
    log_every=flags.log_step,
    derive_every=flags.save_epoch,
    derive_samples=flags.derive_num_sample,
    derive_batches=flags.derive_batches,
    derive_split=flags.derive_split,
    all_nodes=flags.output == 'all_nodes',
    reward=_reward(flags),
    bonus=shaping.capacity_target(flags),
    entropy_weight=shaping.entropy_weight(flags),
    diagnose_every=flags.lookahead_diagnostic_every,
    horizon=flags.lookahead_horizon,
    controller_runs=flags.controller_max_step,
    controller_aggregate=flags.controller_num_aggregate,
    baseline_reset=flags.baseline_reset,
    store_epoch=flags.controller_supervised_store_epoch,
    replay_epoch=flags.controller_supervised_train_epoch,
    curves=flags.use_tensorboard,
    tag='shared_scratch' if flags.mode == 'train_scratch' else 'shared',
  )
