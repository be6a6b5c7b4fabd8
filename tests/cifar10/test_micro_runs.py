"""Micro runs as a user has them: learning, evaluation, derivation."""

import csv
import os
import shlex

import numpy as np
import pytest

from src.arc import MicroArc
from src.cifar10 import data_utils, main
from tests import tiny_runs
from tests.cifar10 import slow_micro

pytestmark = pytest.mark.usefixtures('shared_graphs')
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
ARCS = ['0 0 1 4 1 2 1 3 1 4 0 0 0 1 1 2', '1 3 1 3 0 4 2 1 0 2 1 2 2 4 0 3']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  return tmp_path_factory.mktemp('micro')


@pytest.fixture(scope='module')
def data_path(folder):
  return tiny_runs.write_data(folder / 'data')


@pytest.fixture(scope='module')
def search(folder, data_path):
  """The folder of a tiny micro search of five epochs."""
  argv = tiny_runs.arguments(
    tiny_runs.MICRO_SEARCH, data_path, folder / 'search', '--num_epochs=5',
    '--nocontroller_training', '--child_keep_prob=0.5', '--eval_every_epochs=5',
  )  # fmt: skip
  assert main.main(argv) == 0
  return folder / 'search'


def _evaluate(out, search, arcs, *words):
  """Right answers on the test split."""
  listed = out.with_suffix('.txt')
  listed.write_text('\n'.join(arcs))
  argv = ['main.py', '--mode=eval', '--checkpoint_path=%s' % search]
  argv += ['--eval_split=test', '--eval_output=%s' % out]
  assert main.main(argv + ['--eval_arcs_file=%s' % listed] + list(words)) == 0
  with open(str(out)) as file:
    rows = list(csv.DictReader(file))
  assert [row['arc'] for row in rows] == arcs
  assert {row['num_examples'] for row in rows} == {'130'}
  return [int(row['num_correct']) for row in rows]


def test_evaluation_counts_as_numpy_does(tmp_path, search, data_path):
  """Batches of 100 in order, each normalised by itself; without dropout."""
  whole = _evaluate(tmp_path / 'a.csv', search, ARCS, '--nochild_eval_dropout')
  data = data_utils.read_data(data_path, 16, log=lambda line: None)
  images = (data.images['test'] / 255.0 - data.mean) / data.std
  values = tiny_runs.variables(search)
  guesses = []
  for part in (images[:100], images[100:]):
    slow = slow_micro.SlowMicroChild(values, False, of_batch=True)
    logits = slow.logits(part, slow_micro.split_arc(ARCS[0].split()), 1, 4)
    guesses += logits.argmax(1).tolist()
  assert whole[0] == (guesses == data.labels['test']).sum()
  # With dropout, each architecture meets the same in any order.
  first = _evaluate(tmp_path / 'b.csv', search, ARCS)
  assert first != whole
  again = _evaluate(tmp_path / 'c.csv', search, ARCS[::-1], '--batch_size=3')
  assert again == first[::-1]


@pytest.mark.parametrize('source', ['controller', 'random'])
def test_derivation(tmp_path, capsys, search, source):
  out = tmp_path / 'derived.csv'
  argv = ['main.py', '--mode=derive', '--checkpoint_path=%s' % search]
  argv += ['--derive_samples=8', '--derive_from=' + source]
  assert main.main(argv + ['--derive_output=%s' % out]) == 0
  with open(str(out)) as file:
    rows = list(csv.DictReader(file))
  arcs = [MicroArc.parse(row['arc'], 2) for row in rows]
  assert len(set(arcs)) == len(arcs) == 8
  correct = [int(row['num_correct']) for row in rows]
  assert correct == sorted(correct, reverse=True)
  shown = capsys.readouterr().out.splitlines()
  words = shlex.split(shown[-1])
  assert words[0].endswith('scripts/cifar10_micro_final.sh')
  assert '--child_fixed_arc=' + rows[0]['arc'] in words
  assert '--child_num_cells=2' in words


def test_a_derived_network_trains_and_is_evaluated(tmp_path, data_path):
  out = tmp_path / 'final'
  argv = tiny_runs.arguments(
    tiny_runs.MICRO_FIXED, data_path, out, '--num_epochs=12',
    '--child_train_aux_head', '--child_lr=0.05',
  )  # fmt: skip
  assert main.main(argv) == 0
  rows = tiny_runs.table(out, 'metrics.csv')
  losses = [float(row['loss']) for row in rows if row['phase'] == 'child']
  assert np.mean(losses[-12:]) < 0.8 * np.mean(losses[:6])
  last = [row['accuracy'] for row in rows if row['phase'] == 'test'][-1]
  argv = ['main.py', '--mode=eval', '--checkpoint_path=%s' % out]
  argv += ['--eval_split=test', '--eval_output=%s' % (tmp_path / 'e.csv')]
  assert main.main(argv) == 0
  with open(str(tmp_path / 'e.csv')) as file:
    (row,) = csv.DictReader(file)
  assert row['arc'] == tiny_runs.FIXED_CELLS
  assert row['accuracy'] == last


def test_other_cells_than_the_checkpoint_has(tmp_path, capsys, search):
  listed = tmp_path / 'arcs.txt'
  listed.write_text(ARCS[0])
  capsys.readouterr()
  argv = ['main.py', '--mode=eval', '--checkpoint_path=%s' % search]
  argv += ['--eval_arcs_file=%s' % listed, '--child_num_cells=1']
  assert main.main(argv) == 2
  assert capsys.readouterr().err == (
    'error: %s line 1: a micro architecture of 1 blocks a cell has 8 tokens, '
    'found 16\n' % listed
  )


def test_a_search_learns(tmp_path):
  """Of colours that tell the label; macro learns from real images."""
  data = tiny_runs.write_data(tmp_path / 'data', 240)
  argv = tiny_runs.arguments(
    tiny_runs.MICRO_SEARCH, data, tmp_path / 'run', '--num_epochs=3',
    '--num_valids=96', '--child_num_cells=1', '--nochild_use_aux_heads',
    '--child_keep_prob=1', '--child_drop_path_keep_prob=1', '--child_lr=0.1',
    '--controller_train_steps=4', '--controller_lr=0.0035',
  )  # fmt: skip
  assert main.main(argv) == 0
  rows = tiny_runs.table(tmp_path / 'run', 'metrics.csv')
  rewards = [float(row['accuracy']) for row in rows if row['baseline']]
  assert len(rewards) == 36
  # Guessing gives 0.1, with a deviation of 0.018 over 288 images.
  assert np.mean(rewards) > 0.16
  # And here one of 0.026.
  assert [float(r['accuracy']) for r in rows if r['phase'] == 'test'][-1] > 0.2
