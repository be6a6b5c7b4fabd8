"""Where in a photograph each defect was seen: a picture for inspectors."""

import os

import cv2
import numpy as np
from matplotlib import colors, patches

from src.arc import paint
from src.arc import text as text_lib
from src.use import heat_map, prediction

# Dark violet to yellow, made for colour-blind readers too; the dark end would
# look like a shadow on concrete.
_SCALE = colors.LinearSegmentedColormap.from_list(
  'surer', ['#7e03a8', '#cc4778', '#f89540', '#f0f921']
)
_LONGEST = 900  # pixels of a panel
_CELL = 4  # of these, the side of a cell of the map
_AREA, _WIDEST = 12.0, 15.0  # square inches of a panel, inches of the page
_LETTERS = 90  # of a title; of longer ones the end
# Width and colour of a line's two strokes, to be seen on anything.
_STROKES = ((2.6, paint.INK), (1.2, paint.PAPER))
_BOXES = 20  # outlined in a panel, at most
_TOP, _TITLE, _GAP, _BAR = 0.95, 0.42, 0.2, 0.6  # inches


def draw(photo, found, title, everything=False):
  """Draws the photo, and again for each defect that is seen.

  Args:
    photo: uint8 [H, W, 3], RGB.
    found: prediction.Prediction of it.
    title: str, such as the file's name.
    everything: bool, whether classes that are not seen, and the background,
      have a panel too.

  Returns:
    matplotlib `Figure`.
  """
  chosen = [
    place
    for place, name in enumerate(found.names)
    if everything or found.decisions[place] and name != prediction.BACKGROUND
  ]
  small = _reduced(photo)
  height, width = small.shape[:2]
  cells = max(1, height // _CELL), max(1, width // _CELL)
  maps = heat_map.heat_map(found.tiles, found.of_tiles, cells)
  figure, boxes = _page(width / float(height), 1 + len(chosen))
  _heading(figure, found, title)
  ax = figure.add_axes(boxes[0])
  _panel(ax, small, 'photo')
  grey = _pale(small)
  for box, place in zip(boxes[1:], chosen):
    ax = figure.add_axes(box)
    values = cv2.resize(
      np.ascontiguousarray(maps[:, :, place]), (width, height),
      interpolation=cv2.INTER_LINEAR,
    )  # fmt: skip
    _panel(ax, _mixed(grey, values), _caption(found, place))
    threshold = found.thresholds[place]
    drawable = min(values.shape) > 1  # matplotlib draws no line in a line
    if drawable and values.min() < threshold <= values.max():
      for line, ink in _STROKES:
        ax.contour(values, [threshold], colors=[ink], linewidths=line)
    elif drawable and found.decisions[place]:
      boxes = _deciding(found, place, values.min())
      scale = np.array([height, width] * 2) / np.tile(found.tiles.shape, 2)
      _outline(ax, boxes * scale)
  if chosen:
    _colour_bar(figure)
  return figure


def _deciding(found, place, least):
  """Boxes of the surest tiles that see a class, float [N, 4] as in `Tiles`.

  Neighbours that see nothing may average such a tile away on the map, or the
  map be above the threshold everywhere; then the one box is the photo.

  Args:
    found: prediction.Prediction.
    place: int, which class.
    least: float, of its map.
  """
  values = found.of_tiles[:, place]
  threshold = min(found.thresholds[place], values.max())
  if least >= threshold:
    return np.array([[0.0, 0.0, *found.tiles.shape]])
  surest = np.argsort(-values, kind='stable')[:_BOXES]
  return found.tiles.boxes[surest[values[surest] >= threshold]]


def _outline(ax, boxes):
  """Draws boxes of a reduced photo, float [N, 4] as in `Tiles`, dashed."""
  for top, left, bottom, right in boxes:
    for line, ink in _STROKES:
      ax.add_patch(
        patches.Rectangle(
          (left, top), right - left - 1, bottom - top - 1,
          fill=False, clip_on=False, linewidth=line, edgecolor=ink,
          linestyle=(0, (12 / line, 6 / line)),
        )
      )  # fmt: skip


def names(paths):
  """File names for the pictures of photos, each another one.

  Args:
    paths: list of N str.

  Returns:
    list of N str: `bridge_seen.png`, `bridge_seen-2.png` for another photo of
    that name, and so on. Case makes no difference, as some disks ignore it.
  """
  found, taken = [], set()
  for path in paths:
    stem = os.path.splitext(os.path.basename(path))[0] + '_seen'
    name, number = stem + '.png', 1
    while name.lower() in taken:
      number += 1
      name = '%s-%d.png' % (stem, number)
    taken.add(name.lower())
    found.append(name)
  return found


def _reduced(photo):
  factor = _LONGEST / float(max(photo.shape[:2]))
  if factor >= 1:
    return photo
  size = [max(1, int(round(side * factor))) for side in photo.shape[1::-1]]
  return cv2.resize(photo, tuple(size), interpolation=cv2.INTER_AREA)


def _pale(photo):
  """Grey and half as strong, so that colours stand out; float [H, W, 3]."""
  grey = cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY) / 255.0
  return np.repeat((0.25 + 0.65 * grey)[:, :, None], 3, axis=2)


