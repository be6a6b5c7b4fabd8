"""Flags that mean the same in every task, so that each is described once.

A task with another default says so with `named`.
"""

from src.run.flags import Flag

_FLAGS = [
  Flag(
    'output_dir',
    'str',
    '',
    'run directory: log, metrics, checkpoints; an existing run goes on '
    'from its last checkpoint',
  ),
  Flag(
    'reset_output_dir',
    'bool',
    False,
    'delete what an earlier run left in output_dir and start over',
  ),
  Flag('seed', 'int', 0, 'the same seed gives the same run'),
  Flag('debug', 'bool', False, 'show tracebacks'),
  Flag('num_epochs', 'int', 300, 'epochs to train'),
  Flag(
    'nan_policy',
    ('stop', 'rollback'),
    'stop',
    'when a loss or gradient is not a number: stop, or go back to the last '
    'checkpoint and try other random numbers, at most three times',
  ),
  Flag('log_every', 'int', 50, 'steps between two log lines'),
  Flag(
    'eval_every_epochs',
    'int',
    1,
    'epochs between two evaluations (and controller phases)',
  ),
  Flag(
    'report',
    'bool',
    True,
    'write report.html into output_dir at the end of each epoch',
  ),
  Flag(
    'child_fixed_arc',
    'str',
    None,
    'architecture to train: numbers, a file with them, or - for standard '
    'input; without it, search',
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
  ),
  Flag('controller_train_steps', 'int', 50, 'updates a controller phase'),
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
  ),
  Flag(
    'controller_num_replicas',
    'int',
    1,
    "workers that compute the controller's gradients: all of TF_CONFIG, or 1; "
    'without TF_CONFIG one process is one worker, so only 1',
  ),
  Flag(
    'cluster_timeout',
    'float',
    120.0,
    'with TF_CONFIG, seconds after which a member that gives no sign, or work '
    'that is not finished, counts as lost; at the start ten times that',
  ),
  Flag('controller_lr', 'float', 1e-3, 'learning rate (Adam)'),
  Flag(
    'controller_l2_reg',
    'float',
    0.0,
    'weight of the sum of squares of its weights',
  ),
  Flag('controller_bl_dec', 'float', 0.99, 'decay of the reward baseline'),
  Flag(
    'controller_entropy_weight',
    'float',
    None,
    'weight of the entropy in the reward',
  ),
  Flag(
    'controller_tanh_constant',
    'float',
    None,
    'squash logits to within plus and minus this',
  ),
  Flag('controller_temperature', 'float', None, 'divide logits by this'),
  Flag(
    'checkpoint_path',
    'str',
    None,
    'checkpoint, or a run directory: its last; flags not given are '
    'taken from its flags.json',
  ),
  Flag(
    'eval_arcs_file',
    'str',
    None,
    'architectures to score with shared weights, one a line; - for standard '
    'input',
  ),
  Flag('eval_output', 'str', None, 'CSV file to write'),
  Flag('derive_samples', 'int', 100, 'architectures to sample and score'),
  Flag(
    'derive_from',
    ('controller', 'random'),
    'controller',
    'who samples: the trained controller, or nobody, all choices being '
    'equally likely: the baseline of the same budget',
  ),
  Flag(
    'derive_output',
    'str',
    None,
    'CSV file to write; derived.csv or derived_random.csv beside the '
    'checkpoint unless given',
  ),
  Flag(
    'export_dir',
    'str',
    None,
    'new folder for the SavedModel; saved_model beside the checkpoint unless '
    'given',
  ),
]
_BY_NAME = {flag.name: flag for flag in _FLAGS}

# Flags a run may be continued with whatever they were before.
MAY_CHANGE = (
  'mode',
  'output_dir',
  'reset_output_dir',
  'debug',
  'num_epochs',
  'log_every',
  'keep_checkpoints',
  'nan_policy',
  'report',
  'checkpoint_path',
  'eval_split',
  'eval_arcs_file',
  'eval_output',
  'derive_samples',
  'derive_from',
  'derive_output',
  'export_dir',
)


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
