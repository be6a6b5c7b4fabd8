"""A20: a search of each family, from the command line to the table."""

import math

import numpy as np
import pytest

from src.robustness import driver, poisoning, results, sets, typed

EPOCHS = 2


def _one_of_each():
  """(set, experiment), the smallest of each family and set."""
  chosen = [('baseline', 'space_0'), ('removal', 'removal_5')]
  for name, one in poisoning.experiments().items():
    if '_006' in name and one.dataset == 'cifar10':
      chosen.append((poisoning.NAME, name))
  chosen += [(typed.NAME, 'T1_%s04' % kind) for kind in ('kd', 'kp', 'pd')]
  return chosen


def _write_data(folder):
  """Images of three colours, each a class, with noise."""
  for name, count in (('data_batch_1.bin', 96), ('test_batch.bin', 64)):
    random = np.random.RandomState(count)
    labels = np.arange(count) % 3
    rows = random.randint(0, 120, [count, 3, 1024])
    rows[np.arange(count), labels] += 120
    records = np.concatenate([labels[:, None], rows.reshape(count, -1)], 1)
    records.astype(np.uint8).tofile(str(folder / name))
  (folder / 'batches.meta.txt').write_text('red\ngreen\nblue\n')
  return str(folder)


def test_families_are_all_there():
  chosen = _one_of_each()
  assert len(set(chosen)) == 2 + 13 + 3
  for set_name, name in chosen[-3:]:
    assert sets.find(set_name, name)[1].name == name


@pytest.mark.slow
def test_each_family_from_beginning_to_end(tmp_path, monkeypatch):
  monkeypatch.chdir(tmp_path)
  (tmp_path / 'data').mkdir()
  words = ['--data_path=' + _write_data(tmp_path / 'data'), '--num_classes=3']
  words += ['--num_valids=32', '--batch_size=16', '--child_num_layers=3']
  words += ['--child_out_filters=8', '--controller_train_steps=2']
  words += ['--controller_num_aggregate=2', '--noreport']
  for set_name, name in _one_of_each():
    run = ['driver', set_name, name, '%d' % EPOCHS]
    assert driver.main(run + words) == 0, name
    target = 'results/%s_%s' % (set_name, name)
    rows = results.read(results.concluded(target)[0])
    assert [row['epoch'] for row in rows] == list(range(EPOCHS)), name
    for row in rows:
      assert all(math.isfinite(row[one]) for one in results.COLUMNS
                 if one != 'controller'), name  # fmt: skip
      assert 0 <= row['test_clean'] <= 1
      assert row['good_layers_best'] + row['bad_layers_best'] == 3
