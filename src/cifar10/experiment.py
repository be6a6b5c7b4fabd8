"""Searches and trainings of fixed networks on images, step by step.

The phases are those of `src.run.experiment`. Batches are numbered like what
they are for: gradients, rewards, shown architectures, evaluations.
"""

import typing

from src.cifar10 import evaluate
from src.cifar10 import lines as lines_lib
from src.run import experiment


class RunConfig(typing.NamedTuple):
  """How a run proceeds; fields are flags of the same names.

  space is what architectures are from, a value of `src.arc.spaces`. eval_splits
  are those that are evaluated, in this order; if `valid` is among them, its
  accuracy chooses the best checkpoint. first_epoch is the number of the first
  one in the headings of phases. reward_batch_size is None for batch_size;
  rewards_stay: whether each pass has the same reward batches;
  batch_shared_by: how many rewards in a row are measured on one. random_arc:
  see `src.run.experiment`.
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
  reward_batch_size: typing.Optional[int] = None
  rewards_stay: bool = False
  batch_shared_by: int = 1
  random_arc: typing.Optional[typing.Callable] = None
  space: typing.Any = None
  eval_splits: tuple = ('valid', 'test')
  first_epoch: int = 1


class Experiment(experiment.Experiment):
  """The steps of a run, on an open session."""

  steadied_by = (
    'a smaller --child_lr (--child_lr_max with --child_lr_cosine), '
    '--child_clip_gradients with --child_grad_bound, a smaller --controller_lr'
  )

  def __init__(self, config, graph, data, lines=lines_lib.Lines):
    """Opens no file and no session yet.

    Args:
      config: RunConfig.
      graph: graphs.Graph.
      data: where batches come from, see `in_memory.InMemory`.
      lines: function of the config, gives a `lines.Lines`.
    """
    unit = ('img', config.batch_size)
    super().__init__(config, graph, unit, lines(config))
    self.data = data
    self.fingerprint = data.fingerprint()
    self._readers = []

  @property
  def num_train_batches(self):
    """Child steps an epoch."""
    return self.data.num_train_batches

  def first_step(self, epoch):
    return epoch * self.num_train_batches

  def _reseed(self):
    super()._reseed()
    self._close_readers()
    self._training = self._shuffled('train', 'training batches')
    if self.searches:
      self._rewards = self._shuffled(
        'valid',
        'reward batches',
        self.config.reward_batch_size,
        self.config.rewards_stay,
      )
      self._shown = self._shuffled('valid', 'batches of shown architectures')
    self._whole = {}
    for split in self.config.eval_splits:
      self._whole[split] = self.data.evaluation(split)
      self._readers.append(self._whole[split])

  def _shuffled(self, split, purpose, *how):
    reader = self.data.shuffled(split, self._seed, purpose, *how)
    self._readers.append(reader)
    return reader

  def _close_readers(self):
    while self._readers:
      self._readers.pop().close()

  def close(self):
    super().close()
    self._close_readers()

  @staticmethod
  def _batch(inputs, reader, step):
    images, labels = reader.batch(step)
    return {inputs.images: images, inputs.labels: labels}

  def _child(self, epoch, index):
    """One update of the child, with one architecture per gradient."""
    config, train = self.config, self.graph.train
    step = self.first_step(epoch) + index
    count = config.child_aggregate
    ops, rate = train.train_ops, None
    # A schedule moves on where its rate is read: once an update.
    updates = [ops.learning_rate, ops.update]
    for run in range(step * count, (step + 1) * count):
      feeds = self._child_feeds(run)
      if count == 1:
        fetches = [self._update()] + updates
        told, rate, _ = self.session.run(fetches, feeds)
      else:
        told, _ = self.session.run([self._update(), ops.accumulate], feeds)
      self._check_finite('child', step + 1, feeds, told, rate)
    if count > 1:
      rate, _ = self.session.run(updates)
    self._log_update(step + 1, told, rate)

  def _update(self):
    """What is told of an update, as tensors."""
    train = self.graph.train
    return lines_lib.Update(train.loss, train.hits, train.train_ops.grad_norm)

  def _child_feeds(self, run):
    """What gradient number `run` of the child is computed with."""
    feeds = self._batch(self.graph.train, self._training, run)
    epoch = run // self.config.child_aggregate // self.num_train_batches
    feeds.update(self._arc_feeds('architectures of the child', run, epoch))
    feeds.update(self._draw_key(run))
    return feeds

  def _log_update(self, step, told, rate):
    """As upstream, an epoch's last update is told as one of the next."""
    self._log_child(step // self.num_train_batches, step, told, rate)

  def _reward_feeds(self, draw):
    number, graph = draw // self.config.batch_shared_by, self.graph
    feeds = self._batch(graph.infer, self._rewards, number)
    if graph.batch_index is not None:
      feeds[graph.batch_index] = number % self._rewards.num_batches
    return feeds

  def _shown_feeds(self, draw):
    return self._batch(self.graph.infer, self._shown, draw)

  def _splits(self, done):
    evaluates = done % self.config.eval_every_epochs == 0
    return self.config.eval_splits if evaluates else None

  def _measured(self, epoch, split):
    """Accuracy on a whole split; a search draws an architecture per batch."""
    reader, hits = self._whole[split], 0
    for number in range(reader.num_batches):
      draw = epoch * reader.num_batches + number
      feeds = self._batch(self.graph.infer, reader, draw)
      purpose = 'architectures of eval ' + split
      feeds.update(self._arc_feeds(purpose, draw, epoch))
      hits += self._hits(feeds)
    return evaluate.Accuracy(hits, reader.num_counted)

  def _hits(self, feeds):
    """int, right answers to a batch of an evaluation."""
    return int(self.session.run(self.graph.infer.hits, feeds))

  def _evaluated(self, split, found):
    if split == 'valid':
      self._score = found.value
