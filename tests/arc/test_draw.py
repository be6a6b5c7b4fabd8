"""Drawings: where the boxes and texts lie, and what files come out."""

import collections
import itertools
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Circle, FancyBboxPatch, PathPatch

from src.arc import (
  MACRO_OPERATIONS,
  PNASNET_5,
  ArcError,
  ChannelMacroArc,
  MacroArc,
  MicroArc,
  Operation,
  PnasArc,
  RecurrentArc,
  arc_figure,
  arc_svg,
  draw_arc,
  paint,
)
from src.arc.picture import Look, pictures
from src.arc.recurrent import ENAS_LM


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


@pytest.mark.parametrize('num_layers', [1, 7, 24])
@pytest.mark.parametrize('title', TITLES, ids=['long', 'one word', 'none'])
def test_no_text_overlaps_or_leaves_the_canvas(num_layers, title):
  arc = random_arc(num_layers, 1.0)
  figure = arc_figure(arc, title=title, out_filters=1024, view='final')
  canvas = figure.bbox
  boxes = text_boxes(axes_of(figure))
  for text, box in boxes:
    assert canvas.x0 <= box.x0 and box.x1 <= canvas.x1, text
    assert canvas.y0 <= box.y0 and box.y1 <= canvas.y1, text
  for (one, a), (other, b) in itertools.combinations(boxes, 2):
    assert not a.overlaps(b), (one, other)


@pytest.mark.parametrize('num_layers', [3, 24])
def test_wires_stay_clear_of_texts_and_inside_the_canvas(num_layers):
  figure = arc_figure(random_arc(num_layers, 1.0), out_filters=1024)
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


def texts_of(figure):
  return [text.get_text() for text in axes_of(figure).texts]


def test_node_texts_are_the_architecture():
  figure = arc_figure(MacroArc.parse('0 5 1 3 0 1'), out_filters=36)
  assert texts_of(figure) == [
    *('32×32', '36 filters', '16×16', '36 filters', '8×8', '36 filters'),
    *('halve all tensors', 'halve all tensors'),
    *('image 32×32', 'stem conv 3×3'),
    *('0', 'conv 3×3', '1', 'max pool 3×3', '2', 'sep conv 5×5'),
    *('global average pool', 'classifier'),
  ]


def test_pools_have_their_names():
  """The reference notebook has average and maximum exchanged."""
  texts = texts_of(arc_figure(MacroArc.parse('4 5 0')))
  assert texts[-6:-2] == ['0', 'avg pool 3×3', '1', 'max pool 3×3']


def test_final_view_names_what_is_built():
  arc = MacroArc.parse('0 5 1 3 0 1')

  def texts(**options):
    return texts_of(arc_figure(arc, view='final', image_size=224, **options))

  assert texts()[-3] == 'conv 5×5'
  assert texts(separable=True)[-3] == 'sep conv 5×5'
  assert texts(out_filters=64)[:6:2] == ['224×224', '112×112', '56×56']
  assert texts(out_filters=64)[1:6:2] == [
    '64 filters',
    '128 filters',
    '256 filters',
  ]


def test_one_wire_per_skip_from_source_to_target(bridge_arc):
  figure = arc_figure(bridge_arc)
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


ENAS_1 = '5 5 1 0 1 1 5 1 0 0 4 0 1 0 1 3 0 0 0 1 0 1 1 0 0 1 1 0'


def test_skips_of_published_architectures(bridge_arc):
  """Node numbers as on the figure: 0 is the stem, i + 1 layer i."""

  def skips(arc):
    (picture,) = pictures(arc, Look())
    return [(w.source - 1, w.target - 1) for w in picture.wires]

  assert skips(bridge_arc) == [(0, 3), (1, 3), (2, 4), (0, 6)]
  assert skips(MacroArc.parse(ENAS_1)) == [
    (0, 2), (0, 3), (1, 3), (0, 4), (1, 5), (3, 5), (3, 6),
    (0, 7), (3, 7), (4, 7),
  ]  # fmt: skip


