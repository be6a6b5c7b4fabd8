"""The micro search space, as flags describe it; see `config.space`."""

from src.arc.micro import MicroArc
from src.arc.operations import MICRO_OPERATIONS, NUM_MICRO_OPERATIONS
from src.cifar10 import micro_child, micro_controller
from src.run.errors import UsageError

# How often upstream's log says that it builds a sampler: once a cell.
NUM_SAMPLERS = 2


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
  ):
    if getattr(flags, name) != default:
      raise UsageError(
        '--%s is of macro spaces: leave it out with --search_for=micro' % name
      )


def parse_arc(flags, text):
  """The architecture that a string means.

  Raises:
    ArcError: it means none.
  """
  return MicroArc.parse(text, flags.child_num_cells)


def random_arc(flags, generator):
  """An architecture, all choices equally likely."""
  return MicroArc.random(flags.child_num_cells, NUM_MICRO_OPERATIONS, generator)


def num_skips(flags):
  """int, how many skip bits an architecture has: none."""
  del flags
  return 0


def child_config(flags, fixed_arc, layout):
  """micro_child.ChildConfig; fixed_arc is None for the search model."""
  return micro_child.ChildConfig(
    num_layers=flags.child_num_layers,
    num_cells=flags.child_num_cells,
    out_filters=flags.child_out_filters,
    operations=MICRO_OPERATIONS,
    keep_prob=flags.child_keep_prob,
    drop_path_keep_prob=flags.child_drop_path_keep_prob,
    use_aux_heads=flags.child_use_aux_heads,
    fixed_arc=fixed_arc,
    eval_dropout=flags.child_eval_dropout,
    data_format=layout,
  )


def controller_config(flags):
  """micro_controller.ControllerConfig."""
  return micro_controller.ControllerConfig(
    num_cells=flags.child_num_cells,
    num_operations=NUM_MICRO_OPERATIONS,
    tanh_constant=flags.controller_tanh_constant,
    op_tanh_reduce=flags.controller_op_tanh_reduce,
    temperature=flags.controller_temperature,
  )
