"""Sets of one's own: a folder of folders of small JSON files.

  experiments/mine/noisy.json is the experiment `noisy` of the set `mine`:

  {"operations": ["conv_3x3", "max_pool_3x3",
                  {"kind": "gaussian", "sigma": 3, "count": 6},
                  {"kind": "conv", "k": 3, "d": 2},
                  {"alias": 2, "count": 2}],
   "bad_op_split": 2, "dataset": "cifar10"}

A word is one of the six clean operations; `alias` is the number, from 0, of an
earlier entry whose weights these actions share.
"""

import collections
import json
import numbers
import os

from src.arc import MACRO_OPERATIONS, ArcError
from src.arc import text as text_lib
from src.robustness import catalogue
from src.robustness.experiments import NUM_CLEAN, Entry, Experiment, expanded
from src.run.errors import UsageError

_ENDING = '.json'
_CLEAN = {operation.name: operation for operation in MACRO_OPERATIONS}
# What goes by a kind: its maker, and the fields that it needs, that it may
# have.
_KINDS = {
  'identity': (catalogue.identity, (), ()),
  'gaussian': (catalogue.gaussian, ('sigma',), ()),
  'dropout': (catalogue.dropout, ('rate',), ()),
  'tconv': (catalogue.tconv, ('k',), ()),
  'conv': (catalogue.conv, ('k', 'd'), ('p',)),
  'stretched': (catalogue.stretched, ('d',), ()),
}
_WHOLE = {'k': 1, 'd': 1, 'p': 0, 'count': 1, 'alias': 0}
_FIELDS = ('operations', 'bad_op_split', 'dataset')
_DATASETS = ('cifar10', 'cifar100')


def set_names(folder):
  """Names of the sets in a folder, a list; none if there is no folder."""
  if not folder or not os.path.isdir(folder):
    return []
  return sorted(
    name for name in os.listdir(folder) if _files(os.path.join(folder, name))
  )


def _files(folder):
  if not os.path.isdir(folder):
    return []
  return sorted(name for name in os.listdir(folder) if name.endswith(_ENDING))


def experiments(folder, set_name):
  """Those of a set, an ordered dict from name to Experiment.

  Raises:
    UsageError: a file is wrong; it names the file, and what in it.
  """
  path = os.path.join(folder, set_name)
  return collections.OrderedDict(
    (name[: -len(_ENDING)], _read(os.path.join(path, name)))
    for name in _files(path)
  )


def _read(path):
  try:
    with text_lib.open_text(path) as file:
      data = json.load(file)
    name = os.path.basename(path)[: -len(_ENDING)]
    return _experiment(name, data)
  except OSError as error:
    raise UsageError('cannot read %s: %s' % (path, error.strerror)) from error
  except ValueError as error:  # an ArcError is one
    raise UsageError('%s: %s' % (path, error)) from error


def _experiment(name, data):
  if not isinstance(data, dict) or not data.get('operations'):
    raise ArcError('expected an object with a list of operations')
  _refuse_others(data, _FIELDS, 'the experiment')
  split = data.get('bad_op_split', NUM_CLEAN)
  if split is not None and not _is_whole(split, 0):
    raise ArcError('bad_op_split is %r, expected a number, or null' % (split,))
  dataset = data.get('dataset', 'cifar10')
  if dataset not in _DATASETS:
    raise ArcError(
      'dataset is %r, expected %s' % (dataset, ' or '.join(_DATASETS))
    )
  found = tuple(
    _entry(number, entry) for number, entry in enumerate(data['operations'])
  )
  one = Experiment(name, found, dataset, split)
  expanded(one)
  return one


def _entry(number, data):
  where = 'operation %d' % number
  if isinstance(data, str) and data in _CLEAN:
    return Entry(_CLEAN[data])
  if not isinstance(data, dict):
    raise ArcError(
      '%s is %r, expected one of %s, or an object with a kind'
      % (where, data, ', '.join(_CLEAN))
    )
  for name in set(data) & set(_WHOLE):
    if not _is_whole(data[name], _WHOLE[name]):
      raise ArcError(
        '%s: %s is %r, expected a whole number of at least %d'
        % (where, name, data[name], _WHOLE[name])
      )
  count = data.get('count', 1)
  if 'alias' in data:
    _refuse_others(data, ('alias', 'count'), where)
    return Entry(None, count, data['alias'])
  kind = data.get('kind')
  if kind in _CLEAN:
    _refuse_others(data, ('kind', 'count'), where)
    return Entry(_CLEAN[kind], count)
  if kind not in _KINDS:
    raise ArcError(
      '%s: kind is %r, expected %s'
      % (where, kind, ', '.join(list(_KINDS) + list(_CLEAN)))
    )
  return Entry(_made(where, kind, data), count)


def _made(where, kind, data):
  make, needed, more = _KINDS[kind]
  _refuse_others(data, ('kind', 'count') + needed + more, where)
  values = []
  for name in needed:
    value = data.get(name)
    if not isinstance(value, numbers.Real) or isinstance(value, bool):
      raise ArcError('%s: %s needs the number %s' % (where, kind, name))
    values.append(value)
  if kind in ('gaussian', 'dropout') and not 0 < values[0] < float('inf'):
    raise ArcError('%s: %s is to be above 0' % (where, needed[0]))
  if kind == 'dropout' and values[0] > 1:
    raise ArcError('%s: rate is to be at most 1' % where)
  try:
    return make(*values, *[data[name] for name in more if name in data])
  except ArcError as error:
    raise ArcError('%s: %s' % (where, error)) from error


def _refuse_others(data, known, where):
  unknown = sorted(set(data) - set(known))
  if unknown:
    raise ArcError(
      '%s: %s is not known, expected %s' % (where, unknown[0], ', '.join(known))
    )


def _is_whole(value, least):
  return (
    isinstance(value, int) and not isinstance(value, bool) and value >= least
  )
