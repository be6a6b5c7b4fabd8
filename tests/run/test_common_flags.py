"""Flags that tasks share."""

from src.run import common_flags


def test_named_keeps_the_order_and_changes_defaults():
  seed, debug, epochs = common_flags.named('seed', 'debug', num_epochs=7)
  assert seed == ('seed', 'int', 0, 'the same seed gives the same run')
  assert debug.name == 'debug'
  assert (epochs.name, epochs.kind, epochs.default) == ('num_epochs', 'int', 7)
  assert common_flags.named('num_epochs')[0].default == 300


def test_what_may_change_changes_no_model():
  for name in common_flags.MAY_CHANGE:
    assert not name.startswith(('child_', 'controller_', 'data_'))
  assert 'seed' not in common_flags.MAY_CHANGE
