"""Sets of one's own, and one line for what is wrong in them."""

import json

import pytest

from src.robustness import own, sets
from src.robustness.experiments import expanded, space
from src.run.errors import UsageError

GOOD = {
  'operations': [
    'conv_3x3',
    {'kind': 'max_pool_3x3', 'count': 2},
    {'kind': 'gaussian', 'sigma': 3, 'count': 6},
    {'kind': 'conv', 'k': 3, 'd': 2},
    {'kind': 'conv', 'k': 3, 'd': 2, 'p': 2},
    {'kind': 'stretched', 'd': 9},
    {'kind': 'tconv', 'k': 5},
    {'kind': 'dropout', 'rate': 0.5},
    {'kind': 'identity'},
    {'alias': 2, 'count': 2},
  ],
  'bad_op_split': 3,
  'dataset': 'cifar100',
}


def _find(tmp_path, data):
  folder = tmp_path / 'mine'
  folder.mkdir(exist_ok=True)
  text = data if isinstance(data, str) else json.dumps(data)
  (folder / 'noisy.json').write_text(text)
  return sets.find('mine', 'noisy', str(tmp_path))


def test_a_file_is_an_experiment(tmp_path):
  set_name, one = _find(tmp_path, GOOD)
  assert (set_name, one.name, one.dataset) == ('mine', 'noisy', 'cifar100')
  operations, actions = expanded(one)
  assert [operation.name for operation in operations] == [
    'conv_3x3', 'max_pool_3x3', 'gaussian_3', 'conv_k3_p2_d2',
    'conv_k3_p2_d2_2', 'stretched_9', 'tconv_5x5', 'dropout_0_5', 'identity',
  ]  # fmt: skip
  assert actions == [0, 1, 1] + 6 * [2] + [3, 4, 5, 6, 7, 8, 2, 2]
  assert [one.is_bad(action) for action in (2, 3)] == [False, True]
  assert space(one, 2).num_actions == 17
  assert own.set_names(str(tmp_path)) == ['mine']
  assert own.set_names(str(tmp_path / 'nowhere')) == own.set_names('') == []


@pytest.mark.parametrize(
  ('data', 'words'),
  [
    ('{', 'Expecting'),
    ([], 'expected an object with a list of operations'),
    ({'operations': []}, 'expected an object with a list of operations'),
    (dict(GOOD, layers=3), 'the experiment: layers is not known'),
    (dict(GOOD, bad_op_split=-1), 'bad_op_split is -1'),
    (dict(GOOD, dataset='mnist'), "dataset is 'mnist', expected cifar10 or"),
    ({'operations': ['conv']}, "operation 0 is 'conv', expected one of conv_3"),
    ({'operations': [{'kind': 'blur'}]}, "kind is 'blur', expected identity,"),
    ({'operations': [{'kind': 'tconv', 'k': 4}]}, 'operation 0: a transposed'),
    (
      {'operations': [{'kind': 'conv', 'k': 3, 'd': 1, 'p': 0}]},
      'operation 0: a convolution with k=3, d=1, p=0 changes the size',
    ),
    ({'operations': [{'kind': 'conv', 'k': 3}]}, 'conv needs the number d'),
    ({'operations': [{'kind': 'conv', 'k': 0, 'd': 1}]}, 'k is 0, expected a'),
    ({'operations': [{'kind': 'gaussian', 'sigma': 0}]}, 'sigma is to be'),
    ({'operations': [{'kind': 'dropout', 'rate': 2}]}, 'rate is to be at most'),
    ({'operations': [{'kind': 'identity', 'k': 3}]}, 'operation 0: k is not'),
    ({'operations': ['conv_3x3', {'alias': 1}]}, 'operation 1: alias is 1'),
    ({'operations': [{'kind': 'identity', 'count': 0}]}, 'count is 0'),
  ],
)  # fmt: skip
def test_what_is_wrong_is_one_line(tmp_path, data, words):
  with pytest.raises(UsageError) as error:
    _find(tmp_path, data)
  text = str(error.value)
  assert text.startswith(str(tmp_path / 'mine' / 'noisy.json') + ': ')
  assert words in text
  assert '\n' not in text