@pytest.mark.parametrize('num_layers', [12, 24])
def test_wires_into_one_box_leave_each_other_visible(num_layers):
  figure = arc_figure(random_arc(num_layers, 1.0))
  widths = [
    patch.get_linewidth() / 72
    for patch in axes_of(figure).patches
    if isinstance(patch, PathPatch) and len(patch.get_path().vertices) > 2
  ]
  ends = {}
  for wire in skip_wires(axes_of(figure)):
    x, y = wire[-1]
    ends.setdefault(round(x, 3), []).append(y)
  for heights in ends.values():
    gaps = np.diff(sorted(heights))
    assert gaps.size == 0 or gaps.min() > 0.024
  # A wire with its halo is no wider than twice the distance less a wire.
  assert min(widths) > 0.9 / 72


def test_cells_show_inputs_operations_and_loose_ends(m5):
  normal, reduction = pictures(m5, Look())
  labels = [[label for label, _ in box.parts] for box in normal.boxes]
  assert labels[:3] == [
    ['layer before the last'], ['last layer'], ['avg pool 3×3', 'sep conv 3×3']
  ]  # fmt: skip
  assert labels[-1] == ['add 1×1 convolutions of 2, 3, 4, 5, 6']
  # Blocks 2 to 6: first input on the left, second on the right.
  inputs = [(w.source, w.target, w.side) for w in normal.wires[:4]]
  assert inputs == [(0, 2, -1), (0, 2, 1), (0, 3, -1), (0, 3, 1)]
  assert [w.source for w in normal.wires[10:]] == [2, 3, 4, 5]
  assert normal.links == [(6, 7)]
  assert [w.source for w in reduction.wires[10:]] == [2, 4, 5]
  final = pictures(m5, Look(view='final'))[1]
  assert final.boxes[-1].parts[0][0] == 'concatenate 2, 4, 5, 6'


def test_a_recurrent_cell_is_a_tree_to_its_loose_ends():
  arc = RecurrentArc.parse('0 0 0 1 1 2 1 2 0 2 0 5 1 1 0 6 1 8 1 8 1 8 1')
  (picture,) = pictures(arc, Look())
  # Rows are nodes plus one; row 13 is the mean.
  edges = sorted(picture.links + [(w.source, w.target) for w in picture.wires])
  expected = [(0, 1)]
  for node, source in enumerate(arc.predecessors, 1):
    expected.append((source + 1, node + 1))
  for node in (3, 4, 7, 9, 10, 11):
    expected.append((node + 1, 13))
  assert edges == sorted(expected)
  assert picture.boxes[-1].parts[0][0] == 'mean of 3, 4, 7, 9, 10, 11'
  assert all(target == source + 1 for source, target in picture.links)


def test_a_cell_of_progressive_search():
  (picture,) = pictures(PNASNET_5._replace(concat='unused'), Look())
  assert [box.number for box in picture.boxes] == '-2 -1 0 1 2 3 4'.split() + [
    ''
  ]
  assert picture.boxes[-1].parts[0][0] == 'concatenate 0, 1, 3, 4'
  into = [wire.source for wire in picture.wires if wire.target == 5]
  assert into == [4, 1]  # block 3 reads block 2 and the last cell
  assert picture.links == [(6, 7)]
  flat = PnasArc.parse('0,3x3 maxpool,0,5x5 dconv,0,3x3 conv,0,identity')
  (picture,) = pictures(flat, Look())
  assert [wire.source for wire in picture.wires] == [0, 0, 0, 0, 1]
  assert picture.boxes[-1].parts[0][0] == 'concatenate 0, 1'


def test_a_cell_of_enas_lm_is_the_mean_of_all_nodes():
  (picture,) = pictures(RecurrentArc.parse('0 2 0 0 1 3'), Look())
  assert picture.boxes[-1].parts[0][0] == 'mean of 1 to 3'
  entering = [w[0] for w in picture.links + picture.wires if w[1] == 5]
  assert sorted(entering) == [2, 3, 4]  # rows of nodes 1 to 3
  # Where all of them are loose ends, they are listed.
  (picture,) = pictures(RecurrentArc.parse('0 2 0 0 0 3'), Look())
  assert picture.boxes[-1].parts[0][0] == 'mean of 1, 2, 3'


