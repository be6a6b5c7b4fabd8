"""How architectures of an image network are scored: right answers on a split.

`--mode=eval` and `--mode=derive` are in `src.run.scoring`.
"""

import typing

from src.nn import keyed
from src.run import scoring


class Accuracy(typing.NamedTuple):
  """Right answers among how many; see `scoring.Scorer`."""

  correct: int
  total: int

  COLUMNS = ('num_correct', 'num_examples', 'accuracy')
  RANKED = ('valid_accuracy', 'num_correct', 'num_examples')

  @property
  def value(self):
    return float(self.correct) / self.total

  @property
  def rank(self):
    return -self.value

  def row(self):
    return self.correct, self.total, self.value

  def ranked_row(self):
    return self.value, self.correct, self.total

  def __str__(self):
    return 'valid_accuracy %.4f (%s/%s)' % (
      self.value,
      self.correct,
      self.total,
    )


class Scorer(scoring.Scorer):
  """A restored child and controller; see `scoring.Scorer`."""

  SCORE = Accuracy

  def __init__(self, session, graph, data, seed, space, random_arc):
    """
    Args:
      session: session with the checkpoint's values.
      graph: graphs.Graph.
      data: where batches come from, see `in_memory.InMemory`.
      seed: int; the same seed gives the same architectures.
      space: what architectures are from, a value of `src.arc.spaces`.
      random_arc: function of a generator that draws one, see `config`.
    """
    self.session = session
    self.graph = graph
    self._data = data
    self._seed = seed
    self._space = space
    self._random_arc = random_arc
    self._readers = {}

  def score(self, arc, split):
    """Right answers on a split.

    Batches are the same each time and have the same random numbers, so the
    count is that of the architecture even where batch statistics normalise and
    values are dropped (docs/FIDELITY.md, D13).

    Args:
      arc: the architecture to run with the shared weights; any for a fixed
        network, which has but one.
      split: 'valid', 'test' or 'derive'.

    Returns:
      Accuracy.
    """
    if split not in self._readers:
      self._readers[split] = self._data.evaluation(split)
    reader, infer, correct = self._readers[split], self.graph.infer, 0
    for number in range(reader.num_batches):
      images, labels = reader.batch(number)
      feeds = {infer.images: images, infer.labels: labels}
      if self.graph.arc is not None:
        feeds[self.graph.arc] = arc.tokens
        feeds[self.graph.sample_key] = keyed.pair(0, 'evaluation', number)
      correct += int(self.session.run(infer.hits, feeds))
    return Accuracy(correct, reader.num_counted)

  def sample(self, count):
    """`count` architectures as the controller writes them, a list."""
    arcs = []
    for number in range(count):
      key = keyed.pair(self._seed, 'derived architectures', number)
      tokens = self.session.run(
        self.graph.sample.arc, {self.graph.sample_key: key}
      )
      arcs.append(self._space.from_tokens(tokens))
    return arcs

  def random(self, count):
    """`count` architectures drawn by chance, a list."""
    generator = keyed.generator(self._seed, 'random architectures')
    return [self._random_arc(generator) for _ in range(count)]

  def close(self):
    """Ends what the readers hold open."""
    for reader in self._readers.values():
      reader.close()
