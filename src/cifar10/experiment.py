"""A search, or the training of a fixed network, as phases of steps.

An epoch is: child steps; then, at times, controller steps, ten sampled
architectures, and an evaluation. Every step is a function of its epoch and
index alone, so a run can go on from any of them. Log lines are those of
`src/cifar10/main.py` of melodyguan/enas.
"""

import typing

from src.nn import keyed
from src.run import experiment
from src.run.loop import Phase

NUM_ARCHITECTURES = 10
# Augmentation and dropout are keyed by the number of a gradient; after a
# rollback, by numbers that no run comes to otherwise.
_DRAWS_BETWEEN_ROLLBACKS = 10**8

METRICS = (
  'phase', 'epoch', 'step', 'loss', 'learning_rate', 'grad_norm', 'accuracy',
  'entropy', 'baseline', 'skip_rate',
)  # fmt: skip
ARCHITECTURES = ('epoch', 'step', 'arc', 'valid_accuracy')


class RunConfig(typing.NamedTuple):
  """How a run proceeds; fields are flags of the same names.

  space is what architectures are from, a value of `src.arc.spaces`. eval_splits
  are those that are evaluated, in this order; if `valid` is among them, its
  accuracy chooses the best checkpoint. first_epoch is the number of the first
  one in the headings of phases.
  """

  output_dir: str
  seed: int
  batch_size: int
  num_epochs: int
  log_every: int
  eval_every_epochs: int
  controller_train_every: int
  controller_runs: int
  child_aggregate: int = 1
  controller_aggregate: int = 1
  space: typing.Any = None
  eval_splits: tuple = ('valid', 'test')
  first_epoch: int = 1


