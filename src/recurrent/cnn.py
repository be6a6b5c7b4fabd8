"""`--network_type=cnn`: the macro search of `src.cifar10` by the seeds' flags.

The references have only its flags; what they were for is the macro search of
the paper. Its optimiser and its cosine are the controller's here, as the flags
are called; the shared weights have those of section 3.2 of the paper.
"""

import os

from src.cifar10 import flags as image_flags
from src.cifar10.task import Cifar10
from src.nn import optimizers, schedules
from src.run import flags as flags_lib
from src.run import ranges
from src.run.errors import UsageError
from src.run.flags import Flag

_OPTIMIZERS = {
  'sgd': optimizers.Sgd(),
  'momentum': optimizers.Momentum(0.9, nesterov=False),
  'adam': optimizers.Adam(),
}
_DATASETS = {'cifar': 'cifar10'}

# Of section 3.2 and appendix B of the paper.
SETTINGS = (
  '--search_for=macro --child_num_layers=12 --child_num_branches=6 '
  '--child_l2_reg=0.00025 --child_keep_prob=0.90 '
  '--child_drop_path_keep_prob=0.60 --child_lr_cosine --child_lr_max=0.05 '
  '--child_lr_min=0.001 --child_lr_T_0=10 --child_lr_T_mul=2 '
  '--controller_search_whole_channels --controller_train_every=1 '
  '--controller_sync_replicas --controller_num_aggregate=20 '
  '--controller_train_steps=50 --controller_tanh_constant=2.5 '
  '--controller_temperature=5 --controller_skip_target=0.4 '
  '--controller_skip_weight=0.8'
).split()
# The flag here -> what it is there; only what is given is handed on.
NAMES = {
  'batch_size': 'batch_size',
  'max_epoch': 'num_epochs',
  'random_seed': 'seed',
  'log_step': 'log_every',
  'cnn_hid': 'child_out_filters',
  'entropy_coeff': 'controller_entropy_weight',
  'ema_baseline_decay': 'controller_bl_dec',
  'controller_lr': 'controller_lr',
  'controller_optim': 'controller_optim',
  'controller_lr_cosine': 'controller_lr_cosine',
  'controller_lr_max': 'controller_lr_max',
  'controller_lr_min': 'controller_lr_min',
  'controller_max_step': 'controller_train_steps',
  'tanh_c': 'controller_tanh_constant',
  'softmax_temperature': 'controller_temperature',
  'output_dir': 'output_dir',
  'reset_output_dir': 'reset_output_dir',
  'report': 'report',
  'nan_policy': 'nan_policy',
  'debug': 'debug',
}


class _Flags:
  """The flag table of `Cifar10`, with the controller's optimiser."""

  GROUPS = flags_lib.changed(
    image_flags.GROUPS,
    more={
      'Controller': [
        Flag('controller_optim', tuple(_OPTIMIZERS), 'adam', 'how it moves'),
        Flag(
          'controller_lr_cosine',
          'bool',
          False,
          'its rate follows a cosine over all epochs',
        ),
        Flag('controller_lr_max', 'float', 0.05, 'from this', ranges.POSITIVE),
        Flag(
          'controller_lr_min', 'float', 0.001, 'to this', ranges.NOT_NEGATIVE
        ),
      ]
    },
  )
  WITHOUT_EFFECT = image_flags.WITHOUT_EFFECT


class Cnn(Cifar10):
  """A macro search whose controller moves as the flags say."""

  flag_table = _Flags

  def controller_training(self, flags, num_rewards):
    training = super().controller_training(flags, num_rewards)
    if training is None:
      return None
    if flags.controller_lr_cosine:
      training = training._replace(
        schedule=schedules.Cosine(
          flags.controller_lr_max,
          flags.controller_lr_min,
          flags.num_epochs,
          flags.controller_train_steps,
        )
      )
    optimizer = _OPTIMIZERS[flags.controller_optim]
    return training._replace(optimizer=optimizer)


def command(flags, given):
  """The command line of `Cnn` that flags of ENAS-pytorch mean.

  Args:
    flags: flag values; the output_dir is set.
    given: set of the names that were given.

  Raises:
    UsageError: a mode that searches of images do not have.
  """
  if flags.mode != 'train':
    raise UsageError(
      '--network_type=cnn --mode=%s: src.cifar10.main has modes of its own for '
      'the runs of this search' % flags.mode
    )
  name = _DATASETS.get(flags.dataset, flags.dataset)
  words = ['--data_path=' + os.path.join(flags.data_dir, name)]
  for ours, theirs in NAMES.items():
    value = getattr(flags, ours)
    if ours not in given and ours not in ('output_dir', 'cnn_hid'):
      continue
    if isinstance(value, bool):
      words.append('--%s%s' % ('' if value else 'no', theirs))
    else:
      words.append('--%s=%s' % (theirs, value))
  return ['train_regular'] + SETTINGS + words
