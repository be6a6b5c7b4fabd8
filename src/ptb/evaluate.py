"""Perplexity of architectures on a text, the state carried along it.

`--mode=eval` and `--mode=derive` are in `src.run.scoring`.
"""

import contextlib
import math
import typing

import numpy as np

from src.nn import keyed
from src.ptb import windows as windows_lib
from src.run import scoring
from src.run.errors import UsageError


class Perplexity(typing.NamedTuple):
  """Summed cross entropy in nats over how many words; see `scoring.Scorer`."""

  total_loss: float
  num_words: int

  COLUMNS = ('total_loss', 'num_words', 'log_ppl', 'ppl')
  RANKED = ('valid_ppl', 'total_loss', 'num_words')

  @property
  def log(self):
    return self.total_loss / self.num_words

  @property
  def value(self):
    return exp(self.log)

  @property
  def rank(self):
    # A sum that is not a number comes last.
    return self.log if math.isfinite(self.log) else float('inf')

  def row(self):
    return self.total_loss, self.num_words, self.log, self.value

  def ranked_row(self):
    return self.value, self.total_loss, self.num_words

  def __str__(self):
    return 'valid_ppl %.2f (log %.4f, %s words)' % (
      self.value,
      self.log,
      self.num_words,
    )


def exp(value):
  """exp; infinite where that is too large for a float."""
  try:
    return math.exp(value)
  except OverflowError:
    return float('inf')


class Text(typing.NamedTuple):
  """A text as it is evaluated: int32 [B, W] and the windows in their order."""

  matrix: np.ndarray
  windows: list

  def feeds(self, infer, number):
    """Feeds a window, as a dict; infer: graphs.Infer."""
    inputs, targets = windows_lib.inputs_and_targets(
      self.matrix, self.windows[number]
    )
    return {infer.inputs: inputs, infer.targets: targets}

  def num_words(self, number):
    """How many words a window predicts."""
    return self.matrix.shape[0] * self.windows[number].length


def text(corpus, split, batch_size, bptt, full=False, kept=0):
  """How a split is cut for evaluation.

  Args:
    corpus: corpus.Corpus.
    split: 'valid', in batch_size rows of whole windows, 'derive', of which
      are the last of them, or 'test', which is one row of which each word but
      the first is predicted.
    batch_size: int.
    bptt: int.
    full: bool, the flag eval_full: cut `valid` as `test`.
    kept: int, how many windows are of `derive` and not of `valid`.

  Returns:
    Text.

  Raises:
    DataError: it is too short.
    UsageError: nothing of `valid` would be left.
  """
  whole = full or split == 'test'
  rows = 1 if whole else batch_size
  source = 'valid' if split == 'derive' else split
  matrix = windows_lib.matrix(getattr(corpus, source), rows, bptt, source)
  cut = windows_lib.full_windows if whole else windows_lib.fixed_windows
  windows = cut(matrix.shape[1], bptt)
  if source == 'valid':
    windows = part_of(windows, split, kept)
  return Text(matrix, windows)


def part_of(windows, split, kept):
  """The windows of the validation text that a split has.

  Args:
    windows: list, all of them.
    split: 'derive' for the last `kept` ones, another for those before; for all
      if none are kept.
    kept: int.

  Raises:
    UsageError: nothing would be left for rewards.
  """
  if not kept:
    return windows
  left = len(windows) - kept
  if left < 1:
    raise UsageError(
      '--derive_split=%d: of %d windows of the validation text one at least '
      'has to be left for rewards' % (kept, len(windows))
    )
  return windows[left:] if split == 'derive' else windows[:left]


def carried(session, infer, of_text, feeds):
  """Perplexity of one architecture on a text.

  The state is zero before it and carried from window to window.

  Args:
    session: session with the weights.
    infer: graphs.Infer.
    of_text: Text.
    feeds: dict with the architecture; empty for a fixed child.

  Returns:
    Perplexity.
  """
  total, count, state = 0.0, 0, None
  for number in range(len(of_text.windows)):
    fed = dict(of_text.feeds(infer, number))
    fed.update(feeds)
    if state is not None:
      fed[infer.state] = state
    loss, state = session.run([infer.loss, infer.final], fed)
    total += float(loss)
    count += of_text.num_words(number)
  return Perplexity(total, count)


@contextlib.contextmanager
def averaged(session, averaging):
  """Within it, the mean of the weights takes their place, if there is one.

  Args:
    session: session with the weights.
    averaging: averaging.Averaging, or None if they are never averaged.
  """
  if averaging is None or session.run(averaging.count) == 0:
    yield
    return
  session.run(averaging.swap_in)
  try:
    yield
  finally:
    session.run(averaging.swap_out)


class Scorer(scoring.Scorer):
  """A restored child and controller; see `scoring.Scorer`."""

  SCORE = Perplexity

  def __init__(self, session, graph, text_of, seed, space, offered):
    """
    Args:
      session: session with the checkpoint's values.
      graph: graphs.Graph.
      text_of: function of a split, returns its Text.
      seed: int; the same seed gives the same architectures.
      space: RecurrentSpace of the child.
      offered: RecurrentSpace that the controller chooses from.
    """
    self.session = session
    self.graph = graph
    self._text_of = text_of
    self._seed = seed
    self._space = space
    self._offered = offered
    self._texts = {}

  def score(self, arc, split):
    """Perplexity on a split; any arc for a fixed child, which has but one."""
    if split not in self._texts:
      self._texts[split] = self._text_of(split)
    feeds = {}
    if self.graph.arc is not None:
      feeds[self.graph.arc] = self._space.tokens(arc)
    return carried(self.session, self.graph.infer, self._texts[split], feeds)

  def sample(self, count):
    """`count` architectures as the controller writes them, a list."""
    arcs = []
    for number in range(count):
      key = keyed.pair(self._seed, 'derived architectures', number)
      sampled = self.session.run(
        self.graph.sample.arc, {self.graph.sample_key: key}
      )
      arcs.append(self._offered.from_tokens(sampled))
    return arcs

  def random(self, count):
    """`count` architectures, all choices equally likely, a list."""
    generator = keyed.generator(self._seed, 'random architectures')
    return [self._offered.random(generator) for _ in range(count)]
