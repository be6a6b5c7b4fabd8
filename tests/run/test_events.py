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


def test_scalars_are_named_and_placed(tmp_path):
  writer = events.Events(str(tmp_path), 0)
  writer.scalars(4, child__loss=2.5, child__accuracy=0.25)
  writer.scalars(8, test__accuracy=0.5)
  writer.close()
  ((version, start, first, second),) = _read(tmp_path)
  assert version.file_version.startswith('brain.Event')
  assert (start.step, start.session_log.status) == (0, tf.SessionLog.START)
  assert first.step == 4
  assert [(v.tag, v.simple_value) for v in first.summary.value] == [
    ('child/accuracy', 0.25),
    ('child/loss', 2.5),
  ]
  assert second.step == 8
  assert [(v.tag, v.simple_value) for v in second.summary.value] == [
    ('test/accuracy', 0.5)
  ]


def test_a_resumed_run_voids_what_lies_beyond(tmp_path):
  writer = events.Events(str(tmp_path), 6)
  writer.close()
  start = _read(tmp_path)[0][1]
  assert (start.step, start.session_log.status) == (6, tf.SessionLog.START)


def test_a_value_that_is_no_number_is_refused(tmp_path):
  writer = events.Events(str(tmp_path), 0)
  with pytest.raises(TypeError):
    writer.scalars(1, loss='high')
  writer.close()
