"""The sets of experiments: where a name leads.

Beside those that are defined here, every folder in a folder of one's own is a
set (`own`).
"""

import collections
import typing

from src.robustness import catalogue, own, poisoning, typed
from src.robustness.experiments import Experiment, entries
from src.run.errors import UsageError

_KEPT = {
  'removal_1': range(6),
  'removal_2': (2, 3, 4),
  'removal_3': (0, 2, 5),
  'removal_4': range(5),
  'removal_5': (2, 4, 5),
}


class Set(typing.NamedTuple):
  """Experiments that belong together.

  Attributes:
    name: str.
    experiments: ordered dict from name to Experiment.
    alias: str, another name of the set, or None.
    aliases: dict from other names of experiments to names.
    hidden: dict from name to Experiment, of what old instructions name and
      nobody counts.
  """

  name: str
  experiments: typing.Mapping
  alias: typing.Optional[str] = None
  aliases: typing.Mapping = {}
  hidden: typing.Mapping = {}


def _named(found):
  return collections.OrderedDict((one.name, one) for one in found)


def _baseline():
  clean = Experiment('space_0', entries(catalogue.clean()))
  other = clean._replace(
    name=clean.name + poisoning.CIFAR100, dataset='cifar100'
  )
  return Set('baseline', _named([clean, other]))


def _removal():
  clean = catalogue.clean()
  return Set(
    'removal',
    _named(
      Experiment(name, entries([clean[number] for number in kept]))
      for name, kept in sorted(_KEPT.items())
    ),
  )


def built_in():
  """The sets that are defined here, an ordered dict from name to Set."""
  clean = entries(catalogue.clean())
  return _named(
    [
      _baseline(),
      Set(
        poisoning.NAME,
        poisoning.experiments(),
        poisoning.ALIAS,
        poisoning.aliases(),
        _named([Experiment(poisoning.CLEAN_ALIAS, clean)]),
      ),
      Set(
        typed.NAME,
        typed.experiments(),
        typed.ALIAS,
        hidden=_named([Experiment(typed.CLEAN_ALIAS, clean, 'cifar10', None)]),
      ),
      _removal(),
    ]
  )


def find_set(name, folder=None):
  """The Set of a name or alias.

  Args:
    name: str.
    folder: str, where sets of one's own are; see `own`.

  Raises:
    UsageError: there is none; it lists those that there are.
  """
  sets = built_in()
  by_alias = {one.alias: one for one in sets.values() if one.alias}
  if name in sets or name in by_alias:
    return sets.get(name) or by_alias[name]
  own_names = own.set_names(folder)
  if name in own_names:
    return Set(name, own.experiments(folder, name))
  raise UsageError(
    'there is no set %r: expected %s'
    % (name, ', '.join(list(sets) + sorted(by_alias) + own_names))
  )


def find(set_name, name, folder=None):
  """What a set and an experiment in it are really called, and the experiment.

  Args:
    set_name, name: str, as people call them.
    folder: see `find_set`.

  Returns:
    (name of the set, Experiment).

  Raises:
    UsageError: there is no such set or experiment; it lists those that are.
  """
  found = find_set(set_name, folder)
  name = found.aliases.get(name, name)
  one = found.experiments.get(name) or found.hidden.get(name)
  if one is None:
    known = list(found.experiments) + list(found.hidden)
    raise UsageError(
      'the set %s has no experiment %r: expected %s'
      % (found.name, name, ', '.join(known + sorted(found.aliases)))
    )
  return found.name, one


def listing(set_name=None, folder=None):
  """Lines that say what there is.

  Args:
    set_name: str, of one set; None for all.
    folder: see `find_set`.

  Raises:
    UsageError: there is no such set, or one of one's own is wrong.
  """
  if set_name is not None:
    return _lines(find_set(set_name, folder))
  lines = []
  for one in list(built_in()) + own.set_names(folder):
    lines += _lines(find_set(one, folder))
  return lines


def _lines(found):
  head = '%s: %d experiments' % (found.name, len(found.experiments))
  if found.alias:
    head += ', also called ' + found.alias
  others = {name: other for other, name in found.aliases.items()}
  lines = [head]
  for one in list(found.experiments.values()) + list(found.hidden.values()):
    line = '  %-22s %3d actions, %3d operations, %s' % (
      one.name,
      one.num_actions,
      one.num_instances,
      one.dataset,
    )
    if one.name in others:
      line += ', also called ' + others[one.name]
    if one.name in typed.LARGE:
      line += ', wants a GPU'
    lines.append(line)
  return lines
