"""Recurrent-cell architectures as values (ENAS paper, section 2.1).

A cell has N nodes. Node 0 reads the input and the previous state; node i > 0
reads one earlier node. Each applies its own activation. A cell is what its
nodes read and apply; how it is written as numbers is a `Format`, of which two
are published, told apart by the number of tokens:

legacy (melodyguan/enas), odd: the activation of node 0, then for each further
node its predecessor and its activation.
enas_lm, even: node 0 is always tanh and is left out, and sigmoid and identity
have each other's numbers.
"""

import json
import typing
from collections import namedtuple

from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.operations import RECURRENT_ACTIVATIONS, Operation


def activations(names):
  """tuple of `Operation`, the activations of these names."""
  return tuple(Operation(name, name, 'activation') for name in names)


class Format(typing.NamedTuple):
  """How cells are written.

  Attributes:
    name: str.
    activations: tuple of str, names in the order of their numbers.
    first: str, what node 0 always applies, and then is not written; or None.
  """

  name: str
  activations: tuple
  first: typing.Optional[str] = None


LEGACY = Format('legacy', tuple(op.name for op in RECURRENT_ACTIVATIONS))
ENAS_LM = Format('enas_lm', ('tanh', 'relu', 'sigmoid', 'identity'), 'tanh')
FORMATS = {format.name: format for format in (LEGACY, ENAS_LM)}


