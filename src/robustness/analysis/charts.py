"""Results in pictures: matplotlib figures, one a panel."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from src.arc import paint
from src.robustness.analysis import words
from src.robustness.analysis.found import MODES
from src.view.curves import SAMPLED, TEST, VALID
from src.view.study.charts import finish

_WIDTH, _HEIGHT = 9.2, 3.6  # inches
_MARKERS = 'os^Dv<>pP*Xhd'
_COLOURS = (
  '#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00', '#56b4e9', '#666666',
  '#5e35b1', '#191919', '#b8860b', '#8c564b', '#c51b7d', '#4d9221',
)  # fmt: skip
_OF_CONTROLLER = {'rl': VALID, 'uniform': TEST, 'frozen': SAMPLED}
# The more poison, the darker.
_SHADES = ('#fdbb84', '#fc8d59', '#ef6548', '#d7301f', '#b30000', '#7f0000',
           '#4a0000', '#191919')  # fmt: skip
_COLUMNS = 3


def panels(results):
  """Yields (name, `Figure`) for each panel that has data.

  Args:
    results: found.Results.
  """
  if results.families:
    yield words.ERROR, _errors(results.families)
    yield words.LAYERS, _layers(results.families)
  if results.groups:
    yield words.CONTROLLERS, _controllers(results.groups)


def _pair(draw, title):
  """A figure with one axes for each mode.

  Args:
    draw: function (ax, mode).
    title: str, of the axes; a %s in it is the mode.
  """
  figure = paint.new_figure(_WIDTH, _HEIGHT)
  axes = []
  for place, mode in enumerate(MODES, 1):
    ax = figure.add_subplot(1, 2, place, sharey=axes[0] if axes else None)
    axes.append(ax)
    draw(ax, mode)
    if place > 1 and ax.get_legend():
      ax.get_legend().remove()
    ax.set_title(title % mode, fontsize=9, loc='left', pad=6)
  return figure, axes


def _place_below(figure, ax, most):
  """The legend of axes below the figure's, in rows of at most so many."""
  handles, labels = ax.get_legend_handles_labels()
  rows = -(-len(handles) // most)
  figure.legend(
    handles, labels, loc='lower center', ncol=most, fontsize=7, frameon=False,
    columnspacing=1.2, handletextpad=0.4,
  )  # fmt: skip
  figure.subplots_adjust(
    left=0.06, right=0.98, top=0.91, wspace=0.1,
    bottom=(0.55 + 0.17 * rows) / _HEIGHT,
  )  # fmt: skip


def _errors(families):
  """A line for each family through the means; a marker is one run."""
  numbers = sorted({at for family in families for at, _ in family.points})
  place_of = {number: place for place, number in enumerate(numbers)}

  def _draw(ax, mode):
    for count, family in enumerate(families):
      colour = _COLOURS[count % len(_COLOURS)]
      at = [place_of[number] for number, _ in family.points]
      errors = [100 * one.error[mode] for _, one in family.points]
      places = sorted(set(at))
      means = [
        np.mean([error for where, error in zip(at, errors) if where == place])
        for place in places
      ]
      ax.plot(places, means, color=colour, linewidth=1.2)
      ax.plot(
        at, errors, linestyle='none', color=colour, markersize=4.5, alpha=0.8,
        marker=_MARKERS[count % len(_MARKERS)], label=family.name,
      )  # fmt: skip
    finish(ax, '', 'poison actions')
    ax.set_xticks(range(len(numbers)))
    ax.set_xticklabels([str(number) for number in numbers])

  figure, axes = _pair(_draw, 'test error, %%, %s')
  _place_below(figure, _without_legend(axes[0]), 7)
  return figure


def _without_legend(ax):
  if ax.get_legend():
    ax.get_legend().remove()
  return ax


def _layers(families):
  """For each family, the bad layers of its runs by epoch."""
  rows = -(-len(families) // _COLUMNS)
  columns = min(_COLUMNS, len(families))
  figure = paint.new_figure(3.05 * columns, 2.3 * rows + 0.4)
  for place, family in enumerate(families, 1):
    ax = figure.add_subplot(rows, columns, place)
    numbers = sorted({at for at, one in family.points if at})
    shades = dict(zip(numbers, _spread(len(numbers))))
    for number, one in family.points:
      if not number:
        continue
      bad = one.run.column('bad_layers_avg')
      total = bad[0] + one.run.column('good_layers_avg')[0]
      epochs = one.run.column('epoch')
      dot = '.' if len(epochs) < 3 else None
      ax.plot(epochs, bad, color=shades[number], linewidth=1.2, marker=dot)
      chance = total * number / float(one.run.actions)
      ax.axhline(chance, color=shades[number], linestyle=':', linewidth=0.9)
      ax.set_ylim(0, 1.05 * total)
    for number in numbers:
      ax.plot([], [], color=shades[number], label='%d' % number)
    finish(ax, '%s: bad layers of %d' % (family.name, round(total)), 'epoch')
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.legend(
      fontsize=6.5, frameon=False, loc='center left', bbox_to_anchor=(1, 0.5),
      handlelength=1, borderaxespad=0.2, handletextpad=0.3,
    )  # fmt: skip
    ax.set_title(ax.get_title(loc='left'), fontsize=9, loc='left', pad=5)
  height = 2.3 * rows + 0.4
  figure.subplots_adjust(
    left=0.25 / columns / 1.6, right=1 - 0.32 / columns / 1.6, wspace=0.42,
    hspace=0.5, top=1 - 0.3 / height, bottom=0.45 / height,
  )  # fmt: skip
  return figure


def _spread(count):
  """So many shades, from the first on, far apart."""
  if count < 2:
    return [_SHADES[3]][:count]
  last = len(_SHADES) - 1
  return [_SHADES[place * last // (count - 1)] for place in range(count)]


def _controllers(groups):
  """Runs of each experiment as dots, a colour a controller, with means."""
  names = [name for name in _OF_CONTROLLER if any(name in g.controllers
                                                  for g in groups)]  # fmt: skip

  def _draw(ax, mode):
    for place, group in enumerate(groups):
      for number, name in enumerate(names):
        errors = [
          100 * one.error[mode] for one in group.controllers.get(name, ())
        ]
        if not errors:
          continue
        middle = place + 0.24 * (number - (len(names) - 1) / 2.0)
        ax.plot(
          [middle] * len(errors), errors, 'o', markersize=4, alpha=0.7,
          color=_OF_CONTROLLER[name],
        )  # fmt: skip
        ax.plot(
          [middle - 0.1, middle + 0.1], [np.mean(errors)] * 2,
          color=paint.INK, linewidth=1.4,
        )  # fmt: skip
    for name in names:
      ax.plot([], [], 'o', markersize=4, color=_OF_CONTROLLER[name], label=name)
    finish(ax, '', 'bars: means over seeds')
    ax.set_xlim(-0.6, len(groups) - 0.4)
    ax.set_xticks(range(len(groups)))
    ax.set_xticklabels(
      [group.name.replace(' ', '\n', 1) for group in groups], fontsize=7
    )

  figure, axes = _pair(_draw, 'test error, %%, %s')
  _place_below(figure, _without_legend(axes[0]), len(names))
  figure.subplots_adjust(bottom=0.95 / _HEIGHT)
  return figure
