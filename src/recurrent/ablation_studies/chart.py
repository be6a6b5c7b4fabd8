"""Ablations in pictures: matplotlib figures."""

import numpy as np

from src.arc import paint
from src.arc.dag_json import shown_name
from src.arc.dot import COLOURS, FILLS
from src.view.study.charts import finish

_LEAST, _PLACE, _HEIGHT = 5.2, 0.22, 3.6  # inches
_BESIDE = 0.9
# Times the cell's own perplexity, from which on the axis is logarithmic.
_FAR = 20


def variants(points, original, title, value):
  """Each change's perplexity, by what is changed, in its activation's colour.

  Args:
    points: list of (place str, activation str or '', perplexity).
    original: float, the perplexity of the cell itself.
    title: str.
    value: str, what is measured.
  """
  places = list(dict.fromkeys(place for place, _, _ in points))
  width = max(_LEAST, _BESIDE + _PLACE * len(places))
  figure = paint.new_figure(width, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  names = list(dict.fromkeys(name for _, name, _ in points))
  beside = len(points) > len(places)  # several at a place
  for number, name in enumerate(names):
    chosen = [(p, v) for p, of, v in points if of == name and np.isfinite(v)]
    shift = (number - (len(names) - 1) / 2.0) * 0.12 if beside else 0.0
    ax.plot(
      [places.index(place) + shift for place, _ in chosen],
      [found for _, found in chosen], 'o', markersize=5,
      color=COLOURS[FILLS[name]] if name else paint.GREY,
      markeredgecolor=paint.INK, markeredgewidth=0.5,
      label=shown_name(name) or None,
    )  # fmt: skip
  ax.axhline(original, color=paint.INK, linewidth=1, label='the cell itself')
  heights = [value for _, _, value in points if np.isfinite(value)]
  if heights and max(heights) > _FAR * original:
    ax.set_yscale('log')
  ax.set_xlim(-0.6, len(places) - 0.4)
  ax.set_xticks(range(len(places)))
  long = max(map(len, places)) > 2 and len(places) > 4
  ax.set_xticklabels(places, rotation=90 if long else 0)
  ax.set_ylabel(value, fontsize=8)
  finish(ax, title, 'what is changed')
  figure.subplots_adjust(
    left=0.68 / width, right=1 - 0.12 / width, top=0.77,
    bottom=0.24 if long else 0.14,
  )  # fmt: skip
  return figure


def crossed(table, title, value):
  """Perplexities of links and activations of two kinds, as four points.

  Args:
    table: dict from (links, activations) to a mean; each is 'trained' or
      'random'.
    title: str.
    value: str, what is measured.
  """
  figure = paint.new_figure(4.2, _HEIGHT)
  ax = figure.add_subplot(1, 1, 1)
  kinds = list(dict.fromkeys(links for links, _ in table))
  for links, style in zip(kinds, ('o-', 's--')):
    ax.plot(
      range(2), [table[links, names] for names in kinds], style,
      color=paint.INK, markersize=5, label='%s links' % links,
    )  # fmt: skip
  ax.set_xlim(-0.4, 1.4)
  ax.set_xticks(range(2))
  ax.set_xticklabels(['%s activations' % names for names in kinds])
  ax.set_ylabel(value, fontsize=8)
  finish(ax, title, '')
  figure.subplots_adjust(left=0.17, right=0.97, top=0.82, bottom=0.12)
  return figure
