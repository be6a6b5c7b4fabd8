"""Rows, windows and passes, against the numbers of the references."""

import math

import numpy as np
import pytest

from src.nn import keyed
from src.ptb import corpus as corpus_lib
from src.ptb import windows
from src.ptb.corpus import DataError
from src.ptb.windows import Window
from tests.ptb import texts

# Columns of Penn Treebank's training text in 128 and 64 rows, of 35.
PENN_WIDTHS = {128: 7262, 64: 14524}


def _random(width, bptt=35, number=0, seed=1):
  generator = keyed.generator(seed, windows.PURPOSE, number)
  return windows.random_windows(width, bptt, generator)


def _passes(width, random=True, seed=0, bptt=35):
  return windows.Passes(width, bptt, random, seed)


def test_matrix_is_cut_row_by_row():
  ids = np.arange(20, dtype=np.int32)
  rows = windows.matrix(ids, 3, 4, 'train')
  assert rows.tolist() == [
    [0, 1, 2, 3, 4, 5],
    [6, 7, 8, 9, 10, 11],
    [12, 13, 14, 15, 16, 17],
  ]
  assert rows.base is ids
  x, y = windows.inputs_and_targets(rows, Window(1, 4))
  assert x.tolist() == [[1, 2, 3, 4], [7, 8, 9, 10], [13, 14, 15, 16]]
  np.testing.assert_array_equal(y, x + 1)


def test_the_shortest_text_that_will_do():
  ids = np.arange(18, dtype=np.int32)
  assert windows.matrix(ids, 3, 5, 'valid').shape == (3, 6)
  with pytest.raises(DataError) as caught:
    windows.matrix(ids[:17], 3, 5, 'valid')
  assert str(caught.value) == (
    'the valid text has 17 tokens: 3 rows of a window of 5 and its next words '
    'need at least 18; make --batch_size or --child_bptt_steps smaller'
  )


@pytest.mark.parametrize(
  ('tokens', 'rows', 'bptt', 'width', 'batches', 'covered'),
  [
    (929589, 20, 35, 46479, 1327, 928900),
    (73760, 20, 35, 3688, 105, 73500),
    (929589, 64, 35, 14524, 414, 927360),
    (73760, 64, 35, 1152, 32, 71680),
    (929589, 128, 35, 7262, 207, 927360),
    (73760, 128, 35, 576, 16, 71680),
    (82430, 1, 1, 82430, 82429, 82429),
  ],
)
def test_penn_treebank_sizes(tokens, rows, bptt, width, batches, covered):
  found = windows.matrix(np.zeros(tokens, np.int32), rows, bptt, 'x')
  assert found.shape == (rows, width)
  assert windows.num_batches(width, bptt) == batches
  fixed = windows.fixed_windows(width, bptt)
  assert len(fixed) == batches
  assert sum(window.length for window in fixed) * rows == covered


def test_penn_treebank_rows():
  corpus = corpus_lib.from_folder(texts.need_ptb(), log=lambda line: None)
  rows = windows.matrix(corpus.train, 128, 35, 'train')
  assert rows[1, :3].tolist() == [43, 480, 9]
  assert rows[-1, -3:].tolist() == [48, 6087, 6142]
  rows = windows.matrix(corpus.train, 64, 35, 'train')
  assert rows[1, :3].tolist() == [6240, 4748, 8876]
  rows = windows.matrix(corpus.valid, 128, 35, 'valid')
  assert rows[1, :3].tolist() == [6198, 73, 45]


def test_fixed_windows_leave_the_rest_out():
  assert windows.fixed_windows(11, 3) == [(0, 3), (3, 3), (6, 3)]
  assert windows.fixed_windows(10, 3) == [(0, 3), (3, 3), (6, 3)]
  assert windows.fixed_windows(9, 3) == [(0, 3), (3, 3)]


def test_full_windows_end_with_a_short_one():
  assert windows.full_windows(11, 4) == [(0, 4), (4, 4), (8, 2)]
  assert windows.full_windows(9, 4) == [(0, 4), (4, 4)]


@pytest.mark.parametrize('bptt', [1, 7, 35, 99, 100, 1000])
def test_full_windows_predict_each_word_once(bptt):
  ids = np.arange(100, dtype=np.int32)[np.newaxis]
  pairs = [
    windows.inputs_and_targets(ids, window)
    for window in windows.full_windows(100, bptt)
  ]
  x, y = (np.concatenate(parts, axis=1)[0] for parts in zip(*pairs))
  assert x.tolist() == list(range(99))
  assert y.tolist() == list(range(1, 100))


