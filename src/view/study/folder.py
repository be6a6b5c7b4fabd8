"""Reads the folder of a study, and says which architectures to retrain.

  seed_0/controller/derived.csv         the controller's, in its own weights
  seed_0/random/derived_random.csv      random ones, in weights that uniform
                                        sampling trained
  seed_0/random/derived_matched.csv     random ones with the controller's skips
  seed_0/random/controller_scored.csv   the controller's, in uniform weights
  seed_1/...
  headroom/scores.csv                   random architectures, retrained with
                                        several seeds each
  retrained/scores.csv                  of all arms, retrained

Two spellings of one network are one architecture.
"""

import collections
import hashlib
import math
import os
import re
import typing

import numpy as np

from src.arc import ArcError, record
from src.arc.reading import read_arc_of_any_size
from src.view import rank

CONTROLLER, RANDOM, MATCHED = 'controller', 'random', 'matched'
ARMS = collections.OrderedDict(
  (
    (CONTROLLER, os.path.join('controller', 'derived.csv')),
    (RANDOM, os.path.join('random', 'derived_random.csv')),
    (MATCHED, os.path.join('random', 'derived_matched.csv')),
  )
)
_SCORED = os.path.join('random', 'controller_scored.csv')
_HEADROOM = os.path.join('headroom', 'scores.csv')
_RETRAINED = os.path.join('retrained', 'scores.csv')


class Entry(typing.NamedTuple):
  """An architecture that an arm sampled.

  Attributes:
    arc: str, in canonical form.
    times: int, how often it was sampled.
    score: float, with shared weights; the mean over its spellings.
    skip_rate: float, or None where there are no skips.
  """

  arc: str
  times: int
  score: float
  skip_rate: typing.Optional[float]


class Seed(typing.NamedTuple):
  """What one search seed has.

  Attributes:
    number: int.
    arms: dict from the name of an arm to its list of Entry, best first.
    scored: dict from architecture to its score in uniform weights, of the
      controller's; empty where there is no table.
  """

  number: int
  arms: dict
  scored: dict


class Study(typing.NamedTuple):
  """All of a folder.

  Attributes:
    seeds: list of Seed.
    headroom: dict from architecture to the list of its scores, one for each
      training seed that came to its end; None where there is no table.
    retrained: the same, of the architectures of all arms.
    falls: bool, whether lower is better, as for perplexities.
    column: str, which retrained score was read, such as 'test_accuracy'; None
      without retrained ones.
    missing: list of str, the tables that are not there.
  """

  seeds: list
  headroom: typing.Optional[dict]
  retrained: typing.Optional[dict]
  falls: bool
  column: typing.Optional[str]
  missing: list


class _Reader:
  """Reads tables of one folder, which must agree."""

  def __init__(self, directory):
    self.missing = []
    self._directory = directory
    self._space = None
    self._first = {}  # falls -> the first table of that kind

  @property
  def falls(self):
    return True in self._first

  def use_space(self, directory):
    """Takes the space of a run; raises ArcError if there is another."""
    made = record.read(directory)
    if made is None or made.space is None:
      return
    if self._space is None:
      self._space = made.space, directory
    elif self._space[0] != made.space:
      raise ArcError(
        '%s and %s searched different spaces: a study has one'
        % (self._space[1], directory)
      )

  def rows(self, name, columns=rank.VALID_FIRST, optional=False):
    """(column, list of (architecture, Row)); (None, []) without the table."""
    path = os.path.join(self._directory, name)
    if not os.path.exists(path):
      if not optional:
        self.missing.append(name)
      return None, []
    column, rows = rank.rows(path, columns)
    falls = rank.falls(column)
    self._first.setdefault(falls, path)
    if len(self._first) > 1:
      raise ArcError(
        '%s has accuracies, %s has perplexities: a study has one of them'
        % (self._first[False], self._first[True])
      )
    return column, [(self._parse(path, row), row) for row in rows]

  def _parse(self, path, row):
    try:
      if self._space is None:
        return read_arc_of_any_size(row.arc).canonical()
      return self._space[0].parse(row.arc).canonical()
    except ArcError as error:
      raise ArcError('%s line %d: %s' % (path, row.line, error)) from error

  def entries(self, name, optional):
    """list of Entry of a table, best first."""
    found = collections.OrderedDict()
    for arc, row in self.rows(name, optional=optional)[1]:
      if row.value is not None:
        found.setdefault(str(arc), []).append((arc, row))
    entries = []
    for arc, spelt in found.items():
      times = [row.times for _, row in spelt]
      score = np.average([row.value for _, row in spelt], weights=times)
      skip_rate = spelt[0][0].skip_rate
      entries.append(Entry(arc, sum(times), float(score), skip_rate))
    sign = 1 if self.falls else -1
    return sorted(entries, key=lambda entry: sign * entry.score)

  def scores(self, name, columns=rank.VALID_FIRST):
    """(column, dict from architecture to its scores), or (None, None)."""
    column, rows = self.rows(name, columns)
    if column is None:
      return None, None
    found = collections.OrderedDict()
    for arc, row in rows:
      scores = found.setdefault(str(arc), [])
      if row.value is not None:
        scores.append(row.value)
    return column, found


