"""Names of sets and experiments, and what the list says (A2, A17)."""

import json

import pytest

from src.robustness import sets
from src.robustness.experiments import Entry, Experiment, expanded, space
from src.run.errors import UsageError


def test_numbers():
  found = sets.built_in()
  assert {name: len(one.experiments) for name, one in found.items()} == {
    'baseline': 2,
    'poisoning': 56,
    'neuralarts': 12,
    'removal': 5,
  }


@pytest.mark.parametrize(
  ('given', 'meant'),
  [
    (('baseline', 'space_0_cifar100'), ('baseline', 'space_0_cifar100')),
    (('enas_poisoning', 'poisoning_1A'), ('poisoning', 'P1_006')),
    (('poisoning', 'poisoning_0'), ('poisoning', 'poisoning_0')),
    (('enas_types', 'types_0'), ('neuralarts', 'types_0')),
    (('neuralarts', 'T1_pd16'), ('neuralarts', 'T1_pd16')),
  ],
)
def test_names_lead_to_experiments(given, meant):
  set_name, one = sets.find(*given)
  assert (set_name, one.name) == meant
  if one.name.endswith('_0'):
    assert one.num_actions == 6


def test_what_was_removed():
  def _names(number):
    _, one = sets.find('removal', 'removal_%d' % number)
    return [operation.name for operation in expanded(one)[0]]

  assert _names(2) == ['conv_5x5', 'sep_conv_5x5', 'avg_pool_3x3']
  assert _names(3) == ['conv_3x3', 'conv_5x5', 'max_pool_3x3']
  assert _names(4) == _names(1)[:5]
  assert _names(5) == ['conv_5x5', 'avg_pool_3x3', 'max_pool_3x3']


def test_unknown_names_are_told_the_known_ones(tmp_path):
  with pytest.raises(UsageError) as error:
    sets.find('nothing', 'space_0', str(tmp_path))
  assert "no set 'nothing': expected baseline, poisoning" in str(error.value)
  with pytest.raises(UsageError) as error:
    sets.find('removal', 'P1_006')
  text = str(error.value)
  assert "set removal has no experiment 'P1_006': expected removal_1," in text


def test_list(tmp_path):
  lines = sets.listing(folder=str(tmp_path))
  heads = [line for line in lines if not line.startswith(' ')]
  assert heads == [
    'baseline: 2 experiments',
    'poisoning: 56 experiments, also called enas_poisoning',
    'neuralarts: 12 experiments, also called enas_types',
    'removal: 5 experiments',
  ]
  assert len(lines) == len(heads) + 2 + 57 + 13 + 5
  (line,) = [line for line in lines if line.startswith('  P1_036 ')]
  assert line.split(None, 1)[1] == (
    '42 actions,   7 operations, cifar10, also called poisoning_1B'
  )
  (tmp_path / 'mine').mkdir()
  (tmp_path / 'mine' / 'a.json').write_text(
    json.dumps({'operations': ['conv_3x3', {'kind': 'identity', 'count': 3}]})
  )
  assert sets.listing('mine', str(tmp_path)) == [
    'mine: 1 experiments',
    '  a                        4 actions,   2 operations, cifar10',
  ]


def test_spaces():
  _, one = sets.find('poisoning', 'P5_006')
  made = space(one, 3, 'layer')
  assert (made.num_actions, len(made.operations)) == (12, 11)
  assert (made.name, made.skip_from) == ('P5_006', 'layer')
  assert made.actions[11] == made.actions[7] == made.operations[7]
  assert space(one, 3, dedup=True).num_actions == 11
  assert space(sets.find('baseline', 'space_0')[1], 3).action_to_instance is (
    None
  )


def test_entries_that_make_no_sense():
  clean = sets.find('baseline', 'space_0')[1].entries
  for entry, words in (
    (Entry(clean[0].operation, 0), 'operation 6: count is 0'),
    (Entry(None, 1, 6), 'operation 6: alias is 6'),
  ):
    with pytest.raises(ValueError, match=words):
      expanded(Experiment('x', clean + (entry,)))
