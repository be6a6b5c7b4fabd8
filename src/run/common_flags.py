"""Flags that mean the same in every task, so that each is described once.

A task with another default says so with `named`.
"""

from src.run import ranges
from src.run.errors import UsageError
from src.run.flags import Flag, Unread

# `src/nn/baselines.py` says what each is.
BASELINES = (
  'global', 'from_first', 'debiased', 'per_batch', 'per_update',
  'leave_one_out',
)  # fmt: skip
_OF_ONE_UPDATE = ('per_update', 'leave_one_out')

# Without TF_CONFIG; with it, `cluster.tf_config` checks first.
ONE_REPLICA = ranges.Range(
  lambda value: value == 1,
  'one process is one replica, expected 1; --controller_num_aggregate averages '
  'gradients within it',
)

_FLAGS = [
  Flag(
    'output_dir',
    'str',
    '',
    'run directory: log, metrics, checkpoints; an existing run goes on '
    'from its last checkpoint',
    may_change=True,
  ),
  Flag(
    'reset_output_dir',
    'bool',
    False,
    'delete what an earlier run left in output_dir and start over',
    may_change=True,
  ),
  Flag('seed', 'int', 0, 'the same seed gives the same run'),
  Flag('debug', 'bool', False, 'show tracebacks', may_change=True),
  Flag(
    'num_epochs',
    'int',
    300,
    'epochs to train',
    ranges.AT_LEAST_ONE,
    may_change=True,
  ),
  Flag(
    'nan_policy',
    ('stop', 'rollback'),
    'stop',
    'when a loss or gradient is not a number: stop, or go back to the last '
    'checkpoint and try other random numbers, at most three times',
    may_change=True,
  ),
  Flag(
    'log_every',
    'int',
    50,
    'steps between two log lines',
    ranges.AT_LEAST_ONE,
    may_change=True,
  ),
  Flag(
    'eval_every_epochs',
    'int',
    1,
    'epochs between two evaluations (and controller phases)',
    ranges.AT_LEAST_ONE,
  ),
  Flag(
    'report',
    'bool',
    True,
    'write report.html into output_dir at the end of each epoch',
    may_change=True,
  ),
  Flag(
    'child_fixed_arc',
    'str',
    None,
    'architecture to train: numbers, a file with them, or - for standard '
    'input; without it, search',
    is_arc=True,
  ),
  Flag(
    'controller_training',
    'bool',
    True,
    'train the controller; without it a search samples at random. Must '
    'be off for a fixed network',
  ),
  Flag(
    'controller_train_every',
    'int',
    2,
    'epochs between two controller phases',
    ranges.AT_LEAST_ONE,
  ),
  Flag(
    'child_arcs',
    ('controller', 'random'),
    'controller',
    'who chooses the architectures that a search trains the child with: the '
    'controller, or nobody, all choices being equally likely',
  ),
  Flag(
    'controller_train_steps',
    'int',
    50,
    'updates a controller phase',
    ranges.AT_LEAST_ONE,
  ),
  Flag(
    'controller_sync_replicas',
    'bool',
    False,
    'average controller_num_aggregate gradients per update',
  ),
  Flag(
    'controller_num_aggregate',
    'int',
    1,
    'architectures per controller_train_steps',
    ranges.AT_LEAST_ONE,
  ),
  Flag(
    'controller_num_replicas',
    'int',
    1,
    "workers that compute the controller's gradients: all of TF_CONFIG, or 1; "
    'without TF_CONFIG one process is one worker, so only 1',
    ONE_REPLICA,
    may_change=True,
  ),
  Flag(
    'cluster_timeout',
    'float',
    120.0,
    'with TF_CONFIG, seconds after which a member that gives no sign, or work '
    'that is not finished, counts as lost; at the start ten times that',
    ranges.AT_LEAST_ONE,
    may_change=True,
  ),
  Flag('controller_lr', 'float', 1e-3, 'learning rate (Adam)', ranges.POSITIVE),
  Flag(
    'controller_l2_reg',
    'float',
    0.0,
    'weight of the sum of squares of its weights',
    ranges.NOT_NEGATIVE,
  ),
  Flag(
    'controller_bl_dec',
    'float',
    0.99,
    'decay of the reward baseline',
    ranges.PROBABILITY,
    unread=Unread(
      lambda flags: flags.controller_baseline in _OF_ONE_UPDATE,
      'with a --controller_baseline that is a mean of one update',
    ),
  ),
  Flag(
    'controller_baseline',
    BASELINES,
    'global',
    'baseline of the reward: one moving mean from zero, as upstream; one that '
    'begins with the first reward; one that begins as the plain mean; one of '
    'each reward batch, which then stay the same; or, best with '
    "controller_shared_batch, the mean of the update's rewards so far, or of "
    'all its other rewards',
  ),
  Flag(
    'controller_shared_batch',
    'bool',
    False,
    'score all architectures of an update on one reward batch instead of each '
    'on the next one',
  ),
  Flag(
    'controller_entropy_weight',
    'float',
    None,
    'weight of the entropy in the reward',
    ranges.NOT_NEGATIVE,
  ),
  Flag(
    'controller_tanh_constant',
    'float',
    None,
    'squash logits to within plus and minus this',
    ranges.POSITIVE,
  ),
  Flag(
    'controller_temperature',
    'float',
    None,
    'divide logits by this',
    ranges.POSITIVE,
  ),
  Flag(
    'checkpoint_path',
    'str',
    None,
    'checkpoint, or a run directory: its last, with :best after it that with '
    'the best validation; flags not given are taken from its flags.json',
    may_change=True,
  ),
  Flag(
    'eval_arcs_file',
    'str',
    None,
    'architectures to score with shared weights, or to train from scratch: one '
    'a line, or a CSV with the column arc; - for standard input',
    may_change=True,
  ),
  Flag('eval_output', 'str', None, 'CSV file to write', may_change=True),
  Flag(
    'derive_samples',
    'int',
    100,
    'architectures to sample and score',
    ranges.AT_LEAST_ONE,
    may_change=True,
  ),
  Flag(
    'derive_from',
    ('controller', 'random'),
    'controller',
    'who samples: the trained controller, or nobody, all choices being '
    'equally likely: the baseline of the same budget',
    may_change=True,
  ),
  Flag(
    'derive_split',
    'int',
    0,
    'how much of the validation set (images; of a text, windows) neither '
    'rewards nor evaluations see: architectures are ranked on it. 0: they are '
    'ranked on what the rewards were measured on, as upstream',
    ranges.NOT_NEGATIVE,
    unread=Unread(
      lambda flags: flags.child_fixed_arc is not None,
      'for a fixed network, which is not ranked',
    ),
  ),
  Flag(
    'derive_output',
    'str',
    None,
    'CSV file to write; derived.csv or derived_random.csv beside the '
    'checkpoint unless given',
    may_change=True,
  ),
  Flag(
    'export_dir',
    'str',
    None,
    'new folder for the SavedModel; saved_model beside the checkpoint unless '
    'given',
    may_change=True,
  ),
  Flag(
    'export_version',
    'int',
    None,
    'write it into the folder of this number in export_dir, as TensorFlow '
    'Serving expects its models',
    ranges.AT_LEAST_ONE,
    may_change=True,
  ),
  Flag(
    'retrain_top',
    'int',
    None,
    'only as many, the first of the file',
    ranges.AT_LEAST_ONE,
    may_change=True,
  ),
  Flag(
    'retrain_seeds',
    'int',
    1,
    'trainings of each, with seeds from seed on',
    ranges.AT_LEAST_ONE,
    may_change=True,
  ),
  Flag(
    'retrain_jobs',
    'int',
    1,
    'trainings at once; if several, each in a process of its own',
    ranges.AT_LEAST_ONE,
    may_change=True,
  ),
]
_BY_NAME = {flag.name: flag for flag in _FLAGS}


