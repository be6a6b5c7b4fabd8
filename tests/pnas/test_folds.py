"""Folds and orders of examples."""

import numpy as np

from src.pnas import folds, recipes


def _examples(one, member):
  return np.concatenate([of[member] for of in one.batches])


def test_five_members_do_without_a_fold_each():
  parts = folds.kept(23, 5, 0, 'x')
  held_out = [np.setdiff1d(np.arange(23), part) for part in parts]
  assert sorted(map(len, held_out)) == [4, 4, 5, 5, 5]
  assert sorted(np.concatenate(held_out)) == list(range(23))
  assert not np.array_equal(parts[0], folds.kept(23, 5, 1, 'x')[0])
  np.testing.assert_array_equal(folds.kept(23, 1, 0, 'x')[0], np.arange(23))


def test_all_levels_at_once():
  recipe = recipes.MLP._replace(epochs=3)
  plan = folds.plan(recipe, [4, 6], 0)
  assert [(one.epoch, one.level, len(one.batches)) for one in plan] == [
    (0, None, 1), (1, None, 1), (2, None, 1)
  ]  # fmt: skip
  orders = [_examples(one, 2) for one in plan]
  assert len(orders[0]) == 8 and set(orders[0]) == set(orders[1])
  assert not np.array_equal(orders[0], orders[1])


def test_level_by_level_and_one_at_a_time():
  recipe = recipes.reference(epochs=2)
  plan = folds.plan(recipe, [3, 4], 0)
  assert [(one.epoch, one.level) for one in plan] == [
    (0, 0), (0, 1), (1, 0), (1, 1)
  ]  # fmt: skip
  assert [len(one.batches) for one in plan] == [3, 4, 3, 4]
  assert sorted(_examples(plan[1], 0)) == [3, 4, 5, 6]


def test_members_with_fewer_examples_sit_the_rest_out():
  recipe = recipes.MLP._replace(batch_size=4, epochs=1, members=2)
  (one,) = folds.plan(recipe, [9], 0)
  assert [[of is None for of in batch] for batch in one.batches] in (
    [[False, False], [False, True]],
    [[False, False], [True, False]],
  )


def test_steps_of_the_reference_as_published():
  recipe = recipes.reference(epochs=10)
  steps = [
    sum(len(one.batches) for one in folds.plan(recipe, sizes, 0))
    for sizes in ([36], [36, 64])
  ]
  assert steps == [360, 1000]
