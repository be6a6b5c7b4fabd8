"""An experiment as a value: what its search space is made of.

A space is a list of entries. An entry is an operation and how many actions
mean it: those share its weights, so to list it more often changes nothing but
the controller's view. An entry may also stand for an earlier one.
"""

import collections
import typing

from src.arc import ArcError, MacroSpace
from src.arc.macro import SKIP_FROM
from src.robustness import catalogue

NUM_CLEAN = 6


class Entry(typing.NamedTuple):
  """Consecutive actions that mean one operation.

  Attributes:
    operation: `src.arc` Operation; None where there is an alias.
    count: int, how many actions.
    alias: int, the number of the earlier entry whose operation and weights
      these actions mean; None for weights of their own.
  """

  operation: typing.Any
  count: int = 1
  alias: typing.Optional[int] = None


class Experiment(typing.NamedTuple):
  """A search space, and what its results are judged by.

  Attributes:
    name: str.
    entries: tuple of Entry.
    dataset: 'cifar10' or 'cifar100'.
    bad_op_split: int, the first action that counts as bad; None if none does.
  """

  name: str
  entries: tuple
  dataset: str = 'cifar10'
  bad_op_split: typing.Optional[int] = NUM_CLEAN

  @property
  def num_actions(self):
    return sum(entry.count for entry in self.entries)

  @property
  def num_instances(self):
    """int, operations with weights of their own."""
    return sum(entry.alias is None for entry in self.entries)

  def is_bad(self, action):
    """Whether an action is a poison, for the counts in results."""
    return self.bad_op_split is not None and action >= self.bad_op_split


def entries(operations, count=1):
  """tuple of Entry: these operations, each with as many actions."""
  return tuple(Entry(operation, count) for operation in operations)


def expanded(experiment):
  """What a search space is told.

  Returns:
    (operations, action_to_instance): list of Operation whose names differ, and
    a list with the position of each action's in it.

  Raises:
    ArcError: an entry without actions, or an alias of none before it.
  """
  operations, instance_of, actions = [], [], []
  seen = collections.Counter()
  for number, entry in enumerate(experiment.entries):
    if entry.count < 1:
      raise ArcError(
        'operation %d: count is %d, expected at least 1' % (number, entry.count)
      )
    if entry.alias is None:
      instance_of.append(len(operations))
      seen[entry.operation.name] += 1
      copies = seen[entry.operation.name]
      operation = entry.operation
      if copies > 1:
        operation = catalogue.renamed(operation, copies)
      operations.append(operation)
    elif 0 <= entry.alias < number:
      instance_of.append(instance_of[entry.alias])
    else:
      raise ArcError(
        'operation %d: alias is %d, expected the number of an earlier one'
        % (number, entry.alias)
      )
    actions += entry.count * instance_of[-1:]
  return operations, actions


def space(
  experiment,
  num_layers,
  skip_from=SKIP_FROM[0],
  variant=None,
  dedup=False,
  flags=(),
):
  """The MacroSpace of an experiment.

  Args:
    experiment: Experiment.
    num_layers: int.
    skip_from: see `src.arc` MacroArc.
    variant: catalogue.Variant of the clean operations.
    dedup: bool, whether each operation is one action only.
    flags: see `MacroSpace`.

  Raises:
    ArcError: see `expanded`.
  """
  operations, actions = expanded(experiment)
  variant = variant or catalogue.Variant()
  operations = [catalogue.adapted(one, variant) for one in operations]
  if dedup or actions == list(range(len(operations))):
    actions = None
  return MacroSpace(
    experiment.name,
    operations,
    num_layers,
    actions,
    skip_from=skip_from,
    flags=flags,
  )
