"""`--network_type=cnn`: the macro search of `src.cifar10` by the seeds' flags.

The references have only its flags; what they were for is the macro search of
the paper. Its optimiser and its cosine are the controller's here, as the flags
are called; the shared weights have those of section 3.2 of the paper.
"""

import os
import re

from src.cifar10 import flags as image_flags
from src.cifar10 import layout
from src.cifar10.task import Cifar10
from src.nn import optimizers, schedules
from src.recurrent import run_dirs
from src.run import flags as flags_lib
from src.run import ranges
from src.run.errors import RunError, UsageError
from src.run.flags import Flag

_OPTIMIZERS = {
  'sgd': optimizers.Sgd(),
  'momentum': optimizers.Momentum(0.9, nesterov=False),
  'adam': optimizers.Adam(),
}
_DATASETS = {'cifar': 'cifar10'}
# What the references list; the search has all six of the paper, or none.
CNN_TYPES = ('3x3', '5x5', 'sep 3x3', 'sep 5x5', 'max 3x3', 'max 5x5')
_MOST_VALIDS = 5000  # of the 50,000 images of the paper
_IMAGE_BYTES = 3 * 32 * 32
_AGGREGATE = 20

# Of section 3.2 and appendix B of the paper.
SETTINGS = (
  '--search_for=macro --child_num_layers=12 --child_num_branches=6 '
  '--child_l2_reg=0.00025 --child_keep_prob=0.90 '
  '--child_drop_path_keep_prob=0.60 --child_lr_cosine --child_lr_max=0.05 '
  '--child_lr_min=0.001 --child_lr_T_0=10 --child_lr_T_mul=2 '
  '--controller_search_whole_channels --controller_train_every=1 '
  '--controller_sync_replicas --controller_num_aggregate=%d '
  '--controller_train_steps=50 --controller_tanh_constant=2.5 '
  '--controller_temperature=5 --controller_skip_target=0.4 '
  '--controller_skip_weight=0.8' % _AGGREGATE
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
  'controller_num_aggregate': 'controller_num_aggregate',
  'max_save_num': 'keep_checkpoints',
  'download': 'download',
  'output_dir': 'output_dir',
  'reset_output_dir': 'reset_output_dir',
  'report': 'report',
  'nan_policy': 'nan_policy',
  'debug': 'debug',
}
# Read here.
_READ = {
  'network_type', 'mode', 'dataset', 'data_dir', 'log_dir', 'num_valids',
  'shared_cnn_types',
}  # fmt: skip
_OURS = {theirs: ours for ours, theirs in NAMES.items()}
_OURS['data_path'] = 'dataset'
# CIFAR-100 has to be fetched by hand.
_OF_CIFAR100 = ', or run again with --download --num_classes=100'


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

  def check(self, flags):
    try:
      super().check(flags)
    except UsageError as error:
      raise UsageError(_in_our_words(error)) from error

  def read_data(self, flags, log):
    try:
      return super().read_data(flags, log)
    except RunError as error:
      raise RunError(_in_our_words(error)) from error

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


def _in_our_words(error):
  """What an error says, with the flags that there are here."""
  return re.sub(
    r'--(\w+)',
    lambda match: '--' + _OURS.get(match.group(1), match.group(1)),
    str(error).replace(_OF_CIFAR100, ''),
  )


def notices(given):
  """A line for each flag that was given though this search has it not."""
  return [
    '--%s has no effect with --network_type=cnn: ignored' % name
    for name in sorted(set(given) - set(NAMES) - _READ)
  ]


def command(flags, given):
  """The command line of `Cnn` that flags of ENAS-pytorch mean.

  Args:
    flags: flag values; the output_dir is set.
    given: set of the names that were given.

  Raises:
    UsageError: a mode, a run to go on with or operations that searches of
      images do not have.
  """
  _check(flags)
  name = _DATASETS.get(flags.dataset, flags.dataset)
  path = run_dirs.data_set(flags.data_dir, name)
  words = [
    '--data_path=' + path,
    '--num_valids=%d' % (flags.num_valids or _tenth(path)),
  ]
  for ours, theirs in NAMES.items():
    value = getattr(flags, ours)
    if ours not in given and ours not in ('output_dir', 'cnn_hid'):
      continue
    if ours == 'controller_max_step':  # there it counts updates
      value = max(value // _aggregate(flags, given), 1)
    if isinstance(value, bool):
      words.append('--%s%s' % ('' if value else 'no', theirs))
    else:
      words.append('--%s=%s' % (theirs, value))
  return ['train_regular'] + SETTINGS + words


def _check(flags):
  if flags.mode != 'train':
    raise UsageError(
      '--network_type=cnn --mode=%s: src.cifar10.main has modes of its own for '
      'the runs of this search' % flags.mode
    )
  if flags.load_path:
    raise UsageError(
      '--network_type=cnn --load_path=%s: give that folder as --output_dir, '
      'and the search in it goes on' % flags.load_path
    )
  types = [name.strip() for name in flags.shared_cnn_types.split(',')]
  if flags.shared_cnn_types and sorted(types) != sorted(CNN_TYPES):
    raise UsageError(
      '--shared_cnn_types=%s: the macro search has all six operations, %s; '
      'leave it out' % (flags.shared_cnn_types, ', '.join(CNN_TYPES))
    )


def _aggregate(flags, given):
  """Rewards an update."""
  if 'controller_num_aggregate' in given:
    return max(flags.controller_num_aggregate, 1)
  return _AGGREGATE


def _tenth(path):
  """A tenth of the training images of batches, as in the paper; at most its.

  What there is to complain of is told where they are read.
  """
  try:
    found = layout.find(path)
    if not isinstance(found, layout.Batches):
      return _MOST_VALIDS
    size = sum(
      os.path.getsize(os.path.join(found.folder, name)) for name in found.train
    )
  except (OSError, RunError):
    return _MOST_VALIDS
  count = size // (_IMAGE_BYTES + found.label_bytes)
  return min(max(count // 10, 1), _MOST_VALIDS)
