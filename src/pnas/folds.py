"""Which examples a member of an ensemble sees, and in which order."""

import itertools
import typing

import numpy as np

from src.nn import keyed


class Pass(typing.NamedTuple):
  """Once through all examples, or through those of one level.

  Attributes:
    epoch: int from 0.
    level: int from 0; None for all levels at once.
    batches: list of tuples, for each update each member's examples: int array,
      or None for a member that has fewer.
  """

  epoch: int
  level: typing.Optional[int]
  batches: list


def plan(recipe, sizes, seed):
  """The passes of a training.

  Args:
    recipe: Recipe.
    sizes: list of int, examples of each level.
    seed: int.

  Returns:
    list of Pass.
  """
  ends = np.cumsum(sizes)
  split = kept(int(ends[-1]), recipe.members, seed, 'folds %d' % len(sizes))
  if recipe.afresh:
    levels = [(None, split)]
  else:
    levels = [
      (level, [of[(of >= end - size) & (of < end)] for of in split])
      for level, (size, end) in enumerate(zip(sizes, ends))
    ]
  passes = []
  for epoch in range(recipe.epochs):
    for level, examples in levels:
      purpose = 'order %d %s %%d' % (len(sizes), level)
      orders = [
        batches(
          of, recipe.batch_size, keyed.generator(seed, purpose % k, epoch)
        )
        for k, of in enumerate(examples)
      ]
      passes.append(Pass(epoch, level, list(itertools.zip_longest(*orders))))
  return passes


def kept(count, members, seed, purpose):
  """The examples of each member.

  Args:
    count: int, examples.
    members: int; each but a single one does without a part of its own.
    seed: int.
    purpose: str, of the split.

  Returns:
    list of sorted int arrays.
  """
  if members == 1:
    return [np.arange(count)]
  order = keyed.generator(seed, purpose).permutation(count)
  held_out = np.array_split(order, members)
  return [np.setdiff1d(order, fold) for fold in held_out]


def batches(indices, size, generator):
  """One pass over `indices` in a random order, in arrays of at most `size`.

  Args:
    indices: int array.
    size: int; None for a single batch.
    generator: `np.random.RandomState`.

  Returns:
    list of int arrays.
  """
  order = generator.permutation(indices)
  size = size or max(len(order), 1)
  return [order[start : start + size] for start in range(0, len(order), size)]
