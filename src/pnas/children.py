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
      tell: function (Result, number in its level from 1, count in its level),
        called when a child is done, or was before.
    """
    self._task, self._flags, self._settings = task, flags, settings
    self._history, self._engine = history, engine
    self._num_images, self._tell = num_images, tell
    self._best = history_lib.best(history.results.values())
    self._folders = {}  # by key, of those trained by this process

  def trained(self, level, arcs):
    """The Results of cells, in their order; those that are new are trained.

    Args:
      level: int, their blocks.
      arcs: list of PnasArc.

    Raises:
      UsageError, RunError, ArcError: one line each.
      Interrupted: a signal came; all is saved.
    """
    keys = [self._key(level, arc) for arc in arcs]
    cells = {key: arc.child() for key, arc in zip(keys, arcs)}
    asked = {
      key: (arc, key[2])
      for key, arc in zip(keys, arcs)
      if key not in self._history.results
    }
    for number, result in enumerate(self.known(level, arcs), 1):
      self._tell(result, number, len(cells))
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
      self._tell(result, number[0], len(cells))

    path = os.path.join(self._settings.output_dir, 'children', str(level))
    self._train(list(asked.values()), self._flags, path, _take)
    if large:
      half = copy.copy(self._flags)
      half.batch_size = max(1, half.batch_size // 2)
      self._train([asked[key] for key in large], half, path + '_half', _take)
    return [self._history.results[key] for key in keys]

  def known(self, level, arcs):
    """The Results of those cells that have one, in their order."""
    keys = [self._key(level, arc) for arc in arcs]
    results = self._history.results
    return [results[key] for key in keys if key in results]

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
    self._folders[result.key] = folder
    loser = result
    if self._settings.keep_children == 'best' and result.status == 'ok':
      if self._best is None or result.reward > self._best.reward:
        loser, self._best = self._best, result
    if self._settings.keep_children == 'all' or loser is None:
      return
    folder = self._folders.get(loser.key)
    if folder is None:  # of an earlier process
      folder = self._folder_of(loser)
    for path in glob.glob(os.path.join(glob.escape(folder), 'model.ckpt-*')):
      os.remove(path)

  def _folder_of(self, result):
    return retraining.folder(
      os.path.join(self._settings.output_dir, 'children', str(result.level)),
      result.canonical,
      result.seed,
    )
