"""A search, or the training of one architecture, as phases of steps.

An epoch is: child steps; then, at times, controller steps, ten sampled
architectures, and an evaluation. Every step is a function of its epoch and
index, the seed and the variables, so a run can go on from any of them. A task's
own experiment says what a child step is, what a reward is measured on and what
an evaluation finds; its `Lines` how that is told. Source of the phases:
`src/cifar10/main.py` of melodyguan/enas.
"""

import collections
import math
import os
import time

from src.arc.draw import arc_png
from src.nn import keyed
from src.run import checkpoints, events, logs
from src.run.lines import Reward
from src.run.loop import Phase
from src.run.trainer import NotFinite

NUM_ARCHITECTURES = 10
# What is random within a step, such as dropout, is keyed by its number; after a
# rollback, by numbers that no run comes to otherwise.
_STEPS_BETWEEN_ROLLBACKS = 10**8


class Experiment:
  """The steps of a run, its files, and what a checkpoint must remember.

  Attributes:
    steadied_by: str, the flags that help against numbers that are not finite.
    best_by: str, the flag that asks for the best checkpoint of a run, %s.
    draws: bool, whether the best of the shown architectures goes into
      TensorBoard as a picture.
  """

  best_by = '--checkpoint_path=%%s%s' % checkpoints.BEST
  draws = False

  steadied_by = 'a smaller --child_lr, --child_grad_bound or --controller_lr'

  def __init__(self, config, graph, unit, lines):
    """Opens no file and no session yet.

    Args:
      config: named tuple with the fields output_dir, seed, space, log_every,
        eval_every_epochs, controller_train_every, controller_runs and
        controller_aggregate, see the flags, and random_arc, function of a
        generator that gives the architectures to train the child with, or
        None where the controller does.
      graph: named tuple with train, arc, sample, sample_key and controller,
        see the task's graphs.
      unit: (str, int), what and how many a step works off, see `loop.Phase`.
      lines: `lines.Lines`.
    """
    self.config = config
    self.graph = graph
    self._unit = unit
    # Digests of the parts of its data, see `fingerprint`.
    self.fingerprint = {}
    self._lines = lines
    folder = config.output_dir
    self.log = logs.Log(os.path.join(folder, 'stdout'))
    self.files = collections.OrderedDict([('stdout', self.log)])
    tables = [('metrics.csv', lines.METRICS)]
    if self.searches:
      tables.append(('architectures.csv', lines.ARCHITECTURES))
    for name, columns in tables:
      self.files[name] = logs.Table(os.path.join(folder, name), columns)
    self.session = None
    self._events = events.Events(folder)
    self._rollbacks = 0
    self._score = None
    self._found = {}
    self._best_shown = None
    self._elapsed = 0.0
    self._started = time.time()

  def first_step(self, epoch):
    """Steps of the first phases of all epochs before this one."""
    raise NotImplementedError

  def _child(self, epoch, index):
    """One update of the child; tells of it by `_log_child`."""
    raise NotImplementedError

  def _reward_feeds(self, draw):
    """dict with what reward number `draw` of the run is measured on."""
    raise NotImplementedError

  def _shown_feeds(self, draw):
    """dict with what shown architecture number `draw` is measured on."""
    raise NotImplementedError

  def _splits(self, done):
    """The splits to evaluate after epoch number `done`, from 1.

    None if the epoch has no such phase.
    """
    raise NotImplementedError

  def _measured(self, epoch, split):
    """What an evaluation finds, a value of the task's `score`."""
    raise NotImplementedError

  def _evaluated(self, split, found):
    """Called with what was found, once it is told.

    Sets `_score` by what the best checkpoint is chosen; higher is better.
    """
    raise NotImplementedError

  @property
  def searches(self):
    """Whether this is a search and not the training of one architecture."""
    return self.graph.sample is not None

  @property
  def rollbacks(self):
    """How often the run went back because of a number that is not finite."""
    return self._rollbacks

  def roll_back(self):
    """From here on, steps draw other random numbers than before."""
    self._rollbacks += 1
    self._reseed()

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
    self._rollbacks = state.get('rollbacks', 0)
    self._reseed()
    self._score = None
    self._found = dict(state.get('found', {}))
    self._best_shown = state.get('best_shown')
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

    Its score is what was measured since the last checkpoint, or None; higher
    is better. Under `found` is what the last evaluation of each split found.
    """
    score, self._score = self._score, None
    return {
      'best_shown': self._best_shown,
      'data': self.fingerprint,
      'elapsed': self._seconds(),
      'events': self._events.positions(),
      'files': {name: file.position for name, file in self.files.items()},
      'found': self._found,
      'rollbacks': self.rollbacks,
      'score': score,
    }

  def close(self):
    for file in self.files.values():
      file.close()
    self._events.close()

  def _reseed(self):
    """Called when `rollbacks` is set: steps draw other numbers from here on."""
    self._seed = self.config.seed
    if self.rollbacks:
      self._seed = keyed.seed_for(self._seed, 'rollback', self.rollbacks)

  def _arc_feeds(self, purpose, step, epoch=None):
    """Feeds what decides about an architecture, and draws all else in use.

    That is the key that the sampler draws it with; in a given epoch, where the
    child is trained with random architectures, one of these.
    """
    if not self.searches:
      return {}
    feeds = {self.graph.sample_key: keyed.pair(self._seed, purpose, step)}
    if epoch is not None and self.config.random_arc is not None:
      generator = keyed.generator(self._seed, 'random ' + purpose, step)
      arc = self.config.random_arc(generator)
      feeds[self.graph.arc] = self.config.space.tokens(arc)
    return feeds

  def _draw_key(self, step):
    """Feeds the key of what else is random in gradient `step` of the child."""
    number = self._rollbacks * _STEPS_BETWEEN_ROLLBACKS + step
    return {self.graph.train.draw: number}

  def plan(self, epoch):
    """The phases of an epoch, a list of `loop.Phase`."""
    done = epoch + 1
    steps = self.first_step(done) - self.first_step(epoch)
    phases = [Phase('child', steps, self._child, self._unit)]
    if self._trains_controller_after(done):
      phases += [
        Phase(name, count, step, self._unit)
        for name, count, step in (
          ('controller', self.config.controller_runs, self._controller),
          ('architectures', NUM_ARCHITECTURES, self._architecture),
        )
      ]
    splits = self._splits(done)
    if splits is not None:
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
    """Whether a controller phase follows epoch number `epoch`, from 1."""
    config = self.config
    return (
      self.graph.controller is not None
      and epoch % config.eval_every_epochs == 0
      and epoch % config.controller_train_every == 0
    )

  def _log_child(self, epoch, step, told, rate):
    """Tells of update number `step`; told: what the task's `Lines` take."""
    lines = self._lines
    if step % self.config.log_every == 0:
      self.log.line(lines.child(epoch, step, told, rate, self._minutes()))
      cells = dict(lines.child_cells(told), learning_rate=rate)
      self._metrics('child', epoch, step, **cells)

  def _controller(self, epoch, index):
    """One reward; after enough of them, one update of the controller."""
    ops = self.graph.controller.train_ops
    self._announce_controller(epoch, index)
    feeds = self._controller_feeds(self._draw(epoch, index))
    applies = False
    if ops.accumulate is None:
      fetches = [self._reward(), ops.learning_rate, ops.update]
      told, rate, updates = self.session.run(fetches, feeds)
    else:
      fetches = [self._reward(), ops.learning_rate, ops.step, ops.accumulate]
      told, rate, updates, _ = self.session.run(fetches, feeds)
      applies = (index + 1) % self.config.controller_aggregate == 0
      updates += int(applies)
    self._check_finite('controller', updates, feeds, told, rate)
    if applies:
      self.session.run(ops.update)
    self._log_controller(epoch, index, updates, told, rate)

  def _announce_controller(self, epoch, index):
    if index == 0:
      self.log.line(self._lines.controller_heading(epoch))

  def _draw(self, epoch, index):
    """The number of a reward since the start of the run."""
    phases = sum(map(self._trains_controller_after, range(1, epoch + 1)))
    return phases * self.config.controller_runs + index

  def _controller_feeds(self, draw):
    """What gradient number `draw` of the controller is computed with."""
    feeds, graph = self._reward_feeds(draw), self.graph
    if graph.sample_number is not None:
      feeds[graph.sample_number] = draw % self.config.controller_aggregate
    feeds.update(self._arc_feeds('architectures of the controller', draw))
    return feeds

  def _reward(self):
    """What is told of a reward, as tensors."""
    trainer, sample = self.graph.controller, self.graph.sample
    return Reward(
      trainer.loss,
      sample.entropy,
      trainer.train_ops.grad_norm,
      trainer.score,
      trainer.reward,
      trainer.baseline,
      sample.metrics,
    )

  def _log_controller(self, epoch, index, updates, told, rate):
    """Tells of a reward, after which there were that many updates."""
    lines = self._lines
    if lines.shows_reward(index):
      self.log.line(lines.controller(updates, told, rate, self._minutes()))
      cells = dict(lines.controller_cells(told), learning_rate=rate)
      self._metrics('controller', epoch + 1, updates, **cells)

  def _architecture(self, epoch, index):
    """One sampled architecture and its score on one batch."""
    lines = self._lines
    if index == 0:
      self.log.line(lines.architectures_heading(NUM_ARCHITECTURES))
    draw = epoch * NUM_ARCHITECTURES + index
    feeds = self._shown_feeds(draw)
    feeds.update(self._arc_feeds('shown architectures', draw))
    arc, score = self._scored(feeds)
    for line in lines.architecture(arc, score):
      self.log.line(line)
    self.files['architectures.csv'].row(
      epoch=epoch + 1,
      step=self._step(),
      arc=arc,
      **lines.architecture_cells(score),
    )
    if index == 0 or score > self._best_shown[1]:
      self._best_shown = [str(arc), float(score)]
    if self.draws and index + 1 == NUM_ARCHITECTURES:
      space = self.config.space
      best = arc_png(space.parse(self._best_shown[0]), operations=space.actions)
      self._events.image(epoch + 1, 'architectures/best', best)

  def _scored(self, feeds):
    """(architecture, score) of a step that is fed so."""
    tokens, score = self.session.run(
      [self.graph.arc, self.graph.controller.score], feeds
    )
    return self.config.space.from_tokens(tokens), score

  def _eval(self, epoch, index, split):
    """The score of a whole split."""
    if index == 0:
      self.log.line(self._lines.eval_heading(epoch))
    found = self._measured(epoch, split)
    self._found[split] = list(found)
    step = self._step()
    for line in self._lines.evaluation(step, split, found):
      self.log.line(line)
    cells = self._lines.evaluation_cells(found)
    self._metrics(split, epoch + 1, step, **cells)
    self._evaluated(split, found)

  def _step(self):
    """How many updates the child has had."""
    return int(self.session.run(self.graph.train.train_ops.step))

  def _check_finite(self, name, step, feeds, told, rate=None):
    """Raises NotFinite if a loss or gradient is not; it says where.

    Called before the gradient is applied, where that is a step of its own.

    Args:
      name: str, of what is trained.
      step: int, of its updates.
      feeds: dict the gradient was computed with.
      told: has loss and grad_norm.
      rate: float, the learning rate, if it is known yet.
    """
    if math.isfinite(told.loss) and math.isfinite(told.grad_norm):
      return
    where = '%s step %d: loss %s, |g| %s' % (
      name,
      step,
      told.loss,
      told.grad_norm,
    )
    if rate is not None:
      where += ', lr %g' % rate
    if self.searches:
      tokens = self.session.run(self.graph.arc, feeds)
      where += ', arc ' + str(self.config.space.from_tokens(tokens))
    raise NotFinite(where)

  def _minutes(self):
    return self._seconds() / 60

  def _seconds(self):
    """Time spent on this run, with that before it was resumed."""
    return self._elapsed + time.time() - self._started

  def _metrics(self, phase, epoch, step, **values):
    """Writes numbers to metrics.csv and to the events."""
    self.files['metrics.csv'].row(phase=phase, epoch=epoch, step=step, **values)
    self._events.scalars(
      step, **{phase + '__' + name: value for name, value in values.items()}
    )