def _mixed(grey, values):
  """Colours over grey, the stronger the more probable; float [H, W, 3]."""
  alpha = 0.6 * np.clip(values / 0.6, 0, 1)[:, :, None] ** 1.5
  return (1 - alpha) * grey + alpha * _SCALE(values)[:, :, :3]


def _caption(found, place):
  return '%s: %s, max %.2f' % (
    found.names[place],
    'seen' if found.decisions[place] else 'not seen',
    found.of_tiles[:, place].max(),
  )


def _page(aspect, count):
  """(figure, list of [left, bottom, width, height] of the panels)."""
  width = float(np.sqrt(_AREA * np.clip(aspect, 1 / 6.0, 6)))
  height = _AREA / width
  columns = max(1, min(count, int((_WIDEST - _GAP) / (width + _GAP))))
  rows = -(-count // columns)
  page_width = max(columns * (width + _GAP) + _GAP, 7.5)
  page_height = _TOP + rows * (height + _TITLE) + _BAR
  figure = paint.new_figure(page_width, page_height)
  boxes = []
  for number in range(count):
    row, column = divmod(number, columns)
    left = _GAP + column * (width + _GAP)
    top = _TOP + row * (height + _TITLE) + _TITLE
    boxes.append(
      [
        left / page_width,
        1 - (top + height) / page_height,
        width / page_width,
        height / page_height,
      ]
    )
  return figure, boxes


def _heading(figure, found, title):
  height = figure.get_size_inches()[1]
  # Rendered letters are a little wider than their outlines.
  room = 0.95 * (figure.get_size_inches()[0] - 2 * _GAP)
  left = _GAP / figure.get_size_inches()[0]
  title = text_lib.printable(title)
  if len(title) > _LETTERS:
    title = '...' + title[3 - _LETTERS :]
  answers = '   '.join(
    '%s %.2f%s' % (name, probability, ' (seen)' if seen else '')
    for name, probability, seen in zip(*found[:3])
  )
  for y, text, size, weight in (
    (0.35, title, 14, 'bold'),
    (0.72, answers, 10.5, 'normal'),
  ):
    needed = paint.text_width(text, size, weight)
    figure.text(
      left,
      1 - y / height,
      paint.plain_text(text),
      fontsize=size * min(1, room / max(needed, room)),
      fontweight=weight,
      va='center',
    )


def _panel(ax, image, caption):
  ax.imshow(image, interpolation='bilinear')
  room = ax.get_position().width * ax.figure.get_size_inches()[0]
  size = 11 * min(1, room / max(paint.text_width(caption, 11), room))
  ax.set_title(caption, fontsize=size, loc='left', pad=5)
  ax.set_xticks([])
  ax.set_yticks([])


def _colour_bar(figure):
  width, height = figure.get_size_inches()
  ax = figure.add_axes(
    [_GAP / width, 0.32 / height, 2.6 / width, 0.14 / height]
  )
  ax.imshow(
    _mixed(np.full([1, 256, 3], 0.6), np.linspace(0, 1, 256)[None]),
    aspect='auto', extent=(0, 1, 0, 1),
  )  # fmt: skip
  ax.set_yticks([])
  ax.tick_params(labelsize=8, length=2)
  ax.text(
    1.06, 0.5, 'probability, tiles averaged; line: threshold (dashed: of one '
    'tile)', transform=ax.transAxes, fontsize=9, va='center',
  )  # fmt: skip
