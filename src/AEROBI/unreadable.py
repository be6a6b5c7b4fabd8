"""Images that are no images: found before a run, not in the middle of it."""

import concurrent.futures

import numpy as np

from src.AEROBI import codebrim
from src.files import png
from src.images import unreadable


def refuse_or_skip(data, skip=False, threads=4, log=print,
                   names=codebrim.SPLITS):  # fmt: skip
  """Checks every file of a data set by its chunks and sums.

  Reads all files and decodes none, at the speed of the disk.

  Args:
    data: codebrim.Codebrim.
    skip: bool, whether to go on without the bad files.
    threads: int > 0.
    log: function of a str that prints one line.
    names: the splits to check; others stay as they are.

  Returns:
    `Codebrim`, without the bad files if they are skipped.

  Raises:
    RunError: there are bad files and they are not skipped, or a split is left
      without images.
  """
  splits, bad = {}, []
  with concurrent.futures.ThreadPoolExecutor(threads) as pool:
    for name in names:
      split = getattr(data, name)
      problems = list(pool.map(_problem, split.paths))
      bad += [problem for problem in problems if problem]
      good = [i for i, problem in enumerate(problems) if not problem]
      splits[name] = codebrim.Split(
        [split.paths[i] for i in good], split.labels[np.array(good, int)]
      )
  left = {name: len(split.paths) for name, split in splits.items()}
  unreadable.refuse_or_skip(bad, skip, left, log)
  return data._replace(**splits) if bad else data


def _problem(path):
  """What is wrong with a file, or None."""
  try:
    png.check(path)
  except png.ImageError as error:
    return str(error)
  return None
