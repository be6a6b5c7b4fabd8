"""All flags of `src.cifar10.main`: upstream's names and defaults, and ours."""

from src.cifar10 import reward_cost
from src.run import common_flags, ranges
from src.run.flags import Flag

# Two reductions leave 2x2 of it.
SMALLEST = 8

GROUPS = [
  (
    'What to do',
    [
      Flag(
        'mode',
        ('train', 'eval', 'derive', 'export', 'retrain'),
        'train',
        'train; score given architectures with a checkpoint; sample '
        'architectures from it and rank them; write its fixed network as a '
        'SavedModel; or train given architectures from scratch and rank them',
        may_change=True,
      ),
      Flag(
        'search_for',
        ('macro', 'branch', 'connection', 'micro'),
        None,
        'search space: whole networks (macro; branch is another name of it, '
        'connection searches skips only) or cells (micro)',
        needed='macro, branch, connection or micro',
      ),
      *common_flags.named('output_dir', 'reset_output_dir', 'seed', 'debug'),
    ],
  ),
  (
    'Data',
    [
      Flag(
        'data_path',
        'str',
        '',
        'folder of folders of images, one for each class; or a CSV of '
        'path,label; or an .npz file; or the folder with the batches of CIFAR, '
        'or with its archive carried there by hand',
        needed='the folder of the data set',
        may_change=True,
        inherited=True,
      ),
      Flag(
        'download',
        'bool',
        False,
        'fetch the official archive of CIFAR-10 into data_path if it is not '
        'there; with --num_classes=100 or 20 that of CIFAR-100',
        may_change=True,
      ),
      Flag(
        'num_valids',
        'int',
        5000,
        'images of batches held out of the training set for a search; fixed '
        'networks train on all',
      ),
      Flag(
        'num_classes',
        'int',
        None,
        'number of labels; that of the data unless given, of batches 10 (named '
        'in batches.meta.txt beside them)',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'multi_label',
        'bool',
        False,
        'images of a CSV or of arrays may have any number of labels, and '
        'networks end in sigmoids',
      ),
      Flag(
        'child_img_size',
        'int',
        32,
        'side in pixels of the squares that networks see: the middle of each '
        'image, resized',
        ranges.at_least(SMALLEST),
      ),
      Flag(
        'split_fraction',
        'float',
        0.1,
        'share of each class that becomes the validation or the test split '
        'where own images have none',
        ranges.PROPER_FRACTION,
      ),
      Flag('split_seed', 'int', 0, 'which images those are'),
      Flag(
        'skip_unreadable_images',
        'bool',
        False,
        'go on without damaged images instead of ending with their names',
      ),
      Flag(
        'loader_threads',
        'int',
        4,
        'images that are decoded at a time',
        ranges.AT_LEAST_ONE,
        may_change=True,
      ),
      Flag(
        'decoded_mb',
        'int',
        1024,
        'images stay decoded in memory if all take no more than this many '
        'megabytes; more of them are decoded anew in each pass',
        ranges.NOT_NEGATIVE,
        may_change=True,
      ),
      Flag(
        'data_format',
        ('auto', 'NHWC', 'NCHW'),
        'auto',
        'layout of image tensors; auto: NCHW on a GPU, NHWC on a CPU '
        '(upstream: NHWC)',
        inherited=False,
      ),
      Flag(
        'batch_size',
        'int',
        32,
        'images a training or reward batch',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_cutout_size',
        'int',
        None,
        'side in pixels of the square cut out of training images',
        ranges.AT_LEAST_ONE,
      ),
    ],
  ),
  (
    'Training',
    [
      *common_flags.named('num_epochs'),
      Flag(
        'keep_checkpoints',
        'int',
        3,
        'checkpoints to keep, beside the one with the best validation accuracy '
        '(upstream: 2)',
        ranges.AT_LEAST_ONE,
        may_change=True,
      ),
      *common_flags.named(
        'nan_policy',
        'log_every',
        'eval_every_epochs',
        'report',
        'cluster_timeout',
      ),
    ],
  ),
  (
    'Child',
    [
      *common_flags.named('child_fixed_arc'),
      Flag(
        'child_num_layers',
        'int',
        5,
        'number of layers; micro networks have the reduction cells more',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_num_reductions',
        'int',
        2,
        'how often networks halve the resolution; more of it makes a search on '
        'large images cheaper, while fixed networks grow wider',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_out_filters',
        'int',
        48,
        'filters of the first layer',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_out_filters_scale',
        'int',
        1,
        'multiplies child_out_filters; macro only',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_num_branches',
        'int',
        4,
        'how many of the six operations there are: 4 leaves out pooling, 5 '
        'max pooling; 5 for micro cells, which have five operations',
      ),
      Flag(
        'child_keep_prob',
        'float',
        0.5,
        'probability to keep a value before the classifier',
        ranges.KEEP_PROBABILITY,
      ),
      Flag(
        'child_l2_reg',
        'float',
        1e-4,
        'weight of the sum of squares of all weights',
        ranges.NOT_NEGATIVE,
      ),
      Flag(
        'child_clip_gradients',
        'bool',
        False,
        'really clip each gradient to child_grad_bound; upstream does not, '
        'by a mistake its settings were tuned with',
      ),
      Flag(
        'child_grad_bound',
        'float',
        5.0,
        'largest norm of a gradient, with child_clip_gradients',
        ranges.POSITIVE,
      ),
      Flag(
        'child_lr',
        'float',
        0.1,
        'learning rate without child_lr_cosine',
        ranges.POSITIVE,
      ),
      Flag(
        'child_lr_dec_every',
        'int',
        100,
        'epochs between two decays of it',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_lr_dec_rate',
        'float',
        0.1,
        'factor of each decay',
        ranges.POSITIVE,
      ),
      Flag(
        'child_lr_cosine',
        'bool',
        False,
        'cosine learning rate with warm restarts',
      ),
      Flag('child_lr_max', 'float', None, 'its highest value', ranges.POSITIVE),
      Flag(
        'child_lr_min', 'float', None, 'its lowest value', ranges.NOT_NEGATIVE
      ),
      Flag(
        'child_lr_T_0',
        'int',
        None,
        'epochs of the first period',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_lr_T_mul',
        'int',
        None,
        'how much longer each next one is',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_fixed_separable',
        'bool',
        False,
        'build separable operations of fixed networks as such; upstream '
        'builds plain convolutions, which its published accuracy is for',
      ),
      Flag(
        'child_fixed_layers',
        ('published', 'search'),
        'published',
        'what layers of fixed macro networks are: published ones, which '
        'concatenate what is skipped in and have twice the filters after each '
        'reduction, or those of the search, which add at constant width',
      ),
      Flag(
        'child_branch_binding',
        ('selected', 'last'),
        'selected',
        'last: whatever is sampled, the last operation runs, as upstream '
        'does by a mistake',
      ),
      Flag(
        'child_eval_bn',
        ('moving', 'batch'),
        'moving',
        'statistics by which a macro search normalises in rewards and '
        'evaluations: moving ones, which mix those of all architectures, as '
        'upstream, or those of the batch. Without effect elsewhere: fixed '
        'networks have moving ones, micro searches those of the batch',
      ),
      Flag(
        'child_sync_replicas',
        'bool',
        False,
        'average child_num_aggregate gradients per update',
      ),
      Flag(
        'child_num_aggregate',
        'int',
        None,
        'see child_sync_replicas',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_num_replicas',
        'int',
        1,
        'workers of TF_CONFIG; without it one process is one worker, so only 1',
        common_flags.ONE_REPLICA,
        may_change=True,
      ),
      Flag(
        'child_num_cells',
        'int',
        5,
        'blocks a cell; micro only, without effect in macro spaces',
        ranges.AT_LEAST_ONE,
      ),
      Flag(
        'child_use_aux_heads',
        'bool',
        False,
        'train with a second classifier on the layer after the last reduction; '
        'micro only, without effect in macro spaces',
      ),
      Flag(
        'child_drop_path_keep_prob',
        'float',
        1.0,
        'probability to keep a path of the last layer at the end of training; '
        'fixed micro networks only, without effect elsewhere',
        ranges.KEEP_PROBABILITY,
      ),
      Flag(
        'child_eval_dropout',
        'bool',
        True,
        'drop values in evaluations and rewards of a micro search too, as '
        'upstream; without effect elsewhere',
      ),
      Flag(
        'child_train_aux_head',
        'bool',
        False,
        'train the weights of the second classifier too; upstream keeps them '
        'as they are drawn. Micro only, without effect in macro spaces',
      ),
    ],
  ),
  (
    'Controller',
    [
      *common_flags.named('controller_training'),
      Flag(
        'controller_search_whole_channels',
        'bool',
        False,
        'one operation a layer; otherwise each gives a range of channels',
      ),
      *common_flags.named(
        'controller_train_every',
        'child_arcs',
        'controller_train_steps',
        'controller_sync_replicas',
        'controller_num_aggregate',
        'controller_num_replicas',
        'controller_lr',
      ),
      Flag(
        'controller_lr_dec_rate',
        'float',
        1.0,
        'factor of its decay every million updates',
        ranges.POSITIVE,
      ),
      *common_flags.named(
        'controller_l2_reg',
        'controller_bl_dec',
        'controller_baseline',
        'controller_shared_batch',
      ),
      Flag(
        'controller_reward_batch_size',
        'int',
        None,
        'images a reward is measured on; batch_size unless given',
        ranges.AT_LEAST_ONE,
      ),
      *common_flags.named('controller_entropy_weight'),
      Flag(
        'reward_cost',
        'str',
        None,
        'params or madds, a target and a weight, as madds:200e6:0.5: the '
        "reward loses weight x (cost / target - 1) where an architecture's "
        'fixed network, with the layers and filters of the search, costs more',
        reward_cost.RANGE,
      ),
      Flag(
        'controller_full_entropy',
        'bool',
        False,
        "take the entropy of every choice, not upstream's -p log p of the "
        'sampled one',
      ),
      *common_flags.named('controller_tanh_constant', 'controller_temperature'),
      Flag(
        'controller_skip_target',
        'float',
        0.8,
        'skip rate that is free of penalty',
        ranges.PROPER_FRACTION,
      ),
      Flag(
        'controller_skip_weight',
        'float',
        0.0,
        'weight of the penalty on other skip rates',
        ranges.NOT_NEGATIVE,
      ),
      Flag(
        'controller_skip_penalty',
        ('sigmoid', 'softmax'),
        'sigmoid',
        'probability of a skip that is penalised: of its logit alone, as '
        'upstream, by which a target of 0.4 aims at 0.308; or the one it is '
        'sampled with. Without effect in micro spaces',
      ),
      Flag(
        'random_skip_probability',
        'float',
        0.5,
        'probability of each skip of architectures drawn at random; macro '
        'only, without effect in micro spaces',
        ranges.PROBABILITY,
      ),
      Flag(
        'controller_op_tanh_reduce',
        'float',
        1.0,
        'divides controller_tanh_constant for operations; micro only, without '
        'effect in macro spaces',
        ranges.POSITIVE,
      ),
    ],
  ),
  (
    'Evaluation (--mode=eval, --mode=derive, --mode=export)',
    [
      *common_flags.named('checkpoint_path'),
      Flag(
        'eval_split',
        ('valid', 'test', 'derive'),
        'valid',
        'images to score on; derive: those that derive_split has kept',
        may_change=True,
      ),
      *common_flags.named(
        'eval_arcs_file',
        'eval_output',
        'derive_samples',
        'derive_from',
        'derive_split',
        'derive_output',
        'export_dir',
        'export_version',
      ),
    ],
  ),
  (
    'Training several architectures of eval_arcs_file (--mode=retrain)',
    common_flags.named('retrain_top', 'retrain_seeds', 'retrain_jobs'),
  ),
]

# Flags that upstream defines, or its scripts pass, and nothing there reads.
WITHOUT_EFFECT = (
  'child_filter_size',
  'child_block_size',
  'child_skip_pattern',
  'child_num_cell_layers',
  'controller_keep_prob',
  'controller_forwards_limit',
  'controller_use_critic',
)
