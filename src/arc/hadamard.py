"""Recurrent cells with two states and products, as values: LSTM, GRU, others.

A cell reads x_t, h_{t-1} and c_{t-1}. Each of its nodes has two inputs among
these and earlier nodes, and is one of

  lin: f(W_a s_a + W_b s_b + b)
  add: f_a(s_a) + f_b(s_b)
  mul: f_a(s_a) * f_b(s_b), element by element;

two of the nodes are c_t and h_t. As text a node is `lin a b f` or `add a b f_a
f_b`, and a cell is its nodes, then `c` and `h` with the numbers of theirs. The
LSTM (Hochreiter and Schmidhuber 1997, without peepholes) and the GRU (Cho et
al. 2014) are such cells, and have names.
"""

import json
import typing
from collections import namedtuple

from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError

SOURCES = ('x', 'h', 'c')
OPS = ('lin', 'add', 'mul')
FUNCTIONS = ('tanh', 'relu', 'identity', 'sigmoid', 'one_minus')
TYPE = 'lstm_style'


class Node(typing.NamedTuple):
  """What one node computes.

  Attributes:
    op: one of OPS.
    a, b: its inputs, one of SOURCES or the int of an earlier node.
    functions: tuple of str, of FUNCTIONS: what `lin` applies, or what the sides
      a and b of the others do.
  """

  op: str
  a: typing.Union[str, int]
  b: typing.Union[str, int]
  functions: tuple

  @property
  def inputs(self):
    return self.a, self.b

  @property
  def sides(self):
    """pair of str, what is applied to, or after, inputs a and b."""
    return self.functions[0], self.functions[-1]

  def words(self):
    """list of str, the node as text."""
    return [self.op, str(self.a), str(self.b)] + list(self.functions)


class HadamardArc(
  tokens_lib.Written, namedtuple('HadamardArc', ['nodes', 'c', 'h'])
):
  """One of these cells.

  Attributes:
    nodes: tuple of N Node.
    c, h: ints, the nodes that are c_t and h_t; they may be one.
  """

  __slots__ = ()
  kind = 'lstm_style cell'
  measure = 'reward'

  def __new__(cls, nodes, c, h):
    """Nodes may be any sequences (op, a, b, functions)."""
    words = [word for node in nodes for word in _words(node)]
    return cls.parse(' '.join(words + ['c', str(c), 'h', str(h)]))

  @classmethod
  def parse(cls, text):
    """The cell that a text, or one of the names in `NAMED`, means.

    Raises:
      ArcError: none; the message says which word is wrong.
    """
    reader = _Reader(text)
    if len(reader.words) == 1:
      reader = _Reader(_named(reader.words[0]))
    nodes = []
    while not nodes or reader.coming in OPS:
      nodes.append(_node(reader, len(nodes)))
    numbers = list(map(str, range(len(nodes))))
    reader.word('node %d, or the end' % len(nodes), OPS + ('c',))
    c = int(reader.word('the node that is c_t', numbers))
    reader.word('the end', ['h'])
    h = int(reader.word('the node that is h_t', numbers))
    reader.end()
    return super().__new__(cls, tuple(nodes), c, h)

  @classmethod
  def from_json(cls, text):
    """Reads what `to_json` wrote; raises ArcError when it is anything else."""
    data = tokens_lib.load_json(text, TYPE, cls._fields)
    nodes = data['nodes']
    if not isinstance(nodes, list) or not all(
      isinstance(node, list) and all(_is_word(word) for word in node)
      for node in nodes
    ):
      raise ArcError(
        'not an architecture in JSON: field nodes is not a list of lists of '
        'words'
      )
    words = [str(word) for node in nodes for word in node]
    return cls.parse(' '.join(words + ['c %(c)s h %(h)s' % data]))

  @property
  def num_nodes(self):
    return len(self.nodes)

  @property
  def loose_ends(self):
    """tuple of the nodes that no other reads."""
    read = {source for node in self.nodes for source in node.inputs}
    return tuple(n for n in range(self.num_nodes) if n not in read)

  def rows(self):
    """list with one list of str: a log shows a cell on one line."""
    ends = ['c', str(self.c), 'h', str(self.h)]
    return [[word for node in self.nodes for word in node.words()] + ends]

  def log_lines(self):
    return [str(self)]

  def operation_counts(self):
    """list of ints, how often each of OPS is used."""
    return [sum(node.op == op for node in self.nodes) for op in OPS]

  def canonical(self):
    """The cell with the inputs of each node in one order.

    Nodes keep their numbers, so one network may have several such forms; see
    `hadamard_capacity.canonical_id`.
    """
    nodes = []
    for node in self.nodes:
      sides = zip(map(source_number, node.inputs), node.inputs, node.sides)
      _, inputs, functions = zip(*sorted(sides, key=lambda s: (s[0], s[2])))
      functions = functions[: len(node.functions)]
      nodes.append((node.op,) + inputs + (functions,))
    return HadamardArc(nodes, self.c, self.h)

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    nodes = [node.words() for node in self.nodes]
    fields = {'type': TYPE, 'nodes': nodes, 'c': self.c, 'h': self.h}
    return json.dumps(fields, sort_keys=True)

  def __repr__(self):
    return 'HadamardArc.parse(%r)' % str(self)


