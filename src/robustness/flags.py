"""All flags of `src.robustness.driver`: those of a macro search, and its own.

Defaults are what rhubarbwu/ENAS-Experiments does; `TF` is in what
melodyguan/enas differs, which --compat=tf chooses.
"""

from src.cifar10 import flags as image_flags
from src.run import flags as flags_lib
from src.run import ranges
from src.run.flags import Flag

# What belongs to other searches, or cannot be otherwise here, and its value.
FIXED = {
  'search_for': 'macro',
  'child_num_branches': 6,
  'child_num_cells': 5,
  'child_use_aux_heads': False,
  'child_drop_path_keep_prob': 1.0,
  'child_eval_dropout': True,
  'child_train_aux_head': False,
  'child_out_filters_scale': 1,
  'child_lr': 0.1,
  'child_lr_dec_every': 100,
  'child_lr_dec_rate': 0.1,
  'child_lr_cosine': True,
  'child_branch_binding': 'selected',
  'child_sync_replicas': False,
  'child_num_aggregate': None,
  'child_num_replicas': 1,
  'controller_num_replicas': 1,
  'controller_sync_replicas': True,
  'controller_search_whole_channels': True,
  'controller_op_tanh_reduce': 1.0,
  'controller_lr_dec_rate': 1.0,
  'cluster_timeout': 120.0,
}
# Follows from others, see `task.settle`.
_FOLLOWS = ('controller_training',)

# Rows of other tables with a default of the experiments.
_DEFAULTS = {
  'num_epochs': 300,
  'seed': 69,
  'batch_size': 128,
  'child_num_layers': 12,
  'child_out_filters': 36,
  'child_keep_prob': 0.9,
  'child_l2_reg': 0.00025,
  'child_clip_gradients': True,
  'child_grad_bound': 5.0,
  'child_lr_max': 0.05,
  'child_lr_min': 0.0005,
  'child_lr_T_0': 10,
  'child_lr_T_mul': 2,
  'child_eval_bn': 'batch',
  'controller_train_every': 1,
  'controller_train_steps': 50,
  'controller_num_aggregate': 20,
  'controller_baseline': 'from_first',
  'controller_entropy_weight': 0.0001,
  'controller_full_entropy': True,
  'controller_tanh_constant': 1.5,
  'controller_skip_target': 0.4,
  'controller_skip_weight': 0.8,
  'random_skip_probability': 0.4,
}

# Of those below, what a network and its images are made of.
OF_NETWORKS = (
  'avgpool_count_pad', 'separable_mixes', 'fixed_statistics',
  'child_norm_first_layer', 'child_classifier_bias', 'child_initial',
)  # fmt: skip

TF = {
  'num_epochs': 310,
  'skip_from_stem': True,
  'avgpool_count_pad': False,
  'separable_mixes': True,
  'fixed_statistics': False,
  'valid_augmented': False,
  'child_norm_first_layer': False,
  'child_classifier_bias': False,
  'child_initial': 'he_normal',
  'child_eval_bn': 'moving',
  'child_l2_halved': False,
  'child_clip_gradients': False,
  'child_lr_restarts': True,
  'controller_lstm_bias': False,
  'controller_keeps_skip_state': True,
  'controller_full_entropy': False,
  'controller_entropy_gradient': False,
  'controller_baseline': 'global',
  'controller_grad_bound': 0.0,
  'controller_random_batches': False,
}

