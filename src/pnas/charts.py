"""What a search has found, in pictures: matplotlib figures."""

import numpy as np

from src.arc import paint
from src.view.curves import SAMPLED, TEST, VALID
from src.view.study.charts import finish

_WIDTH, _HEIGHT = 7.2, 3.6  # inches
_COLOURS = (VALID, TEST, SAMPLED, '#cc79a7', '#e69f00')


def _axes():
  figure = paint.new_figure(_WIDTH, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  figure.subplots_adjust(left=0.11, right=0.97, top=0.86, bottom=0.15)
  return figure, ax


def rewards(results):
  """Each child's reward in the order of training, and the best so far.

  Args:
    results: list of history.Result.
  """
  figure, ax = _axes()
  values = np.array([result.reward for result in results])
  levels = np.array([result.level for result in results])
  places = np.arange(1, len(values) + 1)
  for level in sorted(set(levels)):
    chosen = levels == level
    ax.plot(
      places[chosen], values[chosen], 'o', markersize=3,
      color=_COLOURS[(level - 1) % len(_COLOURS)],
      label='%d block%s' % (level, 's' if level > 1 else ''),
    )  # fmt: skip
  best = np.maximum.accumulate(values)
  ax.step(
    places, best, where='post', color=paint.INK, linewidth=1,
    label='best so far',
  )  # fmt: skip
  ax.legend(fontsize=8, frameon=False)
  finish(ax, 'accuracy on validation images', 'trained children')
  return figure


def best_so_far(arms):
  """Best reward so far against trained children, a line an arm and seed.

  Args:
    arms: dict from name to list of lists of rewards, one for each seed.
  """
  figure, ax = _axes()
  for number, (name, runs) in enumerate(arms.items()):
    for seed, values in enumerate(runs):
      ax.step(
        range(1, len(values) + 1), np.maximum.accumulate(values),
        where='post', linewidth=1,
        color=_COLOURS[number % len(_COLOURS)],
        label=None if seed else name,
      )  # fmt: skip
  ax.legend(fontsize=8, frameon=False)
  finish(ax, 'best accuracy so far', 'trained children')
  return figure


def models(rows, notes=()):
  """`Model Definition vs Accuracy`, as titu1994's implementation plots it.

  Args:
    rows: list of (float, cell), in the order of their index.
    notes: floats, (mean, standard deviation), to shade around the mean; or ().
  """
  figure, ax = _axes()
  values = np.array([value for value, _ in rows])
  low, high = values.min(), values.max()
  shares = (values - low) / ((high - low) or 1.0)
  ax.scatter(
    np.arange(len(values)), values, s=9, cmap='coolwarm', c=shares, vmin=0,
    vmax=1,
  )  # fmt: skip
  if notes:
    mean, deviation = notes
    ax.axhspan(mean - deviation, mean + deviation, color='#888888', alpha=0.15)
  ax.set_xlabel('Model Index')
  ax.set_ylabel('Accuracy')
  ax.set_title('Model Definition vs Accuracy', fontsize=9)
  return figure
