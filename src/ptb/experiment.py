"""A search, or the training of a fixed cell, as phases of steps.

An epoch is a pass: child steps, one a window of the training text; then, at
times, controller steps, ten sampled architectures, and an evaluation. Each
step is a function of its epoch and index, the weights and the carried state,
so a run can go on from any of them. Phases: `search.py` and `fixed.py` of
enas_lm; log lines: `src/ptb/main.py` of melodyguan/enas, and `avg=`.
"""

import math
import typing

from src.arc.recurrent_space import RecurrentSpace
from src.nn import keyed
from src.ptb import evaluate, fingerprint
from src.ptb import windows as windows_lib
from src.run import experiment
from src.run.loop import Phase

NUM_ARCHITECTURES = 10
# Dropout is keyed by the number of a step; after a rollback, by numbers that
# no run comes to otherwise.
_DRAWS_BETWEEN_ROLLBACKS = 10**8

METRICS = (
  'phase', 'epoch', 'step', 'loss', 'learning_rate', 'grad_norm', 'perplexity',
  'entropy', 'reward', 'baseline', 'averaged',
)  # fmt: skip
ARCHITECTURES = ('epoch', 'step', 'arc', 'reward')


class RunConfig(typing.NamedTuple):
  """How a run proceeds; most fields are flags of these names.

  space: of the child's cells. probe: a cell to evaluate on its own, or None.
  reset_probability: of zeroing the state after a step. average_threshold:
  evaluations without a better one before weights are averaged, None if they
  never are. average_start_step: step after which they are instead, or None.
  controller_log_every: samples between two of the controller's lines.
  windows_shared_by: how many samples in a row it scores on one window.
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
    super().__init__(config, graph, METRICS, ARCHITECTURES)
    self._fingerprint = fingerprint.of(corpus)
    size, bptt = config.batch_size, config.bptt
    self._train = windows_lib.matrix(corpus.train, size, bptt, 'train')
    # Its seed stays that of the run: see there.
    self.passes = windows_lib.Passes(
      self._train.shape[1], bptt, config.random_bptt, config.seed
    )
    self._valid = evaluate.text(corpus, 'valid', size, bptt, config.eval_full)
    if self.searches:
      self._reward = evaluate.text(corpus, 'valid', size, bptt)
    else:
      self._test = evaluate.text(corpus, 'test', size, bptt)

  @property
  def _averages(self):
    return self.config.average_threshold is not None

  def first_step(self, epoch):
    return self.passes.first_step(epoch)

  def start(self, session, preamble, state=None):
    """See `experiment.Experiment`; DataError if the texts are others now."""
    if state is not None:
      fingerprint.check(self._fingerprint, state.get('corpus', {}), 'this run')
    super().start(session, preamble, state)
    state = state or {}
    self._losses = state.get('losses', [0.0, 0])
    self._history = state.get('history', [])
    self._averaging = bool(
      self._averages and session.run(self.graph.train.averaging.flag)
    )

  def state(self):
    """See `experiment.Experiment`; with what was found so far, on what."""
    return dict(
      super().state(),
      losses=self._losses,
      history=self._history,
      corpus=self._fingerprint,
    )

  def _reseed(self):
    self._seed = self.config.seed
    if self.rollbacks:
      self._seed = keyed.seed_for(self._seed, 'rollback', self.rollbacks)

  def plan(self, epoch):
    """The phases of an epoch, a list of `loop.Phase`."""
    config = self.config
    length = len(self.passes.windows(epoch))
    word = ('word', config.batch_size * config.bptt)
    phases = [Phase('child', length, self._child, word)]
    done = epoch + 1
    evaluates = done % config.eval_every_epochs == 0
    if self._trains_controller_after(done):
      phases += [
        Phase('controller', config.controller_runs, self._controller, word),
        Phase('architectures', NUM_ARCHITECTURES, self._architecture, word),
      ]
    splits = ['valid'] if evaluates else []
    if config.probe is not None and evaluates:
      splits.append('probe')
    if not self.searches and done == config.num_epochs:
      splits.append('test')
    # A fixed cell always has this phase, as num_epochs may change on resuming.
    if splits or not self.searches:
      phases.append(
        Phase(
          'eval',
          len(splits),
          lambda epoch, index: self._eval(epoch, index, splits[index]),
          ('split', 1),
        )
      )
    return phases

  def _arc_key(self, purpose, step):
    """Feeds the key that the sampler draws its architecture with."""
    if not self.searches:
      return {}
    return {self.graph.sample_key: keyed.pair(self._seed, purpose, step)}

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
    feeds.update(self._arc_key('architectures of the child', step))
    feeds[train.draw] = self._rollbacks * _DRAWS_BETWEEN_ROLLBACKS + step
    ops = train.train_ops
    update = train.averaged_update if self._averaging else train.update
    loss, grad_norm, rate, _ = self.session.run(
      [train.loss, ops.grad_norm, ops.learning_rate, update], feeds
    )
    step += 1
    self._check_finite('child', step, feeds, loss, grad_norm, rate)
    self._losses = [self._losses[0] + float(loss), self._losses[1] + 1]
    if config.reset_probability:
      draw = keyed.generator(self._seed, 'states set to zero', step)
      if draw.uniform() < config.reset_probability:
        self.session.run(train.reset_state)
    if step % config.log_every == 0:
      self._log_child(epoch, step, loss * window.length, rate, grad_norm)

  def _log_child(self, epoch, step, loss, rate, grad_norm):
    """loss: as melodyguan/enas, summed over the window, of one row."""
    perplexity = evaluate.exp(self._losses[0] / self._losses[1])
    self.log.line(
      'epoch={:<6d} ch_step={:<6d} loss={:<8.4f} lr={:<8.4f} |g|={:<10.2f} '
      'tr_ppl={:<8.2f} avg={:<2d} mins={:<10.2f}'.format(
        epoch,
        step,
        loss,
        rate,
        grad_norm,
        perplexity,
        int(self._averaging),
        self._seconds() / 60,
      )
    )
    self._metrics(
      'child',
      epoch,
      step,
      loss=loss,
      learning_rate=rate,
      grad_norm=grad_norm,
      perplexity=perplexity,
      averaged=int(self._averaging),
    )

  def _controller(self, epoch, index):
    """One reward; after enough of them, one update of the controller."""
    config, trainer = self.config, self.graph.controller
    done = epoch + 1
    if index == 0:
      self.log.line('Epoch {}: Training controller'.format(done))
    draw = self._draw(epoch, index)
    number = draw // config.windows_shared_by % len(self._reward.windows)
    feeds = self._reward.feeds(self.graph.infer, number)
    feeds.update(self._arc_key('architectures of the controller', draw))
    if self.graph.batch_index is not None:
      feeds[self.graph.batch_index] = number
    if self.graph.sample_number is not None:
      feeds[self.graph.sample_number] = index % config.controller_aggregate
    ops = trainer.train_ops
    fetches = [
      trainer.loss,
      self.graph.sample.entropy,
      ops.grad_norm,
      trainer.reward,
      trainer.baseline,
      ops.learning_rate,
      ops.step,
    ]
    if ops.accumulate is None:
      values = self.session.run(fetches[:-1] + [ops.update], feeds)
      applied = 0
    else:
      values = self.session.run(fetches + [ops.accumulate], feeds)[:-1]
      applied = int((index + 1) % config.controller_aggregate == 0)
    loss, entropy, grad_norm, reward, baseline, rate, updates = values
    updates += applied
    self._check_finite('controller', updates, feeds, loss, grad_norm, rate)
    if applied:
      self.session.run(ops.update)
    if index % config.controller_log_every == 0:
      self.log.line(
        'ctrl_step={:<6d} loss={:<7.3f} ent={:<5.2f} lr={:<8.2e} |g|={:<10.7f} '
        'rw={:<7.3f} bl={:<7.3f} mins={:<.2f}'.format(
          updates,
          loss,
          entropy,
          rate,
          grad_norm,
          reward,
          baseline,
          self._seconds() / 60,
        )
      )
      self._metrics(
        'controller',
        done,
        updates,
        loss=loss,
        learning_rate=rate,
        grad_norm=grad_norm,
        entropy=entropy,
        reward=reward,
        baseline=baseline,
      )

  def _arc(self, feeds):
    """The architecture that these feeds sample."""
    tokens = self.session.run(self.graph.arc, feeds)
    return self.config.space.from_tokens(tokens)

  def _architecture(self, epoch, index):
    """One sampled architecture and its reward on one validation window."""
    if index == 0:
      self.log.line('Here are {} architectures'.format(NUM_ARCHITECTURES))
    draw = epoch * NUM_ARCHITECTURES + index
    feeds = self._reward.feeds(
      self.graph.infer, draw % len(self._reward.windows)
    )
    feeds.update(self._arc_key('shown architectures', draw))
    arc = self._arc(feeds)
    reward = self.session.run(self.graph.controller.score, feeds)
    for line in arc.log_lines():
      self.log.line('{} rw={:<.3f}'.format(line, reward))
    self.files['architectures.csv'].row(
      epoch=epoch + 1, step=self._step(), arc=arc, reward=reward
    )

  def _eval(self, epoch, index, split):
    """Perplexity of a split; a search draws a cell for each window."""
    if index == 0:
      self.log.line('Epoch {}: Eval'.format(epoch + 1))
    found = self._perplexity(epoch, split)
    step = self._step()
    self.log.line('Eval at {}'.format(step))
    for name, value in (
      ('total_loss', found.total_loss),
      ('log_ppl', found.log),
      ('ppl', found.value),
    ):
      self.log.line('{}_{}: {:<6.2f}'.format(split, name, value))
    self._metrics(
      split, epoch + 1, step, loss=found.total_loss, perplexity=found.value
    )
    if split == 'valid' and math.isfinite(found.value):
      self._score = -found.value
    if split == 'valid' and self._averages:
      self._trigger(found.value)
    self.log.rule()

  def _perplexity(self, epoch, split):
    """evaluate.Perplexity of 'valid', 'test' or the probe."""
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
      feeds.update(self._arc_key('architectures of eval', draw))
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
