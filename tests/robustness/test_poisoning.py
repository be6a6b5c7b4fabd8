"""The poisoned spaces: names, sizes, order of actions (A2, A3, A4)."""

import itertools

from src.robustness import poisoning
from src.robustness.experiments import expanded

ALL = poisoning.experiments()
# Letter -> name of the operation.
LETTERS = {
  'I': 'identity',
  'G': 'gaussian_10',
  'D': 'dropout_1',
  '3': 'tconv_3x3',
  '5': 'tconv_5x5',
  'S': 'stretched_50',
}


def _poisons(name):
  """What follows the clean operations, as (letter, how often in a row)."""
  operations, actions = expanded(ALL[name])
  letters = {word: letter for letter, word in LETTERS.items()}
  row = [letters[operations[instance].name] for instance in actions[6:]]
  return [(letter, len(list(run))) for letter, run in itertools.groupby(row)]


def test_names_and_numbers_of_actions():
  assert len(ALL) == 56
  counts = {name: one.num_actions for name, one in ALL.items()}
  for name, count in counts.items():
    assert count == 6 + int(name.split('_')[1]) or name == 'P6P4_036'
  assert counts['P6P4_036'] == 36
  assert counts['P3_001_100'] == 7
  assert [counts['P6P3_00%d_100' % n] for n in (2, 4)] == [8, 10]
  assert {one.dataset for one in ALL.values()} == {'cifar10', 'cifar100'}
  assert ALL['P6P3_002_100_cifar100'].dataset == 'cifar100'
  assert poisoning.aliases()['poisoning_3C'] == 'P3_120'
  assert set(poisoning.aliases().values()) < set(ALL)


def test_instances_of_each_family():
  expected = {'P1': 7, 'P2': 7, 'P3': 7, 'P4': 8, 'P5': 11, 'P6': 7}
  expected.update(P6P2=8, P6P3=8, P6P4=9, P6P5=12)
  for name, one in ALL.items():
    assert one.num_instances == expected[name.split('_')[0]], name
    operations, actions = expanded(one)
    assert (len(operations), len(actions)) == (
      one.num_instances,
      one.num_actions,
    )
    assert actions[:6] == [0, 1, 2, 3, 4, 5]
    assert [one.is_bad(a) for a in (0, 5, 6)] == [False, False, True]


def test_order_of_actions():
  assert _poisons('P4_006') == [('3', 3), ('5', 3)]
  assert _poisons('P6P4_006') == [('3', 2), ('5', 2), ('S', 2)]
  assert _poisons('P6P4_036') == [('3', 10), ('5', 10), ('S', 10)]
  assert _poisons('P6P5_036') == [(letter, 6) for letter in 'IGD35S']
  # The last group of the mixed family is the noise once more.
  assert _poisons('P5_036') == [(letter, 6) for letter in 'IGD35G']
  _, actions = expanded(ALL['P5_300'])
  assert actions[6 + 50] == actions[305] == 7
  assert _poisons('P6P3_002_100') == [('D', 1), ('S', 1)]


def test_strengths():
  def _last(name):
    return ALL[name].entries[-1].operation.name

  assert [_last('P2_006'), _last('P2_006_10')] == ['gaussian_2', 'gaussian_10']
  assert [_last('P3_006'), _last('P3_006_100')] == ['dropout_0_9', 'dropout_1']
  assert [_last('P6_006'), _last('P6_006_60')] == [
    'stretched_50', 'stretched_60'
  ]  # fmt: skip
