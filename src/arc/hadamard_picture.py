"""Pictures of lstm_style cells: nodes below each other, wires on their right.

What is read by others has a wire of its own, down to its last reader; of the
two arrows into a node, the upper one is its input a, the lower one b.
"""

from src.arc import paint
from src.arc.dot import COLOURS
from src.arc.hadamard import SOURCES

_BOX = (1.9, 0.46)
_ROW = 0.68
_LANE = 0.16
_PORT = 0.11  # above and below the middle of a box
_FIT = 0.02
_FILLS = {'lin': 'yellow', 'add': 'greenyellow', 'mul': 'pink'}
_SIGNS = {'add': '+', 'mul': '*'}
_BEFORE = {'x': 'x[t]', 'h': 'h[t-1]', 'c': 'c[t-1]'}


def label(arc, number):
  """tuple of two str, the lines in the box of a node."""
  node = arc.nodes[number]
  if node.op == 'lin':
    text = '%s(lin)' % node.functions
  else:
    text = (' %s ' % _SIGNS[node.op]).join(node.functions)
  ends = [name for name in 'ch' if getattr(arc, name) == number]
  return text, '(%d)' % number + ''.join(' = %s[t]' % name for name in ends)


class HadamardPage:
  """Where everything of a cell is, in inches from the page's top left.

  Attributes:
    width, height: floats, in inches.
  """

  def __init__(self, arc):
    """
    Args:
      arc: `HadamardArc`.
    """
    self._arc = arc
    self._keys = list(SOURCES) + list(range(arc.num_nodes))
    self._readers = {key: [] for key in self._keys}
    for number, node in enumerate(arc.nodes):
      for side, source in enumerate(node.inputs):
        self._readers[source].append((number, side))
    wires = [key for key in self._keys if self._readers[key]]
    self._lanes = {
      key: _FIT + _BOX[0] + _LANE * (place + 2)
      for place, key in enumerate(wires)
    }
    self.width = _FIT + _BOX[0] + _LANE * (len(wires) + 2)
    self.height = 2 * _FIT + _BOX[1] + _ROW * (len(self._keys) - 1)

  def paint(self, painter, left, top):
    """Draws the page with its top left corner at (left, top)."""
    for source, lane in self._lanes.items():
      start = self._middle(source)
      for reader, side in self._readers[source]:
        y = self._middle(reader) + (_PORT if side else -_PORT)
        points = [
          (_FIT + _BOX[0], start), (lane, start), (lane, y),
          (_FIT + _BOX[0] + 0.05, y),
        ]  # fmt: skip
        points = [(left + x, top + down) for x, down in points]
        painter.wire(points, paint.INK, 1.0, radius=0.06, halo=1.2, order=3)
        tip = left + _FIT + _BOX[0], top + y
        painter.arrow_head(*tip, (-1.0, 0.0), paint.INK)
    for key in self._keys:
      self._box(painter, key, left + _FIT + _BOX[0] / 2, top)

  def _middle(self, key):
    return _FIT + _BOX[1] / 2 + _ROW * self._keys.index(key)

  def _box(self, painter, key, x, top):
    lines, colour = (_BEFORE.get(key),), 'white' if key == 'x' else 'skyblue'
    if key not in _BEFORE:
      lines = label(self._arc, key)
      colour = _FILLS[self._arc.nodes[key].op]
    y = top + self._middle(key)
    fill = COLOURS[colour]
    painter.box(x, y, *_BOX, fill, edge=paint.INK, rounding=0.001)
    for line, text in enumerate(lines):
      offset = (line - (len(lines) - 1) / 2.0) * 0.17
      painter.fitted_text(x, y + offset, text, 9.5, _BOX[0] - 0.1)
