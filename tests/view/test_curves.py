"""Curves: the numbers that are plotted are those of the log."""

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from src.arc import (
  MACRO_OPERATIONS,
  ChannelMacroArc,
  MacroArc,
  MacroSpace,
  MicroArc,
  Operation,
  RecurrentArc,
)
from src.view import curves, log
from src.view.log import Shown
from tests import made_log

EMPTY = log.nothing()


@pytest.fixture
def ax():
  figure = Figure()
  FigureCanvasAgg(figure)
  return figure.add_subplot(1, 1, 1)


def _line(ax, label):
  (found,) = [line for line in ax.lines if line.get_label() == label]
  return [values.tolist() for values in map(np.asarray, found.get_data())]


def test_accuracies(ax):
  history = log.read(made_log.search(50))
  curves.accuracy(ax, history)
  for name in ('valid', 'test'):
    evaluations = getattr(history, name)
    assert _line(ax, name) == [
      [e.epoch for e in evaluations], [e.accuracy for e in evaluations]
    ]  # fmt: skip
  means = [
    np.mean([s.accuracy for s in history.shown if s.epoch == epoch])
    for epoch in range(1, 51)
  ]
  epochs, found = _line(ax, 'sampled, one batch')
  assert epochs == list(range(1, 51))
  np.testing.assert_allclose(found, means)
  epochs, smooth = _line(ax, 'mean of 20 epochs')
  assert epochs[0] == 20 and len(epochs) == 31
  np.testing.assert_allclose(smooth[0], np.mean(means[:20]))
  np.testing.assert_allclose(smooth[-1], np.mean(means[-20:]))
  # Restarts of the learning rate are dotted lines.
  assert curves.restarts(history) == [11, 21, 31, 41]
  dotted = [li.get_xdata()[0] for li in ax.lines if li.get_linestyle() == ':']
  assert dotted == [11, 21, 31, 41]


def test_child_and_controller(ax):
  history = log.read(made_log.search(5))
  curves.loss(ax, history)
  assert ax.lines[0].get_xdata().tolist() == [1, 2, 3, 4, 5]
  assert ax.lines[0].get_ydata().tolist() == [c.loss for c in history.child]
  curves.learning_rate(ax, history)
  rates = [c.learning_rate for c in history.child]
  assert ax.lines[1].get_ydata().tolist() == rates
  curves.entropy(ax, history)
  x, y = ax.lines[2].get_data()
  np.testing.assert_allclose(x[:4], [1, 4 / 3.0, 5 / 3.0, 2])
  assert y.tolist() == [c.entropy for c in history.controller]
  curves.reward(ax, history)
  baselines = [c.baseline for c in history.controller]
  assert _line(ax, 'baseline')[1] == baselines


