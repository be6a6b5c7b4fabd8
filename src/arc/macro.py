"""Macro architectures as values (ENAS paper, section 2.3).

The network keeps a list of tensors [stem, out_0, out_1, ...]. Layer i reads
the last one, which is out_{i-1} (the stem for i = 0), and its skip bit j
(0 <= j < i) adds element j of that list: bit 0 is the stem and bit j >= 1 the
output of layer j-1. So the stem can be skipped in, and the main input cannot
be added a second time. In some other searches bit j is the output of layer j
instead: the stem cannot be skipped in, and the main input can be added again.
"""

import json
import typing
from collections import namedtuple

from src.arc import rows as rows_lib
from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.operations import MACRO_OPERATIONS, NUM_MACRO_OPERATIONS

# Where the first skip bit of a layer comes from; 'stem' in ENAS.
SKIP_FROM = ('stem', 'layer')


class Edge(typing.NamedTuple):
  """A connection; node 0 is the stem, node i + 1 is layer i."""

  source: int
  target: int
  is_skip: bool


def pool_layers(num_layers, num_reductions=2):
  """Layers after which the resolution is halved.

  Args:
    num_layers: int, at least 1.
    num_reductions: int, at least 0; 2 in melodyguan/enas.

  Returns:
    tuple of layers, p-1, 2p-1, ... for p = num_layers // (num_reductions + 1);
    empty when that is 0.
  """
  apart = num_layers // (num_reductions + 1)
  if not apart:
    return ()
  return tuple(apart * count - 1 for count in range(1, num_reductions + 1))


class MacroBase(tokens_lib.Written):
  """What both kinds of macro architecture share: everything about skips.

  A subclass is a tuple with the field `skips`, and has `rows`, `skip_from` and
  `_as_dict`.
  """

  __slots__ = ()

  @property
  def num_layers(self):
    return len(self.skips)

  @property
  def num_skips(self):
    """int, how many skip bits are set."""
    return sum(map(sum, self.skips))

  @property
  def skip_rate(self):
    possible = self.num_layers * (self.num_layers - 1) // 2
    return self.num_skips / float(max(1, possible))

  def main_input(self, layer):
    """Index of the tensor that the operation of `layer` reads."""
    return range(self.num_layers)[layer]

  def skip_sources(self, layer):
    """tuple of the indices of the tensors that `layer` skips in, ascending."""
    first = SKIP_FROM.index(self.skip_from)
    return tuple(j for j, bit in enumerate(self.skips[layer], first) if bit)

  def edges(self):
    """list of `Edge`, by target; the main input first, then the skips."""
    edges = []
    for layer in range(self.num_layers):
      edges.append(Edge(self.main_input(layer), layer + 1, False))
      for source in self.skip_sources(layer):
        edges.append(Edge(source, layer + 1, True))
    return edges

  def canonical(self):
    """The form that all strings of one network share.

    Every layer is on the path from image to classifier and no connection can
    be written in two ways, so each macro architecture is its own.
    """
    return self

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    return json.dumps(self._as_dict(), sort_keys=True)

  @staticmethod
  def _load(text, kind, lists, numbers, optional=()):
    """Reads a JSON object and checks that it has the wanted fields."""
    data = tokens_lib.load_json(text, kind, lists + numbers, optional)
    for name in lists:
      if not isinstance(data[name], list) or (
        name != 'ops' and not all(isinstance(row, list) for row in data[name])
      ):
        raise ArcError(
          'not an architecture in JSON: field %s is not a list with one entry '
          'per layer' % name
        )
    return data


