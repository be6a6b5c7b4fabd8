"""What a run searched, where no `space.json` says so.

For logs of other programs, and for directories that were written before runs
left one: the kind of an architecture is that of the first one shown, its space
as large as the numbers need, and the rest is told by flags that but one package
has.
"""

import functools

from src.arc import (
  MACRO_OPERATIONS,
  MICRO_OPERATIONS,
  ArcError,
  CellsSpace,
  ChannelMacroArc,
  MacroArc,
  MacroSpace,
  MicroArc,
  RecurrentArc,
  RecurrentSpace,
  read_arc,
)
from src.arc.operations import named_operations
from src.arc.record import Network, Record

# Classes of CODEBRIM, whose runs have no flag that says it.
_BRIDGE_CLASSES = 6


def record_of(flags, shown):
  """Record of a run.

  Args:
    flags: dict, its `flags.json`; may be empty.
    shown: list of history.Shown.
  """
  package = 'cifar10'
  if 'child_rhn_depth' in flags:
    package = 'ptb'
  elif 'input_scaling' in flags:
    package = 'AEROBI'
  arcs = [entry.arc for entry in shown]
  if flags.get('child_fixed_arc'):
    kind = 'recurrent' if package == 'ptb' else None
    try:
      arcs = [read_arc(flags['child_fixed_arc'], kind)]
    except ArcError:  # whoever shows it will say so
      arcs = []
  filters = flags.get('child_out_filters')
  network = Network(
    out_filters=filters and filters * flags.get('child_out_filters_scale', 1),
    num_layers=flags.get('child_num_layers'),
    image_size=flags.get('child_img_size', 32),
    num_reductions=flags.get('child_num_reductions', 2),
    num_classes=flags.get(
      'num_classes', _BRIDGE_CLASSES if package == 'AEROBI' else 10
    ),
    separable=bool(flags.get('child_fixed_separable')),
    loose_ends=flags.get('child_average_loose_ends'),
  )
  space = None
  if arcs:
    of_kind = [arc for arc in arcs if type(arc) is type(arcs[0])]
    space = _space_of(arcs[0], of_kind)
    space = space._replace(
      flags=tuple((n, flags[n]) for n in _SHAPE[space.type] if flags.get(n))
    )
  return Record(package, space, network)


# Flags that a fixed architecture of a type of space needs.
_SHAPE = {
  'macro': ('child_num_layers', 'child_num_branches'),
  'cells': ('child_num_cells',),
  'recurrent': ('child_rhn_depth',),
}


@functools.singledispatch
def _space_of(arc, arcs):
  """The smallest published space, or one made larger, that has all arcs."""
  raise NotImplementedError(type(arc))


@_space_of.register(MacroArc)
def _(arc, arcs):
  count = max(arc.num_operations for arc in arcs)
  operations = named_operations(count, MACRO_OPERATIONS)
  return MacroSpace('macro', operations, arc.num_layers)


@_space_of.register(ChannelMacroArc)
def _(arc, arcs):
  return MacroSpace(
    'macro',
    named_operations(arc.num_branches, MACRO_OPERATIONS)[: arc.num_branches],
    arc.num_layers,
    num_filters=max(arc.num_filters for arc in arcs),
  )


@_space_of.register(MicroArc)
def _(arc, arcs):
  count = max(arc.num_operations for arc in arcs)
  operations = named_operations(count, MICRO_OPERATIONS)
  return CellsSpace('micro', operations, arc.num_cells)


@_space_of.register(RecurrentArc)
def _(arc, arcs):
  del arcs
  return RecurrentSpace(arc.num_nodes, arc.format)
