"""The micro search space, as flags describe it; see `config`."""

from src.arc.operations import MICRO_OPERATIONS, NUM_MICRO_OPERATIONS
from src.arc.spaces import CellsSpace
from src.cifar10 import micro_child, micro_controller
from src.run.errors import UsageError


def check(flags):
  """Raises UsageError for values that make no sense in this space."""
  if flags.child_num_branches != NUM_MICRO_OPERATIONS:
    raise UsageError(
      '--child_num_branches=%d: cells choose among %d operations, expected %d'
      % (flags.child_num_branches, NUM_MICRO_OPERATIONS, NUM_MICRO_OPERATIONS)
    )
  for name, default in (
    ('child_branch_binding', 'selected'),
    ('child_fixed_separable', False),
    ('child_fixed_layers', 'published'),
  ):
    if getattr(flags, name) != default:
      raise UsageError(
        '--%s is of macro spaces: leave it out with --search_for=micro' % name
      )


def from_flags(flags):
  """CellsSpace."""
  return CellsSpace(
    'micro',
    MICRO_OPERATIONS,
    flags.child_num_cells,
    flags=[('child_num_cells', flags.child_num_cells)],
  )


def random_arc(flags, space):
  """Function of a generator that gives an architecture of a CellsSpace."""
  del flags
  return space.random


def child_config(flags, space, layout):
  """micro_child.ChildConfig of a CellsSpace."""
  arc = flags.child_fixed_arc
  return micro_child.ChildConfig(
    num_layers=flags.child_num_layers,
    space=space,
    out_filters=flags.child_out_filters,
    keep_prob=flags.child_keep_prob,
    drop_path_keep_prob=flags.child_drop_path_keep_prob,
    use_aux_heads=flags.child_use_aux_heads,
    fixed_arc=None if arc is None else space.parse(arc),
    eval_dropout=flags.child_eval_dropout,
    data_format=layout,
    num_reductions=flags.child_num_reductions,
  )


def controller_config(flags, space):
  """micro_controller.ControllerConfig of a CellsSpace."""
  return micro_controller.ControllerConfig(
    num_cells=space.num_cells,
    num_operations=space.num_actions,
    tanh_constant=flags.controller_tanh_constant,
    op_tanh_reduce=flags.controller_op_tanh_reduce,
    temperature=flags.controller_temperature,
  )