def test_operations_and_skips(ax):
  arcs = [MacroArc.parse('0 5 1'), MacroArc.parse('0 0 0'),
          MacroArc.parse('1 1 1'), MacroArc.parse('1 2 0')]  # fmt: skip
  shown = [Shown(1 + i // 2, i % 2, arc, 0.5) for i, arc in enumerate(arcs)]
  history = EMPTY._replace(shown=shown)
  curves.skip_rate(ax, history)
  assert ax.lines[0].get_ydata().tolist() == [0.5, 0.5]
  curves.operations(ax, history)
  bands = [band.get_paths()[0].get_extents() for band in ax.collections]
  assert len(bands) == 6
  # Of conv 3x3: three of four choices in epoch 1, none in epoch 2.
  assert bands[0].y0 == 0 and bands[0].y1 == 0.75
  assert bands[-1].y1 == 1.0
  legend = [text.get_text() for text in ax.get_legend().get_texts()]
  assert legend[0] == 'max pool 3×3' and legend[-1] == 'conv 3×3'


def test_one_epoch_is_a_bar(ax):
  shown = [Shown(1, 0, MacroArc.parse('0 5 1'), 0.5)]
  curves.operations(ax, EMPTY._replace(shown=shown))
  heights = [patch.get_height() for patch in ax.patches]
  assert heights == [0.5, 0, 0, 0, 0, 0.5]
  assert ax.patches[-1].get_y() == 0.5


def test_operations_beyond_the_published_ones_have_numbers(ax):
  shown = [
    Shown(e, 0, MacroArc.parse('7 5 1', num_operations=8), 0.5) for e in (1, 2)
  ]
  curves.operations(ax, EMPTY._replace(shown=shown))
  legend = [text.get_text() for text in ax.get_legend().get_texts()]
  assert legend[:2] == ['operation 7', 'operation 6']


def test_panels_are_those_with_data():
  names = [panel.__name__ for panel in curves.panels(EMPTY)]
  assert names == []
  full = log.read(made_log.search(2))
  assert [panel.__name__ for panel in curves.panels(full)] == [
    'accuracy', 'loss', 'learning_rate', 'reward', 'entropy', 'skip_rate',
    'operations',
  ]  # fmt: skip
  draw = np.random.RandomState(0)
  for arc, expected in (
    (MicroArc.random(3, 5, draw), ['accuracy', 'operations']),
    (RecurrentArc.random(4, draw), ['accuracy', 'operations']),
    (ChannelMacroArc.random(3, 2, 4, draw), ['accuracy', 'skip_rate']),
  ):
    history = EMPTY._replace(shown=[Shown(1, 0, arc, 0.5)])
    names = [panel.__name__ for panel in curves.panels(history)]
    assert names == expected


def test_odd_architectures_among_others_are_left_out(ax):
  draw = np.random.RandomState(0)
  shown = [
    Shown(None, 0, MacroArc.parse('0 5 1'), 0.5),
    Shown(7, 0, RecurrentArc.random(4, draw), 0.5),
    Shown(7, 1, MacroArc.parse('0 5 1'), 0.5),
  ]
  curves.skip_rate(ax, EMPTY._replace(shown=shown))
  assert ax.lines[0].get_xdata().tolist() == [7]
  assert ax.lines[0].get_ydata().tolist() == [1.0]


def _legend(ax, shown, space=None):
  curves.operations(ax, EMPTY._replace(shown=shown, space=space))
  texts = [text.get_text() for text in ax.get_legend().get_texts()]
  ax.clear()
  return texts[::-1]


def test_names_of_operations_are_those_of_the_space(ax):
  draw = np.random.RandomState(0)
  for arc, name in (
    (MacroArc.random(2, 6, draw), 'conv 3×3'),
    (MicroArc.random(2, 5, draw), 'sep conv 3×3'),
    (RecurrentArc.random(2, draw), 'tanh'),
  ):
    assert _legend(ax, [Shown(1, 0, arc, 0.5)])[0] == name
  blur = Operation('blur', 'my blur', 'blur')
  space = MacroSpace('m', (blur,) + MACRO_OPERATIONS[:1], 2, [0] * 300 + [1])
  shown = [Shown(1, 0, space.parse('299 300 1'), 0.5)]
  assert _legend(ax, shown, space) == ['my blur', 'conv 3×3']
  many = [blur._replace(name='blur_%d' % n) for n in range(20)]
  space = MacroSpace('m', many + list(MACRO_OPERATIONS), 2)
  shown = [Shown(1, 0, space.parse('19 21 1'), 0.5)]
  assert _legend(ax, shown, space) == [
    'blur', 'conv', 'separable', 'avg_pool', 'max_pool',
  ]  # fmt: skip


def test_the_overview_has_one_axes_a_panel_and_no_text_outside():
  history = log.read(made_log.search(30))
  figure = curves.overview(history)
  assert len(figure.axes) == 7
  figure.canvas.draw()
  renderer = figure.canvas.get_renderer()
  for ax in figure.axes:
    box = ax.get_tightbbox(renderer)
    assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
    assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1
  assert curves.overview(EMPTY).axes == []


def test_legends_lie_on_no_curve_nor_on_anything_else():
  history = log.read(made_log.search(50))
  for figure in [curves.overview(history), *curves.each(history)]:
    figure.canvas.draw()
    renderer = figure.canvas.get_renderer()
    for ax in figure.axes:
      legend = ax.get_legend()
      others = [ax.xaxis.label, ax.title, *ax.get_xticklabels()]
      boxes = [text.get_window_extent(renderer) for text in others]
      boxes += [other.bbox for other in figure.axes]
      if legend:
        box = legend.get_window_extent(renderer)
        assert not any(box.overlaps(other) for other in boxes if other.width)
        assert figure.bbox.x0 <= box.x0 and box.x1 <= figure.bbox.x1
        assert figure.bbox.y0 <= box.y0 and box.y1 <= figure.bbox.y1


def test_each_panel_has_a_figure_of_its_own():
  history = log.read(made_log.search(2))
  titles = [f.axes[0].get_title('left') for f in curves.each(history)]
  assert titles == [
    ax.get_title('left') for ax in curves.overview(history).axes
  ]


def test_an_extracted_file_has_blocks_for_epochs(ax):
  shown = [Shown(None, i, MacroArc.parse('0 5 1'), None) for i in range(25)]
  history = EMPTY._replace(shown=shown)
  curves.skip_rate(ax, history)
  assert ax.lines[0].get_xdata().tolist() == [1, 2, 3]
  curves.accuracy(ax, history)
  assert len(ax.lines) == 1