def read(directory):
  """The Study of a folder.

  Args:
    directory: str.

  Raises:
    ArcError: a table is damaged, or there is none.
  """
  reader = _Reader(directory)
  numbers = _seeds(directory)
  for number in numbers:
    for arm in (CONTROLLER, RANDOM):
      reader.use_space(os.path.join(directory, 'seed_%d' % number, arm))
  seeds = [_seed(reader, number) for number in numbers]
  _, headroom = reader.scores(_HEADROOM, rank.TEST_FIRST)
  column, retrained = reader.scores(_RETRAINED, rank.TEST_FIRST)
  seeds = [seed for seed in seeds if seed.arms]
  if not seeds and headroom is None and retrained is None:
    raise ArcError(
      '%s holds no study: expected %s and what else scripts/study.sh writes'
      % (directory, os.path.join('seed_0', ARMS[CONTROLLER]))
    )
  return Study(seeds, headroom, retrained, reader.falls, column, reader.missing)


def skip_rate(study, number):
  """Share of skips that the controller of a search seed takes, 0 to 1.

  Raises:
    ArcError: the study has no such seed, or its architectures no skips.
  """
  for seed in study.seeds:
    entries = seed.arms.get(CONTROLLER)
    if seed.number == number and entries and entries[0].skip_rate is not None:
      times = [entry.times for entry in entries]
      rates = [entry.skip_rate for entry in entries]
      return float(np.average(rates, weights=times))
  raise ArcError(
    'there is no controller with skips of seed %d: seeds %s'
    % (number, ', '.join(str(seed.number) for seed in study.seeds))
  )


def _seeds(directory):
  """Numbers of the search seeds, ascending."""
  try:
    names = os.listdir(directory)
  except OSError as error:
    reason = error.strerror
    raise ArcError('cannot read %s: %s' % (directory, reason)) from error
  found = [re.match(r'seed_(0|[1-9][0-9]*)\Z', name) for name in names]
  return sorted(int(match.group(1)) for match in found if match)


def _seed(reader, number):
  folder = 'seed_%d' % number
  arms = {}
  for arm, name in ARMS.items():
    entries = reader.entries(os.path.join(folder, name), arm == MATCHED)
    if entries:
      arms[arm] = entries
  _, scored = reader.scores(os.path.join(folder, _SCORED))
  scored = {
    arc: float(np.mean(scores))
    for arc, scores in (scored or {}).items()
    if scores
  }
  return Seed(number, arms, scored)


def drawn(entries, count, seed):
  """Architectures of an arm as chance takes them from its samples.

  Each is taken with the weight of its `times`, without replacement: the
  smallest of exponential times of that rate (Efraimidis and Spirakis 2006),
  which depend on the seed and the architecture alone, not on its rank.

  Args:
    entries: list of Entry.
    count: int.
    seed: int, of the search.

  Returns:
    list of Entry, `count` of them or all there are.
  """

  def _time(entry):
    digest = hashlib.sha256(('%d %s' % (seed, entry.arc)).encode('utf-8'))
    uniform = (int(digest.hexdigest()[:13], 16) + 0.5) / 16**13
    return -math.log(uniform) / entry.times

  return sorted(entries, key=_time)[:count]


def for_headroom(study, count):
  """Architectures that chance drew, by which headroom is measured.

  Args:
    study: Study.
    count: int, as many of the random arm of the first seed that has one.

  Returns:
    list of str, distinct, in canonical form.

  Raises:
    ArcError: no seed has a random arm yet.
  """
  for seed in study.seeds:
    if RANDOM in seed.arms:
      chosen = drawn(seed.arms[RANDOM], count, seed.number)
      return [entry.arc for entry in chosen]
  raise ArcError('no seed has random architectures yet: search first')


def to_retrain(study, top, sample):
  """The architectures that a study wants retrained.

  Args:
    study: Study.
    top: int, how many of the first of each seed and arm.
    sample: int, how many of each that are drawn, see `drawn`; what is among the
      first already is retrained once.

  Returns:
    list of str, distinct, in canonical form.
  """
  chosen = collections.OrderedDict()
  for seed in study.seeds:
    for arm in ARMS:
      entries = seed.arms.get(arm, [])
      for entry in entries[:top] + drawn(entries, sample, seed.number):
        chosen[entry.arc] = None
  return list(chosen)
