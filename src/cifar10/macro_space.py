"""The macro search space, as flags describe it; see `config.space`."""

from src.arc import operations as arc_operations
from src.arc.channel_macro import ChannelMacroArc
from src.arc.macro import MacroArc
from src.cifar10 import general_child, general_controller
from src.run.errors import UsageError

# How often upstream's log says that it builds a sampler.
NUM_SAMPLERS = 1


def check(flags):
  """Raises UsageError for values that make no sense in this space."""
  if not 1 <= flags.child_num_branches <= len(arc_operations.MACRO_OPERATIONS):
    raise UsageError(
      '--child_num_branches=%d: expected 1 to %d'
      % (flags.child_num_branches, len(arc_operations.MACRO_OPERATIONS))
    )
  if flags.child_num_layers >= 3 and _filters(flags) % 2:
    raise UsageError(
      '--child_out_filters=%d: halving the resolution needs an even number'
      % flags.child_out_filters
    )
  if not flags.controller_search_whole_channels and _filters(flags) < 2:
    raise UsageError(
      '--child_out_filters=1: partial channels need at least 2 filters'
    )


def _filters(flags):
  return flags.child_out_filters * flags.child_out_filters_scale


def parse_arc(flags, text):
  """The architecture that a string means.

  Fixed networks have whole channels (docs/FIDELITY.md, D5).

  Raises:
    ArcError: it means none.
  """
  if flags.controller_search_whole_channels or flags.child_fixed_arc:
    return MacroArc.parse(
      text, flags.child_num_layers, flags.child_num_branches
    )
  return ChannelMacroArc.parse(
    text, flags.child_num_branches, _filters(flags), flags.child_num_layers
  )


def random_arc(flags, generator):
  """An architecture, all choices equally likely."""
  if flags.controller_search_whole_channels:
    arc = MacroArc.random(
      flags.child_num_layers, flags.child_num_branches, generator
    )
    if flags.search_for != 'connection':
      return arc
    return MacroArc([0] * arc.num_layers, arc.skips, arc.num_operations)
  return ChannelMacroArc.random(
    flags.child_num_layers, flags.child_num_branches, _filters(flags), generator
  )


def num_skips(flags):
  """int, how many skip bits an architecture has."""
  return flags.child_num_layers * (flags.child_num_layers - 1) // 2


def operations(flags):
  """The operations to choose from: a tuple of `src.arc.Operation`."""
  space = arc_operations.first_operations(flags.child_num_branches)
  if flags.child_fixed_arc is None or flags.child_fixed_separable:
    return space
  return tuple(
    op._replace(kind='conv') if op.kind == 'separable' else op for op in space
  )


def child_config(flags, fixed_arc, layout):
  """general_child.ChildConfig; fixed_arc is None for the search model."""
  return general_child.ChildConfig(
    num_layers=flags.child_num_layers,
    out_filters=_filters(flags),
    operations=operations(flags),
    keep_prob=flags.child_keep_prob,
    whole_channels=flags.controller_search_whole_channels,
    fixed_arc=fixed_arc,
    branch_binding=flags.child_branch_binding,
    eval_bn=flags.child_eval_bn,
    data_format=layout,
  )


def controller_config(flags):
  """general_controller.ControllerConfig."""
  return general_controller.ControllerConfig(
    num_layers=flags.child_num_layers,
    num_operations=flags.child_num_branches,
    out_filters=_filters(flags),
    whole_channels=flags.controller_search_whole_channels,
    search_for=flags.search_for,
    tanh_constant=flags.controller_tanh_constant,
    temperature=flags.controller_temperature,
    skip_target=flags.controller_skip_target,
    full_entropy=flags.controller_full_entropy,
  )
