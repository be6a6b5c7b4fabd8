"""A macro network as it is sampled: an animation that grows node by node.

Three panels, as in the usual picture of ENAS: the controller's LSTM with what
each of its steps decides, the child model that follows, and its graph. Steps
are in the order of the code: a node's operation, then what it skips in.
"""

import os
import typing

from src.arc import ArcError, paint
from src.arc.macro import MacroArc
from src.view import growth_panels, video

# What the animation in README shows: conv 3x3; sep 5x5; max 3x3; conv 5x5.
ARC = MacroArc.parse('0 3 1 5 1 1 2 1 0 1', skip_from='layer')
_WIDTH, _DPI = 6.8, 100  # inches, dots in each
_GAP = 0.08
_BEAT, _REST = 700, 2500  # milliseconds


class Frame(typing.NamedTuple):
  """How far the network has grown.

  Attributes:
    node: int, layers that are decided; the next one is being decided.
    step: int, of that one: 0 before its operation is known, 1 before its skips
      are, 2 where both are.
  """

  node: int
  step: int


def frames(arc):
  """list of Frame: for each layer three, for the first two."""
  told = []
  for node in range(arc.num_layers):
    # The first node has nothing to skip in.
    steps = (0, 1, 2) if node else (0, 2)
    told += [Frame(node, step) for step in steps]
  return told


def write(arc, path, operations=None):
  """Writes the animation.

  Args:
    arc: MacroArc.
    path: str, a file ending in .gif; its folder is made when missing.
    operations: see `picture.Look`.

  Returns:
    int, how many frames it has.

  Raises:
    ArcError: another ending, or no architecture with an operation a layer.
    OSError: it cannot be written.
  """
  if os.path.splitext(path)[1].lower() != '.gif':
    raise ArcError('cannot write %s: the file must end in .gif' % path)
  if not isinstance(arc, MacroArc):
    raise ArcError(
      'only macro networks with an operation for each layer grow so, not a %s'
      % arc.kind
    )
  os.makedirs(os.path.dirname(path) or '.', exist_ok=True)
  told = frames(arc)
  times = [_BEAT] * (len(told) - 1) + [_REST]
  return video.write_gif(path, times, images(arc, told, operations))


def images(arc, told, operations=None):
  """Yields the frames, uint8 [height, width, 3], RGB, all of one size.

  Args:
    arc: MacroArc.
    told: list of Frame.
    operations: see `picture.Look`.
  """
  panels = growth_panels.panels(arc, _WIDTH, operations)
  height = sum(panel.height + _GAP for panel in panels)
  for frame in told:
    figure = paint.new_figure(_WIDTH, height)
    figure.set_dpi(_DPI)
    top = height
    for panel in panels:
      top -= panel.height + _GAP
      ax = figure.add_axes([0, top / height, 1, panel.height / height])
      panel.draw(ax, frame)
    yield paint.pixels(figure)