class RecurrentArc(
  tokens_lib.Written,
  namedtuple('RecurrentArc', ['predecessors', 'activations', 'format']),
):
  """A recurrent cell; cells are equal however they are written.

  Attributes:
    predecessors: tuple of N-1 ints, of nodes 1 to N-1.
    activations: tuple of N str, names.
    format: `Format` of its tokens and text; no part of what is compared.
  """

  __slots__ = ()
  kind = 'recurrent cell'
  measure = 'reward'

  def __new__(cls, predecessors, activations, format=LEGACY):
    names = tuple(activations)
    if len(names) != len(predecessors) + 1:
      raise ArcError(
        'a cell of %d nodes has %d predecessors, found %d'
        % (len(names), len(names) - 1, len(predecessors))
      )
    for node, name in enumerate(names):
      if name not in format.activations and (node, name) != (0, format.first):
        raise ArcError(
          'activation %s: the %s format has %s'
          % (tokens_lib.quote(name), format.name, ', '.join(format.activations))
        )
    if format.first is not None and (
      names[0] != format.first or not predecessors
    ):
      raise ArcError(
        'the %s format has cells whose node 0 is %s and that have further nodes'
        % (format.name, format.first)
      )
    sources = tuple(
      tokens_lib.check_token(
        source, place, len(predecessors), _reads(place + 1)
      )
      for place, source in enumerate(predecessors)
    )
    return super().__new__(cls, sources, names, format)

  @classmethod
  def from_tokens(cls, tokens, num_nodes=None, format=None):
    """Makes an architecture from its flat sequence of ints.

    Args:
      tokens: sequence of ints (a NumPy array too).
      num_nodes: int, N, or None to take what the length says.
      format: `Format`, or None for the published one of that length.

    Raises:
      ArcError: wrong length, or a token out of range, named with its place.
    """
    tokens = list(tokens)
    length = len(tokens)
    found = length // 2 + 1
    if not length or num_nodes not in (None, found):
      raise ArcError(
        'a recurrent cell of %s nodes has 2N-1 tokens, or 2N-2 without those '
        'of node 0; found %d' % (num_nodes or 'N', length)
      )
    if format is None:
      format = LEGACY if length % 2 else ENAS_LM
    if length % 2 == (format.first is not None):
      raise ArcError(
        'a cell in the %s format has an %s number of tokens, found %d'
        % (format.name, 'odd' if format.first is None else 'even', length)
      )
    numbers, slots = iter(enumerate(tokens)), len(format.activations) - 1

    def _next(slot):
      position, token = next(numbers)
      return tokens_lib.check_token(token, position, length, slot)

    predecessors, activations = [], []
    for node in range(found):
      if node > 0:
        predecessors.append(_next(_reads(node)))
      elif format.first is not None:
        activations.append(format.first)
        continue
      slot = tokens_lib.Slot('node %d, activation' % node, 0, slots)
      activations.append(format.activations[_next(slot)])
    return cls(predecessors, activations, format)

  @classmethod
  def parse(cls, text, num_nodes=None, format=None):
    """Reads the one-line string; see `from_tokens`."""
    return cls.from_tokens(tokens_lib.split_text(text), num_nodes, format)

  @classmethod
  def from_json(cls, text):
    """Reads what `to_json` wrote; raises ArcError when it is anything else.

    Activations may be numbers of the legacy format, as earlier versions wrote.
    """
    data = tokens_lib.load_json(text, 'recurrent', cls._fields)
    for name in ('predecessors', 'activations'):
      if not isinstance(data[name], list):
        raise ArcError(
          'not an architecture in JSON: field %s is not a list' % name
        )
    if data['format'] not in list(FORMATS):
      raise ArcError(
        'format is %r, expected %s' % (data['format'], ' or '.join(FORMATS))
      )
    names = [
      LEGACY.activations[found]
      if type(found) is int and 0 <= found < len(LEGACY.activations)
      else found
      for found in data['activations']
    ]
    return cls(data['predecessors'], names, FORMATS[data['format']])

  @classmethod
  def random(cls, num_nodes, generator, format=LEGACY):
    """Draws predecessors and activations uniformly.

    Args:
      num_nodes: int, N, at least 1 (at least 2 for enas_lm).
      generator: `numpy.random.RandomState`.
      format: `Format`, whose activations are drawn.
    """
    count = len(format.activations)
    tokens = [] if format.first is not None else [int(generator.randint(count))]
    for node in range(1, num_nodes):
      tokens += [int(generator.randint(node)), int(generator.randint(count))]
    return cls.from_tokens(tokens, num_nodes, format)

  def written_in(self, format):
    """The same cell, of which tokens and text are in another `Format`."""
    return RecurrentArc(self.predecessors, self.activations, format)

  @property
  def num_nodes(self):
    return len(self.activations)

  @property
  def tokens(self):
    """tuple of ints, the cell in its format."""
    number, tokens = self.format.activations.index, []
    if self.format.first is None:
      tokens.append(number(self.activations[0]))
    for source, name in zip(self.predecessors, self.activations[1:]):
      tokens += [source, number(name)]
    return tuple(tokens)

  def rows(self):
    """list with one tuple, the tokens: a log shows a cell on one line."""
    return [self.tokens]

  @property
  def loose_ends(self):
    """tuple of the nodes that no other reads."""
    return tuple(n for n in range(self.num_nodes) if n not in self.predecessors)

  def averaged(self, loose_ends=None):
    """The nodes whose mean is the output.

    Args:
      loose_ends: bool, whether those are the loose ends, as in the paper, or
        all but node 0; None for what goes with the format: the latter in
        enas_lm's. `src.ptb` does either for both.

    Returns:
      tuple of ints.
    """
    if loose_ends is None:
      loose_ends = self.format.name != ENAS_LM.name
    return self.loose_ends if loose_ends else tuple(range(1, self.num_nodes))

  def node_operations(self):
    """list of the N `Operation` tuples of the nodes."""
    return list(activations(self.activations))

  def operation_counts(self):
    """list of ints, how often each of `RECURRENT_ACTIVATIONS` is used."""
    return [self.activations.count(op.name) for op in RECURRENT_ACTIVATIONS]

  def canonical(self, state_last=False):
    """The form that all numberings of the nodes of one cell share.

    A cell is a tree below node 0, and nothing but the tree matters: nodes are
    numbered branch after branch, equal branches side by side.

    Args:
      state_last: bool, whether the last node, a loose end always, is one apart,
        as where it alone is the next state: it stays the last one.
    """
    children = [[] for _ in self.activations]
    for node, source in enumerate(self.predecessors, 1):
      children[source].append(node)
    spelt = [None] * self.num_nodes
    last = self.num_nodes - 1 if state_last else None
    for node in reversed(range(self.num_nodes)):
      branches = sorted(spelt[child] for child in children[node])
      # The branch that holds the last node sorts after all others.
      holds = node == last or any(branch[0] for branch in branches)
      spelt[node] = (holds, self.activations[node], tuple(branches))
    predecessors, activations = [], []

    def _number(tree, source):
      if activations:
        predecessors.append(source)
      activations.append(tree[1])
      number = len(activations) - 1
      for branch in tree[2]:
        _number(branch, number)

    _number(spelt[0], None)
    return RecurrentArc(predecessors, activations, self.format)

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    fields = dict(self._asdict(), format=self.format.name, type='recurrent')
    return json.dumps(fields, sort_keys=True)

  def __eq__(self, other):
    if not isinstance(other, RecurrentArc):
      return NotImplemented
    return self[:2] == other[:2]

  def __ne__(self, other):
    return not self == other

  def __hash__(self):
    return hash(self[:2])

  def __repr__(self):
    return 'RecurrentArc.parse(%r)' % str(self)


def _reads(node):
  """Slot of what a node reads."""
  return tokens_lib.Slot('node %d, predecessor' % node, 0, node - 1)