KINDS = (
  MacroArc.random(7, 6, np.random.RandomState(1), 0.5),
  MacroArc.random(24, 6, np.random.RandomState(2), 1.0),
  MicroArc.random(5, 5, np.random.RandomState(3)),
  MicroArc.parse('0 0 0 1 1 2 1 3 0 4 0 4 0 4 0 4'),
  RecurrentArc.random(12, np.random.RandomState(4)),
  RecurrentArc.random(12, np.random.RandomState(4), ENAS_LM),
)


@pytest.mark.parametrize('layout', ['layered', 'circular'])
@pytest.mark.parametrize('number', range(len(KINDS)))
def test_every_kind_in_every_layout_is_legible(number, layout):
  figure = arc_figure(KINDS[number], layout=layout, title='epoch 3')
  canvas, boxes = figure.bbox, text_boxes(axes_of(figure))
  assert len(boxes) > 8
  for text, box in boxes:
    assert canvas.x0 <= box.x0 and box.x1 <= canvas.x1, text
    assert canvas.y0 <= box.y0 and box.y1 <= canvas.y1, text
    # Five points is the smallest that can be read on paper.
    assert text.get_fontsize() > 5, text
  for (one, a), (other, b) in itertools.combinations(boxes, 2):
    assert not a.overlaps(b), (one, other)


def test_on_the_ring_curves_pass_the_discs_they_skip():
  arc = random_arc(12, 1.0)
  ax = axes_of(arc_figure(arc, layout='circular'))
  discs = [p.center for p in ax.patches if isinstance(p, Circle)]
  # Image, stem, 12 layers, pool, classifier, counter-clockwise from the east.
  assert len(discs) == 16
  angles = np.unwrap([
    np.arctan2(-(y - np.mean(discs, 0)[1]), x - np.mean(discs, 0)[0])
    for x, y in discs
  ])  # fmt: skip
  np.testing.assert_allclose(angles, 2 * np.pi * np.arange(16) / 16, atol=1e-6)
  curves = [p.get_path().vertices for p in ax.patches
            if isinstance(p, PathPatch)]  # fmt: skip
  assert len(curves) == 2 * (66 + 15)
  for start, bend, end in curves:
    at = np.linspace(0, 1, 50)[:, None]
    points = start * (1 - at) ** 2 + 2 * bend * at * (1 - at) + end * at**2
    for disc in discs:
      assert np.hypot(*(points - disc).T).min() > 0.49


def test_on_the_ring_a_block_says_what_it_reads(m5):
  texts = texts_of(arc_figure(m5, layout='circular'))
  start = texts.index('4', texts.index('last layer'))
  words = ' '.join(texts[start : texts.index('5', start)])
  assert words.replace('\u00a0', ' ') == ('4 identity of 0 sep conv 5×5 of 1')


def test_titles_of_names_that_are_no_utf_8():
  figure = arc_figure(random_arc(2), title='L\udce4ufe')
  assert r'L\udce4ufe' in texts_of(figure)


def test_titles_wrap_between_their_parts():
  figure = arc_figure(
    random_arc(3), title='epoch 7 · accuracy 0.81 · 1.2 M parameters · 3 k adds'
  )
  titles = [t for t in texts_of(figure) if ' ·' in t or 'adds' in t]
  assert titles == ['epoch 7 · accuracy 0.81 ·', '1.2 M parameters · 3 k adds']


def test_every_skipped_tensor_has_its_own_lane():
  dense = axes_of(arc_figure(random_arc(24, 1.0)))
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
    ax = axes_of(arc_figure(arc))
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
  odd = Operation('blur', 'blur', 'smooth', 3)
  assert paint.operation_colour(odd) not in colours
  assert paint.text_colour('#0072b2') == paint.PAPER
  assert paint.text_colour('#e69f00') == paint.INK


def test_long_labels_of_ones_own_operations_shrink_to_fit():
  label = 'a stretched convolution with a very long name'
  operations = (Operation('long', label, 'conv', 3),)
  arc = MacroArc.parse('0 0 1', num_operations=1)
  figure = arc_figure(arc, operations=operations)
  boxes = text_boxes(axes_of(figure))
  widths = [b.width for t, b in boxes if t.get_text() == label]
  assert len(widths) == 2
  # The box is 1.75 inches wide and starts with the layer's number.
  assert max(widths) / figure.dpi < 1.75 - 0.5


