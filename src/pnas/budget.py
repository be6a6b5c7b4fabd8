"""How many cells a search scores and trains, before it does."""

import typing

from src.arc.tokens import check_at_least
from src.pnas import space as space_lib


class Level(typing.NamedTuple):
  """Cells of one length.

  Attributes:
    blocks: int, what its last block may be.
    parents: int, cells that it is added to; 1 at the first level.
    candidates: int, parents * blocks; those that are twins of others by the
      order of their blocks are still counted.
    trained: int, at most K of them; all at the first level. Where a predictor
      has chosen before, how many of them are no twins is not known yet.
  """

  blocks: int
  parents: int
  candidates: int
  trained: int


class Budget(typing.NamedTuple):
  """A whole search.

  Attributes:
    levels: tuple of `Level`, of 1 to B blocks.
    kept: int, K, or None where all are kept.
  """

  levels: tuple
  kept: typing.Optional[int]

  @property
  def models(self):
    """int, cells that are trained."""
    return sum(level.trained for level in self.levels)


def budget(space, kept, dedup=True):
  """The Budget of a search.

  Args:
    space: `PnasSpace`.
    kept: int, K, how many cells of each level but the first are trained, and
      so grow; None for all.
    dedup: bool, see `space`.

  Raises:
    ArcError: a level has too many candidates, or K is less than 1.
  """
  if kept is not None:
    check_at_least('K', kept, 1)
  cells = space_lib.initial(space, dedup)  # None once a predictor chooses
  levels = [Level(len(cells), 1, len(cells), len(cells))]
  for number in range(1, space.num_blocks):
    parents = levels[-1].trained
    if cells is not None and len(cells) > parents:
      cells = None
    blocks = len(space_lib.blocks(space, number, dedup))
    distinct = candidates = parents * blocks
    space_lib.check_count(number + 1, candidates)
    if cells is not None:
      cells = space_lib.expanded(space, cells, dedup)
      distinct = len(cells)
    trained = distinct if kept is None else min(kept, distinct)
    levels.append(Level(blocks, parents, candidates, trained))
  return Budget(tuple(levels), kept)


def lines(found, examples=None):
  """What a dry run prints.

  Args:
    found: `Budget`.
    examples: int, images that one model is trained on, times epochs; or None.

  Returns:
    list of str.
  """
  told = []
  for number, level in enumerate(found.levels, 1):
    line = 'level %d: %d cells' % (number, level.candidates)
    if number > 1:
      line = 'level %d: %d cells x %d blocks = %d candidates' % (
        number,
        level.parents,
        level.blocks,
        level.candidates,
      )
      if level.parents < (found.kept or 0):
        line += ' (%d x %d = %d if there were as many cells)' % (
          found.kept,
          level.blocks,
          found.kept * level.blocks,
        )
    told.append('%s, %d to train' % (line, level.trained))
  told.append('models to train: %d' % found.models)
  if examples is not None:
    told.append(
      'examples: %.2g M a model, %.2f B in all'
      % (examples / 1e6, found.models * examples / 1e9)
    )
  return told
