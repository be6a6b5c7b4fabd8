"""The animation of a growing macro network."""

import os

import numpy as np
import pytest
from PIL import Image

from src.arc import MacroArc, MacroSpace, Operation, paint, record
from src.view import growth
from src.view.__main__ import main


def _still(picture, index):
  picture.seek(index)
  return np.asarray(picture.convert('RGB')).astype(int)


def test_the_default_one(tmp_path, capsys):
  path = str(tmp_path / 'made' / 'a.gif')
  assert main(['gif', '-o', path]) == 0
  assert capsys.readouterr().out == 'Wrote %s (11 frames)\n' % path
  assert os.path.getsize(path) < 3e6
  with Image.open(path) as picture:
    assert picture.n_frames == 11 and picture.info['loop'] == 0
    first, last = (_still(picture, index) for index in (0, 10))
    assert picture.info['duration'] > 2000
  assert np.mean(np.any(first != last, axis=2)) > 0.02


def test_a_node_at_a_time():
  """Ink only comes; what is decided comes first with its operation."""
  told = growth.frames(growth.ARC)
  assert [tuple(frame) for frame in told[:5]] == [
    (0, 0), (0, 2), (1, 0), (1, 1), (1, 2)
  ]  # fmt: skip
  pictures = list(growth.images(growth.ARC, told))
  ink = [np.sum(np.any(picture < 250, axis=2)) for picture in pictures]
  assert ink == sorted(set(ink)) and len(ink) == 11


@pytest.mark.parametrize(
  ('skip_from', 'source', 'decided', 'nodes'),
  [
    ('stem', 'stem', ['0', '1'], ['0', '1', '2', '3']),
    ('layer', 'input', ['1', '2'], ['1', '2', '3']),
  ],
)
def test_what_is_written(monkeypatch, skip_from, source, decided, nodes):
  """Node 3 takes both of its skips; node 2 takes none."""
  said, text = [], paint.AxesPainter.text

  def _text(self, x, y, word, *rest, **style):
    said.append(word)
    text(self, x, y, word, *rest, **style)

  monkeypatch.setattr(paint.AxesPainter, 'text', _text)
  arc = MacroArc.parse('0 5 0 2 1 1', skip_from=skip_from)
  next(growth.images(arc, growth.frames(arc)[-1:]))
  operations = ['conv 3×3', 'max pool', '3×3', 'conv 5×5']
  controller = ['softmax'] * 5 + operations + ['none', '1', '2', '3'] + decided
  child = operations + [source, 'concat']
  assert sorted(said) == sorted(controller + child + nodes)


def test_long_ones_move_the_window(tmp_path):
  """All frames have one size, which does not grow with the network."""
  random = np.random.RandomState(0)
  arc = MacroArc.random(12, 6, random, 0.5)
  told = growth.frames(arc)
  assert len(told) == 35
  pictures = list(growth.images(arc, [told[0], told[17], told[-1]]))
  (shape,) = {picture.shape for picture in pictures}
  assert shape[1] == 680 and shape[0] < 800
  # The right end is what is being decided.
  assert np.any(pictures[2][:, -120:] < 250)
  small = MacroArc.random(1, 6, random)
  assert growth.write(small, str(tmp_path / 'small.gif')) == 2


def test_operations_of_a_run(tmp_path, monkeypatch):
  operations = [Operation('a', 'conv 3×3', 'conv', 3)] * 7
  operations = [
    one._replace(name='n%d' % n, label='noise %d' % n)
    for n, one in enumerate(operations)
  ]
  space = MacroSpace('mine', operations, 2, skip_from='layer')
  made = record.Record('cifar10', space, record.Network())
  (tmp_path / record.FILE).write_text(made.to_json())
  seen = []
  monkeypatch.setattr(
    growth, 'write', lambda arc, path, named: seen.append((arc, named)) or 1
  )
  words = ['gif', '6 0 1', '-o', 'a.gif']
  assert main(words + ['--run', str(tmp_path)]) == 0
  assert main(words) == 2  # without a run that has so many operations
  assert main(['gif', '3 0 1', '-o', 'a.gif', '--skip_from', 'layer']) == 0
  (first, named), (second, none) = seen
  assert first == MacroArc.parse('6 0 1', 2, 7, 'layer')
  assert second == MacroArc.parse('3 0 1', 2, 6, 'layer')
  assert [one.label for one in named][6] == 'noise 6' and none is None


@pytest.mark.parametrize(
  ('words', 'told'),
  [
    (['0 1 1', '-o', 'a.png'], 'the file must end in .gif'),
    (['0 1 x', '-o', 'a.gif'], "'x'"),
    (['0 2 0 0 0 4 0 1 0 2 0 0 0 4 0 1', '-o', 'a.gif'], 'only macro net'),
    (['0 1 1', '-o', 'a.gif', '--run', 'none'], 'none is not the directory'),
  ],
)
def test_an_error_is_one_line(tmp_path, capsys, monkeypatch, words, told):
  monkeypatch.chdir(tmp_path)
  assert main(['gif'] + words) == 2
  error = capsys.readouterr().err
  assert told in error and error.count('\n') == 1
  assert os.listdir(str(tmp_path)) == []
