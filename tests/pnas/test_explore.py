"""What is kept beside the best: cells of what the others hardly use."""

import numpy as np

from src.pnas import explore

# Blocks of two branches: inputs -2, -1 and three operations, counted from 0.
BLOCKS = np.array(
  [
    [0, 0, 0, 0],  # the best one
    [0, 0, 1, 0],
    [0, 0, 0, 1],
    [1, 0, 1, 0],
    [1, 1, 1, 2],
    [0, 2, 1, 2],
  ]
)[:, None]
SCORES = np.float32([0.9, 0.8, 0.8, 0.7, 0.5, 0.6])


def _kept(count, share=0.0, cells=BLOCKS):
  return explore.chosen(cells, SCORES, count, share).tolist()


def test_without_a_share_the_best_are_kept():
  assert _kept(3) == [0, 1, 2]
  # More than there are, an error of the original's seed (E16), are all.
  assert _kept(None, 0.5) == _kept(9, 0.5) == [0, 1, 2, 3, 5, 4]


def test_the_rarest_are_taken_one_by_one():
  # After the first one, input 0 and operation 0 are used twice, all else never:
  # 4 has neither.
  assert _kept(2, 0.5) == [0, 4]
  # That made input 1 as frequent as 0: 5 is 2 + 1 + 2 + 1, the others are more.
  assert _kept(3, 0.67) == [0, 4, 5]
  # Of nothing all are equally rare.
  assert _kept(2, 1.0) == [0, 4]


def test_blocks_before_the_last_do_not_count():
  longer = np.concatenate([BLOCKS[::-1], BLOCKS], axis=1)
  assert _kept(3, 0.67, longer) == [0, 4, 5]