def _named(name):
  if name not in NAMED:
    raise ArcError(
      '%s is no lstm_style cell: expected %s, or nodes such as lin x h tanh '
      'and the ends c 0 h 0' % (tokens_lib.quote(name), ' or '.join(NAMED))
    )
  return NAMED[name]


def _words(node):
  op, a, b, functions = node
  return [str(word) for word in (op, a, b) + tuple(functions)]


def _is_word(value):
  return isinstance(value, str) or type(value) is int


def _node(reader, number):
  """Reads a node."""
  name = 'node %d' % number
  op = reader.word(name + ', what it is', OPS)
  sources = SOURCES + tuple(map(str, range(number)))
  a, b = (
    reader.word('%s, input %s' % (name, side), sources) for side in ('a', 'b')
  )
  sides = [''] if op == 'lin' else [' of a', ' of b']
  functions = tuple(
    reader.word('%s, activation%s' % (name, side), FUNCTIONS) for side in sides
  )
  return Node(op, _source(a), _source(b), functions)


def source_number(source):
  """int, the place of an input among SOURCES and, after these, the nodes."""
  if source in SOURCES:
    return SOURCES.index(source)
  return source + len(SOURCES)


def _source(word):
  return word if word in SOURCES else int(word)


class _Reader:
  """The words of a text, one after another."""

  def __init__(self, text):
    if not isinstance(text, str):
      raise ArcError('a cell is a string, found %s' % type(text).__name__)
    self.words = text.lower().split()
    self._place = 0

  @property
  def coming(self):
    """The next word, or None at the end."""
    rest = self.words[self._place : self._place + 1]
    return rest[0] if rest else None

  def word(self, what, allowed):
    """The next word; raises ArcError if it is not allowed."""
    word = self.coming
    if word not in allowed:
      place = 'word %d of %d' % (self._place + 1, len(self.words))
      raise ArcError(
        '%s, %s: found %s, expected %s'
        % (
          'after %d words' % self._place if word is None else place,
          what,
          'the end' if word is None else tokens_lib.quote(word),
          ' or '.join(filter(None, [', '.join(allowed[:-1]), allowed[-1]])),
        )
      )
    self._place += 1
    return word

  def end(self):
    """Raises ArcError if there are more words."""
    if self.coming is not None:
      raise ArcError(
        'word %d of %d: found %s after the node that is h_t, expected nothing'
        % (self._place + 1, len(self.words), tokens_lib.quote(self.coming))
      )


# i, f, o, g; f c, i g, their sum; o tanh(c_t). z, r; r h, n; z h, (1 - z) n.
NAMED = {
  'lstm': 'lin x h sigmoid lin x h sigmoid lin x h sigmoid lin x h tanh '
  'mul 1 c identity identity mul 0 3 identity identity '
  'add 4 5 identity identity mul 2 6 identity tanh c 6 h 7',
  'gru': 'lin x h sigmoid lin x h sigmoid mul 1 h identity identity '
  'lin x 2 tanh mul 0 h identity identity mul 0 3 one_minus identity '
  'add 4 5 identity identity c 6 h 6',
}
