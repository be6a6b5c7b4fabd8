"""Many crops on one page, with their labels, to look at."""

import cv2
import numpy as np

from src.AEROBI.metadata import CLASSES
from src.files import png

_CAPTION, _GAP = 16, 10  # pixels: a line of text, what is below it


def sheet(crops, columns=8, cell=160):
  """Puts crops into a grid, each shrunk or enlarged to its cell.

  Args:
    crops: list of (uint8 [H, W, 3], caption).
    columns: int.
    cell: int, side of a cell in pixels.

  Returns:
    uint8 [H, W, 3].
  """
  rows = -(-len(crops) // columns)
  height = cell + _CAPTION + _GAP
  page = np.full([rows * height, columns * cell, 3], 255, np.uint8)
  for place, (image, caption) in enumerate(crops):
    top, left = place // columns * height, place % columns * cell
    factor = (cell - 4) / max(image.shape[:2])
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    small = cv2.resize(image, None, fx=factor, fy=factor, interpolation=how)[
      : cell - 2, : cell - 2
    ]
    page[top : top + small.shape[0], left : left + small.shape[1]] = small
    cv2.putText(
      page, caption, (left, top + small.shape[0] + 12),
      cv2.FONT_HERSHEY_PLAIN, 0.75, (0, 0, 0), 1, cv2.LINE_AA,
    )  # fmt: skip
  return page


def caption(label):
  """Short names of the classes of a label of six digits."""
  names = [name for name, digit in zip(CLASSES, label) if digit == '1']
  return '+'.join(name[:5] for name in names) or 'none'


def write(path, crops, **kwargs):
  """Writes a sheet as a PNG that says it is synthetic."""
  data = png.encode(
    sheet(crops, **kwargs), ('synthetic', 'drawn, not from CODEBRIM')
  )
  with open(path, 'wb') as sink:
    sink.write(data)
