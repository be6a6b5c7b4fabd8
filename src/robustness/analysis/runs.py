"""The tables in a folder of results, and of which experiments they are."""

import os
import re
import typing

from src.arc import text as text_lib
from src.robustness import (
  catalogue,
  experiments,
  own,
  poisoning,
  results,
  sets,
  sight,
)
from src.run.errors import UsageError

# How many actions are added, in the name of an experiment: P3_[006]_100.
_NUMBER = re.compile('_[0-9]{3}(?=_|$)')
_NAME = re.compile(
  r'(?P<name>.+?)(\+(?P<time>[0-9]{8}T[0-9]{6}\.[0-9]{6})\.csv|%s)\Z'
  % re.escape(results.TEMPORARY)
)
_IN_COLUMNS = re.compile('rl|uniform|frozen|seed-?[0-9]+')
_DATASETS = ('cifar10', 'cifar100')


class Run(typing.NamedTuple):
  """One run and its table.

  Attributes:
    file: str, the name of the table.
    set, experiment: str.
    family: str, what experiments share that differ in how many actions are
      poison only.
    dataset: str.
    condition: str, what else makes it another run, such as 'tf+dedup', or ''.
    clean: bool, whether the space has the six clean operations and no more.
    poisons: int, actions that count as bad.
    actions: int.
    blind: float, share of them that drop everything.
    controller: str, see the flag.
    seed: int.
    concluded: bool.
    rows: list of dict, see `results.read`; one at least.
  """

  file: str
  set: str
  experiment: str
  family: str
  dataset: str
  condition: str
  clean: bool
  poisons: int
  actions: int
  blind: float
  controller: str
  seed: int
  concluded: bool
  rows: list

  def column(self, name):
    """list of the floats of a column."""
    return [row[name] for row in self.rows]


def read(folder, experiments_dir=None):
  """The runs whose tables are in a folder.

  Of several tables of one run the last concluded one counts.

  Args:
    folder: str.
    experiments_dir: str, where sets of one's own are.

  Returns:
    (list of Run by file, list of str: what is left out, and why).

  Raises:
    UsageError: the folder cannot be read, or a set of one's own is wrong.
  """
  try:
    names = sorted(os.listdir(folder))
  except OSError as error:
    raise UsageError('cannot read %s: %s' % (folder, error.strerror)) from error
  known, tables, left_out = _experiments(experiments_dir), {}, []
  for name in names:
    parts = _NAME.match(name)
    if parts:
      found = parts.group('time') or '', name
      tables.setdefault(parts.group('name'), []).append(found)
  chosen = []
  for key in sorted(tables):
    time, name = max(tables[key])
    for _, other in sorted(tables[key])[:-1]:
      left_out.append('%s: %s counts instead' % (other, name))
    try:
      chosen.append(_run(folder, name, key, bool(time), known))
    except (OSError, ValueError, KeyError, TypeError) as error:
      left_out.append('%s: %s' % (name, _reason(error)))
  return chosen, left_out


def _reason(error):
  if isinstance(error, KeyError):
    return 'no table of results: it lacks the column %s' % error.args
  return str(error)


def _run(folder, name, key, concluded, known):
  words = key.split('+')
  if words[0] not in known:
    raise ValueError('no experiment of any set has this name')
  set_name, one, dataset = known[words[0]]
  rows = results.read(os.path.join(folder, name))
  if not rows:
    raise ValueError('no epoch is in it yet')
  for row in rows:
    for column in results.COLUMNS:
      row[column]  # a KeyError names what there is not
  return Run(
    name,
    set_name,
    one.name,
    _family(set_name, one),
    dataset,
    '+'.join(word for word in words[1:] if not _IN_COLUMNS.fullmatch(word)),
    one.entries == experiments.entries(catalogue.clean()),
    sum(map(one.is_bad, range(one.num_actions))),
    one.num_actions,
    sight.expected(one),
    rows[-1]['controller'],
    int(rows[-1]['seed']),
    concluded,
    rows,
  )


def _family(set_name, one):
  if set_name == poisoning.NAME:
    return _NUMBER.sub('', one.name, count=1)
  return set_name


def _experiments(folder):
  """dict from the first part of a file's name to (set, Experiment, dataset)."""
  known = {}
  for name in list(sets.built_in()) + own.set_names(folder):
    found = sets.find_set(name, folder)
    for one in list(found.experiments.values()) + list(found.hidden.values()):
      for dataset in _DATASETS:
        ending = '' if dataset == one.dataset else '_' + dataset
        key = '%s_%s%s' % (name, text_lib.printable(one.name), ending)
        if not ending or key not in known:
          known[key] = name, one, dataset
  return known