def named(*names, **defaults):
  """The flags of these names, a list.

  Args:
    names: str, flags as they are described here.
    defaults: flags with another default than melodyguan/enas has for images.
  """
  return [_BY_NAME[name] for name in names] + [
    _BY_NAME[name]._replace(default=default)
    for name, default in defaults.items()
  ]


def check(flags):
  """What these flags say together; see `flags.check` for each alone.

  Raises:
    UsageError: a training has no directory, or is of one network only and of a
      controller that would choose it; an update has too few rewards for its
      baseline; there is nothing to score architectures on.
  """
  if flags.controller_baseline in _OF_ONE_UPDATE and (
    flags.controller_num_aggregate < 2 or not flags.controller_sync_replicas
  ):
    raise UsageError(
      '--controller_baseline=%s compares the architectures of an update: it '
      'needs --controller_sync_replicas and --controller_num_aggregate of at '
      'least 2' % flags.controller_baseline
    )
  if flags.mode == 'eval' and flags.eval_split == 'derive':
    if not flags.derive_split:
      raise UsageError(
        '--eval_split=derive: this run has kept nothing by --derive_split'
      )
  if flags.mode != 'train':
    return
  if not flags.output_dir:
    raise UsageError('--output_dir is needed: where the run is kept')
  if flags.child_fixed_arc is not None and flags.controller_training:
    raise UsageError(
      '--child_fixed_arc trains one network: add --nocontroller_training'
    )


def warnings(flags):
  """Lines about flags that together do less than they seem to, a list."""
  if flags.child_fixed_arc is not None or not flags.controller_training:
    return []
  every = {
    name: getattr(flags, name)
    for name in ('controller_train_every', 'eval_every_epochs')
    if getattr(flags, name) > 1
  }
  first = flags.controller_train_every
  while first % flags.eval_every_epochs:
    first += flags.controller_train_every
  if first <= flags.num_epochs:
    return []
  return [
    'warning: no controller trains: with %s it first does after epoch %d, and '
    'the run has %d: give %s'
    % (
      ' and '.join('--%s=%d' % item for item in every.items()),
      first,
      flags.num_epochs,
      ' '.join('--%s=1' % name for name in every),
    )
  ]
