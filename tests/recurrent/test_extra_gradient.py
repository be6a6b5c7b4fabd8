"""Estimates of a controller's gradient, and what is said of them."""

import numpy as np
import pytest

from src.nn import variables
from src.recurrent import extra_gradient
from src.run.errors import RunError
from src.tf1 import tf
from tests import graph_helpers


def test_estimates_are_sums_over_architectures():
  scores = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]])
  rewards = [4.0, 1.0, 1.0]
  expected = sum((r - 2.0) * s for r, s in zip(rewards, scores)) / 3
  found = extra_gradient.estimate(rewards, scores)
  np.testing.assert_allclose(found, expected)
  assert extra_gradient.cosine(found, 3 * found) == pytest.approx(1)
  assert extra_gradient.ratio(found, -2 * found) == pytest.approx(0.5)
  nothing = extra_gradient.estimate([1.0] * 3, scores)
  assert np.isnan(extra_gradient.cosine(found, nothing))
  assert np.isnan(extra_gradient.ratio(found, nothing))


def _rows(*triples):
  names = 'cos_ahead', 'cos_now', 'cos_noise'
  return [dict(zip(names, triple)) for triple in triples]


@pytest.mark.parametrize(
  ('rows', 'words'),
  [
    (_rows((0.9, 0.5, 0.1), (0.8, 0.5, 0), (0.9, 0.4, 0)), 'it tells where'),
    (_rows((0.5, 0.9, 0.1), (0.5, 0.8, 0), (0.4, 0.9, 0)), 'less like'),
    (_rows((0.9, 0.5, 0), (0.4, 0.8, 0), (0.6, 0.7, 0)), 'not shown'),
    (_rows((0.2, 0.1, 0.3), (0.1, 0.0, 0.2)), 'it cannot help'),
    (_rows((0.2, 0.1, 0.3), (float('nan'), 0.0, 0.2)), 'too few'),
  ],
)
def test_verdicts(rows, words):
  assert words in extra_gradient.verdict([rows])


def test_a_verdict_is_over_runs():
  """One run's many diagnoses are no more than one number of another."""
  good = _rows(*[(0.9, 0.5, 0.1)] * 30)
  bad = _rows((0.3, 0.6, 0.1))
  assert 'it tells where' in extra_gradient.verdict([good])
  words = extra_gradient.verdict([good, bad])
  assert 'difference +0.050' in words and '31 diagnoses of 2 runs' in words
  assert 'not shown' in words


def test_what_is_stashed_comes_back_bit_by_bit():
  for name in ('child/a', 'child/b', 'other'):
    variables.create(name, [3], variables.uniform(1.0))
  with graph_helpers.loaded_session() as session:
    before = graph_helpers.read_all(session)
    with pytest.raises(KeyError):
      with extra_gradient.stashed(session, lambda name: 'child' in name):
        session.run([tf.assign(v, v / 3) for v in tf.global_variables()])
        raise KeyError
    after = graph_helpers.read_all(session)
  for name, value in before.items():
    assert (value.tobytes() == after[name].tobytes()) == ('child' in name)


def test_a_damaged_table_is_one_line(tmp_path):
  with pytest.raises(RunError, match='cannot read .*extra_gradient.csv'):
    extra_gradient.diagnoses(str(tmp_path))
  (tmp_path / extra_gradient.TABLE).write_text('cos_now,cos_ahead\n0.1,x\n')
  with pytest.raises(RunError, match='cannot read'):
    extra_gradient.diagnoses(str(tmp_path))
