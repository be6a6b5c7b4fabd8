"""The Pareto front of a run's architectures as a picture."""

from matplotlib.ticker import FuncFormatter, MaxNLocator

from src.arc import describe, paint
from src.view import top
from src.view.curves import SAMPLED, VALID

_OFFSETS = ((7, 7), (-7, 7), (7, -7), (-7, -7), (0, 14), (0, -14), (16, 0))
_ROOM = 11  # points between the middles of two labels


def picture(found, entries, where=''):
  """Score against multiply-adds, and against latency where it was measured.

  Args:
    found: top.Ranking; all of it is shown against multiply-adds.
    entries: list of top.Entry, the numbered ones, with latencies if any.
    where: str, what the title says of the latencies.

  Returns:
    matplotlib `Figure`, or None if no cost is known.
  """
  panels = []
  if any(entry.multiply_adds is not None for entry in found.entries):
    panels.append((top.multiply_adds, found.entries, 'multiply-adds'))
  if any(entry.latency for entry in entries):
    panels.append((top.latency, entries, 'latency in ms' + where))
  if not panels:
    return None
  figure = paint.new_figure(5.5 * len(panels), 4.2)
  for number, (cost, shown, title) in enumerate(panels, 1):
    ax = figure.add_subplot(1, len(panels), number)
    _panel(ax, found, shown, entries, cost)
    ax.set_xlabel(title, fontsize=9)
  figure.subplots_adjust(
    left=0.13 / len(panels), right=0.97, top=0.9, bottom=0.15, wspace=0.22
  )
  for ax in figure.axes:
    _number(ax, entries, ax.cost)
  return figure


def _panel(ax, found, shown, entries, cost):
  """One set of axes; shown: list of Entry, entries: those in colour."""
  ax.cost = cost
  known = [entry for entry in shown if cost(entry) is not None]
  numbered = [entry for entry in entries if cost(entry) is not None]
  rest = [entry for entry in known if entry not in numbered]
  best = top.front(shown, cost, found.falls)
  ax.step(
    [cost(e) for e in best], [e.score for e in best], where='post',
    color=paint.GREY, linewidth=1.2, label='front', zorder=1,
  )  # fmt: skip
  for some, colour, size, label in (
    (rest, SAMPLED, 12, 'others'),
    (numbered, VALID, 28, 'best %d' % len(numbered)),
  ):
    if some:
      ax.scatter(
        [cost(e) for e in some], [e.score for e in some],
        s=size, color=colour, label=label, linewidths=0, zorder=2,
      )  # fmt: skip
  for entry in numbered if cost is top.latency else ():
    ax.hlines(
      entry.score, entry.latency.low, entry.latency.high, color=VALID, lw=1
    )
  ax.set_title(found.measure, fontsize=9, loc='left')
  ax.tick_params(labelsize=8)
  ax.margins(0.12)
  ax.xaxis.set_major_locator(MaxNLocator(6))
  if cost is top.multiply_adds:
    ax.xaxis.set_major_formatter(
      FuncFormatter(lambda value, _: describe.short(value))
    )
  for side in ('top', 'right'):
    ax.spines[side].set_visible(False)
  ax.legend(
    fontsize=7, frameon=False, loc='lower right', ncol=3,
    bbox_to_anchor=(1.0, 1.0), borderaxespad=0.2, handletextpad=0.4,
  )  # fmt: skip


def _number(ax, entries, cost):
  """Ranks beside their points; where two would meet, one goes elsewhere."""
  unit = ax.figure.dpi / 72.0
  points = [
    (e, ax.transData.transform((cost(e), e.score)) / unit)
    for e in entries
    if cost(e) is not None
  ]
  taken = [tuple(place) for _, place in points]
  for entry, (x, y) in points:
    free = [
      (dx, dy)
      for dx, dy in _OFFSETS
      if all(
        abs(x + dx - a) + abs(y + dy - b) >= _ROOM
        for a, b in taken
        if (a, b) != (x, y)
      )
    ]
    dx, dy = (free or _OFFSETS)[0]
    taken.append((x + dx, y + dy))
    ax.annotate(
      str(entry.rank), (cost(entry), entry.score), (dx, dy),
      textcoords='offset points', fontsize=8, color=paint.INK,
      ha='center', va='center',
    )  # fmt: skip
