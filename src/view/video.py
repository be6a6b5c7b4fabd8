"""The video of a search: its architectures in order, beside its curves.

Nodes stay where they are from frame to frame, so the eye sees what changes.
"""

import os

import numpy as np

from src.arc import ArcError, arc_figure, paint
from src.view import curves, frames

FILE_ENDINGS = ('.mp4', '.gif')
_CAPTION = 0.45  # height of the line above, in inches
_PANEL = (3.25, 2.5)  # size of one of the curves, in inches


def write(run, path, every=None, fps=3.0, height=720, log=print):
  """Writes the video.

  Args:
    run: log.Run.
    path: str, ends in .mp4 or .gif; its folder is made when missing. Where
      OpenCV cannot write mp4, a .gif of the same name is written instead.
    every: see `frames.select`.
    fps: float, architectures a second.
    height: int, of the picture in pixels; the width is 16/9 of it.
    log: function of one line.

  Returns:
    (path, number of frames): str and int, of what was written.

  Raises:
    ArcError: another ending, no architectures, or numbers that make no sense.
    OSError: it cannot be written.
  """
  ending = os.path.splitext(path)[1].lower()
  if ending not in FILE_ENDINGS:
    raise ArcError('cannot write %s: the file must end in .mp4 or .gif' % path)
  if not 0 < fps <= 60:
    raise ArcError('--fps=%g: expected more than 0 and at most 60' % fps)
  if not 240 <= height <= 4320:
    raise ArcError('--height=%d: expected 240 to 4320 pixels' % height)
  shown = frames.select(run.history.shown, every)
  os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
  pictures = images(run, shown, height)
  if ending == '.mp4':
    first = next(pictures)
    writer = _open_mp4(path, fps, first.shape)
    if writer is not None:
      count = 1
      _append(writer, first)
      for picture in pictures:
        _append(writer, picture)
        count += 1
      writer.release()
      _check_mp4(path, count)
      return path, count
    os.remove(path)
    path = os.path.splitext(path)[0] + '.gif'
    log('OpenCV cannot write mp4 here: writing %s' % path)
    pictures = images(run, shown, height)
  return path, write_gif(path, int(1000 / fps), pictures)


def images(run, shown, height):
  """Yields the frames, uint8 [height, width, 3], RGB, all of one even size.

  Args:
    run: log.Run.
    shown: list of log.Shown.
    height: int, in pixels; made even.
  """
  height -= height % 2
  width = height * 16 // 9 // 2 * 2
  layout = None
  for entry in shown:
    if layout is None:
      layout = _Layout(run, entry, width, height)
    yield layout.frame(entry)


