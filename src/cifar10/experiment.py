"""A search, or the training of a fixed network, as phases of steps.

An epoch is: child steps; then, at times, controller steps, ten sampled
architectures, and an evaluation. Every step is a function of its epoch and
index alone, so a run can go on from any of them. Log lines are those of
`src/cifar10/main.py` of melodyguan/enas.
"""

import os
import time
import typing

import numpy as np

from src.cifar10 import batches
from src.nn import keyed
from src.run import events, logs
from src.run.loop import Phase
from src.run.trainer import NotFinite

EVAL_BATCH_SIZE = 100
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

  arc_from_tokens turns a sampled token array into a `src.arc` value.
  num_skips is how many skip bits an architecture has.
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
  arc_from_tokens: typing.Any = None
  num_skips: int = 0


class Experiment:
  """The steps of a run, on an open session."""

  def __init__(self, config, graph, data):
    """Opens no file and no session yet.

    Args:
      config: RunConfig.
      graph: graphs.Graph.
      data: data_utils.Data.
    """
    self.config = config
    self.graph = graph
    self.data = data
    self.log = logs.Log(os.path.join(config.output_dir, 'stdout'))
    self.files = {
      'stdout': self.log,
      'metrics.csv': logs.Table(
        os.path.join(config.output_dir, 'metrics.csv'), METRICS
      ),
    }
    if self.searches:
      self.files['architectures.csv'] = logs.Table(
        os.path.join(config.output_dir, 'architectures.csv'), ARCHITECTURES
      )
    self._events = events.Events(config.output_dir)
    self.session = None
    self._set_rollbacks(0)
    self._score = None
    self._elapsed = 0.0
    self._started = time.time()

  @property
  def searches(self):
    """Whether this is a search and not the training of a fixed network."""
    return self.graph.sample is not None

  @property
  def num_train_batches(self):
    """Child steps an epoch."""
    return self._train.num_batches

  @property
  def rollbacks(self):
    """How often the run went back because of a number that is not finite."""
    return self._rollbacks

  def roll_back(self):
    """From here on, steps draw other random numbers than before."""
    self._set_rollbacks(self._rollbacks + 1)

  def _set_rollbacks(self, count):
    self._rollbacks = count
    self._seed = self.config.seed
    if count:
      self._seed = keyed.seed_for(self._seed, 'rollback', count)
    self._train = self._shuffled('train', 'training batches')
    if self.searches:
      self._reward = self._shuffled('valid', 'reward batches')
      self._shown = self._shuffled('valid', 'batches of shown architectures')

  def _shuffled(self, split, purpose):
    return batches.ShuffledBatches(
      len(self.data.labels[split]), self.config.batch_size, self._seed, purpose
    )

  def start(self, session, preamble, state=None):
    """Begins, or goes on from a checkpoint's state.

    Args:
      session: open session with all variables set.
      preamble: list of the lines a log begins with.
      state: what `state` returned when the checkpoint was written, or None.

    Raises:
      RunError: a file cannot be written.
    """
    state = state or {'files': {}, 'events': {}, 'elapsed': 0.0}
    self.session = session
    self._set_rollbacks(state.get('rollbacks', 0))
    self._score = None
    self._elapsed = state['elapsed']
    self._started = time.time()
    for name, file in self.files.items():
      file.start(state['files'].get(name, 0))
    if self.log.position == 0:
      for line in preamble:
        self.log.line(line)
    self._events.start(state['events'])

  def state(self):
    """What a checkpoint must remember beside the variables.

    Its score is the validation accuracy, if that was measured since the last
    checkpoint.
    """
    score, self._score = self._score, None
    return {
      'elapsed': self._seconds(),
      'events': self._events.positions(),
      'files': {name: file.position for name, file in self.files.items()},
      'rollbacks': self.rollbacks,
      'score': score,
    }

  def close(self):
    for file in self.files.values():
      file.close()
    self._events.close()

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
      splits = ['valid', 'test'] if self.searches else ['test']
      phases.append(
        Phase(
          'eval',
          len(splits),
          lambda epoch, index: self._eval(epoch, index, splits[index]),
          ('split', 1),
        )
      )
    return phases

  def _trains_controller_after(self, epoch):
    config = self.config
    return (
      self.graph.controller is not None
      and epoch % config.eval_every_epochs == 0
      and epoch % config.controller_train_every == 0
    )

  def _controller_phases_before(self, epoch):
    return sum(map(self._trains_controller_after, range(1, epoch)))

  def _seconds(self):
    return self._elapsed + time.time() - self._started

  def _step(self):
    return int(self.session.run(self.graph.train.train_ops.step))

  def _batch(self, inputs, split, indices):
    return {
      inputs.images: self.data.images[split][indices],
      inputs.labels: self.data.labels[split][indices],
    }

  def _arc_key(self, purpose, step):
    """Feeds the key that the sampler draws its architecture with."""
    if not self.searches:
      return {}
    return {self.graph.sample_key: keyed.pair(self._seed, purpose, step)}

  def _child(self, epoch, index):
    """One update of the child, with one architecture per gradient."""
    config, train = self.config, self.graph.train
    step = epoch * self.num_train_batches + index
    count = config.child_aggregate
    for run in range(step * count, (step + 1) * count):
      feeds = self._batch(train, 'train', self._train.indices(run))
      feeds.update(self._arc_key('architectures of the child', run))
      feeds[train.draw] = self._rollbacks * _DRAWS_BETWEEN_ROLLBACKS + run
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
    loss, hits, grad_norm, rate = values
    step += 1
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
    config, trainer = self.config, self.graph.controller
    done = epoch + 1
    if index == 0:
      self.log.line('Epoch {}: Training controller'.format(done))
    draw = self._controller_phases_before(done) * config.controller_runs + index
    feeds = self._batch(self.graph.infer, 'valid', self._reward.indices(draw))
    feeds.update(self._arc_key('architectures of the controller', draw))
    ops = trainer.train_ops
    fetches = [
      trainer.loss,
      self.graph.sample.entropy,
      ops.grad_norm,
      trainer.accuracy,
      trainer.baseline,
      self.graph.sample.skip_count,
      ops.learning_rate,
      ops.step,
    ]
    if ops.accumulate is None:
      values = self.session.run(fetches[:-1] + [ops.update], feeds)
      applied = 0
    else:
      values = self.session.run(fetches + [ops.accumulate], feeds)[:-1]
      applied = int((index + 1) % config.controller_aggregate == 0)
      if applied:
        self.session.run(ops.update)
    loss, entropy, grad_norm, accuracy, baseline, skips, rate, updates = values
    updates += applied
    self._check_finite('controller', updates, feeds, loss, grad_norm, rate)
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
        done,
        updates,
        loss=loss,
        learning_rate=rate,
        grad_norm=grad_norm,
        accuracy=accuracy,
        entropy=entropy,
        baseline=baseline,
        skip_rate=skips / max(config.num_skips, 1),
      )

  def _check_finite(self, name, step, feeds, loss, grad_norm, rate):
    if np.isfinite(loss) and np.isfinite(grad_norm):
      return
    where = '%s step %d: loss %s, |g| %s, lr %g' % (
      name,
      step,
      loss,
      grad_norm,
      rate,
    )
    if self.searches:
      tokens = self.session.run(self.graph.arc, feeds)
      where += ', arc ' + str(self.config.arc_from_tokens(tokens))
    raise NotFinite(where)

  def _architecture(self, epoch, index):
    """One sampled architecture and its accuracy on one reward batch."""
    if index == 0:
      self.log.line('Here are {} architectures'.format(NUM_ARCHITECTURES))
    draw = epoch * NUM_ARCHITECTURES + index
    feeds = self._batch(self.graph.infer, 'valid', self._shown.indices(draw))
    feeds.update(self._arc_key('shown architectures', draw))
    tokens, accuracy = self.session.run(
      [self.graph.arc, self.graph.controller.accuracy], feeds
    )
    arc = self.config.arc_from_tokens(tokens)
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
      self.log.line('Epoch {}: Eval'.format(epoch + 1))
    infer = self.graph.infer
    ranges = list(
      batches.sequential(len(self.data.labels[split]), EVAL_BATCH_SIZE)
    )
    hits = 0
    for number, indices in enumerate(ranges):
      feeds = self._batch(infer, split, indices)
      draw = epoch * len(ranges) + number
      feeds.update(self._arc_key('architectures of eval ' + split, draw))
      hits += int(self.session.run(infer.hits, feeds))
    accuracy = float(hits) / len(self.data.labels[split])
    step = self._step()
    self.log.line('Eval at {}'.format(step))
    self.log.line('{}_accuracy: {:<6.4f}'.format(split, accuracy))
    self._metrics(split, epoch + 1, step, accuracy=accuracy)
    if split == 'valid':
      self._score = accuracy

  def _metrics(self, phase, epoch, step, **values):
    self.files['metrics.csv'].row(phase=phase, epoch=epoch, step=step, **values)
    self._events.scalars(
      step, **{phase + '__' + name: value for name, value in values.items()}
    )
