"""A search space of recurrent cells as a value (ENAS paper, section 2.1)."""

import json
import typing

from src.arc import tokens as tokens_lib
from src.arc.errors import ArcError
from src.arc.recurrent import ENAS_LM, FORMATS, Format, RecurrentArc


class RecurrentSpace(typing.NamedTuple):
  """All cells of one size.

  Attributes:
    num_nodes: int, N.
    format: Format of its tokens; its activations are those that nodes may
      apply, in the order of a controller's choices.
  """

  num_nodes: int
  format: Format = ENAS_LM

  @property
  def num_actions(self):
    """int, how many activations a node can choose from."""
    return len(self.format.activations)

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
    return json.dumps(dict(fields, type='recurrent'), sort_keys=True)
