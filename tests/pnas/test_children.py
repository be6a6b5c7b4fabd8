"""Which checkpoints of children stay, in whatever order they are done."""

import contextlib
import os
import types

import pytest

from src.arc import PNAS_PAPER_OPERATIONS, PnasSpace
from src.cifar10.evaluate import Accuracy
from src.pnas import history as history_lib
from src.pnas.children import Children
from src.run import retraining

SPACE = PnasSpace('paper', PNAS_PAPER_OPERATIONS, 1)
CELLS = ['-2 0 -2 0', '-2 0 -2 1', '-2 0 -2 2']
A, B, C = range(3)


class _Trainings:
  """Takes the place of `retraining.score_all`.

  Attributes:
    rewards: list of int, of CELLS; a negative one fails with the whole batch.
    orders: list of lists, which are done each time, in their order; what else
      was asked for is interrupted.
  """

  def __init__(self, rewards, orders):
    self.rewards, self.orders = rewards, list(orders)

  def __call__(self, task, flags, asked, path, engine, tell, title):
    seeds = {str(arc): seed for arc, seed in asked}
    for number in self.orders.pop(0):
      seed, reward = seeds.pop(CELLS[number]), self.rewards[number]
      arc = SPACE.parse(CELLS[number])
      folder = retraining.folder(path, arc, seed)
      os.makedirs(folder, exist_ok=True)
      open(os.path.join(folder, 'model.ckpt-1.index'), 'w').close()
      status = retraining.OK
      if reward < 0 and flags.batch_size == 16:
        status = retraining.OUT_OF_MEMORY
      best = Accuracy(abs(reward), 100)
      tell(
        retraining.Score(
          arc, seed, folder, {}, 1, 1.0, 5, 5, None, status, best, 1, 'here'
        )
      )
    if seeds:
      raise KeyboardInterrupt


def _trained(monkeypatch, folder, rewards, *orders, keep='best'):
  """Trains CELLS; returns what was told, and the folders with checkpoints."""
  monkeypatch.setattr(retraining, 'score_all', _Trainings(rewards, orders))
  told = []
  children = Children(
    None,
    types.SimpleNamespace(batch_size=16),
    types.SimpleNamespace(
      output_dir=str(folder), seed=0, nan_reward=0.0, keep_children=keep
    ),
    history_lib.History(str(folder)),
    None,
    10,
    lambda *words: told.append(words),
  )
  with contextlib.suppress(KeyboardInterrupt):
    children.trained(1, [SPACE.parse(cell) for cell in CELLS])
  kept = {
    os.path.relpath(str(path.parent.parent), str(folder))
    for path in folder.glob('children/*/*/*/model.ckpt-*')
  }
  return told, kept


def _folder(number, level):
  path = os.path.join('children', level)
  return os.path.dirname(retraining.folder(path, CELLS[number], 0))


@pytest.mark.parametrize(
  ('rewards', 'order', 'best'),
  [
    ([5, 7, 7], [C, B, A], B),  # of equal ones the first that was asked for
    ([7, 7, 5], [A, B, C], A),
    ([5, 7, 6], [A, B, C], B),
  ],
)
def test_the_best_one_stays(monkeypatch, tmp_path, rewards, order, best):
  told, kept = _trained(monkeypatch, tmp_path, rewards, order)
  assert kept == {_folder(best, '1')}
  assert [words[1:] for words in told] == [(n, 3, True) for n in (1, 2, 3)]
  told, kept = _trained(monkeypatch, tmp_path, rewards)
  assert kept == {_folder(best, '1')}
  assert [words[1:] for words in told] == [(n, 3, False) for n in (1, 2, 3)]


def test_what_needed_half_a_batch_goes_too(monkeypatch, tmp_path):
  rewards = [-6, -9, 5]
  _, kept = _trained(monkeypatch, tmp_path, rewards, [A, B, C], [A])
  # Of B there is what was begun.
  assert kept == {_folder(A, '1_half'), _folder(B, '1')}
  # Another process goes on, and finds a better one.
  _, kept = _trained(monkeypatch, tmp_path, rewards, [B], [B])
  assert kept == {_folder(B, '1_half')}


@pytest.mark.parametrize(('keep', 'count'), [('none', 0), ('all', 3)])
def test_none_stays_or_all(monkeypatch, tmp_path, keep, count):
  orders = [A, B, C], [A]
  _, kept = _trained(monkeypatch, tmp_path, [-6, 9, 5], *orders, keep=keep)
  assert len(kept) == count