class Experiment(experiment.Experiment):
  """The steps of a run, on an open session."""

  steadied_by = (
    'a smaller --child_lr (--child_lr_max with --child_lr_cosine), '
    '--child_clip_gradients with --child_grad_bound, a smaller --controller_lr'
  )

  def __init__(self, config, graph, data):
    """Opens no file and no session yet.

    Args:
      config: RunConfig.
      graph: graphs.Graph.
      data: where batches come from, see `in_memory.InMemory`.
    """
    super().__init__(config, graph, METRICS, ARCHITECTURES)
    self.data = data
    self._readers = []

  @property
  def num_train_batches(self):
    """Child steps an epoch."""
    return self.data.num_train_batches

  def first_step(self, epoch):
    return epoch * self.num_train_batches

  def _reseed(self):
    self._seed = self.config.seed
    if self.rollbacks:
      self._seed = keyed.seed_for(self._seed, 'rollback', self.rollbacks)
    self._close_readers()
    self._train = self._shuffled('train', 'training batches')
    if self.searches:
      self._reward = self._shuffled('valid', 'reward batches')
      self._shown = self._shuffled('valid', 'batches of shown architectures')
    self._evaluated = {}
    for split in self.config.eval_splits:
      self._evaluated[split] = self.data.evaluation(split)
      self._readers.append(self._evaluated[split])

  def _shuffled(self, split, purpose):
    reader = self.data.shuffled(split, self._seed, purpose)
    self._readers.append(reader)
    return reader

  def _close_readers(self):
    while self._readers:
      self._readers.pop().close()

  def close(self):
    super().close()
    self._close_readers()

  def plan(self, epoch):
    """The phases of an epoch, a list of `loop.Phase`."""
    config = self.config
    image = ('img', config.batch_size)
    phases = [Phase('child', self.num_train_batches, self._child, image)]
    done = epoch + 1
    if done % config.eval_every_epochs == 0:
      if self._trains_controller_after(done):
        phases += [
          Phase('controller', config.controller_runs, self._controller, image),
          Phase('architectures', NUM_ARCHITECTURES, self._architecture, image),
        ]
      splits = config.eval_splits
      phases.append(
        Phase(
          'eval',
          len(splits),
          lambda epoch, index: self._eval(epoch, index, splits[index]),
          ('split', 1),
        )
      )
    return phases

  @staticmethod
  def _batch(inputs, reader, step):
    images, labels = reader.batch(step)
    return {inputs.images: images, inputs.labels: labels}

  def _arc_key(self, purpose, step):
    """Feeds the key that the sampler draws its architecture with."""
    if not self.searches:
      return {}
    return {self.graph.sample_key: keyed.pair(self._seed, purpose, step)}

  def _child(self, epoch, index):
    """One update of the child, with one architecture per gradient."""
    config, train = self.config, self.graph.train
    step = self.first_step(epoch) + index
    count = config.child_aggregate
    for run in range(step * count, (step + 1) * count):
      feeds = self._child_feeds(run)
      ops = train.train_ops
      update = ops.update if count == 1 else ops.accumulate
      fetches = [train.loss, train.hits, ops.grad_norm]
      if count == 1:
        fetches.append(ops.learning_rate)
      values = self.session.run(fetches + [update], feeds)[:-1]
      if count > 1 and run % count == count - 1:
        values.append(self.session.run([ops.learning_rate, ops.update])[0])
      rate = values[3] if len(values) > 3 else float('nan')
      self._check_finite('child', step + 1, feeds, values[0], values[2], rate)
    self._log_child(step + 1, values)

  def _child_feeds(self, run):
    """What gradient number `run` of the child is computed with."""
    train = self.graph.train
    feeds = self._batch(train, self._train, run)
    feeds.update(self._arc_key('architectures of the child', run))
    feeds[train.draw] = self._rollbacks * _DRAWS_BETWEEN_ROLLBACKS + run
    return feeds

  def _log_child(self, step, values):
    """Tells of update number `step`: loss, hits, gradient norm and rate."""
    config = self.config
    loss, hits, grad_norm, rate = values
    if step % config.log_every == 0:
      epoch = step // self.num_train_batches
      self.log.line(
        'epoch={:<6d}ch_step={:<6d} loss={:<8.6f} lr={:<8.4f} |g|={:<8.4f} '
        'tr_acc={:<3d}/{:>3d} mins={:<10.2f}'.format(
          epoch,
          step,
          loss,
          rate,
          grad_norm,
          hits,
          config.batch_size,
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
        accuracy=float(hits) / config.batch_size,
      )

  def _controller(self, epoch, index):
    """One reward; after enough of them, one update of the controller."""
    config, ops = self.config, self.graph.controller.train_ops
    self._announce_controller(epoch, index)
    feeds = self._controller_feeds(self._draw(epoch, index))
    fetches = self._controller_fetches() + [ops.learning_rate, ops.step]
    if ops.accumulate is None:
      values = self.session.run(fetches[:-1] + [ops.update], feeds)
      applied = 0
    else:
      values = self.session.run(fetches + [ops.accumulate], feeds)[:-1]
      applied = int((index + 1) % config.controller_aggregate == 0)
      if applied:
        self.session.run(ops.update)
    *values, rate, updates = values
    updates += applied
    self._check_finite('controller', updates, feeds, values[0], values[2], rate)
    self._log_controller(epoch, index, updates, values + [rate])

  def _announce_controller(self, epoch, index):
    if index == 0:
      self.log.line(
        'Epoch {}: Training controller'.format(epoch + self.config.first_epoch)
      )

  def _controller_feeds(self, draw):
    """What gradient number `draw` of the controller is computed with."""
    feeds = self._batch(self.graph.infer, self._reward, draw)
    feeds.update(self._arc_key('architectures of the controller', draw))
    return feeds

  def _controller_fetches(self):
    """What is told of a reward."""
    trainer = self.graph.controller
    return [
      trainer.loss,
      self.graph.sample.entropy,
      trainer.train_ops.grad_norm,
      trainer.score,
      trainer.baseline,
      self.graph.sample.metrics,
    ]

  def _log_controller(self, epoch, index, updates, values):
    """Tells of a reward: what `_controller_fetches` gave, and the rate."""
    config = self.config
    loss, entropy, grad_norm, accuracy, baseline, metrics, rate = values
    if index % config.log_every == 0:
      self.log.line(
        'ctrl_step={:<6d} loss={:<7.3f} ent={:<5.2f} lr={:<6.4f} |g|={:<8.4f} '
        'acc={:<6.4f} bl={:<5.2f} mins={:<.2f}'.format(
          updates,
          loss,
          entropy,
          rate,
          grad_norm,
          accuracy,
          baseline,
          self._seconds() / 60,
        )
      )
      self._metrics(
        'controller',
        epoch + 1,
        updates,
        loss=loss,
        learning_rate=rate,
        grad_norm=grad_norm,
        accuracy=accuracy,
        entropy=entropy,
        baseline=baseline,
        skip_rate=metrics.get('skip_count', 0.0)
        / max(config.space.num_skips, 1),
      )

  def _arc(self, feeds):
    """The architecture that these feeds sample."""
    return self.config.space.from_tokens(
      self.session.run(self.graph.arc, feeds)
    )

  def _architecture(self, epoch, index):
    """One sampled architecture and its accuracy on one reward batch."""
    if index == 0:
      self.log.line('Here are {} architectures'.format(NUM_ARCHITECTURES))
    draw = epoch * NUM_ARCHITECTURES + index
    feeds = self._batch(self.graph.infer, self._shown, draw)
    feeds.update(self._arc_key('shown architectures', draw))
    tokens, accuracy = self.session.run(
      [self.graph.arc, self.graph.controller.score], feeds
    )
    arc = self.config.space.from_tokens(tokens)
    for line in arc.log_lines():
      self.log.line(line)
    self.log.line('val_acc={:<6.4f}'.format(accuracy))
    self.log.rule()
    self.files['architectures.csv'].row(
      epoch=epoch + 1, step=self._step(), arc=arc, valid_accuracy=accuracy
    )

  def _eval(self, epoch, index, split):
    """Accuracy on a whole split; a search draws an architecture per batch."""
    if index == 0:
      self.log.line('Epoch {}: Eval'.format(epoch + self.config.first_epoch))
    infer, reader = self.graph.infer, self._evaluated[split]
    hits = 0
    for number in range(reader.num_batches):
      draw = epoch * reader.num_batches + number
      feeds = self._batch(infer, reader, draw)
      feeds.update(self._arc_key('architectures of eval ' + split, draw))
      hits += int(self.session.run(infer.hits, feeds))
    accuracy = float(hits) / reader.num_counted
    step = self._step()
    self.log.line('Eval at {}'.format(step))
    self.log.line('{}_accuracy: {:<6.4f}'.format(split, accuracy))
    self._metrics(split, epoch + 1, step, accuracy=accuracy)
    if split == 'valid':
      self._score = accuracy