_OWN = [
  (
    'The experiment',
    [
      Flag('set', 'str', 'baseline', 'set of experiments; --list shows them'),
      Flag('experiment', 'str', 'space_0', 'which one of the set'),
      Flag(
        'experiments_dir',
        'str',
        'experiments',
        'folder of sets of your own: a folder each, with a JSON file for each '
        'experiment',
        may_change=True,
      ),
      Flag(
        'dataset',
        ('cifar10', 'cifar100'),
        None,
        'instead of the data set that the experiment names',
      ),
      Flag(
        'compat',
        ('ref', 'tf'),
        'ref',
        'defaults of all that rhubarbwu/ENAS-Experiments (ref) and '
        'melodyguan/enas (tf) do differently; flags that are given count',
      ),
      Flag(
        'controller',
        ('rl', 'uniform', 'frozen'),
        'rl',
        'who samples: a controller that learns; nobody, all operations being '
        'equally likely, and skips as random_skip_probability says; or a '
        'controller that does not learn',
      ),
      Flag(
        'dedup_actions',
        'bool',
        False,
        'one action for each operation, however often the experiment lists it',
      ),
      Flag(
        'skip_from_stem',
        'bool',
        False,
        'skips may come from the stem, as in ENAS, and not from the layer '
        'before; tf: on',
      ),
      Flag(
        'eval_mode',
        ('ref', 'clean'),
        'ref',
        'what the columns val and test are measured with: ref, with dropout '
        'and noise in force; clean, without. Both are recorded',
      ),
      Flag(
        'results_dir',
        'str',
        'results',
        'folder of the tables of all experiments',
        may_change=True,
      ),
      Flag(
        'checkpoints_dir',
        'str',
        'checkpoints',
        'folder of the run directories of all experiments',
        may_change=True,
      ),
      Flag(
        'restart',
        'bool',
        False,
        'delete what an earlier run of the experiment left and start over',
        may_change=True,
      ),
    ],
  ),
  (
    'From a search to a network of its own',
    [
      Flag(
        'derive',
        'int',
        None,
        'rank so many architectures that the controller of the concluded or '
        'unfinished search samples, on its validation images',
        ranges.AT_LEAST_ONE,
        may_change=True,
      ),
      Flag(
        'fixed_arc',
        'str',
        None,
        'train this architecture from scratch for EPOCHS, beside the run of '
        'the search; auto: the best of --derive (100)',
        may_change=True,
      ),
    ],
  ),
  (
    'What two implementations do differently',
    [
      Flag(
        'avgpool_count_pad',
        'bool',
        True,
        'average pooling counts the zeros beyond the edge; tf: off',
      ),
      Flag(
        'separable_mixes',
        'bool',
        False,
        'separable convolutions mix channels instead of scaling each; tf: on',
      ),
      Flag(
        'fixed_statistics',
        'bool',
        True,
        'standardise by constants, not by the mean and deviation of the '
        'training images; tf: off',
      ),
      Flag(
        'valid_augmented',
        'bool',
        True,
        'crop and mirror validation images at random too, and leave out what '
        'is no full batch of them; tf: off',
      ),
      Flag(
        'child_norm_first_layer',
        'bool',
        True,
        'the first layer ends with a batch norm too; tf: off',
      ),
      Flag(
        'child_classifier_bias',
        'bool',
        True,
        'the classifier has a bias; tf: off',
      ),
      Flag(
        'child_initial',
        ('he_uniform', 'he_normal'),
        'he_uniform',
        'first values of kernels; tf: he_normal',
      ),
      Flag(
        'child_l2_halved',
        'bool',
        True,
        'child_l2_reg times a weight is added to its gradient, not twice that; '
        'tf: off',
      ),
      Flag(
        'child_lr_restarts',
        'bool',
        False,
        'the learning rate jumps back to its highest value instead of going '
        'there as it came; tf: on',
      ),
      Flag(
        'controller_lstm_bias', 'bool', True, 'its LSTM has biases; tf: off'
      ),
      Flag(
        'controller_keeps_skip_state',
        'bool',
        False,
        'its LSTM goes on from the state in which skips were chosen; tf: on',
      ),
      Flag(
        'controller_entropy_gradient',
        'bool',
        True,
        'differentiate the entropy in the reward too, which lowers it; tf: off',
      ),
      Flag(
        'controller_grad_bound',
        'float',
        5.0,
        "largest norm of the controller's gradients, 0 for none; tf: 0",
        ranges.NOT_NEGATIVE,
      ),
      Flag(
        'controller_random_batches',
        'bool',
        True,
        'draw each reward batch from all validation images instead of the next '
        'one of a pass; tf: off',
      ),
    ],
  ),
]

_CHANGED = {
  'data_path': {'needed': None},
  'child_clip_gradients': {
    'help': 'clip the gradients of the child to a common norm of '
    'child_grad_bound; an update whose gradient overflows is passed over; '
    'tf: off'
  },
  'child_lr_T_0': {
    'help': 'epochs from the highest rate to the lowest, of the first period'
  },
  'child_lr_T_mul': {
    'help': 'how much longer each next period is, with child_lr_restarts'
  },
}


def _row(flag):
  changes = dict(_CHANGED.get(flag.name, {}))
  if flag.name in _DEFAULTS:
    changes['default'] = _DEFAULTS[flag.name]
  return flag._replace(**changes)


GROUPS = _OWN + [
  (heading, [_row(flag) for flag in group])
  for heading, group in flags_lib.changed(
    image_flags.GROUPS, tuple(FIXED) + _FOLLOWS, {}
  )
]

WITHOUT_EFFECT = image_flags.WITHOUT_EFFECT
