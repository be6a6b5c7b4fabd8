"""Videos: sizes, counts, and that nothing moves but what changes."""

import os
import sys

import cv2
import numpy as np
import pytest
from PIL import Image

from src.arc import ArcError, MacroArc, MicroArc
from src.view import frames, guess, log, video
from tests import made_log


def _run(num_epochs=3, num_layers=4, **options):
  lines = made_log.search(num_epochs, num_layers, **options)
  return _of(log.read(lines), {'child_out_filters': 4})


def _of(history, flags):
  record = guess.record_of(flags, history.shown)
  return log.Run(history, flags, 'stdout', record, 0.0)


def _read(path):
  reader = cv2.VideoCapture(path)
  found = []
  while True:
    good, picture = reader.read()
    if not good:
      return found, reader.get(cv2.CAP_PROP_FPS)
    found.append(picture)


def test_mp4_has_the_best_of_each_epoch(tmp_path):
  path = str(tmp_path / 'made' / 'search.mp4')
  assert video.write(_run(), path, fps=5, height=360) == (path, 3)
  pictures, fps = _read(path)
  assert [p.shape for p in pictures] == [(360, 640, 3)] * 3
  assert fps == 5


def test_every_kth(tmp_path):
  path = str(tmp_path / 'search.mp4')
  # Of 30 architectures the 12th, the 24th and the last.
  assert video.write(_run(), path, every=12, height=241)[1] == 3
  assert _read(path)[0][0].shape == (240, 426, 3)


def test_gif(tmp_path):
  path = str(tmp_path / 'search.GIF')
  assert video.write(_run(), path, fps=4, height=240) == (path, 3)
  with Image.open(path) as picture:
    assert picture.n_frames == 3 and picture.size == (426, 240)
    assert picture.info['duration'] == 250


def test_gif_where_opencv_cannot_write_mp4(tmp_path, monkeypatch):
  class _Closed:
    def __init__(self, *args):
      pass

    def isOpened(self):
      return False

  monkeypatch.setattr(cv2, 'VideoWriter', _Closed)
  said = []
  path, count = video.write(
    _run(), str(tmp_path / 'a.mp4'), height=240, log=said.append
  )
  assert (path, count) == (str(tmp_path / 'a.gif'), 3)
  assert said == ['OpenCV cannot write mp4 here: writing %s' % path]
  assert os.listdir(str(tmp_path)) == ['a.gif']


def test_gif_where_there_is_no_opencv(tmp_path, monkeypatch):
  monkeypatch.setitem(sys.modules, 'cv2', None)
  path, count = video.write(
    _run(), str(tmp_path / 'a.mp4'), height=240, log=lambda line: None
  )
  assert (path, count) == (str(tmp_path / 'a.gif'), 3)


def test_a_place_that_cannot_be_written(tmp_path):
  (tmp_path / 'a.mp4').mkdir()
  with pytest.raises(IsADirectoryError):
    video.write(_run(), str(tmp_path / 'a.mp4'), height=240)


def test_frames_that_were_lost_are_an_error(tmp_path, monkeypatch):
  real = video._append
  monkeypatch.setattr(
    video, '_append', lambda writer, picture: real(writer, picture[::2])
  )
  with pytest.raises(OSError, match='has 0 of 3 frames; is the disk full'):
    video.write(_run(), str(tmp_path / 'a.mp4'), height=240)


@pytest.mark.parametrize('tall', [True, False])
def test_nodes_stay_where_they_are(tall):
  if tall:
    make, places = None, (slice(0, 480), slice(0, 300))
  else:
    make = lambda draw: MicroArc.random(3, 5, draw)  # noqa: E731
    places = (slice(60, 250), slice(0, 853))
  run = _run(4, 6, make=make)
  shown = frames.select(run.history.shown)
  pictures = list(video.images(run, shown, 480))
  assert all(p.shape == (480, 852, 3) for p in pictures)
  for one, other in zip(pictures, pictures[1:]):
    changed = (one != other).any(axis=2)
    # The drawing changes in part, the paper around it stays.
    assert 0 < changed[places].mean() < 0.4
  # The same architecture gives the same picture.
  again = next(video.images(run, shown[:1], 480))
  assert (again == pictures[0]).all()


def test_the_mark_is_where_the_epoch_is():
  run = _run(5, 3)
  shown = frames.select(run.history.shown)
  columns = []
  for picture in video.images(run, shown, 480):
    # The lower left curves, skip connections; the curve itself is grey.
    dark = (picture == 25).all(axis=2)
    heights = dark[270:440].sum(axis=0)
    columns.append(int(np.argmax(heights)))
  steps = np.diff(columns)
  assert steps.min() > 5 and steps.max() - steps.min() <= 1


def test_an_extracted_file_makes_a_video_without_marks(tmp_path):
  shown = [log.Shown(None, i, MacroArc.parse('0 5 1'), None) for i in range(2)]
  history = log.nothing()._replace(shown=shown)
  run = _of(history, {})
  assert video.write(run, str(tmp_path / 'a.mp4'), height=240)[1] == 2


def test_what_makes_no_video_is_one_line(tmp_path):
  run = _run(1)
  for path, options, message in (
    ('a.avi', {}, 'cannot write .*a.avi: the file must end in .mp4 or .gif'),
    ('a.mp4', {'fps': 0}, '--fps=0: expected more than 0'),
    ('a.mp4', {'height': 10}, '--height=10: expected 240 to 4320 pixels'),
    ('a.mp4', {'every': 0}, '--every=0: expected at least 1'),
  ):
    with pytest.raises(ArcError, match=message):
      video.write(run, str(tmp_path / path), **options)
  assert os.listdir(str(tmp_path)) == []
