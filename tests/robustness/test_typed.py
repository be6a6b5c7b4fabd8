"""The typed spaces and the rule of their settings (A7)."""

import pytest

from src.robustness import typed
from src.robustness.experiments import expanded

# set: settings, actions, settings without a tap that sees maps of 32, 16 and 8,
# settings with one.
TABLE = {
  'kd04': (12, 24, (0, 0, 0), (4, 4, 4)),
  'kd08': (48, 78, (0, 0, 0), (8, 8, 11)),
  'kd12': (108, 168, (0, 0, 0), (12, 12, 37)),
  'kd16': (192, 294, (0, 0, 8), (16, 23, 79)),
  'kp04': (9, 21, (0, 0, 0), (0, 0, 0)),
  'kp08': (26, 46, (0, 0, 1), (0, 0, 1)),
  'kp12': (48, 78, (0, 0, 5), (0, 0, 5)),
  'kp16': (70, 112, (0, 1, 9), (0, 1, 10)),
  'pd04': (11, 23, (0, 0, 0), (0, 0, 0)),
  'pd08': (28, 48, (0, 0, 0), (0, 0, 1)),
  'pd12': (50, 82, (0, 0, 0), (0, 0, 5)),
  'pd16': (72, 114, (0, 0, 1), (0, 1, 10)),
}
LISTED = {
  'kd04': '(1,0,1)(1,0,2)(1,0,3)(1,0,4)(2,1,2)(2,2,4)(3,1,1)(3,2,2)(3,3,3)'
  '(3,4,4)(4,3,2)(4,6,4)',
  'kp04': '(2,1,2)(2,2,4)(2,3,6)(2,4,8)(3,1,1)(3,2,2)(3,3,3)(3,4,4)(4,3,2)',
  'pd04': '(3,1,1)(2,1,2)(5,2,1)(3,2,2)(2,2,4)(7,3,1)(4,3,2)(3,3,3)(9,4,1)'
  '(5,4,2)(3,4,4)',
}


def test_settings_of_all_sets():
  found = typed.settings()
  assert list(found) == list(TABLE)
  for name, (count, _, none, single) in TABLE.items():
    settings = found[name]
    assert len(settings) == len(set(settings)) == count
    assert all(2 * s.p == s.d * (s.k - 1) for s in settings)
    for taps, expected in ((0, none), (1, single)):
      counted = [typed.num_with_taps(settings, n, taps) for n in (32, 16, 8)]
      assert tuple(counted) == expected, (name, taps)
    assert (5, 2, 1) in settings or name in ('kd04', 'kp04')
    assert (3, 1, 1) in settings
  for name, text in LISTED.items():
    assert ''.join(map(str, found[name])) == text


def test_spaces():
  made = typed.experiments()
  for name, (count, actions, _, _) in TABLE.items():
    one = made['T1_' + name]
    assert one.num_actions == one.num_instances == actions
    operations, numbers = expanded(one)
    assert numbers == list(range(actions))
    assert len({operation.name for operation in operations}) == actions
    kinds = [operation.kind for operation in operations[6:]]
    pools = -(-count // 4)
    assert kinds == (
      count * ['conv'] + pools * ['avg_pool'] + pools * ['max_pool']
    )
    assert not any(map(one.is_bad, numbers))


def test_one_number_is_left_open():
  told = []
  for limits in ((3, 1, 1), (None, None, 1), (None, None, None)):
    assert typed.generate_settings_type_eq(*limits, log=told.append) == []
  assert [line[-1] for line in told] == ['0', '2', '3']
  assert told[0].startswith('error: of the limits of k, p and d one')
  # A number and a pair; what truncation spoils is left out.
  assert typed.generate_settings_type_eq(3, None, (2, 3)) == [
    (3, 2, 2), (3, 3, 3)
  ]  # fmt: skip
  assert typed.generate_settings_type_eq(None, 2, (3, 4)) == [(2, 2, 4)]
  assert typed.generate_settings_type_eq((1, 2), 1, None) == [(2, 1, 2)]


@pytest.mark.parametrize('size', [1, 8, 31])
def test_the_type_decides_about_sizes(size):
  one, other = typed.Setting(5, 2, 1), typed.Setting(3, 0, 1)
  assert typed.size_after(typed.TEMPLATE, size) == size
  assert typed.same_type(one, typed.TEMPLATE)
  assert not typed.same_type(one, typed.TEMPLATE, (1, 2))
  assert not typed.same_type(other, typed.TEMPLATE)
  assert typed.size_after(other, 31, 2) == 15
