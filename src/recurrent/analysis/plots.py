"""Analyses in pictures: matplotlib figures."""

import numpy as np
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import MaxNLocator

from src.arc import paint
from src.view.curves import SAMPLED, TEST, VALID
from src.view.study.charts import finish

_WIDTH, _HEIGHT = 5.2, 3.6  # inches
_COLOURS = (VALID, TEST, SAMPLED, '#cc79a7')
_FAR = 20  # the largest over the median, from which on a scale is logarithmic
_POINTS = 4000  # in a cloud, at most


def scatter(panels, title):
  """Clouds of points side by side, with lines through them.

  Args:
    panels: list of (x, y, name of x, name of y, note str).
    title: str.
  """
  columns = min(3, len(panels))
  rows = -(-len(panels) // columns)
  width, height = 0.4 + 2.9 * columns, 0.35 + 2.7 * rows
  figure = paint.new_figure(width, height)
  for number, (x, y, below, beside, note) in enumerate(panels, 1):
    ax = figure.add_subplot(rows, columns, number)
    x, y = np.asarray(x, float), np.asarray(y, float)
    known = np.isfinite(x) & np.isfinite(y)
    x, y = x[known], y[known]
    some = np.random.RandomState(0).permutation(len(x))[:_POINTS]
    ax.plot(
      x[some], y[some], 'o', markersize=2 if len(x) > 150 else 4, alpha=0.5,
      color=VALID,
      markeredgewidth=0,
    )  # fmt: skip
    _few_ticks(ax, x)
    if far(y):
      ax.set_yscale('log')
    elif len(x) > 2 and np.ptp(x) > 0:
      ends = np.array([x.min(), x.max()])
      slope, level = np.polyfit(x, y, 1)
      ax.plot(ends, level + slope * ends, color=TEST, linewidth=1)
    ax.set_ylabel(beside, fontsize=8)
    finish(ax, note, below)
  figure.text(0.1 / width, 1 - 0.18 / height, title, fontsize=9, va='center')
  figure.subplots_adjust(
    left=0.65 / width, right=1 - 0.2 / width, top=1 - 0.65 / height,
    bottom=0.5 / height, wspace=0.4, hspace=0.55,
  )  # fmt: skip
  return figure


def _few_ticks(ax, x):
  """Numbers below an axis that find their place, whole ones where x is."""
  if len(x) and np.ptp(x) == 0:
    ax.set_xticks([x[0]])
    return
  near = len(x) and np.ptp(x) < 1e-3 * np.abs(x).max()  # they are long
  whole = bool(len(x)) and not np.any(x % 1)
  ax.xaxis.set_major_locator(MaxNLocator(1 if near else 4, integer=whole))
  ax.ticklabel_format(axis='x', useOffset=False)


def spearman(value):
  """What is written above a cloud of points."""
  return 'Spearman %.2f' % value if np.isfinite(value) else 'no spread'


def density(groups, title, below, box='', marks=False):
  """Histograms of samples with smooth densities.

  Args:
    groups: dict from name to floats; what is not finite is left out.
    title, below: str.
    box: str, lines in a corner.
    marks: bool, whether each number and the medians are shown.
  """
  figure = paint.new_figure(_WIDTH, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  kept = {
    name: np.asarray(values, float)[np.isfinite(values)]
    for name, values in groups.items()
  }
  together = np.concatenate(list(kept.values()))
  in_logs = len(together) and together.min() > 0 and far(together)
  if in_logs:
    kept = {name: np.log10(values) for name, values in kept.items()}
    below = 'log10 of ' + below
  for place, (name, values) in enumerate(kept.items()):
    colour = _COLOURS[place]
    _smooth(ax, values, colour, name if len(groups) > 1 else None)
    if marks and len(values):
      ax.axvline(np.median(values), color=colour, linewidth=1, linestyle='--')
      ax.plot(
        values, np.full(len(values), 0.02 + 0.03 * place), '|', color=colour,
        markersize=6, alpha=0.6, transform=ax.get_xaxis_transform(),
      )  # fmt: skip
  if box:
    ax.text(
      0.97, 0.95, box, transform=ax.transAxes, fontsize=8, ha='right',
      va='top', bbox={'facecolor': 'white', 'edgecolor': paint.GREY},
    )  # fmt: skip
  ax.set_ylabel('density', fontsize=8)
  ax.set_ylim(bottom=0)
  finish(ax, title, below)
  figure.subplots_adjust(left=0.15, right=0.96, top=0.83, bottom=0.14)
  return figure


def shares_below(groups, title, below):
  """For each number of each sample, the share that is not above it.

  Args:
    groups: dict from name to floats; what is not finite is above all.
    title, below: str.
  """
  figure = paint.new_figure(_WIDTH, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  kept = [np.sort(np.asarray(of, float)) for of in groups.values()]
  finite = np.concatenate([of[np.isfinite(of)] for of in kept])
  for colour, name, values in zip(_COLOURS, groups, kept):
    shares = np.arange(1, len(values) + 1) / float(len(values))
    known = np.isfinite(values)
    x, y = values[known], shares[known]
    if len(x):
      x, y = np.append(np.append(x[0], x), finite.max()), np.append(0, y)
      ax.step(x, np.append(y, y[-1]), where='post', color=colour, label=name)
  if far(finite):
    ax.set_xscale('log')
  ax.set_ylabel('share of cells', fontsize=8)
  ax.set_ylim(0, 1.02)
  finish(ax, title, below)
  figure.subplots_adjust(left=0.13, right=0.96, top=0.83, bottom=0.14)
  return figure


def _smooth(ax, values, colour, label):
  from scipy import stats

  if not len(values):
    return
  bins = min(40, max(5, int(np.sqrt(len(values)) * 1.5)))
  ax.hist(values, bins, density=True, color=colour, alpha=0.3)
  if len(values) > 2 and np.ptp(values) > 1e-9 * np.abs(values).max():
    room = 0.15 * np.ptp(values)
    at = np.linspace(values.min() - room, values.max() + room, 300)
    ax.plot(at, stats.gaussian_kde(values)(at), color=colour, label=label)


def far(values):
  """Whether the largest of some numbers is far above the others."""
  values = np.asarray(values, float)
  return bool(
    len(values) and values.min() > 0 and values.max() > _FAR * np.median(values)
  )


def image(values, title, below, beside, scale, ends=None):
  """Numbers as colours.

  Args:
    values: floats [R, C].
    title, below, beside, scale: str.
    ends: (float, float), where the rows begin and end; their numbers unless
      given.
  """
  figure = paint.new_figure(_WIDTH + 1, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  rows, columns = np.shape(values)
  low, high = ends or (-0.5, rows - 0.5)
  shown = ax.imshow(
    values, aspect='auto', cmap='viridis', origin='lower',
    interpolation='nearest', extent=(-0.5, columns - 0.5, low, high),
  )  # fmt: skip
  bar = figure.colorbar(shown, ax=ax, pad=0.02)
  bar.set_label(scale, fontsize=8)
  bar.ax.tick_params(labelsize=8)
  ax.set_ylabel(beside, fontsize=8)
  finish(ax, title, below)
  figure.subplots_adjust(left=0.11, right=0.95, top=0.88, bottom=0.14)
  return figure


def over_decisions(values, title, beside):
  """A line for each sample over the decisions, and their mean.

  Args:
    values: floats [A, D]; nan where there was no decision.
    title, beside: str.
  """
  figure = paint.new_figure(_WIDTH, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  places = np.arange(values.shape[1])
  ax.plot(places, values.T, color=VALID, linewidth=0.5, alpha=0.25)
  ax.plot(places, moments(values)[0], color=paint.INK, label='mean')
  ax.set_ylabel(beside, fontsize=8)
  finish(ax, title, 'decision')
  figure.subplots_adjust(left=0.13, right=0.97, top=0.83, bottom=0.14)
  return figure


def by_seed(values, beside):
  """A line for each seed over some arms.

  Args:
    values: list of (arm str, seed, float), arms in their order.
    beside: str.
  """
  figure = paint.new_figure(_WIDTH, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  arms = list(dict.fromkeys(arm for arm, _, _ in values))
  for seed in dict.fromkeys(seed for _, seed, _ in values):
    of = [(arms.index(arm), v) for arm, its, v in values if its == seed]
    ax.plot(*zip(*of), 'o-', color=VALID, linewidth=0.7, markersize=4)
  means = [np.mean([v for arm, _, v in values if arm == one]) for one in arms]
  ax.plot(range(len(arms)), means, '_', color=paint.INK, markersize=24)
  ax.set_xticks(range(len(arms)))
  ax.set_xticklabels(arms)
  ax.set_xlim(-0.4, len(arms) - 0.6)
  finish(ax, beside, 'each line a seed, the dash their mean')
  figure.subplots_adjust(left=0.13, right=0.97, top=0.88, bottom=0.14)
  return figure


def moments(values):
  """Means and standard deviations of columns, each floats [D].

  Args:
    values: floats [A, D]; nan does not count, and is what a column has that
      holds nothing else.
  """
  known = np.isfinite(values)
  count = known.sum(0)
  with np.errstate(invalid='ignore'):
    mean = np.where(known, values, 0).sum(0) / count
    squares = np.where(known, (values - mean) ** 2, 0).sum(0)
    return mean, np.sqrt(squares / count)


def bands(groups, title, beside):
  """Means over the decisions, and one standard deviation around them.

  Args:
    groups: dict from name to floats [A, D], as of `over_decisions`.
    title, beside: str.
  """
  figure = paint.new_figure(_WIDTH, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  for colour, (name, values) in zip(_COLOURS, groups.items()):
    places = np.arange(values.shape[1])
    mean, spread = moments(values)
    ax.plot(places, mean, 'o-', color=colour, markersize=3, label=name)
    ax.fill_between(
      places, mean - spread, mean + spread, color=colour, alpha=0.2,
      linewidth=0,
    )  # fmt: skip
  ax.set_ylabel(beside, fontsize=8)
  finish(ax, title, 'decision')
  figure.subplots_adjust(left=0.13, right=0.97, top=0.83, bottom=0.14)
  return figure


def maps(panels, values, title, scale):
  """Points in four planes, coloured by their values.

  Args:
    panels: list of 4 (points [A, 2], str).
    values: floats [A]; points whose value is not finite are grey.
    title, scale: str.
  """
  figure = paint.new_figure(7.4, 6.4)
  values = np.asarray(values, float)
  known = np.isfinite(values)
  norm = (LogNorm if far(values[known]) else Normalize)(
    *np.percentile(values[known], [0, 100]) if known.any() else (1, 2)
  )
  axes = []
  for number, (points, note) in enumerate(panels, 1):
    ax = figure.add_subplot(2, 2, number)
    axes.append(ax)
    ax.plot(*points[~known].T, 'o', markersize=3, color=paint.GREY)
    shown = ax.scatter(
      *points[known].T, c=values[known], norm=norm, s=10, cmap='viridis'
    )
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_title(note, fontsize=9, loc='left')
  figure.subplots_adjust(
    left=0.03, right=0.85, top=0.89, bottom=0.03, wspace=0.08, hspace=0.15
  )
  bar = figure.colorbar(shown, cax=figure.add_axes([0.87, 0.15, 0.025, 0.65]))
  bar.set_label(scale, fontsize=8)
  bar.ax.tick_params(labelsize=8)
  figure.text(0.03, 0.96, title, fontsize=10, va='center')
  return figure


def counts(values, title, below):
  """How often each whole number is there."""
  figure = paint.new_figure(_WIDTH, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  numbers = np.arange(min(values), max(values) + 1)
  ax.bar(numbers, [list(values).count(n) for n in numbers], color=VALID)
  ax.set_xticks(numbers)
  ax.set_ylabel('cells', fontsize=8)
  finish(ax, title, below)
  figure.subplots_adjust(left=0.12, right=0.97, top=0.88, bottom=0.14)
  return figure
