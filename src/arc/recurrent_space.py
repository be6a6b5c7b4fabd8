"""A search space of recurrent cells as a value (ENAS paper, section 2.1)."""

import json
from collections import namedtuple

from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.recurrent import (
  ENAS_LM,
  FORMATS,
  Format,
  RecurrentArc,
  activations,
)
from src.arc.space import Space, pairs


class RecurrentSpace(
  Space, namedtuple('RecurrentSpace', ['num_nodes', 'format', 'flags'])
):
  """All cells of one size.

  Attributes:
    num_nodes: int, N.
    format: Format of its tokens; its activations are those that nodes may
      apply, in the order of a controller's choices.
  """

  __slots__ = ()
  type = 'recurrent'

  def __new__(cls, num_nodes, format=ENAS_LM, flags=()):
    return super().__new__(cls, num_nodes, format, pairs(flags))

  @property
  def name(self):
    return self.format.name

  @property
  def operations(self):
    """tuple of `Operation`, the activations."""
    return activations(self.format.activations)

  @property
  def num_tokens(self):
    return 2 * self.num_nodes - (1 if self.format.first is None else 2)

  def operation_counts(self, arc):
    return [arc.activations.count(name) for name in self.format.activations]

  def first_actions(self, count):
    """The space in which only the first `count` activations are chosen."""
    names = self.format.activations[:count]
    return self._replace(format=self.format._replace(activations=names))

  def from_tokens(self, tokens):
    """The cell that a controller's choices mean; see `tokens`."""
    return RecurrentArc.from_tokens(tokens, self.num_nodes, self.format)

  def tokens(self, arc):
    """tuple of ints, a cell as this space numbers it."""
    return arc.written_in(self.format).tokens

  def parse(self, text):
    """Reads a cell, in the space's format or a published one.

    Raises:
      ArcError: it is none, or one that the space has not.
    """
    tokens = tokens_lib.split_text(text)
    whole = len(tokens) % 2 == 0
    format = next(
      format
      for format in [self.format] + list(FORMATS.values())
      if (format.first is not None) == whole
    )
    arc = RecurrentArc.from_tokens(tokens, self.num_nodes, format)
    first = self.format.first
    if first is not None and arc.activations[0] != first:
      raise ArcError(
        'token 1 of %d (node 0, activation): %d, expected %d: node 0 is always '
        '%s'
        % (len(tokens), arc.tokens[0], format.activations.index(first), first)
      )
    for node, name in enumerate(arc.activations):
      if name not in self.format.activations and (node, name) != (0, first):
        raise ArcError(
          'node %d applies %s, which is not in this search space: it has %s'
          % (node, name, ', '.join(self.format.activations))
        )
    return arc

  def random(self, generator):
    """A cell, all choices equally likely.

    Args:
      generator: `numpy.random.RandomState`.
    """
    return RecurrentArc.random(self.num_nodes, generator, self.format)

  def to_json(self):
    """str, one line of JSON with sorted keys."""
    fields = dict(self.format._asdict(), num_nodes=self.num_nodes)
    fields['format'] = fields.pop('name')
    return json.dumps(
      dict(fields, type=self.type, flags=self.flags), sort_keys=True
    )

  @classmethod
  def from_fields(cls, fields):
    format = Format(
      fields.pop('format'),
      tuple(fields.pop('activations')),
      fields.pop('first'),
    )
    return cls(format=format, **fields)
