"""Flags of `src.pnas.train`: of the search, and of its children's trainings.

Two presets: what titu1994's implementation does (its last version), and what
the paper does. A preset is a set of defaults; flags that are given count.
"""

from src.pnas import flags as child_flags
from src.run import flags as flags_lib
from src.run import ranges
from src.run.flags import Flag, Unread

SIX = '3x3 dconv,5x5 dconv,7x7 dconv,1x7-7x1 conv,3x3 maxpool,3x3 avgpool'

PRESETS = {
  'reference': {
    'B': 3,
    'K': 8,
    'cell': 'flat',
    'operators': SIX,
    'N': 2,
    'F': 32,
    'max_epochs': 5,
    'child_lr': 1e-3,
    'child_lr_floor': 0.1,
    'augment': False,
    'input_scaling': 'unit',
    'predictor': 'reference',
    'ensemble': 1,
    'rnn_training_epochs': 10,
  },
  'paper': {
    'B': 5,
    'K': 256,
    'cell': 'dag',
    'operators': None,
    'N': 2,
    'F': 24,
    'max_epochs': 20,
    'child_lr': 0.01,
    'child_lr_floor': 0.0,
    'augment': True,
    'input_scaling': 'standard',
    'predictor': 'mlp',
    'ensemble': 5,
    'rnn_training_epochs': 100,
  },
}

_REFERENCE = Unread(
  lambda flags: flags.predictor == 'reference', 'with --predictor=reference'
)

SEARCH = [
  Flag(
    'preset',
    tuple(sorted(PRESETS)),
    'reference',
    "defaults of titu1994's implementation, or of the paper",
  ),
  Flag('B', 'int', None, 'blocks of the largest cells', ranges.AT_LEAST_ONE),
  Flag(
    'K',
    'int',
    None,
    'cells of each level but the first that are trained, and then grow; 0 for '
    'all',
    ranges.NOT_NEGATIVE,
  ),
  Flag(
    'explore',
    'float',
    0.0,
    'share of K that goes to cells whose last block has the inputs and '
    'operations that the others have least, not to those that promise most',
    ranges.PROBABILITY,
    unread=Unread(lambda flags: not flags.K, 'with --K=0'),
  ),
  Flag(
    'dedup',
    'bool',
    True,
    'train and score each network once, however its cell is spelt; upstream '
    'does so again and again',
  ),
  Flag(
    'nan_reward',
    'float',
    0.0,
    'reward of a child whose training failed: a number that is not finite, no '
    'memory even for half of a batch, or a process that was lost twice',
  ),
  Flag('fit_on_failed', 'bool', False, 'let the predictor learn from them too'),
]

PREDICTOR = [
  Flag(
    'predictor',
    ('reference', 'lstm', 'mlp'),
    None,
    "what ranks cells before they are trained: titu1994's LSTM, or the LSTM or "
    'the perceptron of the paper',
  ),
  Flag(
    'ensemble',
    'int',
    None,
    'predictors whose mean is the score, each fitted without a part of its own',
    ranges.AT_LEAST_ONE,
    unread=_REFERENCE,
  ),
  Flag(
    'rnn_training_epochs',
    'int',
    None,
    'passes of the predictor over all children so far, at each level',
    ranges.AT_LEAST_ONE,
  ),
  Flag(
    'controller_cells',
    'int',
    100,
    'size of its hidden layer',
    ranges.AT_LEAST_ONE,
  ),
  Flag(
    'regularization',
    'float',
    0.0,
    'what half the sum of its squared weights counts in its loss',
    ranges.NOT_NEGATIVE,
  ),
  Flag(
    'restore_controller',
    'str',
    None,
    'run directory of a search whose predictor this one begins with; for '
    '--predictor=reference, as others are fitted afresh at each level',
  ),
]

