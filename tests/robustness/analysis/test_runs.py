"""Which tables are read, and of what they are."""

import os

import pytest

from src.robustness import driver, sets
from src.robustness.analysis import runs
from src.robustness.task import settle, target
from src.run.errors import UsageError
from tests.robustness.analysis import made

_, P3 = sets.find('poisoning', 'P3_036_100')


def test_names_tell_what_a_run_is_of(tmp_path):
  _, clean = sets.find('baseline', 'space_0')
  for name, one, seed, controller in (
    ('poisoning_P3_036_100', P3, 69, 'rl'),
    ('poisoning_P3_036_100_cifar100+tf+uniform+dedup+seed7', P3, 7, 'uniform'),
    ('baseline_space_0_cifar100', clean, 69, 'rl'),
    ('removal_removal_1', clean, 69, 'rl'),
  ):
    made.table(str(tmp_path), name, one, seed, controller)
  found, left_out = runs.read(str(tmp_path))
  assert not left_out
  first, poisoned, other, removal = found
  assert (first.dataset, first.clean, first.poisons) == ('cifar100', True, 0)
  assert (removal.family, removal.clean) == ('removal', True)
  assert (poisoned.family, poisoned.poisons, poisoned.actions) == (
    'P3_100', 36, 42
  )  # fmt: skip
  assert (poisoned.dataset, poisoned.condition) == ('cifar10', '')
  assert (other.dataset, other.condition) == ('cifar100', 'tf+dedup')
  assert (other.controller, other.seed, other.concluded) == ('uniform', 7, True)
  assert len(other.column('bad_layers_avg')) == made.EPOCHS


@pytest.mark.parametrize(
  ('words', 'expected'),
  [
    (['P6P4_036', '--seed=-3'], ('P6P4_036', 'cifar10', '')),
    (['P1_006', '--controller=frozen', '--skip_from_stem'],
     ('P1_006', 'cifar10', 'stem')),
    (['P6P3_002_100_cifar100', '--compat=tf', '--dataset=cifar10'],
     ('P6P3_002_100_cifar100', 'cifar10', 'tf')),
  ],
)  # fmt: skip
def test_names_are_those_that_runs_have(tmp_path, words, expected):
  words = ['driver', 'poisoning'] + words
  flags = driver.parse(driver.arguments(words))
  settle(flags)
  name = os.path.basename(target(flags))
  made.table(str(tmp_path), name, P3, flags.seed, flags.controller)
  ((run,), _) = runs.read(str(tmp_path))
  assert (run.experiment, run.dataset, run.condition) == expected
  assert (run.seed, run.controller) == (flags.seed, flags.controller)


@pytest.mark.parametrize(
  ('name', 'family'),
  [
    ('P6_006_60', 'P6_60'), ('P3_120_100', 'P3_100'), ('P1_300', 'P1'),
    ('P6P3_002_100_cifar100', 'P6P3_100_cifar100'),
  ],
)  # fmt: skip
def test_families(tmp_path, name, family):
  _, one = sets.find('poisoning', name)
  made.table(str(tmp_path), 'poisoning_' + name, one)
  ((run,), _) = runs.read(str(tmp_path))
  assert run.family == family


def test_one_table_a_run_and_what_is_left_out(tmp_path):
  folder, name = str(tmp_path), 'poisoning_P3_036_100'
  older = '+20251129T090800.000001.csv'
  made.table(folder, name, P3, ending=older, epochs=3)
  made.table(folder, name, P3, ending='.csv.temp', epochs=2)
  made.table(folder, name, P3)
  made.table(folder, 'nobody_knows', P3)
  made.table(folder, 'poisoning_P1_006', P3, ending='.csv.temp', epochs=0)
  made.table(folder, name + '+frozen', P3, 69, 'frozen', '.csv.temp')
  (tmp_path / 'poisoning_P1_036.csv.temp').write_text('val,test\n0.5,0.5\n')
  (tmp_path / 'poisoning.sweep.csv').write_text('experiment,state\n')
  found, left_out = runs.read(folder)
  assert [(run.controller, run.concluded) for run in found] == [
    ('rl', True), ('frozen', False)
  ]  # fmt: skip
  assert len(found[0].rows) == made.EPOCHS
  told = '\n'.join(sorted(left_out))
  assert len(left_out) == 5
  for part in (
    'nobody_knows+20261129T090809.000001.csv: no experiment of any set',
    'poisoning_P1_006.csv.temp: no epoch is in it',
    'poisoning_P1_036.csv.temp: no table of results: it lacks the column rewa',
    name + '.csv.temp: ' + found[0].file + ' counts instead',
    name + older + ': ' + found[0].file + ' counts instead',
  ):
    assert part in told
  with pytest.raises(UsageError, match='cannot read .*none: No such file'):
    runs.read(str(tmp_path / 'none'))