@pytest.mark.parametrize('random', [True, False])
def test_a_pass_reads_each_row_in_order_without_gaps(random):
  ids = np.arange(4 * 500, dtype=np.int32)
  rows = windows.matrix(ids, 4, 35, 'train')
  for number in range(20):
    chosen = _passes(500, random).windows(number)
    pairs = [windows.inputs_and_targets(rows, window) for window in chosen]
    x, y = (np.concatenate(parts, axis=1) for parts in zip(*pairs))
    np.testing.assert_array_equal(x, rows[:, : x.shape[1]])
    np.testing.assert_array_equal(y, rows[:, 1 : x.shape[1] + 1])
    if random:
      # The next window would begin at 497 or later.
      assert 497 <= x.shape[1] <= 499
      assert x.shape[1] - chosen[-1].length < 497
    else:
      assert x.shape[1] == 35 * 14


def test_lengths_are_those_of_the_reference():
  passes = _passes(PENN_WIDTHS[64])
  lengths = np.array(
    [w.length for number in range(100) for w in passes.windows(number)[:-1]]
  )
  assert (lengths.min(), lengths.max()) == (7, 44)
  assert abs(lengths.mean() - 33.6) < 0.15
  counts = np.bincount(lengths, minlength=46)
  expected = len(lengths) * np.array([_probability(k) for k in range(46)])
  assert abs(expected.sum() - len(lengths)) < 1e-6 * len(lengths)
  seen = expected > 0
  chi_square = ((counts - expected)[seen] ** 2 / expected[seen]).sum()
  assert counts[~seen].sum() == 0
  assert chi_square < 37 + 4 * math.sqrt(2 * 37)  # 38 lengths can be


def _probability(length):
  """That of one length: a mixture of two normals cut off at two deviations."""

  def below(value, mean):
    deviations = min(max((value - mean) / 5, -2), 2)
    return math.erf(deviations / math.sqrt(2)) / math.erf(math.sqrt(2)) / 2

  return sum(
    share * (below(length + 1, mean) - below(length, mean))
    for share, mean in ((0.95, 35), (0.05, 17.5))
  )


@pytest.mark.parametrize(
  ('rows', 'mean', 'low', 'high'), [(128, 216, 208, 225), (64, 433, 420, 445)]
)
def test_steps_per_pass(rows, mean, low, high):
  passes = _passes(PENN_WIDTHS[rows])
  steps = [len(passes.windows(number)) for number in range(100)]
  assert abs(np.mean(steps) - mean) < 1.5
  assert low <= min(steps) and max(steps) <= high
  assert np.mean(steps) > windows.num_batches(PENN_WIDTHS[rows], 35)


def test_small_windows_have_a_column_at_least():
  for number in range(20):
    chosen = _random(50, bptt=3, number=number)
    assert min(window.length for window in chosen) >= 1
    assert max(window.length for window in chosen) <= 13
  assert _random(2, bptt=1) == [(0, 1)]
  assert _random(3, bptt=1)[0].start == 0


def test_passes_depend_on_seed_and_number_alone():
  passes, again = _passes(700), _passes(700)
  assert again.windows(3) == passes.windows(3)
  assert passes.windows(0) == again.windows(0)
  assert passes.windows(0) != passes.windows(1)
  assert passes.windows(0) != _passes(700, seed=1).windows(0)
  assert passes.windows(2) == _random(700, number=2, seed=0)
  # Frozen, so that a run of an older version can go on.
  assert passes.windows(0)[:3] == [(0, 37), (37, 33), (70, 31)]


@pytest.mark.parametrize('random', [True, False])
def test_steps_are_found_in_any_order(random):
  passes = _passes(300, random)
  counted = [
    (number, index, window)
    for number in range(6)
    for index, window in enumerate(passes.windows(number))
  ]
  starts = [0]
  for number in range(5):
    starts.append(starts[-1] + len(passes.windows(number)))
  fresh = _passes(300, random)
  assert fresh.first_step(5) == starts[5]
  assert [fresh.first_step(number) for number in range(6)] == starts
  fresh = _passes(300, random)
  for step in list(range(len(counted)))[::-1]:
    assert fresh.at(step) == counted[step]
