"""A `confusion.Confusion` as a picture for people who know bridges.

Numbers are what was predicted, small ones what should have been; colour marks
only where the two differ, so a perfect network leaves the table white.
"""

import numpy as np
from matplotlib import colors

from src.arc import paint
from src.use import confusion

# Okabe and Ito's palette: distinct to colour-blind readers.
TOO_OFTEN, TOO_RARELY, RIGHT = '#d55e00', '#0072b2', '#009e73'
_SCALE = colors.LinearSegmentedColormap.from_list(
  'difference', [TOO_RARELY, '#ffffff', TOO_OFTEN], N=257
)
_FULL = 0.5  # difference with the full colour
_SHOWN = 8  # mistakes


def draw(found, title='What the network sees in the images'):
  """Draws all three tables.

  Args:
    found: `confusion.Confusion`.
    title: str.

  Returns:
    matplotlib `Figure`; write it with `savefig`, as PNG or SVG.
  """
  figure = paint.new_figure(12.5, 9.4)
  figure.text(
    0.02, 0.965, paint.plain_text(title), fontsize=15, fontweight='bold',
    va='center',
  )  # fmt: skip
  figure.text(
    0.02,
    0.932,
    '%d images; for %d of them (%.1f %%) every answer is right'
    % (
      found.num_examples,
      found.num_exact,
      100.0 * found.num_exact / found.num_examples,
    ),
    fontsize=10.5,
    va='center',
  )
  _table(figure.add_axes([0.155, 0.40, 0.48, 0.40]), found)
  _bars(figure.add_axes([0.685, 0.40, 0.295, 0.40]), found)
  _mistakes(figure.add_axes([0.02, 0.02, 0.96, 0.29]), found)
  return figure


def _table(ax, found):
  names = list(found.names) + [confusion.NONE]
  rows = list(range(len(names)))
  if not found.support[-1]:
    rows.pop()
  predicted, true = found.predicted[rows], found.true[rows]
  ax.imshow(
    np.nan_to_num(predicted - true), cmap=_SCALE, vmin=-_FULL, vmax=_FULL,
    aspect='auto',
  )  # fmt: skip
  for row in range(len(rows)):
    for column in range(len(names)):
      _cell(ax, column, row, predicted[row, column], true[row, column])
  ax.set_xticks(np.arange(len(names)))
  ax.set_xticklabels(names, rotation=25, ha='left', rotation_mode='anchor')
  ax.set_yticks(np.arange(len(rows)))
  ax.set_yticklabels(
    ['%s\n%d images' % (names[i], found.support[i]) for i in rows]
  )
  ax.xaxis.tick_top()
  ax.tick_params(length=0, labelsize=9)
  _grid(ax, len(rows), len(names))
  ax.figure.text(
    0.02, 0.885,
    'Of 100 images that show the row: in how many the network sees the column',
    fontsize=11, fontweight='bold', va='center',
  )  # fmt: skip
  ax.text(
    0, -0.03,
    'Small, in brackets: in how many it really is. '
    'The frame marks the class itself.',
    transform=ax.transAxes, fontsize=9, va='top', color=paint.GREY,
  )  # fmt: skip
  for x, colour, text in (
    (0.0, TOO_OFTEN, 'seen too often'),
    (0.25, TOO_RARELY, 'seen too rarely'),
  ):
    ax.text(
      x, -0.085, '\u25a0 ', transform=ax.transAxes, fontsize=11, va='top',
      color=colour,
    )  # fmt: skip
    ax.text(x + 0.03, -0.09, text, transform=ax.transAxes, fontsize=9, va='top')


def _cell(ax, x, y, predicted, true):
  if np.isnan(predicted):
    ax.text(x, y, '-', ha='center', va='center', fontsize=10)
    return
  fill = colors.to_hex(_SCALE(0.5 + (predicted - true) / (2 * _FULL)))
  ink = paint.text_colour(fill)
  strong = 'bold' if x == y else 'normal'
  ax.text(
    x, y - 0.12, '%.0f' % (100 * predicted), ha='center', va='center',
    fontsize=11, color=ink, fontweight=strong,
  )  # fmt: skip
  ax.text(
    x, y + 0.27, '(%.0f)' % (100 * true), ha='center', va='center',
    fontsize=7.5, color=ink,
  )  # fmt: skip


