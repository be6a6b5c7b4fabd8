"""A search whose results are told after each epoch.

The phases are those of `src.cifar10`. Ten architectures are sampled and scored
on one validation batch; the best of them is evaluated on whole splits, once
with dropout and noise in force and once without. Source: sections "evaluation"
of rhubarbwu/ENAS-Experiments.
"""

import math
import os
import time
import typing

from src.cifar10 import evaluate, experiment
from src.robustness import results, sight
from src.run import logs
from src.run.experiment import NUM_ARCHITECTURES
from src.run.loop import Phase

# How the two ways to evaluate are called, and the other one.
REF, CLEAN = 'ref', 'clean'
_OTHER = {REF: CLEAN, CLEAN: REF}
_SPLITS = {'valid': 'val', 'test': 'test'}


class Settings(typing.NamedTuple):
  """What an experiment is told beside the `experiment.RunConfig`.

  Attributes:
    controller: 'rl', 'uniform' or 'frozen', see the flag.
    eval_mode: 'ref' or 'clean', see the flag.
    random_batches: bool, whether each reward batch is drawn from all images.
    is_bad: function of an action, whether it is a poison.
    target: str, see `names.table`.
    log_in_epochs: bool, whether the child's lines count batches of an epoch.
    passes_over: bool, whether a gradient that overflows ends nothing.
    tells_entropies: bool, whether what the controller samples comes with the
      entropies of its decisions.
  """

  controller: str
  eval_mode: str
  random_batches: bool
  is_bad: typing.Callable
  target: str
  log_in_epochs: bool
  passes_over: bool
  tells_entropies: bool


