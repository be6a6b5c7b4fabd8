"""Drawings: where the boxes and texts lie, and what files come out."""

import itertools

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, PathPatch

from src.arc import (
  MACRO_OPERATIONS,
  ArcError,
  MacroArc,
  Operation,
  draw_macro,
  macro_figure,
  paint,
)


def random_arc(num_layers, skip_probability=0.5):
  generator = np.random.RandomState(num_layers)
  return MacroArc.random(num_layers, 6, generator, skip_probability)


def axes_of(figure):
  (ax,) = figure.axes
  return ax


def text_boxes(ax):
  """(text, extent in pixels) of everything written."""
  renderer = ax.figure.canvas.get_renderer()
  texts = [text for text in ax.texts if text.get_text()]
  return [(text, text.get_window_extent(renderer)) for text in texts]


def skip_wires(ax):
  """The skip wires as arrays of points in inches, without their halos."""
  paths = [patch for patch in ax.patches if isinstance(patch, PathPatch)]
  return [
    patch.get_path().vertices
    for patch in paths
    if len(patch.get_path().vertices) > 2
    and patch.get_edgecolor() != (1.0, 1.0, 1.0, 1.0)
  ]


TITLES = (
  'epoch 310 · accuracy 0.8125 · 42,559,392 parameters · 6.9 G multiply-adds '
  'at $5 or $6',
  'w' * 150,
  None,
)


@pytest.mark.parametrize('num_layers', [1, 2, 3, 7, 12, 24])
@pytest.mark.parametrize('title', TITLES, ids=['long', 'one word', 'none'])
def test_no_text_overlaps_or_leaves_the_canvas(num_layers, title):
  arc = random_arc(num_layers, 1.0)
  figure = macro_figure(arc, title=title, out_filters=1024, view='final')
  canvas = figure.bbox
  boxes = text_boxes(axes_of(figure))
  for text, box in boxes:
    assert canvas.x0 <= box.x0 and box.x1 <= canvas.x1, text
    assert canvas.y0 <= box.y0 and box.y1 <= canvas.y1, text
  for (one, a), (other, b) in itertools.combinations(boxes, 2):
    assert not a.overlaps(b), (one, other)


@pytest.mark.parametrize('num_layers', [3, 12, 24])
def test_wires_stay_clear_of_texts_and_inside_the_canvas(num_layers):
  figure = macro_figure(random_arc(num_layers, 1.0), out_filters=1024)
  ax = axes_of(figure)
  width, height = figure.get_size_inches()
  to_inches = ax.transData.inverted()
  texts = []
  for text, box in text_boxes(ax):
    corners = to_inches.transform([[box.x0, box.y1], [box.x1, box.y0]])
    texts.append((text, corners))
  for wire in skip_wires(ax):
    assert 0 < wire[:, 0].min() and wire[:, 0].max() < width
    assert 0 < wire[:, 1].min() and wire[:, 1].max() < height
    left, right = wire[:, 0].min() - 0.02, wire[:, 0].max() + 0.02
    top, bottom = wire[:, 1].min(), wire[:, 1].max()
    for text, ((x0, y0), (x1, y1)) in texts:
      beside = x1 < left or x0 > right
      assert beside or y1 < top or y0 > bottom, text


def test_node_texts_are_the_architecture():
  figure = macro_figure(MacroArc.parse('0 5 1 3 0 1'), out_filters=36)
  assert [text.get_text() for text in axes_of(figure).texts] == [
    *('32×32', '36 filters', '16×16', '36 filters', '8×8', '36 filters'),
    *('image 32×32', 'global average pool', 'classifier'),
    *('halve all tensors', 'halve all tensors'),
    'stem conv 3×3',
    *('0', 'conv 3×3', '1', 'max pool 3×3', '2', 'sep conv 5×5'),
  ]


def test_final_view_names_what_is_built():
  arc = MacroArc.parse('0 5 1 3 0 1')

  def texts(**options):
    figure = macro_figure(arc, view='final', image_size=224, **options)
    return [text.get_text() for text in axes_of(figure).texts]

  assert texts()[-1] == 'conv 5×5'
  assert texts(separable=True)[-1] == 'sep conv 5×5'
  assert texts(out_filters=64)[:6:2] == ['224×224', '112×112', '56×56']
  assert texts(out_filters=64)[1:6:2] == [
    '64 filters',
    '128 filters',
    '256 filters',
  ]


