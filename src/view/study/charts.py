"""A study in pictures: matplotlib figures, one a panel."""

import numpy as np
from matplotlib.ticker import (
  FuncFormatter,
  LogLocator,
  MaxNLocator,
  NullFormatter,
)

from src.arc import paint
from src.view.curves import SAMPLED, TEST, VALID
from src.view.study.folder import ARMS, CONTROLLER, MATCHED, RANDOM
from src.view.study.results import GROUPS, UNIFORM

WIDTH, HEIGHT = 5.2, 3.6  # inches
_COLOURS = {CONTROLLER: VALID, RANDOM: TEST, MATCHED: SAMPLED}
_MARKERS = 'os^Dv<>pP*'
_ROOM = 0.75  # of a seed's place, for its groups


def panels(study, results, forms):
  """Yields (name, `Figure`) for each panel that has data.

  Args:
    study: folder.Study.
    results: results.Results.
    forms: words.Forms.
  """
  for name, there, panel in (
    ('headroom', results.headroom, _headroom),
    ('best', results.best, _best),
    ('shared', results.samples, _shared),
    ('tau', results.points, _tau),
  ):
    if there:
      figure = paint.new_figure(WIDTH, HEIGHT)
      panel(figure.add_subplot(1, 1, 1), study, results, forms)
      figure.subplots_adjust(left=0.13, right=0.97, top=0.83, bottom=0.14)
      yield name, figure


def _headroom(ax, study, results, forms):
  """Each architecture's trainings above one another, the worst first."""
  del results
  groups = sorted(filter(None, study.headroom.values()), key=np.mean)
  for place, scores in enumerate(groups, 1):
    ax.plot([place] * len(scores), scores, color=paint.GREY, linewidth=1)
  places = np.repeat(np.arange(1, len(groups) + 1), [len(g) for g in groups])
  ax.plot(
    places, np.concatenate(groups), 'o', color=TEST, markersize=4,
    label='one training',
  )  # fmt: skip
  ax.plot(
    range(1, len(groups) + 1), [np.mean(g) for g in groups], '_',
    color=paint.INK, markersize=9, label='mean',
  )  # fmt: skip
  ax.xaxis.set_major_locator(MaxNLocator(integer=True))
  finish(ax, forms.retrained + forms.note, 'random architectures, by mean')


def _best(ax, study, results, forms):
  """A line for each seed across the arms, and the arms' means."""
  del study
  arms = [arm for arm in ARMS if arm in results.best]
  seeds = sorted({seed for arm in arms for seed in results.best[arm]})
  for seed in seeds:
    places = [i for i, arm in enumerate(arms) if seed in results.best[arm]]
    scores = [results.best[arms[i]][seed] for i in places]
    ax.plot(places, scores, color=paint.GREY, linewidth=1, alpha=0.6)
  for place, arm in enumerate(arms):
    scores = list(results.best[arm].values())
    ax.plot(
      [place] * len(scores), scores, 'o', color=_COLOURS[arm], markersize=5
    )
    ax.plot(
      [place - 0.12, place + 0.12], [np.mean(scores)] * 2, color=paint.INK,
      label='mean' if not place else None,
    )  # fmt: skip
  ax.set_xlim(-0.5, len(arms) - 0.5)
  ax.set_xticks(range(len(arms)))
  ax.set_xticklabels(arms)
  title = '%s, best %d of each seed' % (forms.retrained, results.top)
  finish(ax, title + forms.note, 'a line: one search seed')


def _shared(ax, study, results, forms):
  """All samples of each seed as dots, side by side, with means."""
  groups = [group for group in GROUPS if group in results.samples]
  seeds = [seed.number for seed in study.seeds]
  width = _ROOM / len(groups)
  generator = np.random.RandomState(0)
  everything = []
  for number, group in enumerate(groups):
    arm, weights = group
    filled = weights == UNIFORM
    for place, seed in enumerate(seeds):
      values = results.samples[group].get(seed)
      if values is None:
        continue
      everything.append(values)
      middle = place + (number - (len(groups) - 1) / 2.0) * width
      spread = generator.uniform(-0.3, 0.3, len(values)) * width
      ax.plot(
        middle + spread, values, 'o', markersize=2.2, alpha=0.55,
        color=_COLOURS[arm], markeredgewidth=0.5,
        markerfacecolor=_COLOURS[arm] if filled else 'none',
      )  # fmt: skip
      at = np.median(values) if study.falls else np.mean(values)
      ax.plot(
        [middle - 0.4 * width, middle + 0.4 * width], [at] * 2,
        color=paint.INK, linewidth=1.2,
      )  # fmt: skip
    ax.plot(
      [], [], 'o', markersize=4, color=_COLOURS[arm],
      markerfacecolor=_COLOURS[arm] if filled else 'none',
      label='%s, %s weights' % group,
    )  # fmt: skip
  if study.falls:
    _logarithmic(ax, np.concatenate(everything))
  ax.set_xticks(range(len(seeds)))
  ax.set_xticklabels(['seed %d' % seed for seed in seeds])
  ax.set_xlim(-0.6, len(seeds) - 0.4)
  what = 'medians' if study.falls else 'means'
  finish(ax, 'shared %s, bars: %s%s' % (forms.measure, what, forms.note), '')


def _tau(ax, study, results, forms):
  """Retrained against shared score: colours are arms, shapes are seeds."""
  seeds = [seed.number for seed in study.seeds]
  for arm in ARMS:
    points = [point for point in results.points if point.arm == arm]
    for point in points:
      ax.plot(
        point.shared, point.retrained, linestyle='none', markersize=4.5,
        marker=_MARKERS[seeds.index(point.seed) % len(_MARKERS)],
        color=_COLOURS[arm], alpha=0.8, markeredgewidth=0.7,
        markerfacecolor=_COLOURS[arm] if point.weights == UNIFORM else 'none',
      )  # fmt: skip
    if points:
      ax.plot([], [], 'o', markersize=4.5, color=_COLOURS[arm], label=arm)
  if study.falls:
    _logarithmic(ax, [point.shared for point in results.points], axis='x')
  title, tau = forms.retrained + forms.note, results.taus.get('all')
  if tau is not None and not np.isnan(tau.tau):
    title += ', retrained; tau %+.2f' % tau.tau
  more = ', a shape for each seed' if len(seeds) > 1 else ''
  finish(ax, title, 'shared %s%s' % (forms.measure, more))


def _logarithmic(ax, values, axis='y'):
  """A scale of ratios where perplexities go far apart."""
  if max(values) < 3 * min(values):
    return
  getattr(ax, 'set_%sscale' % axis)('log')
  which = getattr(ax, axis + 'axis')
  which.set_major_locator(LogLocator(subs=(1, 2, 5)))
  which.set_major_formatter(FuncFormatter(lambda value, _: '%g' % value))
  which.set_minor_formatter(NullFormatter())


def finish(ax, title, below):
  """Title, small numbers, no box; the legend between title and axes."""
  handles, labels = ax.get_legend_handles_labels()
  columns = 2 if len(handles) > 3 or len(''.join(labels)) > 60 else 3
  ax.set_title(
    title, fontsize=9, loc='left', pad=8 + 12 * -(-len(handles) // columns)
  )
  if handles:
    ax.legend(
      fontsize=7, frameon=False, loc='lower left', ncol=columns,
      bbox_to_anchor=(0, 1.01), borderaxespad=0, handletextpad=0.4,
      columnspacing=1.2,
    )  # fmt: skip
  ax.set_xlabel(below, fontsize=8)
  ax.tick_params(labelsize=8)
  for side in ('top', 'right'):
    ax.spines[side].set_visible(False)
