"""The cells of a search as a GIF, of pictures that are plain colours."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from src.recurrent import generate_gif


@pytest.fixture
def run(tmp_path):
  """Function of a number: a run with so many pictures; returns the folder."""

  def _run(count):
    folder = tmp_path / 'logs' / 'ptb_orig'
    (folder / 'networks').mkdir(parents=True)
    (folder / 'flags.json').write_text('{}')
    for number in range(count):
      size = (200, 100) if number % 2 else (90, 160)
      image = Image.new('RGB', size, (number, 90, 200))
      name = '%03d-%06d-%.4f-best.png' % (number, 617 * number, 100.5)
      image.save(str(folder / 'networks' / name))
    (folder / 'networks' / '000-000000-1.0000.png').write_bytes(b'a sample')
    (folder / 'networks' / 'derived-1.0000-best.png').write_bytes(b'no step')
    return folder

  return _run


def call(tmp_path, *more):
  return generate_gif.main(
    ['generate_gif', '--model_name', 'ptb_orig']
    + ['--log_dir=%s' % (tmp_path / 'logs'), '--output']
    + [str(tmp_path / 'out' / 'cells.gif')]
    + list(more)
  )


def test_three_frames_of_one_size_at_half_a_second(run, tmp_path, capsys):
  folder = run(3)
  assert call(tmp_path, '--title=Penn $5') == 0
  assert '3 frames' in capsys.readouterr().out
  with Image.open(str(tmp_path / 'out' / 'cells.gif')) as gif:
    found = [
      (np.asarray(still.convert('RGB')), still.info['duration'])
      for still in ImageSequence.Iterator(gif)
    ]
  assert [duration for _, duration in found] == [500] * 3
  (shape,) = {picture.shape for picture, _ in found}
  assert shape[1] == 200 and shape[0] > 160
  head = shape[0] - 160
  for picture, _ in found:
    assert (picture[:head] < 128).any(), 'no text'
  # The step of the second frame is another than that of the third.
  assert (found[1][0][:head] != found[2][0][:head]).any()
  # The drawing of the second is 100 high and in the middle.
  assert (found[1][0][head + 32 : head + 128, 100] < 250).any(axis=1).all()
  assert (found[1][0][head : head + 28] > 250).all()
  paths = generate_gif.pictures(str(folder / 'networks'))
  assert generate_gif.lines(paths[2], 'Penn') == ['Penn', 'step: 1,234']


def test_at_most_max_frame_with_the_first_and_the_last(run, tmp_path):
  paths = generate_gif.pictures(str(run(120) / 'networks'))
  assert len(paths) == 120
  assert call(tmp_path) == 0
  with Image.open(str(tmp_path / 'out' / 'cells.gif')) as gif:
    assert gif.n_frames == 50

  class Flags:
    max_frame = 50

  chosen = generate_gif.shown(paths, Flags)
  assert (chosen[0], chosen[-1]) == (paths[0], paths[-1])
  assert len(set(chosen)) == 50


def test_without_frames_or_a_run_a_line_says_so(run, tmp_path, capsys):
  run(0)
  assert call(tmp_path) == 2
  assert 'no pictures of derived cells' in capsys.readouterr().err
  for word, said in (
    ('--model_name=elsewhere', 'is no run'),
    ('--output=cells.png', 'ending in .gif'),
    ('--max_frame=1', 'at least 2'),
  ):
    assert call(tmp_path, word) == 2
    err = capsys.readouterr().err
    assert said in err and err.count('\n') == 1
  assert not (tmp_path / 'out').exists()
