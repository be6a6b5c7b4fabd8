"""Cells that chance and a controller propose."""

import numpy as np
import pytest

from src.arc import PNAS_PAPER_OPERATIONS, PnasSpace, operations_named
from src.pnas import rivals
from src.pnas.history import Result
from src.run.errors import RunError

SPACE = PnasSpace('paper', PNAS_PAPER_OPERATIONS, 2)
SMALL = PnasSpace('small', operations_named(['3x3 maxpool']), 1, -1)


def test_chance_draws_different_networks():
  found = rivals.random(SPACE, 20, 3)
  assert len(set(found)) == 20
  assert all(arc == arc.canonical() and arc.num_blocks == 2 for arc in found)
  assert rivals.random(SPACE, 5, 3) == found[:5] != rivals.random(SPACE, 5, 4)
  with pytest.raises(RunError, match='no more than 1 different'):
    rivals.random(SMALL, 2, 0)


def _result(arc):
  """The more pooling, the better."""
  share = sum(n >= 6 for n in arc.tokens[1::2]) / 4
  return Result(
    2, arc.child(), str(arc), share, 1, 0.0, 1, 1, 0, 'ok', 'here'
  )  # fmt: skip


def test_a_controller_learns_what_is_rewarded(monkeypatch):
  monkeypatch.setattr(rivals, '_LEARNING_RATE', 0.05)
  monkeypatch.setattr(rivals, '_DRAWS', 1)
  rewards = []

  def _trained(arc):
    rewards.append(2 * _result(arc).reward)
    return _result(arc)._replace(reward=rewards[-1])

  # One block is one of 136 networks.
  one = SPACE._replace(num_blocks=1)
  with pytest.raises(RunError, match='proposed no more than'):
    rivals.learned(one, 150, 1, _trained)
  assert np.mean(rewards[-75:]) > np.mean(rewards[:50]) + 0.08


def test_a_controller_proposes_the_same_again():
  found = rivals.learned(SPACE, 8, 1, _result)
  assert len({result.canonical for result in found}) == 8
  # The same again, as a search does that goes on.
  again = rivals.learned(SPACE, 5, 1, _result)
  assert again == found[:5]


def test_a_controller_of_a_space_without_the_cell_before_the_last():
  found = rivals.learned(SMALL, 1, 0, _result)
  assert found[0].canonical == '-1 0 -1 0'
  with pytest.raises(RunError, match='has proposed no more than 1'):
    rivals.learned(SMALL, 2, 0, _result)
