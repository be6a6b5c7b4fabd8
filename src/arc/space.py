"""What all types of search space share; see `spaces`."""

import json

from src.arc.errors import ArcError
from src.arc.operations import Operation


class Space:
  """What all spaces share; a subclass is a tuple with these fields and more.

  Attributes:
    name: str, as tables and pictures call it.
    operations: tuple of `Operation`, each with weights of its own.
    flags: tuple of (name, value), the flags with which a command asks for this
      space, such as those that a fixed architecture needs.
  """

  __slots__ = ()
  type = None
  num_skips = 0

  @property
  def actions(self):
    """tuple of `Operation`, what each number in an architecture means."""
    return self.operations

  @property
  def num_actions(self):
    return len(self.actions)

  def tokens(self, arc):
    """The numbers by which a child is told of an architecture."""
    return arc.tokens

  def operation_counts(self, arc):
    """list of ints, how often an architecture has each of `operations`."""
    return arc.operation_counts()

  def canonical(self, arc):
    """The form that all architectures of one network share."""
    return arc.canonical()

  @classmethod
  def from_fields(cls, fields):
    """Makes a space from the dict that `to_json` wrote, but for its type."""
    return cls(
      **dict(fields, operations=[_operation(op) for op in fields['operations']])
    )

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    data = dict(self._asdict(), type=self.type)
    data['operations'] = [op._asdict() for op in self.operations]
    return json.dumps(data, sort_keys=True)


def _operation(fields):
  return Operation(**dict(fields, params=pairs(fields['params'])))


def checked_operations(name, operations):
  """The operations as a tuple; raises ArcError if there are none, or twins."""
  operations = tuple(operations)
  names = [operation.name for operation in operations]
  if not names:
    raise ArcError('space %s: it has no operations' % name)
  for operation in names:
    if names.count(operation) > 1:
      raise ArcError(
        'space %s: two operations have the name %s' % (name, operation)
      )
  return operations


def pairs(values):
  """tuple of (name, value), as flags and parameters are kept."""
  return tuple((str(name), value) for name, value in values)
