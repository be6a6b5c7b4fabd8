"""Trains the children of a search, by `src.run.retraining`, and remembers them.

Each has a seed, a step and a schedule of its own (docs/FIDELITY.md, E1), and
lies in `children/<level>` until it is done.
"""

import copy
import glob
import os

from src.nn import keyed
from src.pnas import history as history_lib
from src.pnas.history import Result
from src.run import retraining


class Children:
  """Trainings, each done once."""

  def __init__(self, task, flags, settings, history, engine, num_images, tell):
    """
    Args:
      task: task.Pnas.
      flags: flag values of a training, see `search_flags.child`.
      settings: flag values of the search.
      history: history.History.
      engine: one of `engines`.
      num_images: int, images of an epoch.
      tell: function (Result, number in its level from 1, count in its level,
        whether it was trained just now), called when a child is done, or was
        before.
    """
    self._task, self._flags, self._settings = task, flags, settings
    self._history, self._engine = history, engine
    self._num_images, self._tell = num_images, tell
    self._keys = []  # of the level, as they were asked for
    self._before = self._best = None  # until this level, and with it

  def trained(self, level, arcs):
    """The Results of cells, in their order; those that are new are trained.

    Args:
      level: int, their blocks.
      arcs: list of PnasArc.

    Raises:
      UsageError, RunError, ArcError: one line each.
      Interrupted: a signal came; all is saved.
    """
    keys = self._keys = [self._key(level, arc) for arc in arcs]
    cells = {key: arc.child() for key, arc in zip(keys, arcs)}
    asked = {
      key: (arc, key[2])
      for key, arc in zip(keys, arcs)
      if key not in self._history.results
    }
    self._before = self._best
    self._best = self._best_so_far()
    for number, result in enumerate(self.known(), 1):
      self._tell(result, number, len(cells), False)
    number, large = [len(cells) - len(asked)], []

    def _take(score):
      key = level, str(score.arc), score.seed
      if score.status == retraining.OUT_OF_MEMORY and key not in large:
        large.append(key)
        return
      result = self._result(key, cells[key], score)
      self._history.add(result)
      self._tidy(result, score.directory)
      number[0] += 1
      self._tell(result, number[0], len(cells), True)

    whole, half = self._paths(level)
    self._train(list(asked.values()), self._flags, whole, _take)
    if large:
      flags = copy.copy(self._flags)
      flags.batch_size = max(1, flags.batch_size // 2)
      self._train([asked[key] for key in large], flags, half, _take)
    return [self._history.results[key] for key in keys]

  def known(self):
    """The Results of those cells of the level that have one, in their order."""
    results = self._history.results
    return [results[key] for key in self._keys if key in results]

  def _paths(self, level):
    """Where the children of a level lie, and those that needed half a batch."""
    path = os.path.join(self._settings.output_dir, 'children', str(level))
    return path, path + '_half'

  def _best_so_far(self):
    """The best Result, of equal ones the first that was asked for; or None."""
    before = [] if self._before is None else [self._before]
    return history_lib.best(before + self.known())

  def _key(self, level, arc):
    """Level, network and seed; twins that are kept apart have two seeds."""
    seed = keyed.seed_for(self._settings.seed, 'child ' + str(arc))
    return level, str(arc.canonical()), seed

  def _train(self, asked, flags, path, take):
    if asked:
      retraining.score_all(
        self._task, flags, asked, path, self._engine, take, 'children'
      )

  def _result(self, key, cell, score):
    level, canonical, seed = key
    reward = self._settings.nan_reward
    if score.status == retraining.OK:
      reward = score.best.value
    return Result(
      level,
      cell,
      canonical,
      reward,
      score.best_epoch,
      round(score.seconds, 3),
      score.parameters,
      score.epochs * self._num_images,
      seed,
      score.status,
      score.host,
      score.failure,
    )

  def _tidy(self, result, folder):
    """Deletes the checkpoints that are not to stay."""
    for attempt in self._folders(result):
      if attempt != folder:
        _empty(attempt)
    kept, was = self._settings.keep_children, self._best
    self._best = self._best_so_far()
    losers = []
    if kept == 'none' or (kept == 'best' and result is not self._best):
      losers.append(result)
    elif kept == 'best' and was is not None:
      losers.append(was)
    for loser in losers:
      for attempt in self._folders(loser):
        _empty(attempt)

  def _folders(self, result):
    """The run directories that a child may have."""
    return [
      retraining.folder(path, result.canonical, result.seed)
      for path in self._paths(result.level)
    ]


def _empty(folder):
  """Deletes the checkpoints of a run directory."""
  for path in glob.glob(os.path.join(glob.escape(folder), 'model.ckpt-*')):
    os.remove(path)
