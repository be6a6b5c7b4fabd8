"""TensorBoard files, read back."""

import pytest

from src.run import events
from src.tf1 import tf


def _read(folder):
  """Each events file of a folder as a list of events, oldest file first."""
  return [
    list(tf.train.summary_iterator(str(path)))
    for path in sorted(folder.glob('events.out.tfevents.*'))
  ]


def _start(folder, positions):
  writer = events.Events(str(folder))
  writer.start(positions)
  return writer


def test_scalars_are_named_and_placed(tmp_path):
  writer = _start(tmp_path, {})
  writer.scalars(4, child__loss=2.5, child__accuracy=0.25)
  writer.scalars(8, test__accuracy=0.5)
  writer.close()
  ((version, first, second),) = _read(tmp_path)
  assert version.file_version.startswith('brain.Event')
  assert first.step == 4
  assert [(v.tag, v.simple_value) for v in first.summary.value] == [
    ('child/accuracy', 0.25),
    ('child/loss', 2.5),
  ]
  assert second.step == 8
  assert [(v.tag, v.simple_value) for v in second.summary.value] == [
    ('test/accuracy', 0.5)
  ]


def _steps(folder):
  return sorted(e.step for file in _read(folder) for e in file if e.step)


def test_a_resumed_run_cuts_back_what_lies_beyond(tmp_path):
  writer = _start(tmp_path, {})
  writer.scalars(1, loss=1.0)
  first = writer.positions()
  writer.scalars(2, loss=1.0)
  writer.close()
  assert _steps(tmp_path) == [1, 2]

  writer = _start(tmp_path, first)
  writer.scalars(3, loss=1.0)
  second = writer.positions()
  writer.close()
  assert _steps(tmp_path) == [1, 3]
  assert len(second) == 2

  _start(tmp_path, first).close()
  assert _steps(tmp_path) == [1]


def test_a_value_that_is_no_number_is_refused(tmp_path):
  writer = _start(tmp_path, {})
  with pytest.raises(TypeError):
    writer.scalars(1, loss='high')
  writer.close()
