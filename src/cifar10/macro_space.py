"""The macro search space, as flags describe it; see `config`."""

from src.arc.macro import pool_layers
from src.arc.operations import MACRO_OPERATIONS
from src.arc.spaces import MacroSpace
from src.cifar10 import general_child, general_controller, operations
from src.run.errors import UsageError


def check(flags):
  """Raises UsageError for values that make no sense in this space."""
  if not 1 <= flags.child_num_branches <= len(MACRO_OPERATIONS):
    raise UsageError(
      '--child_num_branches=%d: expected 1 to %d'
      % (flags.child_num_branches, len(MACRO_OPERATIONS))
    )
  layers, reductions = flags.child_num_layers, flags.child_num_reductions
  if layers <= reductions != 2:
    raise UsageError(
      '--child_num_reductions=%d: --child_num_layers=%d has room for less, '
      'expected under %d' % (reductions, layers, layers)
    )
  if pool_layers(layers, reductions) and _filters(flags) % 2:
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


def from_flags(flags):
  """MacroSpace; fixed networks have whole channels (docs/FIDELITY.md, D5)."""
  whole = flags.controller_search_whole_channels or flags.child_fixed_arc
  return MacroSpace(
    'macro',
    MACRO_OPERATIONS[: flags.child_num_branches],
    flags.child_num_layers,
    num_filters=None if whole else _filters(flags),
    fixed_operations=flags.search_for == 'connection',
    flags=[
      (name, getattr(flags, name))
      for name in ('child_num_layers', 'child_num_branches')
    ],
  )


def random_arc(flags, space):
  """Function of a generator that gives an architecture of a MacroSpace."""
  probability = flags.random_skip_probability
  return lambda generator: space.random(generator, probability)


def child_config(flags, space, layout):
  """general_child.ChildConfig of a MacroSpace."""
  builders = operations.BUILDERS
  fixed = flags.child_fixed_arc is not None
  as_searched = flags.child_fixed_layers == 'search'
  if fixed and not (as_searched or flags.child_fixed_separable):
    builders = dict(builders, separable=builders['conv'])
  return general_child.ChildConfig(
    space=space,
    out_filters=_filters(flags),
    keep_prob=flags.child_keep_prob,
    fixed_arc=space.parse(flags.child_fixed_arc) if fixed else None,
    branch_binding=flags.child_branch_binding,
    eval_bn=flags.child_eval_bn,
    data_format=layout,
    num_reductions=flags.child_num_reductions,
    builders=builders,
    fixed_as_searched=as_searched,
  )


def controller_config(flags, space):
  """general_controller.ControllerConfig of a MacroSpace."""
  return general_controller.ControllerConfig(
    num_layers=space.num_layers,
    num_operations=space.num_actions,
    out_filters=_filters(flags),
    whole_channels=space.num_filters is None,
    search_for=flags.search_for,
    tanh_constant=flags.controller_tanh_constant,
    temperature=flags.controller_temperature,
    skip_target=flags.controller_skip_target,
    skip_penalty=flags.controller_skip_penalty,
    full_entropy=flags.controller_full_entropy,
  )
