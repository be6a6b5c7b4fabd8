"""Search spaces of recurrent cells as lists of decisions, as in ENAS-pytorch.

One list serves all their kinds: cells of one size or of several, with links
that are chosen or given, with an activation for each node or for the cell. A
controller's tokens are one number for each decision; what it chose is a
`RecurrentArc` in the legacy format, whatever the space.
"""

import json
import typing
from collections import namedtuple

from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.recurrent import LEGACY, RecurrentArc, activations
from src.arc.space import Space, pairs

SCOPES = ('node', 'cell')


class Given(typing.NamedTuple):
  """What an earlier choice leaves of a decision's options.

  Attributes:
    place: int, of the earlier decision.
    allowed: for each of its options a tuple of bools, which options there are
      then; none: the decision is not taken.
  """

  place: int
  allowed: tuple


class Decision(typing.NamedTuple):
  """One choice of a controller.

  Attributes:
    kind: str, one of its space's `kinds`: what it is about.
    node: int; 0 for what is of no node.
    options: int, how many there are to choose from.
    given: Given, or None where all options are always there.
  """

  kind: str
  node: int
  options: int
  given: typing.Optional[Given] = None

  def allowed(self, tokens):
    """list of ints, the options there are after the choices before."""
    numbers = range(self.options)
    if self.given is None:
      return list(numbers)
    allowed = self.given.allowed[tokens[self.given.place]]
    return [number for number in numbers if allowed[number]]

  def taken(self, tokens):
    """bool, whether there is such a decision after the choices before."""
    return bool(self.allowed(tokens))


def one_each(space, tokens):
  """list of the tokens of a cell; raises ArcError unless each decision has one.

  Args:
    space: DagSpace or one like it.
    tokens: sequence of ints (a NumPy array too).
  """
  tokens = list(tokens)
  if len(tokens) != space.num_tokens:
    raise ArcError(
      'a cell of this space has %d decisions, found %d tokens'
      % (space.num_tokens, len(tokens))
    )
  return tokens


def chain(num_nodes):
  """tuple of N-1 ints, links in which each node reads the one before it."""
  return tuple(range(num_nodes - 1))


