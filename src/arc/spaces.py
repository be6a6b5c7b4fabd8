"""Search spaces as values: what an architecture is chosen from.

A space knows its size and its operations; it reads, checks and draws
architectures, and is written as JSON. Flags, a file of one's own or a rule
make one; child, controller, counts, drawings and the readers of a run's
directory are all handed the same value.

An architecture's tokens are *actions*. Most spaces have one action for each
operation; where several actions share an operation and its weights, the space
says which (`action_to_instance`), and they differ for the controller only.
"""

import json
from collections import namedtuple

from src.arc.channel_macro import ChannelMacroArc
from src.arc.dag_space import DagSpace
from src.arc.errors import ArcError
from src.arc.hadamard_space import HadamardSpace
from src.arc.macro import SKIP_FROM, MacroArc, check_skip_from
from src.arc.micro import CELLS, MicroArc
from src.arc.pnas_space import PnasSpace
from src.arc.recurrent_space import RecurrentSpace
from src.arc.space import Space, checked_operations, pairs
from src.arc.tokens import check_at_least


class MacroSpace(
  Space,
  namedtuple(
    'MacroSpace',
    [
      'name',
      'operations',
      'num_layers',
      'action_to_instance',
      'num_filters',
      'skip_from',
      'fixed_operations',
      'flags',
    ],
  ),
):
  """Networks of layers with skip connections (ENAS section 2.3).

  Attributes:
    num_layers: int.
    action_to_instance: tuple of ints, for each action the position of its
      operation in `operations`; None where each operation is one action.
    num_filters: int, filters of a layer where an architecture gives each
      operation a range of them (`ChannelMacroArc`); None for whole channels.
    skip_from: where a layer's first skip bit comes from, see `MacroArc`.
    fixed_operations: bool, whether all layers have action 0 and just skips are
      searched for.
  """

  __slots__ = ()
  type = 'macro'

  def __new__(
    cls,
    name,
    operations,
    num_layers,
    action_to_instance=None,
    num_filters=None,
    skip_from=SKIP_FROM[0],
    fixed_operations=False,
    flags=(),
  ):
    operations = checked_operations(name, operations)
    check_at_least('num_layers', num_layers, 1)
    if num_filters is not None:
      check_at_least('num_filters', num_filters, 2)
    check_skip_from(skip_from)
    if action_to_instance is not None:
      if num_filters is not None:
        raise ArcError(
          'space %s: with channel ranges, each operation is one action' % name
        )
      action_to_instance = tuple(action_to_instance)
      for action, instance in enumerate(action_to_instance):
        if not 0 <= instance < len(operations):
          raise ArcError(
            'space %s: action %d is operation %s, expected 0 to %d'
            % (name, action, instance, len(operations) - 1)
          )
      unused = set(range(len(operations))) - set(action_to_instance)
      if unused:
        raise ArcError(
          'space %s: no action is operation %s'
          % (name, operations[min(unused)].name)
        )
    return super().__new__(
      cls, name, operations, num_layers, action_to_instance, num_filters,
      skip_from, bool(fixed_operations), pairs(flags),
    )  # fmt: skip

  @property
  def actions(self):
    if self.action_to_instance is None:
      return self.operations
    return tuple(self.operations[i] for i in self.action_to_instance)

  @property
  def num_skips(self):
    """int, how many skip bits an architecture has."""
    return self.num_layers * (self.num_layers - 1) // 2

  @property
  def num_tokens(self):
    head = 1 if self.num_filters is None else 2 * self.num_actions
    return head * self.num_layers + self.num_skips

  def from_tokens(self, tokens):
    """The architecture with these tokens; raises ArcError if there is none."""
    if self.num_filters is not None:
      return ChannelMacroArc.from_tokens(
        tokens, self.num_actions, self.num_filters, self.num_layers
      )
    return MacroArc.from_tokens(
      tokens, self.num_layers, self.num_actions, self.skip_from
    )

  def parse(self, text):
    """The architecture that a string means; raises ArcError if none."""
    if self.num_filters is not None:
      return ChannelMacroArc.parse(
        text, self.num_actions, self.num_filters, self.num_layers
      )
    return MacroArc.parse(
      text, self.num_layers, self.num_actions, self.skip_from
    )

  def random(self, generator, skip_probability=0.5):
    """An architecture, all choices equally likely.

    Args:
      generator: `numpy.random.RandomState`.
      skip_probability: float in [0, 1].
    """
    if self.num_filters is not None:
      return ChannelMacroArc.random(
        self.num_layers,
        self.num_actions,
        self.num_filters,
        generator,
        skip_probability,
      )
    arc = MacroArc.random(
      self.num_layers, self.num_actions, generator, skip_probability
    )
    ops = [0] * self.num_layers if self.fixed_operations else arc.ops
    return MacroArc(ops, arc.skips, self.num_actions, self.skip_from)

  def canonical(self, arc):
    """With the first of the actions that mean the same operation."""
    if self.action_to_instance is None:
      return arc.canonical()
    first = self.action_to_instance.index
    ops = [first(self.action_to_instance[op]) for op in arc.ops]
    return MacroArc(ops, arc.skips, self.num_actions, self.skip_from)

  def operation_counts(self, arc):
    if self.action_to_instance is None:
      return arc.operation_counts()
    counts = [0] * len(self.operations)
    for instance, count in zip(self.action_to_instance, arc.operation_counts()):
      counts[instance] += count
    return counts


class CellsSpace(
  Space, namedtuple('CellsSpace', ['name', 'operations', 'num_cells', 'flags'])
):
  """A normal and a reduction cell (ENAS section 2.4).

  Attributes:
    num_cells: int, blocks in each cell, as upstream's flag calls them.
  """

  __slots__ = ()
  type = 'cells'

  def __new__(cls, name, operations, num_cells, flags=()):
    check_at_least('num_cells', num_cells, 1)
    operations = checked_operations(name, operations)
    return super().__new__(cls, name, operations, num_cells, pairs(flags))

  @property
  def num_tokens(self):
    return 4 * len(CELLS) * self.num_cells

  def from_tokens(self, tokens):
    """The architecture with these tokens; raises ArcError if there is none."""
    return MicroArc.from_tokens(tokens, self.num_cells, self.num_actions)

  def parse(self, text):
    """The architecture that a string means; raises ArcError if none."""
    return MicroArc.parse(text, self.num_cells, self.num_actions)

  def random(self, generator):
    """An architecture, all choices equally likely."""
    return MicroArc.random(self.num_cells, self.num_actions, generator)


TYPES = {
  space.type: space
  for space in (
    MacroSpace,
    CellsSpace,
    RecurrentSpace,
    DagSpace,
    HadamardSpace,
    PnasSpace,
  )
}


def from_json(text):
  """The space that `to_json` wrote.

  Raises:
    ArcError: it is anything else.
  """
  try:
    data = json.loads(text)
    return TYPES[data.pop('type')].from_fields(data)
  except ArcError:
    raise
  except (AttributeError, KeyError, TypeError, ValueError) as error:
    raise ArcError('not a search space in JSON: %s' % error) from None
