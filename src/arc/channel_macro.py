"""Macro architectures with a channel range per branch (partial channels).

This is the search space of `--nocontroller_search_whole_channels`: every layer
runs all its branches, and the architecture says which output channels of each
are computed.
"""

from collections import namedtuple

from src.arc import rows as rows_lib
from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.macro import SKIP_FROM, MacroBase, check_skips, random_skips


class ChannelMacroArc(
  MacroBase, namedtuple('ChannelMacroArc', ['ranges', 'skips', 'num_filters'])
):
  """A macro architecture with F filters and B channel ranges per layer.

  Attributes:
    ranges: tuple of L tuples of B pairs (start, count) with 0 <= start <= F-1
      and 1 <= count <= min(F-1, F-start).
    skips: tuple of L tuples; skips[i] holds i bits, 0 or 1.
    num_filters: int, F, at least 2.
  """

  __slots__ = ()
  kind = 'macro network with partial channels'
  skip_from = SKIP_FROM[0]

  def __new__(cls, ranges, skips, num_filters):
    check_skips(ranges, skips)
    num_branches = len(ranges[0]) if ranges else 1
    for layer, pairs in enumerate(ranges):
      sizes = [len(pair) for pair in pairs]
      if sizes != [2] * num_branches:
        raise ArcError(
          'layer %d: expected %d pairs of start and count, found entries of '
          'lengths %s' % (layer, num_branches, sizes)
        )
    tokens = []
    for pairs, bits in zip(ranges, skips):
      tokens.extend(number for pair in pairs for number in pair)
      tokens.extend(bits)
    return cls.from_tokens(tokens, num_branches, num_filters, len(ranges))

  @classmethod
  def from_tokens(cls, tokens, num_branches, num_filters, num_layers=None):
    """Makes an architecture from its flat 2BL + L(L-1)/2 ints.

    Args:
      tokens: sequence of ints (a NumPy array too): for each layer start and
        count of each branch, then the skip bits.
      num_branches: int, B.
      num_filters: int, F.
      num_layers: int, or None to infer it from the number of tokens.

    Raises:
      ArcError: wrong length, or a token out of range, named with its place.
    """
    head = 2 * tokens_lib.check_at_least('num_branches', num_branches, 1)
    num_filters = tokens_lib.check_at_least('num_filters', num_filters, 2)

    def slot(column, row):
      branch, is_count = divmod(column, 2)
      if not is_count:
        return tokens_lib.Slot(
          'start of branch %d' % branch, 0, num_filters - 1
        )
      high = min(num_filters - 1, num_filters - row[-1])
      return tokens_lib.Slot('count of branch %d' % branch, 1, high)

    rows = rows_lib.read_rows(tokens, head, slot, num_layers)
    ranges = tuple(tuple(zip(row[0:head:2], row[1:head:2])) for row in rows)
    skips = tuple(row[head:] for row in rows)
    return super().__new__(cls, ranges, skips, num_filters)

  @classmethod
  def parse(cls, text, num_branches, num_filters, num_layers=None):
    """Reads the one-line string, or the lines of a log block."""
    tokens = tokens_lib.split_text(text)
    return cls.from_tokens(tokens, num_branches, num_filters, num_layers)

  @classmethod
  def from_json(cls, text):
    """Reads what `to_json` wrote; raises ArcError when it is anything else."""
    data = cls._load(
      text, 'channel_macro', ['ranges', 'skips'], ['num_filters']
    )
    for layer, pairs in enumerate(data['ranges']):
      if not all(isinstance(pair, list) for pair in pairs):
        raise ArcError(
          'not an architecture in JSON: ranges of layer %d are not pairs'
          % layer
        )
    return cls(**data)

  @classmethod
  def random(
    cls, num_layers, num_branches, num_filters, generator, skip_probability=0.5
  ):
    """Draws each start, each count that fits it, and each skip bit.

    Args:
      num_layers: int.
      num_branches: int.
      num_filters: int, at least 2.
      generator: `numpy.random.RandomState`.
      skip_probability: float in [0, 1].
    """
    num_filters = tokens_lib.check_at_least('num_filters', num_filters, 2)
    ranges = []
    for _ in range(num_layers):
      pairs = []
      for _ in range(num_branches):
        start = generator.randint(num_filters)
        most = min(num_filters - 1, num_filters - start)
        pairs.append((start, generator.randint(1, most + 1)))
      ranges.append(pairs)
    skips = random_skips(num_layers, generator, skip_probability)
    return cls(ranges, skips, num_filters)

  @property
  def num_branches(self):
    return len(self.ranges[0])

  def rows(self):
    """list of L tuples of ints: start, count, start, ..., then skip bits."""
    return [
      tuple(number for pair in pairs for number in pair) + bits
      for pairs, bits in zip(self.ranges, self.skips)
    ]

  def layer_operations(self, operations=None):
    """Always raises ArcError: such a layer runs all operations."""
    raise ArcError(
      'a layer of a partial-channels architecture has no single operation: '
      'only whole-channels architectures can be counted or drawn'
    )

  def _as_dict(self):
    return dict(self._asdict(), type='channel_macro')

  def __repr__(self):
    return 'ChannelMacroArc.parse(%r, num_branches=%d, num_filters=%d)' % (
      str(self),
      self.num_branches,
      self.num_filters,
    )