def tree(num_nodes):
  """tuple of N-1 ints, links of a binary heap: nodes 1 and 2 read node 0."""
  return tuple((node - 1) // 2 for node in range(1, num_nodes))


LINKS = {'chain': chain, 'tree': tree}


def activation_names(text):
  """The activations of a list as users write it, such as 'tanh,ReLU'.

  Returns:
    tuple of str, as `RecurrentArc` names them.

  Raises:
    ArcError: there are none, twins, or unknown ones.
  """
  return _checked_activations(tokens_lib.split_text(text.lower()))


def _checked_activations(names):
  names = tuple(names)
  for place, name in enumerate(names):
    if name not in LEGACY.activations or name in names[:place]:
      raise ArcError(
        'activation %s of a space: expected some of %s, each once'
        % (tokens_lib.quote(name), ', '.join(LEGACY.activations))
      )
  if not names:
    raise ArcError('a space of recurrent cells has at least one activation')
  return names


class DagSpace(
  Space,
  namedtuple(
    'DagSpace',
    ['num_nodes', 'min_nodes', 'activations', 'links', 'scope', 'flags'],
  ),
):
  """Recurrent cells by their decisions.

  Attributes:
    num_nodes: int, N, of the largest cell.
    min_nodes: int, of the smallest one; N where all have one size.
    activations: tuple of str, those that nodes may apply, in the order of a
      controller's choices.
    links: tuple of N-1 ints, the predecessors that nodes 1 to N-1 always have,
      those of a smaller cell its first ones; None where they are chosen.
    scope: 'node', each has an activation of its own, or 'cell', all have one.
  """

  __slots__ = ()
  type = 'dag'

  def __new__(
    cls,
    num_nodes,
    min_nodes=None,
    activations=LEGACY.activations,
    links=None,
    scope='node',
    flags=(),
  ):
    num_nodes = tokens_lib.check_at_least('num_nodes', num_nodes, 1)
    if min_nodes is None:
      min_nodes = num_nodes
    min_nodes = tokens_lib.check_at_least('min_nodes', min_nodes, 1)
    if min_nodes > num_nodes:
      raise ArcError(
        'min_nodes is %d, expected at most num_nodes, %d'
        % (min_nodes, num_nodes)
      )
    names = _checked_activations(activations)
    if links is not None:
      links = RecurrentArc(links, names[:1] * num_nodes).predecessors
    if scope not in SCOPES:
      raise ArcError(
        'scope is %s, expected %s'
        % (tokens_lib.quote(scope), ' or '.join(SCOPES))
      )
    return super().__new__(
      cls, num_nodes, min_nodes, names, links, scope, pairs(flags)
    )

  @property
  def name(self):
    """str, such as 'enas' or 'flexible, tree'."""
    parts = ['flexible'] if self.min_nodes < self.num_nodes else []
    if self.links is not None:
      named = (n for n, of in LINKS.items() if of(self.num_nodes) == self.links)
      parts.append(next(named, 'fixed links'))
    if self.scope == 'cell':
      parts.append('one activation')
    return ', '.join(parts) or 'enas'

  @property
  def operations(self):
    """tuple of `Operation`, the activations."""
    return activations(self.activations)

  @property
  def kinds(self):
    """tuple of (kind of decisions, the most options that one has)."""
    return (
      ('activation', len(self.activations)),
      ('predecessor', self.num_nodes),
      ('nodes', self.num_nodes),
    )

  @property
  def decisions(self):
    """tuple of `Decision`, in the order of ENAS-pytorch's controller."""
    count, found = len(self.activations), []
    if self.min_nodes < self.num_nodes:
      found.append(Decision('nodes', 0, self.num_nodes - self.min_nodes + 1))
    for node in range(self.num_nodes):
      if node and self.links is None:
        found.append(self._of_node('predecessor', node, node))
      if not node or self.scope == 'node':
        found.append(self._of_node('activation', node, count))
    return tuple(found)

  def _of_node(self, kind, node, options):
    """Decision of a node, which the smaller cells may not have."""
    given = None
    if node >= self.min_nodes:
      sizes = range(self.min_nodes, self.num_nodes + 1)
      given = Given(0, tuple((node < size,) * options for size in sizes))
    return Decision(kind, node, options, given)

  @property
  def cells(self):
    """The space itself; see `configured.ConfiguredSpace`."""
    return self

  @staticmethod
  def place(name):
    """None: there are no settings, see `configured.ConfiguredSpace`."""
    del name

  @property
  def num_tokens(self):
    return len(self.decisions)

  def used(self, tokens):
    """tuple of bools, which decisions made the cell: those of nodes it has."""
    size = self._size(tokens)
    return tuple(decision.node < size for decision in self.decisions)

  def _size(self, tokens):
    """How many nodes the first token, if it is of that kind, chooses."""
    if self.min_nodes == self.num_nodes:
      return self.num_nodes
    slot = tokens_lib.Slot('nodes', 0, self.num_nodes - self.min_nodes)
    number = tokens_lib.check_token(tokens[0], 0, len(tokens), slot)
    return self.min_nodes + number

  def from_tokens(self, tokens):
    """The cell that a controller's choices mean.

    Args:
      tokens: sequence of ints (a NumPy array too), one for each decision; those
        of nodes beyond the chosen size are not looked at.

    Returns:
      `RecurrentArc` in the legacy format.

    Raises:
      ArcError: there are more or less, or one is out of range.
    """
    tokens = one_each(self, tokens)
    size = self._size(tokens)
    chosen = {'activation': {}, 'predecessor': {}, 'nodes': {}}
    for place, decision in enumerate(self.decisions):
      if decision.node < size:
        slot = tokens_lib.Slot(
          'node %d, %s' % (decision.node, decision.kind),
          0,
          decision.options - 1,
        )
        chosen[decision.kind][decision.node] = tokens_lib.check_token(
          tokens[place], place, len(tokens), slot
        )
    sources = self.links and self.links[: size - 1]
    if sources is None:
      sources = [chosen['predecessor'][node] for node in range(1, size)]
    own = range(size) if self.scope == 'node' else [0] * size
    names = [self.activations[chosen['activation'][node]] for node in own]
    return RecurrentArc(sources, names)

  def tokens(self, arc):
    """tuple of ints, one for each decision; 0 for those not taken.

    Raises:
      ArcError: the cell is not of this space.
    """
    self._check(arc)
    numbers = {
      'nodes': [arc.num_nodes - self.min_nodes],
      'predecessor': (0,) + arc.predecessors,
      'activation': [self.activations.index(name) for name in arc.activations],
    }
    return tuple(
      numbers[decision.kind][decision.node]
      if decision.node < arc.num_nodes
      else 0
      for decision in self.decisions
    )

  def _check(self, arc):
    if not self.min_nodes <= arc.num_nodes <= self.num_nodes:
      sizes = '%d' % self.num_nodes
      if self.min_nodes < self.num_nodes:
        sizes = '%d to %s' % (self.min_nodes, sizes)
      raise ArcError(
        'a cell of %d nodes: this search space has cells of %s'
        % (arc.num_nodes, sizes)
      )
    for node, name in enumerate(arc.activations):
      if name not in self.activations:
        raise ArcError(
          'node %d applies %s, which is not in this search space: it has %s'
          % (node, name, ', '.join(self.activations))
        )
      if self.scope == 'cell' and name != arc.activations[0]:
        raise ArcError(
          'node %d applies %s and node 0 %s: in this search space all nodes of '
          'a cell apply the same' % (node, name, arc.activations[0])
        )
    for node, source in enumerate(arc.predecessors, 1):
      if self.links is not None and source != self.links[node - 1]:
        raise ArcError(
          'node %d reads node %d: in this search space it reads node %d'
          % (node, source, self.links[node - 1])
        )

  def parse(self, text):
    """The cell that a string means, in one of the published formats.

    Raises:
      ArcError: it is none, or not of this space.
    """
    arc = RecurrentArc.parse(text).written_in(LEGACY)
    self._check(arc)
    return arc

  def random(self, generator):
    """A cell, each decision equally likely to fall on any of its options.

    Args:
      generator: `numpy.random.RandomState`.
    """
    return self.from_tokens(
      [generator.randint(decision.options) for decision in self.decisions]
    )

  def canonical(self, arc):
    """The form that all cells of one network share: the last node is its state.

    With given links it may be a cell that this space has not.
    """
    return arc.canonical(state_last=True)

  def operation_counts(self, arc):
    return [arc.activations.count(name) for name in self.activations]

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    return json.dumps(dict(self._asdict(), type=self.type), sort_keys=True)

  @classmethod
  def from_fields(cls, fields):
    return cls(**fields)
