"""Flags that tasks share, and what holds for each row of each task's table."""

import re

import pytest

from src.AEROBI import flags as aerobi
from src.cifar10 import flags as cifar10
from src.pnas import flags as pnas
from src.ptb import flags as ptb
from src.robustness import flags as robustness
from src.run import common_flags, flags
from src.run.errors import UsageError
from tests import flag_tables

TABLES = [aerobi, cifar10, pnas, ptb, robustness]
of_each_task = pytest.mark.parametrize(
  'table', TABLES, ids=lambda table: table.__name__
)
NEITHER = [float('inf'), float('-inf'), float('nan')]
# What an error says of a value, values just outside of what it promises, and
# some just inside.
EDGES = {
  'expected a positive number': ([0, -1.5] + NEITHER, [1e-9, 1e9]),
  'expected at least 0': ([-1, -1e-9] + NEITHER, [0, 1e9]),
  'expected at least 1': ([0, -3] + NEITHER, [1, 7]),
  'expected at least 2': ([1] + NEITHER, [2, 3]),
  'expected at least 8': ([7] + NEITHER, [8, 9]),
  'expected 1 to 4': ([0, 5], [1, 4]),
  'expected -2 to 0': ([-3, 1], [-2, 0]),
  'expected a number in [0, 1]': ([-0.1, 1.1] + NEITHER, [0, 1]),
  'expected a number in (0, 1]': ([0, 1.1] + NEITHER, [1e-9, 1]),
  'expected a number between 0 and 1': ([0, 1] + NEITHER, [1e-9, 0.999]),
  'one process is one replica, expected 1; --controller_num_aggregate averages '
  'gradients within it': ([0, 2], [1]),
  'the language model has one layer, expected 1': ([0, 2], [1]),
  'expected params or madds, a positive target and weight, as '
  'madds:200e6:0.5': (['madds:1:0', 'flops:1:1'], ['params:1e6:0.5']),
  'is of the language model that its authors have withdrawn: leave it out': (
    [True], [False],
  ),
}  # fmt: skip
# Numbers that may be any, and those whose range depends on other flags.
WITHOUT_RANGE = {'seed', 'split_seed', 'controller_selection_threshold'} | {
  'num_valids', 'child_num_branches', 'rl_split',
}  # fmt: skip


def _given(table, **more):
  """Values of a command line that gives what is needed, and more."""
  rows = flags.rows(table.GROUPS)
  values = {row.name: 'x' if row.needed else row.default for row in rows}
  return flags.Values(dict(values, **more))


def _error(table, values):
  with pytest.raises(UsageError) as caught:
    flags.check(table.GROUPS, values)
  return str(caught.value)


@of_each_task
def test_each_range_is_as_its_words_say(table):
  flags.check(table.GROUPS, _given(table))
  for row in flags.rows(table.GROUPS):
    if row.allowed is None:
      numeric = row.kind in ('int', 'float')
      assert not numeric or row.name in WITHOUT_RANGE, row.name
      continue
    words = row.allowed.words
    outside, inside = EDGES[words]
    for value in outside:
      shown = row.name if row.kind == 'bool' else '%s=%s:' % (row.name, value)
      expected = '--%s %s' % (shown, words)
      assert _error(table, _given(table, **{row.name: value})) == expected
    for value in inside + [row.default]:
      flags.check(table.GROUPS, _given(table, **{row.name: value}))


@of_each_task
def test_what_is_needed_is_told_first(table):
  needed = [row for row in flags.rows(table.GROUPS) if row.needed]
  # An experiment has both, cells have a space of their own.
  names = ['search_for', 'data_path']
  if table in (pnas, robustness):
    names = []
  assert [row.name for row in needed] == names
  for row in needed:
    values = _given(table, **{row.name: row.default, 'batch_size': 0})
    message = '--%s is needed: %s' % (row.name, row.needed)
    assert _error(table, values) == message


@of_each_task
def test_what_may_change_changes_no_model(table):
  rows = flags.rows(table.GROUPS)
  found = {row.name for row in rows if row.may_change}
  assert {'mode', 'output_dir', 'num_epochs', 'checkpoint_path'} <= found
  of_models = ('child_', 'controller_', 'data_', 'seed', 'batch_', 'search_')
  # Who computes the same, where data lie, and what is accepted but never read.
  assert {name for name in found if name.startswith(of_models)} <= {
    'child_num_replicas', 'controller_num_replicas', 'data_path',
    'child_lstm_e_skip', 'controller_selection_threshold',
  }  # fmt: skip
  own = {row.name for row in rows if row.inherited is False}
  assert own == {row.name for row in rows} & {'data_format'}
  assert {row.name for row in rows if row.inherited} == {'data_path'}


@of_each_task
def test_each_flag_is_there_once_and_its_help_is_its_own(table):
  found = flags.rows(table.GROUPS)
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
    with pytest.raises(UsageError, match='--%s has no effect' % name):
      flag_tables.parse(table, '--%s=5' % name)


def test_named_keeps_the_order_and_changes_defaults():
  seed, debug, epochs = common_flags.named('seed', 'debug', num_epochs=7)
  assert (seed.name, seed.default, debug.name) == ('seed', 0, 'debug')
  assert epochs == common_flags.named('num_epochs')[0]._replace(default=7)


@pytest.mark.parametrize(
  ('more', 'part'),
  [
    ({'output_dir': ''}, '--output_dir is needed: where the run is kept'),
    ({'controller_training': True}, 'one network: add --nocontroller_training'),
  ],
)
def test_what_a_training_needs(more, part):
  fixed = {'output_dir': 'run', 'child_fixed_arc': '0'}
  fixed.update(controller_baseline='global', derive_split=0, eval_split='test')
  good = dict(fixed, mode='train', controller_training=False)
  common_flags.check(flags.Values(good))
  common_flags.check(flags.Values(dict(dict(good, **more), mode='eval')))
  with pytest.raises(UsageError, match=part):
    common_flags.check(flags.Values(dict(good, **more)))


def test_nothing_is_kept_for_ranking():
  values = {
    'mode': 'eval',
    'eval_split': 'derive',
    'child_fixed_arc': None,
    'controller_baseline': 'global',
    'derive_split': 0,
  }
  with pytest.raises(UsageError, match='has kept nothing by --derive_split'):
    common_flags.check(flags.Values(values))
  common_flags.check(flags.Values(dict(values, derive_split=3)))


@pytest.mark.parametrize(
  ('epochs', 'train', 'evaluate', 'told'),
  [
    (1, 2, 1, 'first does after epoch 2, and the run has 1: give --contr'),
    (5, 2, 3, 'after epoch 6, .* --controller_train_every=1 --eval_every_epo'),
    (2, 1, 3, '--eval_every_epochs=3 .* give --eval_every_epochs=1$'),
    (6, 2, 3, None),
    (1, 1, 1, None),
  ],
)
def test_a_search_whose_controller_never_trains(epochs, train, evaluate, told):
  search = {
    'child_fixed_arc': None,
    'controller_training': True,
    'num_epochs': epochs,
    'controller_train_every': train,
    'eval_every_epochs': evaluate,
  }
  lines = common_flags.warnings(flags.Values(search))
  assert len(lines) == bool(told)
  if told:
    assert re.search(told, lines[0])
  for name, value in (('child_fixed_arc', '0'), ('controller_training', False)):
    wanted = dict(search, **{name: value})
    assert not common_flags.warnings(flags.Values(wanted))
