"""Recurrent-cell architectures as values (ENAS paper, section 2.1).

A cell has N nodes. Node 0 reads the input and the previous state; node i > 0
reads one earlier node. Each applies its own activation. There are two ways to
write one, told apart by the number of tokens:

legacy (melodyguan/enas), odd: the activation of node 0, then for each further
node its predecessor and its activation.
enas_lm, even: node 0 is always tanh and is left out, and sigmoid and identity
have each other's numbers.
"""

import json
from collections import namedtuple

from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.operations import RECURRENT_ACTIVATIONS

FORMATS = ('legacy', 'enas_lm')
_NUM_ACTIVATIONS = len(RECURRENT_ACTIVATIONS)
# The number in the one format of each activation's number in the other.
_OTHER = (0, 1, 3, 2)


class RecurrentArc(
  tokens_lib.Written,
  namedtuple('RecurrentArc', ['predecessors', 'activations', 'format']),
):
  """A recurrent cell.

  Fields:
    predecessors: tuple of N-1 ints, of nodes 1 to N-1.
    activations: tuple of N ints, positions in `RECURRENT_ACTIVATIONS`.
    format: 'legacy' or 'enas_lm', how it is written.
  """

  __slots__ = ()

  def __new__(cls, predecessors, activations, format='legacy'):
    if len(activations) != len(predecessors) + 1:
      raise ArcError(
        'a cell of %d nodes has %d predecessors, found %d'
        % (len(activations), len(activations) - 1, len(predecessors))
      )
    if format not in FORMATS:
      raise ArcError('format is %r, expected legacy or enas_lm' % (format,))
    tokens = [activations[0]]
    for pair in zip(predecessors, activations[1:]):
      tokens.extend(pair)
    legacy = cls.from_tokens(tokens)
    if format == 'enas_lm' and (activations[0] != 0 or not predecessors):
      raise ArcError(
        'the enas_lm format has cells whose node 0 is tanh and that have '
        'further nodes'
      )
    return super().__new__(cls, legacy.predecessors, legacy.activations, format)

  @classmethod
  def from_tokens(cls, tokens, num_nodes=None):
    """Makes an architecture from its flat sequence of ints.

    Args:
      tokens: sequence of ints (a NumPy array too), in either format.
      num_nodes: int, N, or None to take what the length says.

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
    format = 'legacy' if length % 2 else 'enas_lm'
    predecessors, activations = [], []
    position = 0
    for node in range(found):
      if node > 0:
        slot = tokens_lib.Slot('node %d, predecessor' % node, 0, node - 1)
        predecessors.append(
          tokens_lib.check_token(tokens[position], position, length, slot)
        )
        position += 1
      elif format == 'enas_lm':
        activations.append(0)
        continue
      slot = tokens_lib.Slot(
        'node %d, activation' % node, 0, _NUM_ACTIVATIONS - 1
      )
      number = tokens_lib.check_token(tokens[position], position, length, slot)
      activations.append(number if format == 'legacy' else _OTHER[number])
      position += 1
    return super().__new__(cls, tuple(predecessors), tuple(activations), format)

  @classmethod
  def parse(cls, text, num_nodes=None):
    """Reads the one-line string; its format is told by its length."""
    return cls.from_tokens(tokens_lib.split_text(text), num_nodes)

  @classmethod
  def from_json(cls, text):
    """Reads what `to_json` wrote; raises ArcError when it is anything else."""
    data = tokens_lib.load_json(text, 'recurrent', cls._fields)
    for name in ('predecessors', 'activations'):
      if not isinstance(data[name], list):
        raise ArcError(
          'not an architecture in JSON: field %s is not a list' % name
        )
    return cls(**data)

  @classmethod
  def random(cls, num_nodes, generator, format='legacy'):
    """Draws predecessors and activations uniformly.

    Args:
      num_nodes: int, N, at least 1 (at least 2 for enas_lm).
      generator: `numpy.random.RandomState`.
      format: 'legacy' or 'enas_lm', whose node 0 is tanh.
    """
    predecessors = [int(generator.randint(n)) for n in range(1, num_nodes)]
    activations = generator.randint(_NUM_ACTIVATIONS, size=num_nodes).tolist()
    if format == 'enas_lm':
      activations[0] = 0
    return cls(predecessors, activations, format)

  @property
  def num_nodes(self):
    return len(self.activations)

  @property
  def tokens(self):
    """tuple of ints, the cell in its own format."""
    if self.format == 'legacy':
      tokens, names = [self.activations[0]], range(_NUM_ACTIVATIONS)
    else:
      tokens, names = [], _OTHER
    for source, activation in zip(self.predecessors, self.activations[1:]):
      tokens += [source, names[activation]]
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
      loose_ends = self.format == 'legacy'
    return self.loose_ends if loose_ends else tuple(range(1, self.num_nodes))

  def node_operations(self):
    """list of the N `Operation` tuples of the nodes."""
    return [RECURRENT_ACTIVATIONS[number] for number in self.activations]

  def operation_counts(self):
    """list of ints, how often each activation is used."""
    return [self.activations.count(op) for op in range(_NUM_ACTIVATIONS)]

  def canonical(self):
    """The form that all strings of one cell share, in the legacy format.

    A cell is a tree below node 0, and nothing but the tree matters: nodes are
    numbered branch after branch, equal branches side by side.
    """
    children = [[] for _ in self.activations]
    for node, source in enumerate(self.predecessors, 1):
      children[source].append(node)
    spelt = [None] * self.num_nodes
    for node in reversed(range(self.num_nodes)):
      branches = sorted(spelt[child] for child in children[node])
      spelt[node] = (self.activations[node], tuple(branches))
    predecessors, activations = [], []

    def _number(tree, source):
      if activations:
        predecessors.append(source)
      activations.append(tree[0])
      number = len(activations) - 1
      for branch in tree[1]:
        _number(branch, number)

    _number(spelt[0], None)
    return RecurrentArc(predecessors, activations)

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    return json.dumps(dict(self._asdict(), type='recurrent'), sort_keys=True)

  def __repr__(self):
    return 'RecurrentArc.parse(%r)' % str(self)
