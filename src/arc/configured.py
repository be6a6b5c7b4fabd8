"""Recurrent cells with settings that are chosen along with them.

A setting is a number by name, one of some values: how many features a state
has, or how the weights are trained while a cell is in use. As text they stand
in front of the cell, `hidden_size=64 0 0 1`. Source: the open goals of
georgeadam/menas.
"""

import json
import math
import re
from collections import namedtuple

from src.arc import tokens as tokens_lib
from src.arc.dag_space import DagSpace, Decision, one_each
from src.arc.errors import ArcError
from src.arc.space import Space, pairs

_WORD = re.compile(r'(\w+)=(\S+)\Z')
SIZE = 'hidden_size'


class ConfiguredArc(
  tokens_lib.Written, namedtuple('ConfiguredArc', ['cell', 'settings'])
):
  """A cell and its settings.

  Attributes:
    cell: RecurrentArc.
    settings: tuple of (name, number), in the order of their space.
  """

  __slots__ = ()
  kind = 'recurrent cell with settings'
  measure = 'reward'

  @property
  def predecessors(self):
    return self.cell.predecessors

  @property
  def activations(self):
    return self.cell.activations

  @property
  def num_nodes(self):
    return self.cell.num_nodes

  @property
  def loose_ends(self):
    return self.cell.loose_ends

  def rows(self):
    return self.cell.rows()

  def setting(self, name, default=None):
    """The number of a setting, or the default where it has none of the name."""
    return dict(self.settings).get(name, default)

  @property
  def words(self):
    """str, the settings as text."""
    return ' '.join('%s=%s' % (n, _spelt(value)) for n, value in self.settings)

  def __str__(self):
    return '%s %s' % (self.words, self.cell)


def split(text):
  """(tuple of (name, number), the rest) of a text.

  Raises:
    ArcError: a setting is no number.
  """
  words, settings = text.split(), []
  while words and _WORD.match(words[0]):
    name, value = _WORD.match(words.pop(0)).groups()
    try:
      settings.append((name, float(value)))
    except ValueError as error:
      raise ArcError('setting %s=%s: expected a number' % (name, value)) from (
        error
      )
  return tuple(settings), ' '.join(words)


def _spelt(value):
  whole = math.isfinite(value) and value == int(value)
  return '%d' % value if whole else repr(float(value))


class ConfiguredSpace(
  Space, namedtuple('ConfiguredSpace', ['cells', 'settings'])
):
  """All cells of a space, with all their settings.

  Attributes:
    cells: DagSpace.
    settings: tuple of (name, tuple of numbers to choose from).
  """

  __slots__ = ()
  type = 'configured'

  def __new__(cls, cells, settings):
    checked = []
    for name, values in settings:
      values = tuple(values)
      if not values or len(set(values)) < len(values):
        raise ArcError(
          'setting %s: expected some numbers, each once, found %s'
          % (name, ', '.join(map(_spelt, values)) or 'none')
        )
      checked.append((name, values))
    return super().__new__(cls, cells, tuple(checked))

  @property
  def name(self):
    return ', '.join([self.cells.name] + [name for name, _ in self.settings])

  @property
  def flags(self):
    return self.cells.flags

  @property
  def operations(self):
    return self.cells.operations

  @property
  def kinds(self):
    """See `DagSpace`."""
    return self.cells.kinds + tuple(
      (name, len(values)) for name, values in self.settings
    )

  @property
  def decisions(self):
    """Those of a cell, then one for each setting."""
    return self.cells.decisions + tuple(
      Decision(name, 0, len(values)) for name, values in self.settings
    )

  @property
  def num_tokens(self):
    return self.cells.num_tokens + len(self.settings)

  def used(self, tokens):
    """tuple of bools, which decisions made the cell."""
    count = self.cells.num_tokens
    return self.cells.used(tokens[:count]) + (True,) * len(self.settings)

  def place(self, name):
    """int, which token is a setting's; None where there is no such setting."""
    names = [known for known, _ in self.settings]
    return self.cells.num_tokens + names.index(name) if name in names else None

  def values(self, name):
    """tuple of numbers, what a setting is chosen from; () of no setting."""
    return dict(self.settings).get(name, ())

  def from_tokens(self, tokens):
    """The ConfiguredArc that a controller's choices mean.

    Raises:
      ArcError: there are more or less, or one is out of range.
    """
    tokens = one_each(self, tokens)
    count, chosen = self.cells.num_tokens, []
    for place, (name, values) in enumerate(self.settings, count):
      slot = tokens_lib.Slot(name, 0, len(values) - 1)
      number = tokens_lib.check_token(tokens[place], place, len(tokens), slot)
      chosen.append((name, values[number]))
    return ConfiguredArc(self.cells.from_tokens(tokens[:count]), tuple(chosen))

  def tokens(self, arc):
    """tuple of ints, one for each decision.

    Raises:
      ArcError: the cell, or one of its settings, is not of this space.
    """
    self._check(arc)
    numbers = [
      values.index(dict(arc.settings)[name]) for name, values in self.settings
    ]
    return tuple(self.cells.tokens(arc.cell)) + tuple(numbers)

  def _check(self, arc):
    known = dict(getattr(arc, 'settings', ()))
    if not isinstance(arc, ConfiguredArc) or set(known) != {
      name for name, _ in self.settings
    }:
      raise ArcError(
        'a cell of this search space has the settings %s: they stand in front '
        'of it, as in %s=%s'
        % (
          ', '.join(name for name, _ in self.settings),
          self.settings[0][0],
          _spelt(self.settings[0][1][0]),
        )
      )
    for name, values in self.settings:
      if known[name] not in values:
        raise ArcError(
          'setting %s is %s, expected one of %s'
          % (name, _spelt(known[name]), ', '.join(map(_spelt, values)))
        )

  def parse(self, text):
    """The ConfiguredArc that a text means; settings may stand in any order.

    Raises:
      ArcError: it is none, or not of this space.
    """
    settings, cell = split(text)
    known = dict(settings)
    order = [name for name, _ in self.settings if name in known]
    order += [name for name in known if name not in order]
    arc = ConfiguredArc(
      self.cells.parse(cell), tuple((name, known[name]) for name in order)
    )
    self._check(arc)
    return arc

  def random(self, generator):
    """A cell and settings, all choices equally likely.

    Args:
      generator: `numpy.random.RandomState`.
    """
    cell = self.cells.random(generator)
    return ConfiguredArc(
      cell,
      tuple(
        (name, values[generator.randint(len(values))])
        for name, values in self.settings
      ),
    )

  def canonical(self, arc):
    return arc._replace(cell=self.cells.canonical(arc.cell))

  def operation_counts(self, arc):
    return self.cells.operation_counts(arc.cell)

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    data = {'type': self.type, 'settings': self.settings}
    data['cells'] = json.loads(self.cells.to_json())
    return json.dumps(data, sort_keys=True)

  @classmethod
  def from_fields(cls, fields):
    cells = dict(fields['cells'])
    if cells.pop('type') != DagSpace.type:
      raise ArcError('settings are of cells of %s' % DagSpace.type)
    return cls(DagSpace.from_fields(cells), pairs(fields['settings']))