class MacroArc(
  MacroBase,
  namedtuple('MacroArc', ['ops', 'skips', 'num_operations', 'skip_from']),
):
  """A macro architecture with one operation per layer (whole channels).

  Attributes:
    ops: tuple of L ints, the operation of each layer.
    skips: tuple of L tuples; skips[i] holds i bits, 0 or 1.
    num_operations: int, size of the search space it was taken from.
    skip_from: 'stem' if a layer's skip bit 0 is the stem, 'layer' if it is
      layer 0.
  """

  __slots__ = ()
  kind = 'macro network'

  def __new__(
    cls,
    ops,
    skips,
    num_operations=NUM_MACRO_OPERATIONS,
    skip_from=SKIP_FROM[0],
  ):
    check_skips(ops, skips)
    tokens = []
    for op, bits in zip(ops, skips):
      tokens.append(op)
      tokens.extend(bits)
    return cls.from_tokens(tokens, len(ops), num_operations, skip_from)

  @classmethod
  def from_tokens(
    cls,
    tokens,
    num_layers=None,
    num_operations=NUM_MACRO_OPERATIONS,
    skip_from=SKIP_FROM[0],
  ):
    """Makes an architecture from its flat sequence of L + L(L-1)/2 ints.

    Args:
      tokens: sequence of ints (a NumPy array too).
      num_layers: int, or None to infer it from the number of tokens.
      num_operations: int, size of the search space.
      skip_from: one of `SKIP_FROM`.

    Raises:
      ArcError: wrong length, or a token out of range, named with its place.
    """
    num_operations = tokens_lib.check_at_least(
      'num_operations', num_operations, 1
    )
    check_skip_from(skip_from)
    operation = tokens_lib.Slot('operation', 0, num_operations - 1)
    rows = rows_lib.read_rows(
      tokens,
      1,
      lambda column, row: operation,
      num_layers,
      SKIP_FROM.index(skip_from),
    )
    ops = tuple(row[0] for row in rows)
    skips = tuple(row[1:] for row in rows)
    return super().__new__(cls, ops, skips, num_operations, skip_from)

  @classmethod
  def parse(
    cls,
    text,
    num_layers=None,
    num_operations=NUM_MACRO_OPERATIONS,
    skip_from=SKIP_FROM[0],
  ):
    """Reads the published one-line string, or the lines of a log block."""
    return cls.from_tokens(
      tokens_lib.split_text(text), num_layers, num_operations, skip_from
    )

  @classmethod
  def from_json(cls, text):
    """Reads what `to_json` wrote; raises ArcError when it is anything else."""
    return cls(
      **cls._load(
        text, 'macro', ['ops', 'skips'], ['num_operations'], ['skip_from']
      )
    )

  @classmethod
  def random(cls, num_layers, num_operations, generator, skip_probability=0.5):
    """Draws operations uniformly and each skip bit with one probability.

    Args:
      num_layers: int.
      num_operations: int.
      generator: `numpy.random.RandomState`.
      skip_probability: float in [0, 1].
    """
    ops = generator.randint(num_operations, size=num_layers)
    skips = random_skips(num_layers, generator, skip_probability)
    return cls(ops.tolist(), skips, num_operations)

  def rows(self):
    """list of L tuples of ints: the operation, then the skip bits."""
    return [(op,) + bits for op, bits in zip(self.ops, self.skips)]

  def layer_operations(self, operations=MACRO_OPERATIONS):
    """list of the L `Operation` tuples of the layers.

    Raises:
      ArcError: the architecture is from a larger search space.
    """
    if self.num_operations > len(operations):
      raise ArcError(
        'the architecture is from a space of %d operations, but %d are given'
        % (self.num_operations, len(operations))
      )
    return [operations[op] for op in self.ops]

  def operation_counts(self):
    """list of ints, how many layers have each operation."""
    return [self.ops.count(op) for op in range(self.num_operations)]

  def _as_dict(self):
    data = dict(self._asdict(), type='macro')
    if self.skip_from == SKIP_FROM[0]:
      del data['skip_from']
    return data

  def __repr__(self):
    skip_from = ''
    if self.skip_from != SKIP_FROM[0]:
      skip_from = ', skip_from=%r' % self.skip_from
    return 'MacroArc.parse(%r, num_operations=%d%s)' % (
      str(self),
      self.num_operations,
      skip_from,
    )


def check_skip_from(value):
  """Raises ArcError unless it is one of `SKIP_FROM`."""
  if value not in SKIP_FROM:
    raise ArcError(
      'skip_from is %r, expected %s' % (value, ' or '.join(SKIP_FROM))
    )


def check_skips(per_layer, skips):
  """Raises ArcError unless there are L layers and layer i has i skip bits."""
  if len(per_layer) != len(skips):
    raise ArcError(
      'found skip bits of %d layers, expected %d' % (len(skips), len(per_layer))
    )
  for layer, bits in enumerate(skips):
    if len(bits) != layer:
      raise ArcError(
        'layer %d: found %d skip bits, expected %d' % (layer, len(bits), layer)
      )


def random_skips(num_layers, generator, skip_probability):
  """list of L lists of bits, each set with probability `skip_probability`."""
  return [
    [int(x) for x in generator.random_sample(layer) < skip_probability]
    for layer in range(num_layers)
  ]
