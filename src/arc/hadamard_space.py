"""The space of cells with two states and products, as a list of decisions.

For each of N nodes: what it is, its inputs a and b, the activation of a (that
of a whole `lin`) and that of b; then which node is c_t and which h_t. What a
node is says which choices its other decisions have: `lin` has no second
activation, and without peepholes it does not read c_{t-1}.
"""

import json
from collections import namedtuple

from src.arc import hadamard
from src.arc import tokens as tokens_lib
from src.arc.dag_space import Decision, Given, one_each
from src.arc.errors import ArcError
from src.arc.hadamard import (
  FUNCTIONS,
  OPS,
  SOURCES,
  HadamardArc,
  source_number,
)
from src.arc.operations import Operation
from src.arc.space import Space, pairs

PER_NODE = 5
_C = SOURCES.index('c')
_LIN = OPS.index('lin')


class HadamardSpace(
  Space, namedtuple('HadamardSpace', ['num_nodes', 'peephole', 'flags'])
):
  """All of these cells of one size.

  Attributes:
    num_nodes: int, N.
    peephole: bool, whether `lin` may read c_{t-1}.
  """

  __slots__ = ()
  type = hadamard.TYPE
  name = hadamard.TYPE

  def __new__(cls, num_nodes, peephole=True, flags=()):
    num_nodes = tokens_lib.check_at_least('num_nodes', num_nodes, 1)
    return super().__new__(cls, num_nodes, bool(peephole), pairs(flags))

  @property
  def operations(self):
    """tuple of `Operation`, what nodes may be."""
    return tuple(Operation(op, op, 'node') for op in OPS)

  @property
  def min_nodes(self):
    return self.num_nodes

  @property
  def kinds(self):
    """See `DagSpace`."""
    ends = self.num_nodes
    return (
      ('op', len(OPS)),
      ('source', len(SOURCES) + ends),
      ('function', len(FUNCTIONS)),
      ('end', ends),
    )

  @property
  def decisions(self):
    """tuple of `Decision`, PER_NODE a node and two for the ends."""
    found, functions = [], len(FUNCTIONS)
    for node in range(self.num_nodes):
      sources = len(SOURCES) + node
      place, any_source = PER_NODE * node, (True,) * sources
      of_lin = tuple(self.peephole or n != _C for n in range(sources))
      reads = Given(place, (of_lin, any_source, any_source))
      sides = Given(place, tuple((op != 'lin',) * functions for op in OPS))
      found += [
        Decision('op', node, len(OPS)),
        Decision('source', node, sources, reads),
        Decision('source', node, sources, reads),
        Decision('function', node, functions),
        Decision('function', node, functions, sides),
      ]
    end = Decision('end', 0, self.num_nodes)
    return tuple(found + [end, end])

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
    return PER_NODE * self.num_nodes + 2

  def used(self, tokens):
    """tuple of bools, which decisions made the cell."""
    return tuple(decision.taken(tokens) for decision in self.decisions)

  def from_tokens(self, tokens):
    """The cell that a controller's choices mean.

    Args:
      tokens: sequence of ints (a NumPy array too), one for each decision; the
        second activation of `lin` is not looked at.

    Raises:
      ArcError: there are more or less, one is out of range, or the space has
        no such cell.
    """
    tokens = one_each(self, tokens)
    for place, decision in enumerate(self.decisions):
      if decision.taken(tokens):
        what = 'node %d, %s' % (decision.node, decision.kind)
        if decision.kind == 'end':
          what = 'the node that is %s_t' % 'hc'[self.num_tokens - 1 - place]
        slot = tokens_lib.Slot(what, 0, decision.options - 1)
        tokens[place] = tokens_lib.check_token(
          tokens[place], place, len(tokens), slot
        )
    nodes = []
    for node in range(self.num_nodes):
      op, a, b, f, g = tokens[PER_NODE * node : PER_NODE * (node + 1)]
      sides = [f] if op == _LIN else [f, g]
      functions = [FUNCTIONS[side] for side in sides]
      nodes.append((OPS[op], _source(a), _source(b), functions))
    return self._checked(HadamardArc(nodes, *tokens[-2:]))

  def tokens(self, arc):
    """tuple of ints, one for each decision; 0 for those not taken.

    Raises:
      ArcError: the cell is not of this space.
    """
    self._checked(arc)
    found = []
    for node in arc.nodes:
      functions = [FUNCTIONS.index(name) for name in node.functions]
      found.append(OPS.index(node.op))
      found += map(source_number, node.inputs)
      found += (functions + [0])[:2]
    return tuple(found + [arc.c, arc.h])

  def _checked(self, arc):
    if not isinstance(arc, HadamardArc):
      raise ArcError(
        'this search space has %ss, found a %s' % (HadamardArc.kind, arc.kind)
      )
    if arc.num_nodes != self.num_nodes:
      raise ArcError(
        'a cell of %d nodes: this search space has cells of %d'
        % (arc.num_nodes, self.num_nodes)
      )
    for number, node in enumerate(arc.nodes):
      if not self.peephole and node.op == 'lin' and 'c' in node.inputs:
        raise ArcError(
          'node %d is lin and reads c, the state c before: in this search '
          'space, without peepholes, it does not' % number
        )
    return arc

  def parse(self, text):
    """The cell that a text or a name means.

    Raises:
      ArcError: it is none, or not of this space.
    """
    return self._checked(HadamardArc.parse(text))

  def random(self, generator):
    """A cell, each decision equally likely to fall on any that is allowed.

    Args:
      generator: `numpy.random.RandomState`.
    """
    tokens = []
    for decision in self.decisions:
      options = decision.allowed(tokens)
      tokens.append(options[generator.randint(len(options))] if options else 0)
    return self.from_tokens(tokens)

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    return json.dumps(dict(self._asdict(), type=self.type), sort_keys=True)

  @classmethod
  def from_fields(cls, fields):
    return cls(**fields)


def _source(number):
  """What a token of an input means."""
  return (SOURCES + (None,))[min(number, len(SOURCES))] or number - len(SOURCES)
