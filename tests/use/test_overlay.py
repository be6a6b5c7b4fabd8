"""The picture over a photo: which panels, what they say, where colour is."""

import numpy as np
import pytest

from src.AEROBI.metadata import CLASSES
from src.arc import paint
from src.use import overlay, prediction, trained
from tests.AEROBI import made_codebrim


def _photo(height=80, width=120):
  """Grey, the left half darker."""
  photo = np.full([height, width, 3], 150, np.uint8)
  photo[:, : width // 2] = 100
  return photo


def _found(photo, side=40):
  """Cracks wherever it is dark, rust nowhere, background where it is light."""

  def network(batch):
    dark = (batch.mean(axis=(1, 2, 3)) < 125).astype(np.float32)
    values = np.full([len(batch), 6], 0.02, np.float32)
    values[:, 0] = 0.9 - 0.8 * dark
    values[:, 1] = 0.05 + 0.9 * dark
    return values

  return prediction.predict(
    photo, trained.Trained(network, 8, list(CLASSES)), side
  )


def _titles(figure):
  return [ax.get_title(loc='left') for ax in figure.axes]


def test_panels_of_what_is_seen():
  photo = _photo()
  figure = overlay.draw(photo, _found(photo), 'bridge $1.jpg')
  assert _titles(figure) == ['photo', 'Crack: seen, max 0.95', '']
  texts = [text.get_text() for text in figure.texts]
  assert texts == [
    r'bridge \$1.jpg',
    'Background 0.10   Crack 0.95 (seen)   Spallation 0.02   '
    'Efflorescence 0.02   ExposedBars 0.02   CorrosionStain 0.02',
  ]


def test_panels_of_everything():
  photo = _photo()
  titles = _titles(overlay.draw(photo, _found(photo), 'x', everything=True))
  assert titles[:3] == [
    'photo', 'Background: not seen, max 0.90', 'Crack: seen, max 0.95'
  ]  # fmt: skip
  assert titles[6] == 'CorrosionStain: not seen, max 0.02' and len(titles) == 8


def test_nothing_seen_is_the_photo_alone():
  photo = np.full([80, 120, 3], 150, np.uint8)
  found = _found(photo)
  assert found.decisions.tolist() == [True] + [False] * 5
  figure = overlay.draw(photo, found, 'x')
  assert _titles(figure) == ['photo']
  assert 'Background 0.90 (seen)' in figure.texts[1].get_text()


def test_colour_is_where_the_defect_is():
  photo = _photo()
  figure = overlay.draw(photo, _found(photo), 'x')
  image = np.asarray(figure.axes[1].images[0].get_array())
  colourful = image.max(axis=2) - image.min(axis=2)
  assert image.shape == (80, 120, 3)
  assert colourful[:, :30].min() > 0.3
  assert colourful[:, 95:].max() < 0.02
  np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), photo)


def _dashed(ax):
  """Left, top, width, height of the boxes in a panel, each drawn twice."""
  found = [(*patch.get_xy(), patch.get_width(), patch.get_height())
           for patch in ax.patches]  # fmt: skip
  assert found[::2] == found[1::2]
  return found[::2]


def test_what_is_seen_is_outlined_even_if_the_map_is_averaged_away():
  photo = _photo(40, 120)
  found = _found(photo)
  # One tile reaches 0.95, the average at its centre 0.59.
  values = np.full([len(found.of_tiles), 6], 0.1)
  values[1, 1] = 0.6
  found = found._replace(
    of_tiles=values, thresholds=np.full(6, 0.59), decisions=np.arange(6) == 1
  )
  _, panel, _ = overlay.draw(photo, found, 'x').axes
  top, left, bottom, right = found.tiles.boxes[1]
  assert _dashed(panel) == [(left, top, right - left - 1, bottom - top - 1)]
  assert not panel.collections
  # Above the threshold everywhere: the photo.
  found = found._replace(thresholds=np.full(6, 0.05))
  _, panel, _ = overlay.draw(photo, found, 'x').axes
  assert _dashed(panel) == [(0, 0, 119, 39)]
  # A line of its own is enough.
  found = found._replace(thresholds=np.full(6, 0.3))
  _, panel, _ = overlay.draw(photo, found, 'x').axes
  assert _dashed(panel) == [] and panel.collections


def test_the_surer_the_lighter_and_the_stronger():
  grey = np.full([1, 101, 3], 0.6)
  mixed = overlay._mixed(grey, np.linspace(0, 1, 101)[None])[0]
  np.testing.assert_allclose(mixed[0], 0.6)
  difference = np.abs(mixed - 0.6).max(axis=1)
  assert np.diff(difference).min() > -0.02 and difference[-1] > 0.25
  luminance = overlay._SCALE(np.linspace(0, 1, 101))[:, :3] @ [0.2, 0.7, 0.1]
  assert np.diff(luminance).min() > 0


@pytest.mark.parametrize(
  'height, width, side', [(24, 190, None), (190, 24, None), (9, 9, None),
                          (400, 300, 100), (1, 3000, None), (2, 3000, None),
                          (3000, 1, 2)]
)  # fmt: skip
def test_every_shape_fits_the_page(tmp_path, height, width, side):
  photo = made_codebrim.picture(0, height, width)
  seen = iter(range(10**4))  # by every other window, so that a line is drawn
  found = prediction.predict(
    photo,
    trained.Trained(
      lambda batch: np.array([[0.9 - next(seen) % 2 * 0.6] * 6 for _ in batch]),
      8,
      list(CLASSES),
    ),
    side,
  )
  figure = overlay.draw(photo, found, 'a long name ' * 30)
  assert len(figure.axes) == 7
  title = figure.texts[0].get_text()
  assert len(title) == 90 and title.startswith('...') and 'long name' in title
  for ax in figure.axes:
    box = ax.get_position()
    assert 0 <= box.x0 < box.x1 <= 1 and 0 <= box.y0 < box.y1 <= 1
  pixels = paint.pixels(figure)
  for edge in (pixels[:4], pixels[-4:], pixels[:, :4], pixels[:, -4:]):
    assert (edge == 255).all()
  path = tmp_path / 'overlay.png'
  figure.savefig(str(path))
  assert path.read_bytes().startswith(b'\x89PNG')


def test_each_picture_has_a_name_of_its_own():
  assert overlay.names(
    ['a.png', 'b/a.png', 'a-2.png', 'A.jpg', 'a_seen.tif', 'a_seen-2.tif']
  ) == [
    'a_seen.png', 'a_seen-2.png', 'a-2_seen.png', 'A_seen-3.png',
    'a_seen_seen.png', 'a_seen-2_seen.png',
  ]  # fmt: skip


def test_a_title_is_one_line_that_can_be_drawn(tmp_path):
  photo = _photo()
  figure = overlay.draw(photo, _found(photo), 'a\nb \udcfc.jpg')
  assert figure.texts[0].get_text() == r'a\nb \udcfc.jpg'
  figure.savefig(str(tmp_path / 'overlay.png'))


def test_a_large_photo_is_reduced():
  photo = made_codebrim.picture(0, 1200, 1800)
  assert overlay._reduced(photo).shape == (600, 900, 3)
  assert overlay._reduced(photo[:, :5]).shape == (900, 4, 3)