def test_one_wire_per_skip_from_source_to_target(bridge_arc):
  figure = macro_figure(bridge_arc)
  ax = axes_of(figure)
  centres = {}
  for text in ax.texts:
    if text.get_text().isdigit():
      centres[int(text.get_text()) + 1] = text.get_position()[1]
    if text.get_text().startswith('stem'):
      centres[0] = text.get_position()[1]
  found = []
  for wire in skip_wires(ax):
    ends = []
    for y in (wire[0, 1], wire[-1, 1]):
      near = min(centres, key=lambda node: abs(centres[node] - y))
      # Half the height of a box.
      assert abs(centres[near] - y) < 0.17
      ends.append(near)
    found.append(tuple(ends))
  assert found == [(0, 3), (1, 3), (2, 4), (0, 6)]


def test_every_skipped_tensor_has_its_own_lane():
  dense = axes_of(macro_figure(random_arc(24, 1.0)))
  spine = [t for t in dense.texts if t.get_text() == 'classifier'][0]
  x_of = {}
  for wire in skip_wires(dense):
    distances = np.abs(wire[:, 0] - spine.get_position()[0])
    x_of.setdefault(round(wire[0, 1], 3), set()).add(
      round(wire[distances.argmax(), 0], 3)
    )
  # 23 tensors can be skipped; each keeps to one lane, shared with no other.
  assert len(x_of) == 23
  assert all(len(lanes) == 1 for lanes in x_of.values())
  lanes = sorted(min(lanes) for lanes in x_of.values())
  assert np.diff(lanes).min() > 0.18


def test_nodes_stay_in_place_from_one_architecture_to_the_next():
  def boxes(seed):
    arc = MacroArc.random(12, 6, np.random.RandomState(seed))
    ax = axes_of(macro_figure(arc))
    return [
      patch.get_bbox().bounds
      for patch in ax.patches
      if isinstance(patch, FancyBboxPatch)
    ]

  assert boxes(1) == boxes(2)
  # 12 layers, stem, image, pool, classifier, 2 reductions, 3 bands.
  assert len(boxes(1)) == 21


def test_colours_are_those_of_the_operations():
  colours = [paint.operation_colour(op) for op in MACRO_OPERATIONS]
  assert len(set(colours)) == 6
  odd = Operation('blur', 'blur', 'gaussian', 3)
  assert paint.operation_colour(odd) not in colours
  assert paint.text_colour('#0072b2') == paint.PAPER
  assert paint.text_colour('#e69f00') == paint.INK


def test_long_labels_of_ones_own_operations_shrink_to_fit():
  label = 'a stretched convolution with a very long name'
  operations = (Operation('long', label, 'conv', 3),)
  arc = MacroArc.parse('0 0 1', num_operations=1)
  figure = macro_figure(arc, operations=operations)
  boxes = text_boxes(axes_of(figure))
  widths = [b.width for t, b in boxes if t.get_text() == label]
  assert len(widths) == 2
  # The box is 1.75 inches wide and starts with the layer's number.
  assert max(widths) / figure.dpi < 1.75 - 0.5


def test_drawing_on_given_axes_shrinks_to_them():
  figure = Figure(figsize=(6, 4))
  FigureCanvasAgg(figure)
  ax = figure.add_subplot(1, 2, 2)
  draw_macro(random_arc(12), ax, title='half a page')
  frame = ax.get_window_extent()
  for text, box in text_boxes(ax):
    assert frame.x0 <= box.x0 and box.x1 <= frame.x1, text
    assert frame.y0 <= box.y0 and box.y1 <= frame.y1, text
  boxes = text_boxes(ax)
  for (one, a), (other, b) in itertools.combinations(boxes, 2):
    assert not a.overlaps(b), (one, other)


@pytest.mark.parametrize(
  'name, start',
  [('a.png', b'\x89PNG'), ('b.SVG', b'<?xml'), ('c.pdf', b'%PDF')],
)
def test_files_by_their_ending(tmp_path, name, start):
  path = tmp_path / 'made' / name
  draw_macro(random_arc(3), path, title='one')
  first = path.read_bytes()
  assert first.startswith(start) and len(first) > 5000
  draw_macro(random_arc(3), str(path), title='one')
  assert path.read_bytes() == first


def test_unknown_ending(tmp_path):
  with pytest.raises(ArcError) as error:
    draw_macro(random_arc(3), tmp_path / 'arc.gif')
  assert str(error.value) == (
    'cannot draw into %s: the file must end in .png, .svg or .pdf'
    % (tmp_path / 'arc.gif')
  )
  assert not list(tmp_path.iterdir())