class Search(experiment.Experiment):
  """The steps of a run, on an open session."""

  steadied_by = (
    'a smaller --child_lr_max, --child_grad_bound or --controller_lr'
  )

  def __init__(self, settings, *parts):
    """
    Args:
      settings: Settings.
      *parts: see `experiment.Experiment`; the graph has `noisy`.
    """
    super().__init__(*parts)
    self._settings = settings
    self._table = logs.Table(
      os.path.join(self.config.output_dir, results.FILE), results.COLUMNS
    )
    self._arcs = logs.Table(
      os.path.join(self.config.output_dir, results.ARCS_FILE),
      results.ARCS_COLUMNS,
    )
    self.files[results.FILE] = self._table
    self.files[results.ARCS_FILE] = self._arcs
    # Of the epoch: [sum, number, last] of its rewards; (tokens, score,
    # entropies) of its shown architectures; what evaluations found, by column.
    self._rewards_told, self._ranking, self._columns = [0.0, 0, 0.0], [], {}
    self._passed_over = 0
    self._began = None

  def start(self, session, preamble, state=None):
    super().start(session, preamble, state)
    known = (state or {}).get('epoch_so_far', {})
    self._rewards_told = known.get('rewards', [0.0, 0, 0.0])
    self._ranking = known.get('ranking', [])
    self._columns = known.get('columns', {})
    self._passed_over = known.get('passed_over', 0)

  def state(self):
    so_far = {
      'rewards': self._rewards_told,
      'ranking': self._ranking,
      'columns': self._columns,
      'passed_over': self._passed_over,
    }
    return dict(super().state(), epoch_so_far=so_far)

  def plan(self, epoch):
    """See `experiment.Experiment`; architectures are shown without training."""
    phases = super().plan(epoch)
    names = [phase.name for phase in phases]
    if 'eval' in names and 'architectures' not in names:
      shown = Phase(
        'architectures', NUM_ARCHITECTURES, self._architecture, self._unit
      )
      phases.insert(names.index('eval'), shown)
    return phases

  def _splits(self, done):
    splits = super()._splits(done)
    if splits is None:
      return None
    other = _OTHER[self._settings.eval_mode]
    return list(splits) + ['%s_%s' % (split, other) for split in splits]

  def _arc_feeds(self, purpose, step, epoch=None):
    """Without a controller to ask, all architectures are drawn at random."""
    if epoch is None and self._settings.controller == 'uniform':
      epoch = 0
    return super()._arc_feeds(purpose, step, epoch)

  def _child(self, epoch, index):
    self._note_start(index)
    super()._child(epoch, index)

  def _check_finite(self, name, step, feeds, told, rate=None):
    """A gradient that overflows is passed over, where it is clipped.

    Where all of a tensor is dropped, what follows is the same everywhere, and
    each batch norm makes its gradient hundreds of times as large.
    """
    overflows = not math.isfinite(told.grad_norm)
    if (
      self._settings.passes_over
      and name == 'child'
      and overflows
      and math.isfinite(told.loss)
    ):
      self._passed_over += 1
      return
    super()._check_finite(name, step, feeds, told, rate)

  def _log_update(self, step, told, rate):
    """The batches of an epoch count from 0, the first one is told."""
    if not self._settings.log_in_epochs:
      super()._log_update(step, told, rate)
      return
    epoch, batch = divmod(step - 1, self.num_train_batches)
    if batch % self.config.log_every == 0:
      lines = self._lines
      self.log.line(lines.child(epoch, batch, told, rate, self._minutes()))
      cells = dict(lines.child_cells(told), learning_rate=rate)
      self._metrics('child', epoch, step, **cells)

  def _reward_feeds(self, draw):
    if self._settings.random_batches:
      # The first batch of a pass is one at random.
      draw = draw * self._rewards.num_batches * self.config.batch_shared_by
    return super()._reward_feeds(draw)

  def _controller(self, epoch, index):
    self._note_start(index)
    super()._controller(epoch, index)

  def _log_controller(self, epoch, index, updates, told, rate):
    if index == 0:
      self._rewards_told = [0.0, 0, 0.0]
    total, count, _ = self._rewards_told
    reward = float(told.reward)
    self._rewards_told = [total + reward, count + 1, reward]
    super()._log_controller(epoch, index, updates, told, rate)

  def _shown_feeds(self, draw):
    """All of an epoch are scored on one batch."""
    return super()._shown_feeds(draw // NUM_ARCHITECTURES)

  def _architecture(self, epoch, index):
    if index == 0:
      self._ranking, self._columns = [], {}
    super()._architecture(epoch, index)

  def _scored(self, feeds):
    infer, sample = self.graph.infer, self.graph.sample
    told = self._settings.tells_entropies
    fetches = [self.graph.arc, infer.hits] + [sample.entropies] * told
    tokens, hits, *entropies = self.session.run(fetches, feeds)
    score = float(hits) / len(feeds[infer.labels])
    self._ranking.append(
      [
        [int(token) for token in tokens],
        score,
        [float(value) for of in entropies for value in of],
      ]
    )
    return self.config.space.from_tokens(tokens), score

  def _ranked(self):
    """(architecture, score) of those shown, best first; of equals the first."""
    ranking = sorted(self._ranking, key=lambda entry: -entry[1])
    from_tokens = self.config.space.from_tokens
    return [(from_tokens(entry[0]), entry[1]) for entry in ranking]

  def _eval(self, epoch, index, split):
    split, _, mode = split.partition('_')
    if mode:
      # Beside the log: the same split in the other way.
      found = self._in_mode(epoch, split, mode)
    else:
      super()._eval(epoch, index, split)
      mode = self._settings.eval_mode
      found = evaluate.Accuracy(*self._found[split])
      self._columns[_SPLITS[split]] = found.value
    self._columns['%s_%s' % (_SPLITS[split], mode)] = found.value
    if index == 2 * len(self.config.eval_splits) - 1:
      self._write(epoch)

  def _measured(self, epoch, split):
    return self._in_mode(epoch, split, self._settings.eval_mode)

  def _in_mode(self, epoch, split, mode):
    """Accuracy of the best shown architecture on a whole split."""
    infer = self.graph.noisy if mode == REF else self.graph.infer
    reader, hits = self._whole[split], 0
    tokens = self._ranked()[0][0].tokens
    for number in range(reader.num_batches):
      draw = epoch * reader.num_batches + number
      feeds = self._batch(infer, reader, draw)
      feeds.update(self._arc_feeds('noise of eval ' + split, draw))
      feeds[self.graph.arc] = tokens
      hits += int(self.session.run(infer.hits, feeds))
    return evaluate.Accuracy(hits, reader.num_counted)

  def _write(self, epoch):
    """The rows of an epoch, in the run's tables and for all to see."""
    ranked, actions = self._ranked(), self.config.space.actions
    arcs = [arc for arc, _ in ranked]
    for rank, (arc, score) in enumerate(ranked, 1):
      self._arcs.row(
        epoch=epoch,
        rank=rank,
        arc=arc,
        val_acc=score,
        bad_layers=sum(map(self._settings.is_bad, arc.ops)),
        cut_off=int(sight.cut_off(arc, actions)),
      )
    total, count, last = self._rewards_told
    told = count > 0
    self._table.row(
      reward_avg=total / count if told else float('nan'),
      reward_finals=last if told else float('nan'),
      epoch=epoch,
      seconds=round(self._seconds(), 1),
      seed=self.config.seed,
      controller=self._settings.controller,
      **results.layers(arcs, self._settings.is_bad),
      **results.cut_off(arcs, actions),
      **results.entropies([entry[2] for entry in self._ranking if entry[2]]),
      **self._columns,
    )
    if self._passed_over:
      self.log.line(
        'passed over %d updates whose gradient overflowed' % self._passed_over
      )
      self._passed_over = 0
    path = results.publish(self.config.output_dir, self._settings.target)
    self.log.notice('RESULTS SAVED TO %s' % path)

  def _note_start(self, index):
    if index == 0 or self._began is None:
      self._began = time.time()

  def _minutes(self):
    """Since the start of the phase, where lines tell its speed."""
    if not self._settings.log_in_epochs:
      return super()._minutes()
    return (time.time() - self._began) / 60
