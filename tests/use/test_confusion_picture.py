"""The picture of the confusions says the numbers, and marks what differs."""

import numpy as np
import pytest
from matplotlib import colors

from src.AEROBI.metadata import CLASSES
from src.arc import paint
from src.use import confusion, confusion_picture


def _confusion(without_label):
  """8 backgrounds of which 2 seem cracked, 4 cracks, maybe an empty label."""
  labels = np.zeros([12 + without_label, 6])
  labels[:8, 0] = labels[8:12, 1] = 1
  answers = labels.copy()
  answers[:2, :2] = [0, 1]
  return confusion.confusion(answers.astype(np.float32), labels, 0.5, CLASSES)


def _texts(figure):
  found = [text.get_text() for text in figure.texts]
  for ax in figure.axes:
    found += [text.get_text() for text in ax.texts]
    found += [label.get_text() for label in ax.get_yticklabels()]
  return found


def test_texts():
  texts = _texts(confusion_picture.draw(_confusion(1), 'Test of $5'))
  assert r'Test of \$5' in texts
  assert '13 images; for 11 of them (84.6 %) every answer is right' in texts
  assert 'Background\n8 images' in texts and 'none of them\n1 images' in texts
  for number in ('75', '25', '(100)', ' 2 ', '2 of 8'):
    assert number in texts, number
  # Four classes without images: a dash in each column.
  assert texts.count('-') == 4 * 7


def test_the_row_of_empty_labels_is_there_if_there_are_any():
  texts = _texts(confusion_picture.draw(_confusion(0)))
  assert not any(text.startswith('none of them\n') for text in texts)


def test_colour_only_where_it_differs():
  figure = confusion_picture.draw(_confusion(1))
  image = figure.axes[0].images[0]
  shades = [
    colors.to_hex(c) for c in image.cmap(image.norm(image.get_array()))[0]
  ]
  assert shades[2:] == ['#ffffff'] * 5
  red, _, blue = colors.to_rgb(shades[0])
  assert blue > red  # seen too rarely
  red, _, blue = colors.to_rgb(shades[1])
  assert red > blue  # seen too often


def test_no_mistakes():
  labels = np.eye(6)
  found = confusion.confusion(labels.astype(np.float32), labels, 0.5, CLASSES)
  assert 'none' in _texts(confusion_picture.draw(found))


@pytest.mark.parametrize(
  'kind, start', [('png', b'\x89PNG'), ('svg', b'<?xml')]
)
def test_files(tmp_path, kind, start):
  path = tmp_path / ('confusion.' + kind)
  confusion_picture.draw(_confusion(1)).savefig(str(path))
  assert path.read_bytes().startswith(start)


def test_nothing_is_drawn_outside_the_page():
  figure = confusion_picture.draw(_confusion(1))
  pixels = paint.pixels(figure)
  for edge in (pixels[:4], pixels[-4:], pixels[:, :4], pixels[:, -4:]):
    assert (edge == 255).all()