def test_drawing_on_given_axes_shrinks_to_them():
  figure = Figure(figsize=(6, 4))
  FigureCanvasAgg(figure)
  ax = figure.add_subplot(1, 2, 2)
  draw_arc(random_arc(12), ax, title='half a page')
  frame = ax.get_window_extent()
  for text, box in text_boxes(ax):
    assert frame.x0 <= box.x0 and box.x1 <= frame.x1, text
    assert frame.y0 <= box.y0 and box.y1 <= frame.y1, text
  boxes = text_boxes(ax)
  for (one, a), (other, b) in itertools.combinations(boxes, 2):
    assert not a.overlaps(b), (one, other)


@pytest.mark.parametrize('number', range(len(KINDS)))
@pytest.mark.parametrize('layout', ['layered', 'circular'])
def test_svg_shows_what_the_axes_show(number, layout):
  arc = KINDS[number]
  look = {'layout': layout, 'title': 'a < b & c', 'out_filters': 8}
  root = ElementTree.fromstring(arc_svg(arc, **look))
  space = '{http://www.w3.org/2000/svg}'
  figure = arc_figure(arc, **look)
  ax = axes_of(figure)
  found = sorted(text.text for text in root.iter(space + 'text'))
  assert found == sorted(text.get_text() for text in ax.texts)
  counts = collections.Counter(type(patch).__name__ for patch in ax.patches)
  for name, tag in (('FancyBboxPatch', 'rect'), ('PathPatch', 'path'),
                    ('Circle', 'circle'), ('Polygon', 'polygon')):  # fmt: skip
    extra = 1 if tag == 'rect' else 0  # the paper
    assert len(list(root.iter(space + tag))) == counts[name] + extra
  width, height = figure.get_size_inches() * 100
  box = [float(word) for word in root.get('viewBox').split()]
  np.testing.assert_allclose(box, [0, 0, width, height], atol=0.06)
  for text, (x, y) in (
    (text, (float(text.get('x')), float(text.get('y'))))
    for text in root.iter(space + 'text')
  ):
    assert 0 < x < width and 0 < y < height, text.text


def test_svg_paths_are_those_of_the_axes():
  arc = MacroArc.parse('0 0 0 0 1 0')
  root = ElementTree.fromstring(arc_svg(arc))
  (wire,) = [
    path.get('d')
    for path in root.iter('{http://www.w3.org/2000/svg}path')
    if 'Q' in path.get('d') and path.get('stroke') != '#ffffff'
  ]
  words = wire.replace('M', ' ').replace('L', ' ').replace('Q', ' ').split()
  found = np.array(words, float).reshape(-1, 2) / 100
  (expected,) = skip_wires(axes_of(arc_figure(arc)))
  np.testing.assert_allclose(found, expected, atol=0.0006)
  assert [letter for letter in wire if letter in 'MLQ'] == list('MLQLQL')


def test_unknown_looks():
  arc = random_arc(3)
  with pytest.raises(ArcError, match="layout is 'x', expected layered, circ"):
    arc_figure(arc, layout='x')
  with pytest.raises(ArcError, match="view is 'x', expected search or final"):
    arc_svg(arc, view='x')
  wide = ChannelMacroArc.random(3, 2, 4, np.random.RandomState(0))
  with pytest.raises(ArcError, match='has no single operation'):
    arc_figure(wide)


@pytest.mark.parametrize(
  'name, start',
  [('a.png', b'\x89PNG'), ('b.SVG', b'<?xml'), ('c.pdf', b'%PDF')],
)
def test_files_by_their_ending(tmp_path, name, start):
  path = tmp_path / 'made' / name
  draw_arc(random_arc(3), path, title='one')
  first = path.read_bytes()
  assert first.startswith(start) and len(first) > 4000
  draw_arc(random_arc(3), str(path), title='one')
  assert path.read_bytes() == first


def test_unknown_ending(tmp_path):
  with pytest.raises(ArcError) as error:
    draw_arc(random_arc(3), tmp_path / 'arc.gif')
  assert str(error.value) == (
    'cannot draw into %s: the file must end in .png, .svg or .pdf'
    % (tmp_path / 'arc.gif')
  )
  assert not list(tmp_path.iterdir())