def _grid(ax, rows, columns):
  for side in ax.spines.values():
    side.set_visible(False)
  for place in range(rows + 1):
    ax.axhline(place - 0.5, color='#d0d0d0', linewidth=0.8)
  for place in range(columns + 1):
    ax.axvline(place - 0.5, color='#d0d0d0', linewidth=0.8)
  for place in range(min(rows, columns)):
    corners = np.array([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]) + place - 0.5
    ax.plot(corners[:, 0], corners[:, 1], color=paint.INK, linewidth=1.6)
  ax.set_xlim(-0.5, columns - 0.5)
  ax.set_ylim(rows - 0.5, -0.5)


def _bars(ax, found):
  """Found and missed to the right, false alarms to the left."""
  ax.set_title(
    'Found, missed, false alarms', fontsize=11, fontweight='bold', loc='left',
    pad=34,
  )  # fmt: skip
  longest = max(
    [c.hits + c.missed for c in found.counts]
    + [c.false_alarms for c in found.counts] + [1]
  )  # fmt: skip
  for row, c in enumerate(found.counts):
    ax.text(
      -0.99 * longest, row - 0.34, c.name, fontsize=9, va='center', ha='left'
    )
    for left, width, colour in (
      (0, c.hits, RIGHT),
      (c.hits, c.missed, TOO_RARELY),
      (-c.false_alarms, c.false_alarms, TOO_OFTEN),
    ):
      ax.barh(row + 0.08, width, left=left, height=0.42, color=colour)
    for x, count, align in (
      (c.hits / 2.0, c.hits, 'center'),
      (c.hits + c.missed, c.missed, 'left'),
      (-c.false_alarms, c.false_alarms, 'right'),
    ):
      inside = align == 'center'
      if inside and count < 0.07 * longest:
        continue
      ax.text(
        x, row + 0.08, ' %d ' % count, ha=align, va='center', fontsize=8.5,
        color=paint.PAPER if inside else paint.INK,
      )  # fmt: skip
  ax.set_xlim(-longest, 1.2 * longest)
  ax.set_ylim(len(found.counts) - 0.5, -0.6)
  ax.axvline(0, color=paint.INK, linewidth=1)
  ax.set_axis_off()
  for x, colour, text in (
    (0.0, TOO_OFTEN, 'false alarm'),
    (0.36, RIGHT, 'found'),
    (0.62, TOO_RARELY, 'missed'),
  ):
    ax.text(
      x, 1.05, '\u25a0', transform=ax.transAxes, fontsize=11, color=colour,
      va='center',
    )  # fmt: skip
    ax.text(
      x + 0.05, 1.05, text, transform=ax.transAxes, fontsize=9, va='center'
    )


def _mistakes(ax, found):
  ax.set_axis_off()
  ax.set_xlim(0, 1)
  ax.set_ylim(_SHOWN + 1.2, 0)
  ax.text(
    0, 0.3, 'The most frequent mistakes, answer by answer', fontsize=11,
    fontweight='bold', va='center',
  )  # fmt: skip
  for x, text in ((0.0, 'images'), (0.09, 'show'), (0.5, 'the network sees')):
    ax.text(x, 1.2, text, fontsize=9, color=paint.GREY, va='center')
  shown = found.mistakes[:_SHOWN]
  for row, mistake in enumerate(shown):
    y = row + 2.1
    ax.text(
      0, y, '%d of %d' % (mistake.count, mistake.of), fontsize=9.5, va='center'
    )
    kept = set(mistake.truth) & set(mistake.predicted)
    _names(ax, 0.09, y, mistake.truth, kept, TOO_RARELY)
    _names(ax, 0.5, y, mistake.predicted, kept, TOO_OFTEN)
  if not shown:
    ax.text(0, 2.1, 'none', fontsize=9.5, va='center')


def _names(ax, x, y, names, kept, colour):
  """Class names in a row; those that the other side lacks are coloured."""
  width = ax.get_position().width * ax.figure.get_size_inches()[0]
  for name in names or (confusion.NONE,):
    lacking = bool(names) and name not in kept
    weight = 'bold' if lacking else 'normal'
    ax.text(
      x, y, name, fontsize=9.5, va='center', fontweight=weight,
      color=colour if lacking else paint.INK,
    )  # fmt: skip
    x += (paint.text_width(name, 9.5, weight) + 0.16) / width
