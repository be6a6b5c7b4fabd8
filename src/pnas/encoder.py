"""The encoder RNN by the names of titu1994's implementation: learns and ranks.

Source: titu1994/progressive-neural-architecture-search, `encoder.py`. Many
cells are scored at once, and its steps are its own (docs/FIDELITY.md, E1, E8).
"""

import os

import numpy as np

from src.pnas import explore as explore_lib
from src.pnas import ranks as ranks_lib
from src.pnas import recipes, weights
from src.pnas.predictor import Predictor
from src.run import scoring
from src.run.errors import RunError, UsageError

_TOLD_EVERY = 500  # cells scored


class Encoder:
  """Learns accuracies of children, and chooses those of the next level.

  Attributes:
    b_: int, blocks of the present children.
    children_history: list of int32 [n, b, 4], what was learnt from, by level.
    score_history: list of float32 [n], their accuracies.
    loss: float, the mean of the last pass; None before the first.
    predictor: Predictor.
    ranks: list of Ranks, one for each level that was learnt from.
  """

  def __init__(
    self,
    policy_session,
    state_space=None,
    B=5,
    K=256,
    train_iterations=10,
    reg_param=0.001,
    controller_cells=32,
    embedding_dim=20,
    input_B=None,
    restore_controller=False,
    recipe=None,
    seed=0,
    directory='.',
    append=False,
    log=print,
    events=None,
    explore=0.0,
  ):
    """Builds the predictor; prepares the first children if there are none.

    Args:
      policy_session: the session to live in; None for one of its own. The state
        space may stand in its place, all else by name.
      state_space: a `StateSpace`.
      B: int, most blocks.
      K: int, children kept at a level; None for all.
      train_iterations, reg_param, controller_cells, embedding_dim: see
        `recipes.reference`; not with a recipe.
      input_B: int, the B that a predictor to be restored was trained with.
      restore_controller: bool, whether to begin with the newest checkpoint of
        `weights`, if there is one.
      recipe: `Recipe`; None for the reference's.
      seed: int.
      directory: str, for `weights`, `scores_<b>.csv` and `spearman.csv`.
      append: bool, whether scores are put behind those of earlier runs.
      log: function of one line.
      events: `Events` or None, told of each training.
      explore: float, the share of K that goes to cells of what is hardly used
        (`explore.chosen`).

    Raises:
      UsageError: a number is out of range, or there is no state space.
      RunError: a checkpoint is of another predictor.
    """
    if state_space is None:
      policy_session, state_space = None, policy_session
    _check(state_space, B, K, input_B)
    self.state_space, self.B, self.K = state_space, B, K
    self.b_, self.loss = 1, None
    self.children_history, self.score_history, self.ranks = [], [], []
    self._directory, self._append = directory, append
    self._log, self._events, self._explore = log, events, explore
    self.recipe = recipe or recipes.reference(
      reg_param, controller_cells, embedding_dim, train_iterations
    )
    # Like the reference's, its tables have a row that no child reads.
    spare = 0 if recipe else 1
    inputs, ops = (state_space[number]['size'] for number in (0, 1))
    if input_B is not None:
      inputs -= B - input_B
    self.predictor = Predictor(
      self.recipe, inputs + spare, ops + spare, seed, policy_session
    )
    self._weights = weights.Weights(
      os.path.join(directory, 'weights'), self.predictor
    )
    self._saves = self._earlier = 0  # updates before the present fit, afresh
    if restore_controller:
      self._restore()
    if state_space.children is None:
      state_space.prepare_initial_children()

  def _restore(self):
    state = self._weights.restore(self._log)
    if state is not None:
      self._log('Loading Controller Checkpoint !')
      self._saves = state['position']
      self._earlier = state.get('earlier', 0)

  @property
  def global_step(self):
    """int, updates so far, those of predictors of earlier levels included."""
    return self._earlier + self.predictor.step

  def close(self):
    """Closes the session unless it was handed in."""
    self.predictor.close()

  def get_actions(self, top_k=None):
    """The present children, best first, encoded.

    Args:
      top_k: int, how many; None for all.
    """
    chosen = self.state_space.children[:top_k]
    return [self.state_space.entity_encode_child(child) for child in chosen]

  def predict(self, children):
    """Scores, float32 [n].

    Args:
      children: lists of 4b inputs and names of operations, of one length; or an
        int array [n, b, 4] of their indices.
    """
    if not isinstance(children, np.ndarray) and len(children):
      children = self.state_space.array(children)
    return self.predictor.predict(children)

  def train_step(self, rewards):
    """Learns from all levels so far, the present one included.

    Args:
      rewards: a float for each present child; None or not finite for one that
        failed, which is left out.

    Returns:
      float, the mean loss of the last pass.

    Raises:
      RunError: their number is another.
      ArcError: a child is none of the state space.
    """
    cells = self.state_space.array(self.state_space.children)
    rewards = np.array(
      [np.nan if reward is None else reward for reward in rewards], np.float32
    ).reshape([-1])
    if len(rewards) != len(cells):
      raise RunError(
        '%d rewards are given for %d children' % (len(rewards), len(cells))
      )
    good = np.isfinite(rewards)
    cells, rewards = cells[good], rewards[good]
    if self.ranks and len(rewards):
      self.ranks[-1] = ranks_lib.extrapolated(
        self.ranks[-1], self.predictor, cells, rewards
      )
      self._log(ranks_lib.line(self.ranks[-1]))
    self.children_history.append(cells)
    self.score_history.append(rewards)
    return self._fit()

  train = train_step

  def _fit(self):
    levels = list(zip(self.children_history, self.score_history))
    if self.recipe.afresh:
      self._earlier += self.predictor.step
    fit = self.predictor.fit(levels, self._log)
    self.loss = fit.loss
    self.ranks.append(ranks_lib.fitted(self.predictor, levels))
    self._log(ranks_lib.line(self.ranks[-1]))
    self._save()
    if self._events is not None:
      self._events.scalars(
        self.global_step,
        learning_rate=fit.rate,
        total_loss=fit.loss,
        l2_loss=fit.loss - fit.error,
        spearman=self.ranks[-1].train,
      )
    return self.loss

  def _save(self):
    self._saves += 1
    self._weights.save(
      self._saves, level=len(self.children_history), earlier=self._earlier
    )
    ranks_lib.write(self._path('spearman.csv'), self.ranks)

  def _path(self, name):
    return os.path.join(self._directory, name)

  def update_step(self):
    """Scores all children with one block more, and keeps K of them.

    Raises:
      RunError: `scores_<b>.csv` cannot be written.
    """
    if self.b_ >= self.B:
      self._log('Controller: Max B = %d is reached' % self.B)
      return
    self.b_ += 1
    cells = self.state_space.expanded(self.b_)
    scores = self.predictor.predict(cells)
    self._write_scores(cells, scores)
    kept = explore_lib.chosen(cells, scores, self.K, self._explore)
    self.state_space.update_children(self.state_space.children_of(cells[kept]))

  update = update_step

  def _write_scores(self, cells, scores):
    """Writes the level's file in the order of expansion, and tells of some."""

    def _rows():
      rows = zip(scores, self.state_space.named(cells))
      for count, (score, child) in enumerate(rows, 1):
        if count % _TOLD_EVERY == 0:
          self._log(
            'Scored %d models. Current model score = %0.4f' % (count, score)
          )
        yield [score] + child

    path = self._path('scores_%d.csv' % self.b_)
    scoring.write(path, _rows(), append=self._append)


def _check(state_space, B, K, input_B):
  if not hasattr(state_space, 'expanded'):
    raise UsageError(
      'Encoder: expected a state space after the session, or in its place'
    )
  for name, value in [('B', B), ('K', K), ('input_B', input_B)]:
    if value is not None and value < 1:
      raise UsageError('Encoder: %s=%s; expected at least 1' % (name, value))
  if input_B is not None and input_B > B:
    raise UsageError(
      'Encoder: input_B=%d; expected at most B, which is %d' % (input_B, B)
    )


# The name it has in later versions.
ControllerManager = Encoder
