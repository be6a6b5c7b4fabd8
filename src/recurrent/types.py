"""The `--train_type`s of MENAS: one table, no trainer of its own for any.

A type is a search space, a controller and an extra loss of it, and other
defaults of flags. Source: `train_scripts` and `configs` of MENAS.
"""

import collections
import typing

from src.arc.dag_space import LINKS, DagSpace, activation_names
from src.arc.hadamard_space import HadamardSpace
from src.recurrent import child
from src.run.errors import UsageError

FORGET_BIAS = 5.0
LEAST_BLOCKS = 3


class TrainType(typing.NamedTuple):
  """One of them.

  Attributes:
    defaults: dict from a flag's name to its default.
    links: bool, whether predecessors are given by --architecture.
    sizes: bool, whether the controller chooses the number of nodes.
    learns: bool, whether the controller is trained.
    fixed: bool, whether one cell is trained, that of --dag_path.
    tied: bool, and forget_bias: see `controller.ControllerConfig`.
    extra: str, a name of `regularisers.EXTRAS`, or None.
  """

  defaults: dict = {}
  links: bool = False
  sizes: bool = False
  learns: bool = True
  fixed: bool = False
  tied: bool = False
  forget_bias: typing.Optional[float] = None
  extra: typing.Optional[str] = None


def _adam(rate, **more):
  return dict(more, shared_optim='adam', shared_lr=rate)


_NEVER = 10**9
TYPES = collections.OrderedDict(
  (
    ('orig', TrainType()),
    (
      'ours',
      TrainType(_adam(3e-5, shared_decay_after=_NEVER, entropy_coeff=1e-6)),
    ),
    (
      'random',
      TrainType(
        _adam(3.5e-4, shared_decay_after=600, log_step=20, random_seed=555),
        learns=False,
      ),
    ),
    (
      'hardcoded',
      TrainType(_adam(3.5e-4, log_step=20, random_seed=555), links=True),
    ),
    (
      'flexible',
      TrainType(
        _adam(3.5e-4, shared_decay_after=_NEVER, entropy_coeff=1e-6),
        sizes=True,
      ),
    ),
    (
      'preset',
      TrainType(
        {
          'shared_embed': 500,
          'shared_hid': 500,
          'shared_dropoute': 0.3,
          'shared_dropouti': 0.8,
          'shared_dropout': 0.6,
          'shared_l2_reg': 5e-6,
          'max_epoch': 400,
        },
        fixed=True,
      ),
    ),
    ('action_regularized', TrainType(extra='previous_choice')),
    ('performance_regularized', TrainType(extra='performance')),
    ('biased_regularized', TrainType(forget_bias=FORGET_BIAS)),
    ('supervised_regularized', TrainType(extra='supervised')),
    ('tied_weights_regularized', TrainType(tied=True)),
    (
      'magnitude_regularized',
      TrainType({'controller_reg_weight': 1e-3}, extra='magnitude'),
    ),
    (
      'tf',
      TrainType(
        {
          'batch_size': 20,
          'test_batch_size': 20,
          'shared_embed': 720,
          'shared_hid': 720,
          'shared_dropoute': 0.25,
          'shared_dropouti': 0.75,
          'controller_lr': 0.001,
          'shared_lr': 0.25,
          'shared_decay': 0.95,
          'shared_decay_after': 15,
          'shared_l2_reg': 1e-7,
          'shared_grad_clip': 10.0,
          'entropy_coeff': 1e-4,
        }
      ),
    ),
  )
)

# What a child of ENAS-pytorch does, and one of melodyguan/enas.
CELL_PRESETS = {
  'cp': {
    'edge_weights': child.EDGE_WEIGHTS[0],
    'next_state': 'last_node',
    'output': 'loose_ends',
    'output_norm': True,
    'state_norm_clip': 25.0,
  },
  'mg': {
    'edge_weights': child.EDGE_WEIGHTS[1],
    'next_state': 'output',
    'output': 'loose_ends',
    'output_norm': True,
    'state_norm_clip': 0.0,
  },
}


# What the output of cells may be, by --cell_space; the first unless told.
OUTPUTS = collections.OrderedDict(
  (
    ('enas', ('loose_ends', 'all_nodes')),
    ('lstm_style', ('state', 'loose_ends')),
  )
)


def cell_defaults(flags):
  """dict from the flags of a cell that depend on others to their defaults."""
  found = dict(CELL_PRESETS[flags.cell_preset])
  if flags.cell_space == HadamardSpace.type:
    del found['edge_weights'], found['next_state']
    found['output'] = OUTPUTS[flags.cell_space][0]
  return found


def check_space(flags):
  """Raises UsageError for values that --cell_space makes no sense with."""
  kind, outputs = TYPES[flags.train_type], OUTPUTS[flags.cell_space]
  if flags.output not in outputs:
    raise UsageError(
      '--output=%s: with --cell_space=%s it is %s'
      % (flags.output, flags.cell_space, ' or '.join(outputs))
    )
  if flags.cell_space != HadamardSpace.type:
    return
  if kind.links or kind.sizes:
    raise UsageError(
      '--train_type=%s is of --cell_space=enas: cells of lstm_style have one '
      'size, and choose what they read' % flags.train_type
    )
  if flags.shared_embed != flags.shared_hid:
    raise UsageError(
      '--shared_embed=%d and --shared_hid=%d: nodes of lstm_style add and '
      'multiply words and states, so they are equal'
      % (flags.shared_embed, flags.shared_hid)
    )


def space(flags):
  """The space of the cells of a run; flags are settled.

  Returns:
    DagSpace, or HadamardSpace where --cell_space says so.

  Raises:
    ArcError: --shared_rnn_activations are none, twins or unknown ones.
  """
  kind = TYPES[flags.train_type]
  if flags.cell_space == HadamardSpace.type:
    asks = [('cell_space', flags.cell_space), ('num_blocks', flags.num_blocks)]
    if flags.no_peephole:
      asks.append(('no_peephole', True))
    return HadamardSpace(flags.num_blocks, not flags.no_peephole, asks)
  nodes = flags.num_blocks
  if kind.sizes and flags.max_blocks:
    nodes = flags.max_blocks
  links = LINKS[flags.architecture](nodes) if kind.links else None
  return DagSpace(
    nodes,
    flags.min_blocks if kind.sizes else None,
    activation_names(flags.shared_rnn_activations),
    links,
    flags.activation_scope,
    (('num_blocks', nodes),),
  )
