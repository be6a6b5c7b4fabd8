"""What is said about a photo, from what is said about its windows."""

import numpy as np
import pytest

from src.AEROBI.metadata import CLASSES
from src.images import crop
from src.run.errors import RunError
from src.use import prediction, tiles, trained
from tests.AEROBI import made_codebrim


class _Network:
  """Made-up probabilities, the same for the same window; counts batches."""

  def __init__(self):
    self.batches = []

  def __call__(self, batch):
    self.batches.append(batch)
    mean = batch.mean(axis=(1, 2)) / 255  # [B, 3]
    return np.concatenate([mean, 1 - mean], axis=1)


def _predict(photo, answer, size, names=CLASSES, one_label=False, **kwargs):
  network = trained.Trained(answer, size, list(names), one_label)
  return prediction.predict(photo, network, **kwargs)


def test_the_whole_photo_averages_log_odds():
  photo, network = made_codebrim.picture(1, 30, 95), _Network()
  found = _predict(photo, network, 16, batch_size=2)
  assert found.names == CLASSES
  assert [len(batch) for batch in network.batches] == [2, 2, 2]
  windows = np.concatenate(network.batches)
  np.testing.assert_array_equal(windows, crop.even_windows(photo, 16, 6))
  assert windows.dtype == np.float32 and windows.max() > 200
  each = _Network()(windows).astype(float)
  odds = np.exp(np.mean(np.log(each / (1 - each)), axis=0))
  np.testing.assert_allclose(found.probabilities, odds / (1 + odds), atol=1e-6)
  np.testing.assert_array_equal(found.decisions, found.probabilities >= 0.5)
  np.testing.assert_allclose(found.of_tiles, each, atol=1e-6)


def test_one_window_is_said_as_it_is():
  values = np.array([[0, 1, 0.5, 0.25, 1e-9, 1]], np.float32)
  photo = made_codebrim.picture(1, 20, 20)
  found = _predict(photo, lambda batch: values, 16)
  np.testing.assert_array_equal(found.probabilities, values[0].astype(float))
  assert found.decisions.tolist() == [False, True, True, False, False, True]


def test_certainty_does_not_make_nan():
  photo = made_codebrim.picture(1, 20, 30)
  values = np.array([[0, 1, 1, 0, 0.5, 1]] * 2 + [[0, 1, 0, 0, 0.5, 1]], 'f4')
  found = _predict(photo, lambda b: values[: len(b)], 16)
  assert len(found.of_tiles) == 2
  np.testing.assert_allclose(
    found.probabilities, [0, 1, 1, 0, 0.5, 1], atol=2e-7
  )


def test_tiles_take_the_most_probable_defect_and_the_least_background():
  photo, network = made_codebrim.picture(2, 60, 90), _Network()
  found = _predict(photo, network, 8, side=20, batch_size=4)
  assert found.tiles.resized == tiles.cut(60, 90, 8, 20).resized
  each = np.concatenate([_Network()(batch) for batch in network.batches])
  assert len(each) == len(found.tiles.places) > 20
  np.testing.assert_array_equal(found.probabilities[1:], each.max(axis=0)[1:])
  assert found.probabilities[0] == each.min(axis=0)[0]


def test_thresholds_of_each_class():
  photo = made_codebrim.picture(1, 20, 20)
  values = np.array([[0.3, 0.3, 0.3, 0.3, 0.1, 0.9]], np.float32)
  limits = [0.2, 0.3, 0.31, 0.5, 0.1, 0.95]
  found = _predict(photo, lambda b: values, 16, threshold=limits)
  assert found.thresholds.tolist() == limits
  assert found.decisions.tolist() == [True, True, False, False, True, False]


def test_images_with_one_label():
  photo = made_codebrim.picture(1, 20, 40)
  values = np.array([[0.6, 0.3, 0.1], [0.2, 0.1, 0.7], [0.6, 0.3, 0.1]], 'f4')
  kwargs = {'names': ('a', 'b', 'c'), 'one_label': True}

  def _answer(batch):
    return np.resize(values, [len(batch), 3])

  found = _predict(photo, _answer, 16, overlap=0.5, **kwargs)
  each = found.of_tiles.astype(float)
  product = np.prod(each, axis=0) ** (1 / len(each))
  np.testing.assert_allclose(
    found.probabilities, product / product.sum(), rtol=1e-6
  )
  assert found.decisions.tolist() == [True, False, False]
  found = _predict(photo, _answer, 16, side=10, **kwargs)
  np.testing.assert_allclose(
    found.probabilities, found.of_tiles.mean(axis=0), rtol=1e-6
  )
  assert found.decisions.sum() == 1
  found = _predict(photo, _answer, 16, threshold=0.99, **kwargs)
  assert not found.decisions.any(), 'not sure enough'
  lines = prediction.lines('x', found, most=2)
  assert [line.split()[0] for line in lines] == ['x', 'a', 'b']


def test_lines():
  photo = made_codebrim.picture(1, 20, 31)
  values = np.array([[0.25, 0.5, 0.75]], np.float32)
  found = _predict(
    photo, lambda b: np.repeat(values, len(b), axis=0), 16,
    names=('Crack', 'Bar', 'Rust'),
  )  # fmt: skip
  assert prediction.lines('a b.jpg', found) == [
    'a b.jpg (31 x 20, 2 windows)',
    '  Crack 0.2500 no',
    '  Bar   0.5000 yes',
    '  Rust  0.7500 yes',
  ]


def test_progress_is_told_how_many_batches_there_are():
  photo, network, told = made_codebrim.picture(1, 30, 95), _Network(), []

  def progress(batches, total):
    told.append(total)
    return batches

  _predict(photo, network, 16, batch_size=4, progress=progress)
  assert told == [len(network.batches)] == [2]


@pytest.mark.parametrize(
  'values, message',
  [
    (np.zeros([1, 5]), r'gives \[1, 5\] for 1 images; the classes are Back'),
    (np.zeros([6]), r'gives \[6\] for 1 images'),
    (np.full([1, 6], np.nan), 'no probabilities, such as nan'),
    (np.full([1, 6], 2.0), 'no probabilities'),
  ],
)
def test_a_network_that_does_not_fit(values, message):
  photo = made_codebrim.picture(1, 20, 20)
  with pytest.raises(RunError, match=message):
    _predict(photo, lambda batch: values, 16)
