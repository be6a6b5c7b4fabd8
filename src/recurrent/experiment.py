"""Searches and trainings of ENAS-pytorch's cells, step by step.

The phases are those of `src.run.experiment`: an epoch is some steps of the
shared weights, which go on through the text where the last ones ended, some of
the controller, and at times a derivation: cells are sampled and scored, and
the best one is evaluated. The state is zero where an epoch or the text begins.
Source: `trainer.py` of ENAS-pytorch, `train_scripts/train_regular.py` of MENAS.
"""

import os
import typing

from src.arc.dag_json import to_dag_json
from src.arc.dag_space import DagSpace
from src.nn import keyed
from src.ptb import evaluate, fingerprint
from src.ptb import graphs as ptb_graphs
from src.ptb import windows as windows_lib
from src.recurrent import extra_gradient, pictures
from src.recurrent import lines as lines_lib
from src.recurrent import passes as passes_lib
from src.run import directory, events, experiment
from src.run.logs import Table
from src.run.loop import Phase

SAMPLED = 'sampled.csv'
DERIVED = 'derived_architecture.json'
NETWORKS = 'networks'
SHOWN = 10  # derived cells in architectures.csv


class RunConfig(typing.NamedTuple):
  """How a run proceeds; flags of ENAS-pytorch have their names in brackets.

  Attributes:
    space: DagSpace.
    output_dir: str.
    seed: int (`random_seed`).
    batch_size: int.
    test_batch_size: int, rows of texts that are evaluated.
    bptt: int (`shared_rnn_max_length`).
    num_epochs: int (`max_epoch`).
    shared_steps: int, an epoch's (`shared_max_step`); 0: once through the text.
    initial_steps: int, of the first epoch of all, if there is such a one
      (`shared_initial_step`), which nothing is derived after; else 0.
    log_every: int (`log_step`).
    derive_every: int, epochs between two derivations (`save_epoch`).
    derive_samples: int (`derive_num_sample`).
    derive_batches: int, how many windows of the validation text they are
      scored on; 0: all of it.
    all_nodes: bool, whether outputs are means of all nodes but node 0.
    derive_split: int, how many of its last windows rewards do not see; then
      they are scored on these alone.
    controller_runs: int, rewards an epoch (`controller_max_step`).
    controller_aggregate: int, rewards an update.
    baseline_reset: bool, whether the baseline begins anew with each phase.
    store_epoch, replay_epoch: int, epochs from which a controller stores what
      it writes, and writes it again (`controller_supervised_*_epoch`).
    tag: str, that curves of the child's updates begin with.
    curves: bool, whether TensorBoard's are written.
    reward: function of a perplexity, what architectures.csv tells of it.
    bonus: function of an architecture, what is added to its reward; or None.
    entropy_weight: function of an epoch as told, where the weight changes; or
      None.
    diagnose_every: int, epochs between two diagnoses of look-ahead; 0: none.
    horizon: one of `extra_gradient.HORIZONS`.
    random_arc, eval_every_epochs, controller_train_every: see
      `src.run.experiment`.
  """

  space: DagSpace
  output_dir: str
  seed: int
  batch_size: int
  test_batch_size: int
  bptt: int
  num_epochs: int
  shared_steps: int
  initial_steps: int = 0
  log_every: int = 50
  derive_every: int = 1
  derive_samples: int = 100
  derive_batches: int = 0
  derive_split: int = 0
  all_nodes: bool = False
  controller_runs: int = 2000
  controller_aggregate: int = 1
  baseline_reset: bool = True
  store_epoch: int = 5
  replay_epoch: int = 10
  tag: str = 'shared'
  curves: bool = True
  reward: typing.Callable = ptb_graphs.reward
  bonus: typing.Optional[typing.Callable] = None
  entropy_weight: typing.Optional[typing.Callable] = None
  diagnose_every: int = 0
  horizon: str = extra_gradient.HORIZONS[0]
  random_arc: typing.Optional[typing.Callable] = None
  eval_every_epochs: int = 1
  controller_train_every: int = 1


