"""Batches depend on the step only: not on threads, order or interruptions."""

import threading
import time

import numpy as np
import pytest

from src.AEROBI import codebrim, pipeline
from src.files import png
from src.images import crop, orders
from tests.AEROBI import made_codebrim


@pytest.fixture(name='data')
def _data(tmp_path):
  made_codebrim.write(tmp_path, counts=(7, 5, 2))
  return codebrim.read(str(tmp_path), log=lambda line: None)


def _batches(data, steps, **kwargs):
  with pipeline.shuffled(data.train, 3, 16, 1, 'train', **kwargs) as reader:
    return [reader.batch(step) for step in steps]


def _assert_equal(first, second):
  for one, other in zip(first, second):
    np.testing.assert_array_equal(one[0], other[0])
    np.testing.assert_array_equal(one[1], other[1])


def test_shapes_and_values(data):
  for pixels, labels in _batches(data, range(4)):
    assert pixels.shape == (3, 16, 16, 3) and pixels.dtype == np.float32
    assert pixels.min() >= 0 and pixels.max() <= 255
    assert labels.shape == (3, 6) and labels.dtype == np.float32
    assert set(labels.ravel()) <= {0, 1}


def test_a_batch_by_hand(data):
  order = orders.Shuffled(7, 3, 1, 'train')
  ((pixels, labels),) = _batches(data, [5])
  for place, (index, epoch) in enumerate(order.examples(5)):
    expected = crop.random_window(
      png.read(data.train.paths[index]), 16, 1, 'train', epoch, index
    )
    np.testing.assert_array_equal(pixels[place], expected)
    np.testing.assert_array_equal(labels[place], data.train.labels[index])


def test_threads_and_prefetching_do_not_change_anything(data):
  expected = _batches(data, range(8), threads=1, ahead=0)
  for threads, ahead in [(1, 3), (4, 0), (5, 4)]:
    _assert_equal(
      _batches(data, range(8), threads=threads, ahead=ahead), expected
    )


def test_any_step_can_be_asked_for(data):
  expected = _batches(data, range(9))
  order = [4, 5, 7, 0, 8, 8, 6]
  _assert_equal(_batches(data, order), [expected[step] for step in order])


def test_passes_differ(data):
  first, second = _batches(data, [0, 3])
  assert not np.array_equal(first[0], second[0])


def test_evaluation_shows_each_image_once_and_always_the_same(data):
  with pipeline.evaluation(data.val, 2, 16) as reader:
    assert (reader.num_batches, reader.num_counted) == (3, 5)
    rounds = [[reader.batch(step) for step in range(3)] for _ in range(2)]
  _assert_equal(*rounds)
  assert [len(labels) for _, labels in rounds[0]] == [2, 2, 1]
  np.testing.assert_array_equal(
    np.concatenate([labels for _, labels in rounds[0]]), data.val.labels
  )
  np.testing.assert_array_equal(
    rounds[0][2][0][0], crop.center_window(png.read(data.val.paths[4]), 16)
  )


def test_windows_have_an_axis(data):
  with pipeline.evaluation(data.val, 2, 16, windows=3) as reader:
    pixels, _ = reader.batch(0)
  assert pixels.shape == (2, 3, 16, 16, 3)
  np.testing.assert_array_equal(
    pixels[1], crop.even_windows(png.read(data.val.paths[1]), 16, 3)
  )


def test_reference_evaluation(data):
  kwargs = {'batch_size': 2, 'size': 16, 'seed': 1, 'purpose': 'val'}
  with pipeline.reference_evaluation(data.val, **kwargs) as reader:
    assert (reader.num_batches, reader.num_counted) == (3, 6)
    first = [reader.batch(step) for step in range(3)]
    second = [reader.batch(step) for step in range(3, 6)]
  assert [len(labels) for _, labels in first] == [2, 2, 2]
  assert not np.array_equal(first[0][0], second[0][0])


def test_bytes(data):
  order = orders.Once(5, 5)
  view = pipeline.evaluation_view(16, dtype=np.uint8)
  with pipeline.reader(data.val, order, view) as reader:
    pixels, _ = reader.batch(0)
  with pipeline.evaluation(data.val, 5, 16) as reader:
    exact, _ = reader.batch(0)
  assert pixels.dtype == np.uint8
  assert np.abs(pixels - exact).max() <= 0.5
  with pipeline.reader(
    data.val, order, pipeline.training_view(16, 1, 'a', np.uint8)
  ) as reader:
    assert reader.batch(0)[0].dtype == np.uint8


def test_a_bad_image_is_an_error_of_its_own_step_only(data):
  with open(data.val.paths[2], 'wb'):
    pass
  with pipeline.evaluation(data.val, 2, 16, ahead=2) as reader:
    reader.batch(0)
    with pytest.raises(png.ImageError) as caught:
      reader.batch(1)
    assert str(caught.value) == data.val.paths[2] + ' is empty (0 bytes)'
    assert len(reader.batch(2)[0]) == 1


def test_memory_is_bounded(data):
  started = []

  def view(image, example):
    started.append(example)
    return image[:4, :4]

  order = orders.Shuffled(7, 3, 1, 'train')
  with pipeline.reader(data.train, order, view, ahead=2) as reader:
    reader.batch(0)
    time.sleep(0.2)
    assert len(started) == 9
    reader.batch(1)
    time.sleep(0.2)
    assert len(started) == 12


def test_closing_ends_the_threads(data):
  before = threading.active_count()
  with pipeline.shuffled(
    data.train, 3, 16, 1, 'train', threads=3, ahead=5
  ) as reader:
    reader.batch(0)
    assert threading.active_count() > before
  assert threading.active_count() == before
