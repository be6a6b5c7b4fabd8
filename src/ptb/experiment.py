"""Searches and trainings of fixed cells on text, step by step.

The phases are those of `src.run.experiment`, an epoch being a pass through the
training text, a window a step; the state is carried from one to the next.
Source: `search.py` and `fixed.py` of enas_lm.
"""

import math
import typing

from src.arc.recurrent_space import RecurrentSpace
from src.nn import keyed
from src.ptb import evaluate, fingerprint
from src.ptb import lines as lines_lib
from src.ptb import windows as windows_lib
from src.run import experiment


class RunConfig(typing.NamedTuple):
  """How a run proceeds; most fields are flags of these names.

  space: of the child's cells. probe: a cell to evaluate on its own, or None.
  reset_probability: of zeroing the state after a step. average_threshold:
  evaluations without a better one before weights are averaged, None if they
  never are. average_start_step: step after which they are instead, or None.
  controller_log_every: samples between two of the controller's lines.
  windows_shared_by: how many samples in a row it scores on one window.
  derive_split: windows of the validation text that a search leaves alone.
  random_arc: see `src.run.experiment`.
  """

  space: RecurrentSpace
  output_dir: str
  seed: int
  batch_size: int
  bptt: int
  num_epochs: int
  log_every: int
  random_bptt: bool = True
  eval_every_epochs: int = 1
  eval_full: bool = False
  probe: typing.Any = None
  reset_probability: float = 0.0
  average_threshold: typing.Optional[int] = None
  average_start_step: typing.Optional[int] = None
  controller_train_every: int = 1
  controller_runs: int = 1
  controller_aggregate: int = 1
  controller_log_every: int = 1
  windows_shared_by: int = 1
  derive_split: int = 0
  random_arc: typing.Optional[typing.Callable] = None


class Experiment(experiment.Experiment):
  """The steps of a run, on an open session."""

  def __init__(self, config, graph, corpus):
    """Opens no file and no session yet.

    Args:
      config: RunConfig.
      graph: graphs.Graph.
      corpus: corpus.Corpus.

    Raises:
      DataError: a text is too short.
    """
    unit = ('word', config.batch_size * config.bptt)
    super().__init__(config, graph, unit, lines_lib.Lines(config))
    self.fingerprint = fingerprint.of(corpus)
    size, bptt = config.batch_size, config.bptt
    self._train = windows_lib.matrix(corpus.train, size, bptt, 'train')
    # Its seed stays that of the run: see there.
    self.passes = windows_lib.Passes(
      self._train.shape[1], bptt, config.random_bptt, config.seed
    )
    kept = config.derive_split
    self._valid = evaluate.text(
      corpus, 'valid', size, bptt, config.eval_full, kept
    )
    if self.searches:
      self._reward_text = evaluate.text(corpus, 'valid', size, bptt, kept=kept)
    else:
      self._test = evaluate.text(corpus, 'test', size, bptt)

  @property
  def _averages(self):
    return self.config.average_threshold is not None

  def first_step(self, epoch):
    return self.passes.first_step(epoch)

  def start(self, session, preamble, state=None):
    """See `experiment.Experiment`."""
    super().start(session, preamble, state)
    state = state or {}
    self._losses = state.get('losses', [0.0, 0])
    self._history = state.get('history', [])
    self._averaging = bool(
      self._averages and session.run(self.graph.train.averaging.flag)
    )

  def state(self):
    """See `experiment.Experiment`; with what was found so far."""
    return dict(
      super().state(),
      losses=self._losses,
      history=self._history,
    )

  def _splits(self, done):
    config = self.config
    splits = []
    if done % config.eval_every_epochs == 0:
      splits.append('valid')
      if config.probe is not None:
        splits.append('probe')
    if self.searches:
      return splits or None
    # A fixed cell always has this phase, as num_epochs may change on resuming.
    return splits + ['test'] * (done == config.num_epochs)

  def _child(self, epoch, index):
    """One update of the child, by one window."""
    config, train = self.config, self.graph.train
    step = self.first_step(epoch) + index
    if index == 0:
      self.session.run(train.reset_state)
      self._losses = [0.0, 0]
    if self._averages and config.average_start_step is not None:
      if step >= config.average_start_step:
        self._start_averaging()
    window = self.passes.windows(epoch)[index]
    inputs, targets = windows_lib.inputs_and_targets(self._train, window)
    feeds = {train.inputs: inputs, train.targets: targets}
    feeds.update(self._arc_feeds('architectures of the child', step, epoch))
    feeds.update(self._draw_key(step))
    ops = train.train_ops
    update = train.averaged_update if self._averaging else train.update
    loss, grad_norm, rate, _ = self.session.run(
      [train.loss, ops.grad_norm, ops.learning_rate, update], feeds
    )
    step += 1
    self._losses = [self._losses[0] + float(loss), self._losses[1] + 1]
    told = lines_lib.Update(
      loss * window.length,
      grad_norm,
      evaluate.exp(self._losses[0] / self._losses[1]),
      int(self._averaging),
    )
    self._check_finite('child', step, feeds, told, rate)
    if config.reset_probability:
      draw = keyed.generator(self._seed, 'states set to zero', step)
      if draw.uniform() < config.reset_probability:
        self.session.run(train.reset_state)
    self._log_child(epoch, step, told, rate)

  def _reward_feeds(self, draw):
    config, graph = self.config, self.graph
    number = draw // config.windows_shared_by % len(self._reward_text.windows)
    feeds = self._reward_text.feeds(graph.infer, number)
    if graph.batch_index is not None:
      feeds[graph.batch_index] = number
    return feeds

  def _shown_feeds(self, draw):
    text = self._reward_text
    return text.feeds(self.graph.infer, draw % len(text.windows))

  def _evaluated(self, split, found):
    if split == 'valid':
      if math.isfinite(found.value):
        self._score = -found.value
      if self._averages:
        self._trigger(found.value)
    self.log.rule()

  def _measured(self, epoch, split):
    """Perplexity of a split; a search draws a cell for each window."""
    infer = self.graph.infer
    if split == 'probe':
      feeds = {self.graph.arc: self.config.space.tokens(self.config.probe)}
      return evaluate.carried(self.session, infer, self._valid, feeds)
    if not self.searches:
      text = self._valid if split == 'valid' else self._test
      averaging = self.graph.train.averaging
      with evaluate.averaged(self.session, averaging):
        return evaluate.carried(self.session, infer, text, {})
    total, words = 0.0, 0
    for number in range(len(self._valid.windows)):
      feeds = self._valid.feeds(infer, number)
      draw = epoch * len(self._valid.windows) + number
      feeds.update(self._arc_feeds('architectures of eval', draw, epoch))
      total += float(self.session.run(infer.loss, feeds))
      words += self._valid.num_words(number)
    return evaluate.Perplexity(total, words)

  def _trigger(self, perplexity):
    """Averages from here on if validation has not improved for long."""
    config, before = self.config, self._history
    threshold = config.average_threshold
    if config.average_start_step is None and len(before) > threshold:
      if perplexity > min(before[:-threshold]):
        self._start_averaging()
    self._history = before + [perplexity]

  def _start_averaging(self):
    if not self._averaging:
      self.log.line('Starting moving_avg')
      self.session.run(self.graph.train.averaging.start)
      self._averaging = True
