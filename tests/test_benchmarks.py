"""The comparison with PyTorch, and what of rewards is due to architectures."""

import json
import subprocess

import numpy as np
import pytest

from benchmarks import levers, peer_step, reward_variance
from src.cifar10 import flags as flag_table
from src.cifar10.task import Cifar10
from src.run import flags as flags_lib


class _Machine:
  """Stands in for processes; `seconds` of the steps, round by round."""

  def __init__(self, here, peer):
    self.commands, self._here, self._peer = [], iter(here), iter(peer or [])
    self._has_torch = peer is not None

  def __call__(self, command, universal_newlines):
    assert universal_newlines
    self.commands.append(command)
    if command[1] == '-c':
      if not self._has_torch:
        raise subprocess.CalledProcessError(1, command)
      return ''
    if 'benchmarks.torch_steps' in command:
      seen = {'pytorch': '2.13', 'threads': 2, 'train step s': next(self._peer)}
      seen['first train step s'] = 9
    else:
      seen = {'variant': 'selected', 'tensorflow': '1.15', 'threads': 3}
      seen.update({'train step s': next(self._here), 'graph nodes': 7})
    return 'noise\n' + json.dumps(seen) + '\n'


def _lines(machine, capsys, *arguments):
  peer_step.main(['--peer_python=other'] + list(arguments), machine)
  return capsys.readouterr().out.splitlines()


def test_both_sides_in_turn_and_their_medians(capsys):
  machine = _Machine([1.0, 4.0, 2.0], [3.0, 2.0, 5.0])
  lines = _lines(machine, capsys, '--space=macro', '--steps=4')
  assert [command[2] for command in machine.commands[1:]] == [
    'benchmarks.macro_step',
    'benchmarks.torch_steps',
  ] * 3
  assert {command[-1] for command in machine.commands[1:]} == {'--steps=4'}
  assert machine.commands[2][0] == 'other'
  assert 'TensorFlow 1.15, 3 threads; PyTorch 2.13, 2 threads' in lines[0]
  assert '3 rounds of 4 steps' in lines[0]
  # What only one side has is no comparison.
  assert [line.split() for line in lines[3:]] == [
    ['train', 'step', 's', '2.000', '3.000', '1.50', '3.00', '0.50', '2.50']
  ]


def test_without_pytorch_one_side_is_timed(capsys):
  machine = _Machine([1.0, 2.0], None)
  lines = _lines(machine, capsys, '--rounds=1')
  assert 'other cannot import torch' in lines[0]
  assert '--peer_python=PATH' in lines[0]
  assert [c[2] for c in machine.commands[1:]] == [
    'benchmarks.macro_step',
    'benchmarks.micro_step',
  ]
  assert lines[4].split() == ['train', 'step', 's', '1.000']
  assert lines[5].split() == ['graph', 'nodes', '7.000']


def test_numbers_of_rounds_and_steps(capsys):
  with pytest.raises(SystemExit) as error:
    peer_step.main(['--rounds=0'])
  assert error.value.code == 2
  assert '--rounds=0: expected at least 1' in capsys.readouterr().err


def test_parts_of_the_variance_of_rewards():
  draw = np.random.RandomState(0)
  of_row, of_column = draw.normal(0, 3, 400), draw.normal(0, 2, 300)
  table = of_row[:, None] + of_column + draw.normal(0, 1, [400, 300])
  parts = reward_variance.analysis(table)
  for name, sd in (('architecture', 3), ('batch', 2), ('neither', 1)):
    assert parts[name] == pytest.approx(sd**2, rel=0.2), name
  # A baseline of its own takes the batch out, the common one does not.
  share = {}
  for name in ('global', 'per_batch'):
    shared, baseline = reward_variance.ESTIMATORS[name]
    found = reward_variance.advantages(table, shared, baseline, 4000, 1.0)
    share[name] = np.corrcoef(found)[0, 1] ** 2
  assert share['global'] == pytest.approx(9 / 14, abs=0.1)
  assert share['per_batch'] == pytest.approx(9 / 10, abs=0.05)


def test_every_lever_is_one_of_flags_and_tells_what_it_changed():
  made = levers.levers()
  for name, words in made.items():
    argv = levers.COMMON + words + ['--data_path=x', '--output_dir=x']
    flags, _ = flags_lib.parse(
      flag_table.GROUPS, ['x'] + argv, flag_table.WITHOUT_EFFECT
    )
    Cifar10().check(flags)
    assert len(set(argv)) == len(argv) and (bool(words) or name == 'upstream')
  assert set(made['all']) - set(made['all_but_per_batch']) == set(
    made['per_batch']
  )
  found = {'upstream': [(0.01, 0, 0)] * 2, 'a': [(0.03, 0, 0), (0.05, 0, 0)]}
  lines = list(levers.table(found))
  assert lines[2].split()[:2] == ['a', '+4.00'] and '+3.00 (-9.71' in lines[2]
