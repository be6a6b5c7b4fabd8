"""What is around a cell: embedding, decoder and norm, whatever the cell."""

import typing

from src.nn import variables
from src.recurrent import norm
from src.tf1 import tf


class Words(typing.NamedTuple):
  """The weights around a cell; fields of `child.Weights`, but that `trained`
  is without those of the norm."""

  embedding: typing.Any
  decoder: typing.Any
  bias: typing.Any
  norm: typing.Any
  trained: typing.Sequence

  def around(self, trained):
    """dict of the fields of a record that has weights of a cell too.

    Args:
      trained: list, what the optimiser is to change of the cell.
    """
    ends = [] if self.norm is None else self.norm.trained
    return dict(self._asdict(), trained=self.trained + trained + ends)


def weights(config):
  """Creates the variables of Words, or finds them.

  Args:
    config: child.ChildConfig.
  """
  size = config.hidden_size
  initial = variables.uniform(config.init_range)
  with tf.variable_scope('child', reuse=tf.AUTO_REUSE):

    def _create(name, shape, initial=initial):
      return variables.create(name, shape, initial)

    embedding = _create('embedding/w', [config.vocab_size, config.embed_size])
    decoder = embedding
    if not config.tied:
      decoder = _create('decoder/w', [config.vocab_size, size])
    bias = _create('decoder/b', [config.vocab_size], variables.zeros)
    normed = None
    if config.batch_norm:
      firsts = (initial, initial)
      if not config.norm_uniform:
        firsts = (variables.ones, variables.zeros)
      normed = norm.create(size, *firsts)
  trained = [embedding] + ([] if config.tied else [decoder]) + [bias]
  return Words(
    embedding.value(), decoder.value(), bias.value(), normed, trained
  )
