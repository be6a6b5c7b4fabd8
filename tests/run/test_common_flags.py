"""Flags that tasks share, and what holds for the table of each of them."""

import pytest

from src.AEROBI import flags as aerobi
from src.cifar10 import flags as cifar10
from src.ptb import flags as ptb
from src.run import common_flags, flags
from src.run.errors import UsageError

of_each_task = pytest.mark.parametrize(
  'table', [aerobi, cifar10, ptb], ids=lambda table: table.__name__
)


def _flags(table):
  return [flag for _, group in table.GROUPS for flag in group]


def test_named_keeps_the_order_and_changes_defaults():
  seed, debug, epochs = common_flags.named('seed', 'debug', num_epochs=7)
  assert seed == ('seed', 'int', 0, 'the same seed gives the same run')
  assert debug.name == 'debug'
  assert (epochs.name, epochs.kind, epochs.default) == ('num_epochs', 'int', 7)
  assert common_flags.named('num_epochs')[0].default == 300


@of_each_task
def test_what_may_change_changes_no_model(table):
  assert set(table.MAY_CHANGE) <= {flag.name for flag in _flags(table)}
  assert set(table.NOT_INHERITED) - set(table.MAY_CHANGE) <= {'data_format'}
  of_models = ('child_', 'controller_', 'data_', 'seed', 'batch_', 'search_')
  # Who computes the same, and what is accepted but never read.
  assert {n for n in table.MAY_CHANGE if n.startswith(of_models)} <= {
    'child_num_replicas', 'controller_num_replicas',
    'child_lstm_e_skip', 'controller_selection_threshold',
  }  # fmt: skip


@of_each_task
def test_each_flag_is_there_once_and_its_help_is_its_own(table):
  found = _flags(table)
  assert len({flag.name for flag in found}) == len(found)
  texts = [
    flag.help
    for flag in found
    if not flag.help.startswith(('workers;', 'accepted, as'))
  ]
  assert len(set(texts)) == len(texts)
  for flag in found:
    assert len(flag.help.split()) >= 2, flag.name


@of_each_task
def test_refused_flags(table):
  for name in table.WITHOUT_EFFECT:
    assert name not in {flag.name for flag in _flags(table)}
    with pytest.raises(UsageError, match='--%s has no effect' % name):
      flags.parse(table.GROUPS, ['x', '--%s=5' % name], table.WITHOUT_EFFECT)