RUNNING = [
  Flag(
    'engine',
    'str',
    'serial',
    'who trains the children of a level: serial, this process; local:N, N '
    'processes at once; ray, or ray:ADDRESS, a cluster of Ray',
    may_change=True,
  ),
  Flag(
    'threads',
    'int',
    0,
    'threads of each training; 0 for all cores, shared evenly by local:N, and '
    'for one on a cluster of Ray. With other numbers of them, sums come out '
    'otherwise in the last digit',
    ranges.NOT_NEGATIVE,
    may_change=True,
  ),
  Flag(
    'devices',
    'str',
    '',
    'numbers of GPUs, with commas between them, that the processes of local:N '
    'share',
    may_change=True,
    unread=Unread(
      lambda flags: not flags.engine.startswith('local:'),
      'without --engine=local:N',
    ),
  ),
  Flag(
    'child_gpus',
    'float',
    0.0,
    'GPUs that a training takes of the cluster of Ray; two share one that each '
    'takes half of',
    ranges.NOT_NEGATIVE,
    may_change=True,
    unread=Unread(
      lambda flags: not flags.engine.startswith('ray'), 'without --engine=ray'
    ),
  ),
  Flag(
    'keep_children',
    ('none', 'best', 'all'),
    'best',
    'whose checkpoints stay: of no child, of the best one so far, or of all',
    may_change=True,
  ),
  Flag(
    'resume',
    'str',
    None,
    'output_dir of a search to go on with; as to give it as output_dir again, '
    'but it must be there',
    may_change=True,
  ),
  Flag(
    'append',
    'bool',
    False,
    'at the end, append the rows to train_history.csv and scores_<b>.csv of '
    'the working directory too, as upstream does',
    may_change=True,
  ),
  Flag(
    'dry_run',
    'bool',
    False,
    'only tell how many cells would be scored and trained',
    may_change=True,
  ),
  Flag(
    'final_train',
    'str',
    None,
    'train the network of this cell instead of a search: its text, a '
    'best_cell.json, or pnasnet5; with --N and --F of its size',
    may_change=True,
  ),
]

# What a child's training has by itself, or what is none of a search.
_NOT_OURS = (
  'mode',
  'B',
  'child_fixed_arc',
  'num_epochs',
  'eval_every_epochs',
  'keep_checkpoints',
  'checkpoint_path',
  'eval_split',
  'eval_arcs_file',
  'eval_output',
  'export_dir',
  'export_version',
  'retrain_top',
  'retrain_seeds',
  'retrain_jobs',
  'nan_policy',
)
_MORE = {
  'Training': [
    Flag(
      'max_epochs',
      'int',
      None,
      'epochs that each child is trained',
      ranges.AT_LEAST_ONE,
    )
  ]
}
_DEFAULTS = {
  'num_valids': 5000,
  'output_dir': '',
}
_HELP = {
  'output_dir': 'run directory of the search; outputs/pnas and the time unless '
  'given. A search that is there goes on'
}


def _row(flag):
  return flag._replace(
    default=_DEFAULTS.get(flag.name, flag.default),
    help=_HELP.get(flag.name, flag.help),
  )


_GROUPS = [
  ('The search', SEARCH),
  ('Predictor', PREDICTOR),
  ('How it runs', RUNNING),
] + [
  (heading, [_row(flag) for flag in group])
  for heading, group in flags_lib.changed(child_flags.GROUPS, _NOT_OURS, _MORE)
  if any(flag.name not in _NOT_OURS for flag in group)
]
WITHOUT_EFFECT = child_flags.WITHOUT_EFFECT


def groups(preset):
  """The flag table with the defaults of a preset."""
  chosen = PRESETS[preset]
  return [
    (
      heading,
      [
        flag._replace(default=chosen.get(flag.name, flag.default))
        for flag in group
      ],
    )
    for heading, group in _GROUPS
  ]


# As `--help` shows them, and tests of all tables.
GROUPS = groups('reference')


def parse(argv, table_of=groups):
  """The flag values of a command line, with the defaults of its preset.

  Args:
    argv: list of str.
    table_of: function of the name of a preset that gives the flag table.

  Raises:
    UsageError: as `flags.parse`, and for values out of range.
  """
  chosen, _ = flags_lib.parse(table_of('reference'), argv, WITHOUT_EFFECT)
  table = table_of(chosen.preset)
  flags, _ = flags_lib.parse(table, argv, WITHOUT_EFFECT)
  flags_lib.check(table, flags)
  return flags


def child(flags):
  """The flag values of a child's training; its cell and directory are open."""
  values = {row.name: row.default for row in flags_lib.rows(child_flags.GROUPS)}
  values.update(
    {name: value for name, value in vars(flags).items() if name in values}
  )
  values.update(
    mode='train',
    child_fixed_arc=None,
    num_epochs=flags.max_epochs,
    keep_checkpoints=1,
    reset_output_dir=False,
    report=False,
  )
  return flags_lib.Values(values)