class _Layout:
  """Where drawing, caption and curves are; curves are drawn once only."""

  def __init__(self, run, first, width, height):
    self._look = frames.look(run.record)._asdict()
    self._record = run.record
    self._canvas = np.full([height, width, 3], 255, np.uint8)
    size = arc_figure(first.arc, **self._look).get_size_inches()
    self._caption_dpi = max(60.0, height / 7.2)
    caption = int(_CAPTION * self._caption_dpi)
    if size[0] <= size[1]:
      # A tall drawing stands at the left.
      drawing_width = min(int(height * size[0] / size[1]), width * 3 // 5)
      self._drawing = (0, 0, drawing_width, height)
      self._caption = (drawing_width, 0, width - drawing_width, caption)
      self._curves = (
        drawing_width, caption, width - drawing_width, height - caption
      )  # fmt: skip
      rows = 2
    else:
      drawing_height = min(int(width * size[1] / size[0]), height * 3 // 5)
      self._caption = (0, 0, width, caption)
      self._drawing = (0, caption, width, drawing_height)
      top = caption + drawing_height
      self._curves = (0, top, width, height - top)
      rows = 1
    self._marks = self._paint_curves(run.history, rows)

  def _paint_curves(self, history, rows):
    """Paints the curves; returns (rows, function epoch -> column) per axes."""
    left, top, width, height = self._curves
    chosen = [
      panel
      for panel in curves.panels(history)
      if panel in (curves.accuracy, curves.entropy, curves.skip_rate,
                   curves.operations)
    ]  # fmt: skip
    if not chosen:
      return []
    columns = -(-len(chosen) // rows)
    dpi = min(width / (_PANEL[0] * columns), height / (_PANEL[1] * rows))
    figure = paint.new_figure(width / dpi, height / dpi)
    figure.set_dpi(dpi)
    axes = []
    for number, panel in enumerate(chosen, 1):
      axes.append(figure.add_subplot(rows, columns, number))
      panel(axes[-1], history)
    inches = height / dpi
    figure.subplots_adjust(
      left=0.06, right=0.84, wspace=0.2, hspace=0.5,
      top=1 - 0.3 / inches, bottom=0.65 / inches,
    )  # fmt: skip
    _put(self._canvas, self._curves, paint.pixels(figure))
    marks = []
    for ax in axes:
      box = ax.get_window_extent()
      between = slice(int(top + height - box.y1), int(top + height - box.y0))
      marks.append((between, _column_of(ax, left)))
    return marks

  def frame(self, entry):
    """The picture of one architecture."""
    canvas = self._canvas.copy()
    _put(canvas, self._drawing, self._draw(entry.arc))
    _put(canvas, self._caption, self._write(frames.title(entry, self._record)))
    if entry.epoch is not None:
      for between, column_of in self._marks:
        column = column_of(entry.epoch)
        canvas[between, column - 1 : column + 1] = (25, 25, 25)
    return canvas

  def _draw(self, arc):
    figure = arc_figure(arc, **self._look)
    _, _, width, height = self._drawing
    size = figure.get_size_inches()
    figure.set_dpi(min(width / size[0], height / size[1]))
    return paint.pixels(figure)

  def _write(self, text):
    _, _, width, height = self._caption
    inches = width / self._caption_dpi
    figure = paint.new_figure(inches, height / self._caption_dpi)
    figure.set_dpi(self._caption_dpi)
    needed = paint.text_width(text, 13, 'bold')
    size = 13 * min(1, (inches - 0.3) / max(needed, 0.1))
    figure.text(
      0.15 / inches, 0.5, text, va='center', weight='bold', fontsize=size
    )
    return paint.pixels(figure)


def _column_of(ax, left):
  """Function of an epoch that returns its column in the frame."""
  transform = ax.transData.frozen()
  return lambda epoch: int(left + transform.transform((epoch, 0))[0])


def _put(canvas, place, picture):
  """Copies a picture into the middle of a place (left, top, width, height)."""
  left, top, width, height = place
  picture = picture[:height, :width]
  left += (width - picture.shape[1]) // 2
  top += (height - picture.shape[0]) // 2
  canvas[top : top + picture.shape[0], left : left + picture.shape[1]] = picture


def _open_mp4(path, fps, shape):
  """OpenCV's writer, or None where there is none that writes mp4."""
  with open(path, 'ab'):
    pass  # OpenCV does not say why it cannot write
  try:
    import cv2
  except ImportError:
    return None
  writer = cv2.VideoWriter(
    path, cv2.VideoWriter_fourcc(*'mp4v'), fps, (shape[1], shape[0])
  )
  return writer if writer.isOpened() else None


def _append(writer, picture):
  writer.write(np.ascontiguousarray(picture[:, :, ::-1]))  # RGB to BGR


def _check_mp4(path, count):
  """OpenCV reports no errors, so what it wrote is opened and counted."""
  import cv2

  reader = cv2.VideoCapture(path)
  found = max(0, int(reader.get(cv2.CAP_PROP_FRAME_COUNT)))
  reader.release()
  if found != count:
    raise OSError(
      0,
      'the video has %d of %d frames; is the disk full?' % (found, count),
      path,
    )


def write_gif(path, duration, pictures):
  """Writes an animated GIF.

  Args:
    path: str.
    duration: int, milliseconds of each frame, or a list with those of each.
    pictures: iterable of uint8 [height, width, 3], RGB.

  Returns:
    int, its number of frames.
  """
  from PIL import Image

  stills = [
    Image.fromarray(picture).convert('P', palette=Image.ADAPTIVE, colors=64)
    for picture in pictures
  ]
  stills[0].save(
    path,
    save_all=True,
    append_images=stills[1:],
    duration=duration,
    loop=0,
    optimize=False,
  )
  return len(stills)
