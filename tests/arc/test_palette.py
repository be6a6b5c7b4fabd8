"""Cells drawn in the seeds' palette: what lies where."""

import itertools

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import FancyBboxPatch, PathPatch, Polygon

from src.arc import ArcError, MacroArc, RecurrentArc, draw_arc, paint
from src.arc.dag_space import chain, tree
from src.arc.draw import arc_svg
from src.arc.edits import addable, with_edge, without_node
from src.arc.palette import PalettePage, draw_dag
from src.arc.recurrent import ENAS_LM
from tests.arc.published_cells import CELLS

PAPER, EPOCH_27 = (RecurrentArc.parse(CELLS[n]) for n in (0, 3))
NAMES = ['tanh', 'relu', 'identity', 'sigmoid'] * 3


def all_edges(arc):
  for edge in addable(arc):
    arc = with_edge(arc, *edge)
  return arc


DRAWN = {
  'paper': PAPER,
  'epoch 27': EPOCH_27,
  'chain': RecurrentArc(chain(12), NAMES),
  'tree': RecurrentArc(tree(12), NAMES),
  'star': RecurrentArc([0] * 11, NAMES),
  'one': RecurrentArc([], ['relu']),
  'edge': with_edge(PAPER, 0, 7),
  'edge to the next row': with_edge(PAPER, 4, 5),
  'removed': without_node(PAPER, 4),
  'many edges': all_edges(RecurrentArc.parse('0 0 1 0 2 1 3 2 0 3 1 1 2')),
}


def drawn(arc, title=None, note=None):
  page = PalettePage(arc)
  ax = paint.new_axes(page.width + 1, page.height + 2)
  draw_dag(arc, ax, title, note)
  ax.figure.canvas.draw()
  return ax


def boxes(ax):
  """list of (x0, y0, x1, y1) in inches."""
  found = [p.get_path().get_extents(p.get_patch_transform()) for p in ax.patches
           if isinstance(p, FancyBboxPatch)]  # fmt: skip
  return [(b.x0, b.y0, b.x1, b.y1) for b in found]


@pytest.mark.parametrize('name', DRAWN)
def test_nothing_overlaps_or_is_cut_off(name):
  arc = DRAWN[name]
  ax = drawn(arc, 'A title of many words that needs two lines', 'step: 1,234')
  found = boxes(ax)
  count = sum(getattr(arc, 'alive', [True] * arc.num_nodes))
  assert len(found) == count + 4
  (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
  for x0, y0, x1, y1 in found:
    assert left < x0 < x1 < right and top < y0 < y1 < bottom
  for a, b in itertools.combinations(found, 2):
    assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]
  shares = np.linspace(0, 1, 30)
  # No arrow runs through a box: points along it lie outside of them all.
  for patch in ax.patches:
    if isinstance(patch, PathPatch):
      ends = patch.get_path().vertices
      assert left < ends[:, 0].min() and ends[:, 0].max() < right
      for start, end in zip(ends, ends[1:]):
        x, y = np.transpose([start, end]).dot([shares, 1 - shares])
        for x0, y0, x1, y1 in found:
          inside = (x0 < x) & (x < x1) & (y0 + 0.01 < y) & (y < y1 - 0.01)
          assert not inside.any()
  texts = [text for text in ax.texts if text.get_text()]
  extents = [text.get_window_extent() for text in texts]
  for a, b in itertools.combinations(extents, 2):
    assert not a.overlaps(b)
  assert 'step: 1,234' in [text.get_text() for text in texts]


def test_boxes_arrows_and_colours_of_the_published_drawing():
  ax = drawn(EPOCH_27)
  heads = [p for p in ax.patches if type(p) is Polygon]
  assert len(heads) == 20 and len(boxes(ax)) == 16
  fills = [
    to_hex(p.get_facecolor())
    for p in ax.patches
    if isinstance(p, FancyBboxPatch)
  ]
  assert fills[:4] == ['#ffffff', '#87ceeb', '#ffc0cb', '#ffff00']
  assert fills[5] == '#ffa500' and fills[-2:] == ['#43cd80', '#87ceeb']
  texts = [text.get_text() for text in ax.texts]
  assert texts[:6] == ['x[t]', 'h[t-1]', 'ReLU', '(0)', 'tanh', '(1)']


def test_files(tmp_path):
  for name in ('a.png', 'b.png', 'c.svg', 'd.pdf'):
    draw_dag(DRAWN['edge'], str(tmp_path / name), 'same', 'step: 1')
  first, second = (tmp_path / n for n in ('a.png', 'b.png'))
  assert first.read_bytes() == second.read_bytes()
  assert 'step: 1' in (tmp_path / 'c.svg').read_text()
  with pytest.raises(ArcError, match='must end in .png, .svg or .pdf'):
    draw_dag(PAPER, 'cell.txt')


def test_the_layout_of_the_other_drawings(tmp_path):
  text = arc_svg(PAPER, layout='palette', title='mine')
  assert text.count('<rect') == 1 + 16 and '>mine</text>' in text
  # All nodes but the first are averaged in the other format.
  arc = RecurrentArc.parse('0 2 1 0', format=ENAS_LM)
  heads = [
    arc_svg(arc, layout='palette', loose_ends=ends).count('<polygon')
    for ends in (None, True)
  ]
  assert heads == [2 + 2 + 2 + 1, 2 + 2 + 1 + 1]
  with pytest.raises(ArcError, match='recurrent cells alone'):
    draw_arc(MacroArc.parse('0'), str(tmp_path / 'x.svg'), layout='palette')
