"""`--mode=export` of a language model, asked as docs/FAQ.md says."""

import json
import os
import shutil

import numpy as np
import pytest

from src.ptb import main
from src.run import saved_model
from tests import faq
from tests.ptb import tiny_ptb


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
  """With `data` and `outputs`, a run that ends with averaged weights."""
  folder = tmp_path_factory.mktemp('next_words')
  data = tiny_ptb.write_data(folder / 'data')
  tiny_ptb.run(
    tiny_ptb.arguments(
      tiny_ptb.FIXED,
      data,
      folder / 'outputs',
      '--child_optim_algo=asgd',
      '--child_asgd_start_step=5',
    )
  )
  argv = ['main.py', '--mode=export', '--checkpoint_path=%s/outputs' % folder]
  assert main.main(argv) == 0
  return folder


def test_the_faqs_program_says_what_the_log_says(folder):
  shutil.copy(str(folder / 'data' / 'test.txt'), str(folder / 'text.txt'))
  first, *words = faq.run('text.txt', folder)
  name, perplexity = first.split()
  logged = tiny_ptb.rows(folder / 'outputs', 'metrics.csv')[-1]
  assert (name, logged['phase']) == ('perplexity', 'test')
  np.testing.assert_allclose(
    float(perplexity), float(logged['perplexity']), rtol=1e-4
  )
  shares = [float(line.split()[1]) for line in words]
  assert len(shares) == 5 and shares == sorted(shares, reverse=True)


def test_parts_of_a_text_and_its_note(folder):
  path = str(folder / 'outputs' / 'saved_model')
  words = np.array([[3, 1, 4, 1, 5], [9, 2, 6, 5, 3]], np.int32)
  with saved_model.opened(path) as (run, note):
    whole = run({'words': words})
    first = run({'words': words[:, :2], 'state': np.zeros([2, 4], np.float32)})
    rest = run({'words': words[:, 2:], 'state': first['state']})
  logs = np.concatenate(
    [first['log_probabilities'], rest['log_probabilities']], 1
  )
  np.testing.assert_allclose(whole['log_probabilities'], logs, rtol=1e-5)
  np.testing.assert_allclose(whole['state'], rest['state'], rtol=1e-5)
  np.testing.assert_allclose(
    whole['probabilities'], np.exp(logs[:, -1]), rtol=1e-5
  )
  np.testing.assert_allclose(np.exp(logs).sum(2), np.ones([2, 5]), rtol=1e-5)
  with open(os.path.join(path, note['vocabulary'])) as file:
    assert json.load(file)[:2] == ['<eos>', 'w00']
  assert (note['task'], note['type'], note['arc']) == (
    'ptb', 'int32', tiny_ptb.ARC
  )  # fmt: skip
  assert (note['hidden_size'], note['vocabulary_size']) == (4, 20)