class Experiment(experiment.Experiment):
  """The steps of a run, on an open session."""

  steadied_by = 'a smaller --shared_lr, --shared_grad_clip or --controller_lr'
  best_by = '--load_path=%s takes it'

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
    lines = lines_lib.Lines(config.log_every, config.reward)
    super().__init__(config, graph, unit, lines)
    if not config.curves:
      self._events = events.Silent()
    self.fingerprint = fingerprint.of(corpus)
    size, bptt = config.batch_size, config.bptt
    self._train = passes_lib.rows_of(corpus, 'train', size, bptt)
    self.passes = passes_lib.Passes(self._train.shape[1], config)
    rows = config.test_batch_size
    self._valid = passes_lib.text_of(corpus, 'valid', rows, bptt)
    if self.searches:
      kept = config.derive_split
      self._reward_text = passes_lib.text_of(corpus, 'reward', size, bptt, kept)
      self._derive_text = passes_lib.text_of(
        corpus, 'derive', rows, bptt, kept, config.derive_batches
      )
      path = os.path.join(config.output_dir, SAMPLED)
      self.files[SAMPLED] = Table(path, ('step', 'arc'))
    self._extra = None
    if graph.lookahead is not None:
      self._extra = extra_gradient.ExtraGradient(self)
      path = os.path.join(config.output_dir, extra_gradient.TABLE)
      self.files[extra_gradient.TABLE] = Table(path, extra_gradient.COLUMNS)

  def first_step(self, epoch):
    return self.passes.first_step(epoch)

  def start(self, session, preamble, state=None):
    """See `experiment.Experiment`."""
    super().start(session, preamble, state)
    state = state or {}
    self._sums = state.get('sums', {})
    self._derived = state.get('derived', {})
    self._best = state.get('best')

  def state(self):
    """See `experiment.Experiment`; with what is not told yet."""
    return dict(
      super().state(), sums=self._sums, derived=self._derived, best=self._best
    )

  def _shown_epoch(self, epoch):
    """An epoch as the references number it; -1 is the one before the first."""
    return epoch - bool(self.config.initial_steps)

  def _derives_after(self, epoch):
    shown = self._shown_epoch(epoch)
    return shown >= 0 and shown % self.config.derive_every == 0

  def plan(self, epoch):
    """The phases of an epoch, a list of `loop.Phase`."""
    steps = self.first_step(epoch + 1) - self.first_step(epoch)
    phases = [Phase('child', steps, self._child, self._unit)]
    if self._trains_controller_after(epoch + 1):
      runs = self.config.controller_runs
      phases.append(Phase('controller', runs, self._controller, self._unit))
      if self._extra is not None:
        phases.append(Phase('look-ahead', 1, self._look_ahead, ('phase', 1)))
    if not self._derives_after(epoch):
      return phases
    if self.searches:
      count = self.config.derive_samples
      phases.append(Phase('derive', count, self._derive, ('cell', 1)))
    evaluates = lambda epoch, index: self._eval(epoch, index, 'valid')  # noqa: E731
    return phases + [Phase('eval', 1, evaluates, ('split', 1))]

  def _child(self, epoch, index):
    """One update of the child, by one window, as it is told."""
    step = self.first_step(epoch) + index
    feeds, (raw, loss, grad_norm, rate) = self.child_step(step, epoch)
    told = lines_lib.Update(float(loss), float(grad_norm), None)
    self._check_finite('child', step + 1, feeds, told, rate)
    self._add('child', raw_loss=raw, loss=loss)
    if (step + 1) % self.config.log_every == 0:
      mean = self._means('child')
      mean = lines_lib.Mean(perplexity=evaluate.exp(mean['raw_loss']), **mean)
      told = told._replace(mean=mean)
      self._log_child(self._shown_epoch(epoch), step + 1, told, rate)
      self._curves(
        step + 1, self.config.tag, loss=mean.loss, perplexity=mean.perplexity
      )

  def child_step(self, step, epoch):
    """One update of the child, which is that of `step` in `epoch`.

    Returns:
      (feeds, (loss, loss with penalties, norm of gradients, learning rate)).
    """
    train = self.graph.train
    begins = self.passes.window(step).start == 0
    if begins or step == self.first_step(epoch):
      self.session.run(train.reset_state)
    feeds = self.train_feeds(step)
    feeds.update(self._arc_feeds('architectures of the child', step, epoch))
    ops = train.train_ops
    *told, _ = self.session.run(
      [train.loss, train.minimised, ops.grad_norm, ops.learning_rate,
       train.update], feeds
    )  # fmt: skip
    return feeds, told

  def words(self, step):
    """(inputs, targets), each int32 [B, T], of a step of the child."""
    window = self.passes.window(step)
    return windows_lib.inputs_and_targets(self._train, window)

  def train_feeds(self, step):
    """dict of what a step of the child reads, and of what it drops."""
    train = self.graph.train
    inputs, targets = self.words(step)
    feeds = {train.inputs: inputs, train.targets: targets}
    feeds.update(self._draw_key(step))
    return feeds

  def window_feeds(self, number):
    """dict of a window that rewards are measured on, from the zero state."""
    windows = len(self._reward_text.windows)
    graph = self.graph
    feeds = self._reward_text.feeds(graph.rewarded, number % windows)
    if graph.draw is not None:
      feeds[graph.draw] = number
    return feeds

  def key_feeds(self, purpose, number):
    """dict with the key of an architecture that the controller samples."""
    return self._arc_feeds(purpose, number)

  def _add(self, name, **values):
    """Adds to what the next line tells the means of."""
    sums = self._sums.setdefault(name, {'count': 0})
    sums['count'] += 1
    for key, value in values.items():
      sums[key] = sums.get(key, 0.0) + float(value)

  def _means(self, name):
    """dict of the means since the last line; they begin anew."""
    sums = self._sums.pop(name)
    count = sums.pop('count')
    return {key: value / count for key, value in sums.items()}

  def _curves(self, step, group, **values):
    self._events.scalars(
      step, **{'%s__%s' % (group, name): v for name, v in values.items()}
    )

  def _metrics(self, phase, epoch, step, **values):
    """Curves have names of their own here."""
    self.files['metrics.csv'].row(phase=phase, epoch=epoch, step=step, **values)

  def _announce_controller(self, epoch, index):
    if index:
      return
    for name in ('controller', 'first rewards', 'responses'):
      self._sums.pop(name, None)
    if self._extra is not None:
      self._extra.begin(epoch)
    store = self.graph.store
    if (
      store is not None and self._shown_epoch(epoch) >= self.config.store_epoch
    ):
      key = keyed.pair(self._seed, 'stored architectures', epoch)
      self.session.run(store, {self.graph.sample_key: key})

  def _reward_feeds(self, draw):
    feeds = self.window_feeds(draw)
    feeds[self.graph.carry] = draw % len(self._reward_text.windows) > 0
    return feeds

  def _controller_feeds(self, draw):
    feeds = super()._controller_feeds(draw)
    runs, config, graph = self.config.controller_runs, self.config, self.graph
    feeds[graph.first] = config.baseline_reset and draw % runs == 0
    if graph.extra_on is not None:
      epoch = self._shown_epoch(draw // runs)
      feeds[graph.extra_on] = float(epoch >= config.replay_epoch)
    if graph.entropy_weight is not None:
      epoch = self._shown_epoch(draw // runs)
      feeds[graph.entropy_weight] = config.entropy_weight(epoch)
    if graph.bonus is not None:
      feeds[graph.bonus] = self._bonus(draw, feeds)
    return feeds

  def _bonus(self, draw, feeds):
    """float, what is added to the reward of the architecture fed."""
    key = self.graph.sample_key
    total, arc_feeds = 0.0, {key: feeds[key]}
    if self.config.bonus is not None:
      tokens = self.session.run(self.graph.arc, arc_feeds)
      total += self.config.bonus(self.config.space.from_tokens(tokens))
    if self._extra is not None and self._extra.responds:
      runs = self.config.controller_runs
      step = self.first_step(draw // runs + 1) + draw % runs
      response = self._extra.response(step, arc_feeds)
      self._add('responses', response=response)
      total += response
    return total

  def _look_ahead(self, epoch, index):
    """Tells of the extra gradient of a phase."""
    del index
    responses = self._sums.get('responses')
    response = self._means('responses')['response'] if responses else ''
    every, shown = self.config.diagnose_every, self._shown_epoch(epoch)
    diagnosed = every and shown >= 0 and shown % every == 0
    row = self._extra.row(
      shown,
      self._controller_steps(epoch),
      response,
      epoch if diagnosed else None,
      self.config.horizon,
    )
    self.files[extra_gradient.TABLE].row(**row)
    curves = {k: v for k, v in row.items() if isinstance(v, float)}
    self._curves(row['step'], 'extra_gradient', **curves)

  def _reward(self):
    told = super()._reward()
    metrics = dict(told.metrics, arc=self.graph.sample.arc)
    return told._replace(metrics=metrics)

  def _log_controller(self, epoch, index, updates, told, rate):
    metrics = dict(told.metrics)
    arc = self.config.space.from_tokens(metrics.pop('arc'))
    number = self._draw(epoch, index) + 1
    self.files[SAMPLED].row(step=number, arc=arc)
    self._add(
      'controller', loss=told.loss, reward=metrics.pop('mean_reward'),
      adv=metrics.pop('adv'), perplexity=metrics.pop('perplexity'),
      entropy=metrics.pop('mean_entropy'), **metrics
    )  # fmt: skip
    if not self._lines.shows_reward(index):
      return
    mean = self._means('controller')
    first = self._sums.setdefault('first rewards', mean['reward'])
    shown = self._shown_epoch(epoch)
    self.log.line(self._lines.controller(shown, mean, rate))
    extra = [mean[name] for name in metrics]
    self._metrics(
      'controller', shown, number, loss=mean['loss'], entropy=mean['entropy'],
      reward=mean['reward'], adv=mean['adv'], perplexity=mean['perplexity'],
      baseline=float(told.baseline.mean()), grad_norm=told.grad_norm,
      learning_rate=rate, extra=extra[0] if extra else '',
    )  # fmt: skip
    curves = {name: mean[name] for name in ('loss', 'reward', 'entropy', 'adv')}
    curves['reward-B_per_epoch'] = mean['reward'] - first
    curves.update((name, mean[name]) for name in metrics)
    self._curves(number, 'controller', **curves)
    if self.config.curves:
      picture = pictures.png(arc, self.config.all_nodes)
      self._events.image(number, 'controller/sample/0', picture)

  def _derive(self, epoch, index):
    """One sampled cell, scored if it is new."""
    if index == 0:
      self._derived = {}
    draw = epoch * self.config.derive_samples + index
    feeds = self._arc_feeds('derived architectures', draw)
    tokens = self.session.run(self.graph.arc, feeds)
    arc = self.config.space.from_tokens(tokens)
    if str(arc) not in self._derived:
      found = self._score_of(arc, self._derive_text)
      self._derived[str(arc)] = [found.total_loss, found.num_words]
    if index + 1 == self.config.derive_samples:
      self._tell_derived(epoch)

  def _score_of(self, arc, of_text):
    """evaluate.Perplexity of a cell."""
    feeds = {self.graph.arc: self.config.space.tokens(arc)}
    return evaluate.carried(self.session, self.graph.infer, of_text, feeds)

  def _tell_derived(self, epoch):
    """Keeps, draws and tells the best of those that were derived."""
    scores = {
      arc: evaluate.Perplexity(*found) for arc, found in self._derived.items()
    }
    ranked = sorted(scores, key=lambda arc: scores[arc].rank)
    shown, self._best = self._shown_epoch(epoch), ranked[0]
    value = scores[ranked[0]].value
    self.log.line(self._lines.derived(value))
    for name in ranked[:SHOWN]:
      cells = self._lines.architecture_cells(scores[name])
      self.files['architectures.csv'].row(
        epoch=shown, step=self._step(), arc=name, **cells
      )
    arc = self.config.space.parse(ranked[0])
    folder, steps = self.config.output_dir, self._controller_steps(epoch)
    picture = os.path.join(
      folder, NETWORKS, '%03d-%06d-%6.4f-best.png' % (shown, steps, value)
    )
    directory.write(folder, DERIVED, to_dag_json(arc) + '\n')
    pictures.put(arc, picture, self.config.all_nodes)
    with open(picture, 'rb') as file:
      self._events.image(shown, 'derive/best/0', file.read())

  def _controller_steps(self, epoch):
    """Rewards up to the end of an epoch."""
    if self.graph.controller is None:
      return 0
    return self._draw(epoch + 1, 0)

  def _measured(self, epoch, split):
    del epoch, split
    if not self.searches:
      return evaluate.carried(self.session, self.graph.infer, self._valid, {})
    return self._score_of(self.config.space.parse(self._best), self._valid)

  def _eval(self, epoch, index, split):
    """Perplexity of the derived, or the one, cell on all of a text."""
    del index
    found, shown = self._measured(epoch, split), self._shown_epoch(epoch)
    self._found[split] = list(found)
    for line in self._lines.evaluation(self._step(), split, found):
      self.log.line(line)
    cells = self._lines.evaluation_cells(found)
    self._metrics(split, shown, self._step(), **cells)
    group = 'eval' if self.config.tag == 'shared' else 'eval_scratch'
    self._curves(
      shown, group, val_best_loss=found.log, val_best_ppl=found.value
    )
    self._score = -found.log
