"""Flags of `src.pnas.main`: of an image task, and what says which cells.

What other searches have stands in `FIXED`, as that task reads it.
"""

from src.cifar10 import flags as image_flags
from src.run import common_flags, ranges
from src.run import flags as flags_lib
from src.run.flags import Flag, Unread

_DEFAULTS = {
  row.name: row.default for row in flags_lib.rows(image_flags.GROUPS)
}
_CONTROLLER = [
  row.name
  for heading, group in image_flags.GROUPS
  if heading == 'Controller'
  for row in group
]
_NOT_OURS = [
  'child_num_layers',
  'child_out_filters',
  'child_out_filters_scale',
  'child_num_branches',
  'child_num_cells',
  'child_lr_cosine',
  'child_fixed_separable',
  'child_fixed_layers',
  'child_branch_binding',
  'child_eval_bn',
  'child_eval_dropout',
  'child_sync_replicas',
  'child_num_aggregate',
  'child_num_replicas',
  'cluster_timeout',
  'derive_samples',
  'derive_from',
  'derive_split',
  'derive_output',
]
FIXED = dict(
  [(name, _DEFAULTS[name]) for name in _CONTROLLER + _NOT_OURS],
  search_for='micro',
  child_num_branches=5,
  controller_training=False,
)

_FLAT = Unread(lambda flags: flags.cell == 'flat', 'with --cell=flat')

CELL = [
  Flag(
    'cell',
    ('dag', 'flat'),
    'dag',
    'dag: blocks read the cells and blocks that they name, and add; flat: two '
    "cells as titu1994's, whose operations all read the input of the cell",
  ),
  Flag(
    'operators',
    'str',
    None,
    'names of the operations, with commas between them; the eight of the paper '
    'unless given',
  ),
  Flag(
    'B',
    'int',
    None,
    'most blocks of a cell; those of the one that is trained unless given',
    ranges.AT_LEAST_ONE,
  ),
  Flag(
    'lookback',
    'int',
    None,
    'the earliest cell that a block may read, -2 to 0; -2 unless given, 0 in '
    'flat cells',
    ranges.between(-2, 0),
  ),
  Flag(
    'lookforward',
    'int',
    None,
    'how many of the blocks before it a block may read; all unless given, none '
    'in flat cells',
    ranges.NOT_NEGATIVE,
  ),
  Flag(
    'concat',
    ('unused', 'all'),
    'unused',
    'which blocks are the output of a cell: those that no block reads, or all',
    unread=_FLAT,
  ),
  Flag(
    'N',
    'int',
    3,
    'cells in each stage of a network',
    ranges.AT_LEAST_ONE,
    unread=_FLAT,
  ),
  Flag(
    'F', 'int', 48, 'filters of the blocks in the first stage',
    ranges.AT_LEAST_ONE,
  ),
]  # fmt: skip

TRAINING = [
  Flag(
    'child_optimizer',
    ('adam', 'momentum'),
    'adam',
    'who updates the weights: Adam, or Nesterov momentum',
  ),
  Flag(
    'child_lr_schedule',
    ('cosine', 'restarts', 'decay'),
    'cosine',
    'learning rate: from child_lr down to child_lr_floor of it over the whole '
    'training, step by step; cosines with warm restarts (child_lr_max and so '
    'on); or child_lr, that decays each child_lr_dec_every epochs',
  ),
  Flag(
    'child_lr_floor',
    'float',
    0.1,
    'share of child_lr that the cosine ends at',
    ranges.PROBABILITY,
  ),
  Flag(
    'augment',
    'bool',
    True,
    'shift and mirror training images at random',
  ),
]

_DATA = [
  Flag(
    'dataset',
    ('cifar10', 'cifar100'),
    'cifar10',
    'what is in data/cifar10 and data/cifar100, where data_path is not given',
  ),
  Flag(
    'subset',
    'int',
    None,
    'train on so many images only, the first of them',
    ranges.AT_LEAST_ONE,
  ),
  Flag(
    'input_scaling',
    ('standard', 'unit'),
    'standard',
    "standard: values less the training images' mean, over their deviation; "
    'unit: values from 0 to 1',
  ),
]

_OTHER_DEFAULTS = {
  'num_valids': 0,
  'batch_size': 128,
  'child_keep_prob': 1.0,
  'child_l2_reg': 0.0,
  'child_lr': 0.001,
}
_CHANGED = {
  'mode': {
    'kind': ('train', 'eval', 'export', 'retrain'),
    'help': 'train; score a checkpoint; write its network as a SavedModel; or '
    'train given cells from scratch and rank them',
  },
  'data_path': {'needed': None},
  'child_fixed_arc': {
    'help': 'cell to train: of each block input, operation, input, operation; '
    'inputs -1 and -2 are the cells before, 0 and up are blocks, operations '
    'are numbers or names. Or a file with it, or - for standard input',
  },
  'num_valids': {
    'help': 'images of batches held out of the training set: the network is '
    'judged by them and not by the test set, and the best epoch is kept'
  },
  'child_lr': {'help': 'highest learning rate'},
  'child_use_aux_heads': {
    'help': 'train with a second classifier behind the last reduction',
    'unread': _FLAT,
  },
  'child_train_aux_head': {
    'help': 'train the weights of the second classifier too; upstream keeps '
    'them as they are drawn'
  },
  'child_drop_path_keep_prob': {
    'help': 'probability to keep a path of the last cell at the end of '
    'training',
    'unread': _FLAT,
  },
  'eval_split': {
    'kind': ('valid', 'test'),
    'default': 'test',
    'help': 'images to score on',
  },
}


def _row(flag):
  changes = dict(_CHANGED.get(flag.name, {}))
  if flag.name in _OTHER_DEFAULTS:
    changes['default'] = _OTHER_DEFAULTS[flag.name]
  return flag._replace(**changes)


GROUPS = [('Cells', CELL)] + [
  (heading, [_row(flag) for flag in group])
  for heading, group in flags_lib.changed(
    image_flags.GROUPS, tuple(FIXED), {'Data': _DATA, 'Training': TRAINING}
  )
  if heading != 'Controller'
]

WITHOUT_EFFECT = image_flags.WITHOUT_EFFECT + tuple(
  row.name for row in common_flags.named('controller_training')
)
